/* double. Elementary functions without branches, so that loops over them vectorize.
 * The polynomials are Taylor series; no fused operation is used, so the result is the
 * same on every machine. -DMA_LIBM takes those of libm instead. */

#define MA_CUT_f64 700.0 /* exp(-cut) is a normal number */
#define MA_HUGE_f64 1.7976931348623157e+308 /* DBL_MAX: 0 times it is 0 */
#define MA_MODEST_f64 1.130782121458166e+74 /* its fourth root: the cube is finite */

MA_INLINE double ma_of_bits_f64(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

MA_INLINE uint64_t ma_bits_f64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* 1 where the sign bit is set, else 0. */
MA_INLINE uint64_t ma_sign_f64(double value)
{
    return ma_bits_f64(value) >> 63;
}

/* 2^k for an integer -1022 <= k <= 1023; of NaN and other numbers, anything. */
MA_INLINE double ma_two_to_f64(double k)
{
    return ma_of_bits_f64((ma_bits_f64(k + 6755399441055744.0) + 1023) << 52);
}

/* The integer nearest to a value below 2^51. */
MA_INLINE double ma_nearest_f64(double value)
{
    return (value + 6755399441055744.0) - 6755399441055744.0;
}

/* exp(r) - 1 - r for |r| <= log(2) / 2: r^2 (1/2! + r/3! + ...). */
MA_INLINE double ma_exp_rest_f64(double r)
{
    double sum = 1.0 / 6227020800.0;
    sum = 1.0 / 479001600.0 + r * sum;
    sum = 1.0 / 39916800.0 + r * sum;
    sum = 1.0 / 3628800.0 + r * sum;
    sum = 1.0 / 362880.0 + r * sum;
    sum = 1.0 / 40320.0 + r * sum;
    sum = 1.0 / 5040.0 + r * sum;
    sum = 1.0 / 720.0 + r * sum;
    sum = 1.0 / 120.0 + r * sum;
    sum = 1.0 / 24.0 + r * sum;
    sum = 1.0 / 6.0 + r * sum;
    sum = 0.5 + r * sum;
    return r * r * sum;
}

/* x - k log(2); log(2) in two parts, the first of 33 bits. */
MA_INLINE double ma_reduced_f64(double x, double k)
{
    return (x - k * 0.69314718036912382) - k * 1.9082149292705877e-10;
}

MA_INLINE double ma_exp_f64(double x)
{
#ifdef MA_LIBM
    return exp(x);
#else
    double z = fabs(x) > 1000.0 ? copysign(1000.0, x) : x;
    double k = ma_nearest_f64(z * 1.4426950408889634);
    double half = ma_nearest_f64(k * 0.5);
    double r = ma_reduced_f64(z, k);
    double value = 1.0 + (r + ma_exp_rest_f64(r));
    return value * ma_two_to_f64(half) * ma_two_to_f64(k - half);
#endif
}

/* exp(x) where the result is a normal number; of other x, anything. */
MA_INLINE double ma_exp_normal_f64(double x)
{
#ifdef MA_LIBM
    return exp(x);
#else
    double k = ma_nearest_f64(x * 1.4426950408889634);
    double r = ma_reduced_f64(x, k);
    return (1.0 + (r + ma_exp_rest_f64(r))) * ma_two_to_f64(k);
#endif
}

MA_INLINE double ma_expm1_f64(double x)
{
#ifdef MA_LIBM
    return expm1(x);
#else
    double low = x < -100.0 ? -100.0 : x;
    double z = low > 1000.0 ? 1000.0 : low;
    double k = ma_nearest_f64(z * 1.4426950408889634);
    double part = k > 1000.0 ? 1000.0 : k;
    double power = ma_two_to_f64(part);
    double r = ma_reduced_f64(z, k), rest = ma_exp_rest_f64(r);
    double value = (power * r + (power - 1.0)) + power * rest;
    double whole = value * ma_two_to_f64(k - part);
    double near = r == 0.0 ? z : r + rest;
    return k == 0.0 ? near : whole;
#endif
}

/* k + 1023 and m of x = 2^k (1 + m), 1 + m from sqrt(1/2) to sqrt(2); x normal. */
MA_INLINE uint64_t ma_exponent_f64(double x)
{
    return (ma_bits_f64(x) + 0x00095f619980c433u) >> 52;
}

MA_INLINE double ma_mantissa_f64(double x, uint64_t exponent)
{
    return ma_of_bits_f64(ma_bits_f64(x) - ((exponent - 1023) << 52)) - 1.0;
}

MA_INLINE double ma_unbiased_f64(uint64_t exponent)
{
    return ma_of_bits_f64(exponent | 0x4330000000000000u) - 4503599627371519.0;
}

/* log(1 + m) - m for |m| <= 0.42, by s = m / (2 + m): 2 atanh(s) - m. */
MA_INLINE double ma_log1p_near_f64(double m)
{
    double s = m / (2.0 + m), w = s * s, square = 0.5 * m * m;
    double sum = 2.0 / 25.0;
    sum = 2.0 / 23.0 + w * sum;
    sum = 2.0 / 21.0 + w * sum;
    sum = 2.0 / 19.0 + w * sum;
    sum = 2.0 / 17.0 + w * sum;
    sum = 2.0 / 15.0 + w * sum;
    sum = 2.0 / 13.0 + w * sum;
    sum = 2.0 / 11.0 + w * sum;
    sum = 2.0 / 9.0 + w * sum;
    sum = 2.0 / 7.0 + w * sum;
    sum = 2.0 / 5.0 + w * sum;
    sum = 2.0 / 3.0 + w * sum;
    return s * (square + w * sum) - square;
}

MA_INLINE double ma_log_f64(double x)
{
#ifdef MA_LIBM
    return log(x);
#else
    double normal = x < DBL_MIN ? x * 18014398509481984.0 : x;
    uint64_t exponent = ma_exponent_f64(normal);
    double m = ma_mantissa_f64(normal, exponent), k = ma_unbiased_f64(exponent);
    double n = x < DBL_MIN ? k - 54.0 : k;
    double value = n * 0.69314718036912382
        + (m + (ma_log1p_near_f64(m) + n * 1.9082149292705877e-10));
    double above = x > 0.0 ? value : (x == 0.0 ? -(double)INFINITY : (double)NAN);
    return x < (double)INFINITY ? above : x;
#endif
}

MA_INLINE double ma_log1p_f64(double x)
{
#ifdef MA_LIBM
    return log1p(x);
#else
    double u = 1.0 + x;
    double lost = (x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
    uint64_t exponent = ma_exponent_f64(u);
    double m = ma_mantissa_f64(u, exponent), k = ma_unbiased_f64(exponent);
    double r = k == 0.0 ? x : m;
    double rest = k == 0.0 ? 0.0 : k * 1.9082149292705877e-10 + lost;
    double value = k * 0.69314718036912382 + (r + (ma_log1p_near_f64(r) + rest));
    double above = x > -1.0 ? value : (x == -1.0 ? -(double)INFINITY : (double)NAN);
    double finite = x == 0.0 ? x : above;
    return x < (double)INFINITY ? finite : x;
#endif
}

/* a b - p for p = a b rounded. */
MA_INLINE double ma_product_error_f64(double a, double b, double p)
{
    return fma(a, b, -p);
}
