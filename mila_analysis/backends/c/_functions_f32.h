/* float: the same with fewer terms. */

#define MA_CUT_f32 80.0f /* exp(-cut) is a normal number */
#define MA_HUGE_f32 3.4028234663852886e+38f /* FLT_MAX: 0 times it is 0 */
#define MA_MODEST_f32 4194303.9374999986f /* its fourth root: the cube is finite */

MA_INLINE float ma_of_bits_f32(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

MA_INLINE uint32_t ma_bits_f32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* 1 where the sign bit is set, else 0. */
MA_INLINE uint32_t ma_sign_f32(float value)
{
    return ma_bits_f32(value) >> 31;
}

/* 2^k for an integer -126 <= k <= 127; of NaN and other numbers, anything. */
MA_INLINE float ma_two_to_f32(float k)
{
    return ma_of_bits_f32((ma_bits_f32(k + 12582912.0f) + 127) << 23);
}

/* The integer nearest to a value below 2^22. */
MA_INLINE float ma_nearest_f32(float value)
{
    return (value + 12582912.0f) - 12582912.0f;
}

/* exp(r) - 1 - r for |r| <= log(2) / 2: r^2 (1/2! + r/3! + ...). */
MA_INLINE float ma_exp_rest_f32(float r)
{
    float sum = 1.0f / 40320.0f;
    sum = 1.0f / 5040.0f + r * sum;
    sum = 1.0f / 720.0f + r * sum;
    sum = 1.0f / 120.0f + r * sum;
    sum = 1.0f / 24.0f + r * sum;
    sum = 1.0f / 6.0f + r * sum;
    sum = 0.5f + r * sum;
    return r * r * sum;
}

/* x - k log(2); log(2) in two parts, the first of 9 bits. */
MA_INLINE float ma_reduced_f32(float x, float k)
{
    return (x - k * 0.693359375f) - k * -2.1219444e-4f;
}

MA_INLINE float ma_exp_f32(float x)
{
#ifdef MA_LIBM
    return expf(x);
#else
    float z = fabsf(x) > 110.0f ? copysignf(110.0f, x) : x;
    float k = ma_nearest_f32(z * 1.442695f);
    float half = ma_nearest_f32(k * 0.5f);
    float r = ma_reduced_f32(z, k);
    float value = 1.0f + (r + ma_exp_rest_f32(r));
    return value * ma_two_to_f32(half) * ma_two_to_f32(k - half);
#endif
}

/* exp(x) where the result is a normal number; of other x, anything. */
MA_INLINE float ma_exp_normal_f32(float x)
{
#ifdef MA_LIBM
    return expf(x);
#else
    float k = ma_nearest_f32(x * 1.442695f);
    float r = ma_reduced_f32(x, k);
    return (1.0f + (r + ma_exp_rest_f32(r))) * ma_two_to_f32(k);
#endif
}

MA_INLINE float ma_expm1_f32(float x)
{
#ifdef MA_LIBM
    return expm1f(x);
#else
    float low = x < -50.0f ? -50.0f : x;
    float z = low > 110.0f ? 110.0f : low;
    float k = ma_nearest_f32(z * 1.442695f);
    float part = k > 100.0f ? 100.0f : k;
    float power = ma_two_to_f32(part);
    float r = ma_reduced_f32(z, k), rest = ma_exp_rest_f32(r);
    float value = (power * r + (power - 1.0f)) + power * rest;
    float whole = value * ma_two_to_f32(k - part);
    float near = r == 0.0f ? z : r + rest;
    return k == 0.0f ? near : whole;
#endif
}

/* k + 127 and m of x = 2^k (1 + m), 1 + m from sqrt(1/2) to sqrt(2); x normal. */
MA_INLINE uint32_t ma_exponent_f32(float x)
{
    return (ma_bits_f32(x) + 0x004afb0du) >> 23;
}

MA_INLINE float ma_mantissa_f32(float x, uint32_t exponent)
{
    return ma_of_bits_f32(ma_bits_f32(x) - ((exponent - 127) << 23)) - 1.0f;
}

MA_INLINE float ma_unbiased_f32(uint32_t exponent)
{
    return ma_of_bits_f32(exponent | 0x4b000000u) - 8388735.0f;
}

/* log(1 + m) - m for |m| <= 0.42, by s = m / (2 + m): 2 atanh(s) - m. */
MA_INLINE float ma_log1p_near_f32(float m)
{
    float s = m / (2.0f + m), w = s * s, square = 0.5f * m * m;
    float sum = 2.0f / 11.0f;
    sum = 2.0f / 9.0f + w * sum;
    sum = 2.0f / 7.0f + w * sum;
    sum = 2.0f / 5.0f + w * sum;
    sum = 2.0f / 3.0f + w * sum;
    return s * (square + w * sum) - square;
}

MA_INLINE float ma_log_f32(float x)
{
#ifdef MA_LIBM
    return logf(x);
#else
    float normal = x < FLT_MIN ? x * 33554432.0f : x;
    uint32_t exponent = ma_exponent_f32(normal);
    float m = ma_mantissa_f32(normal, exponent), k = ma_unbiased_f32(exponent);
    float n = x < FLT_MIN ? k - 25.0f : k;
    float value = n * 0.693359375f
        + (m + (ma_log1p_near_f32(m) + n * -2.1219444e-4f));
    float above = x > 0.0f ? value : (x == 0.0f ? -INFINITY : NAN);
    return x < INFINITY ? above : x;
#endif
}

MA_INLINE float ma_log1p_f32(float x)
{
#ifdef MA_LIBM
    return log1pf(x);
#else
    float u = 1.0f + x;
    float lost = (x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f)) / u;
    uint32_t exponent = ma_exponent_f32(u);
    float m = ma_mantissa_f32(u, exponent), k = ma_unbiased_f32(exponent);
    float r = k == 0.0f ? x : m;
    float rest = k == 0.0f ? 0.0f : k * -2.1219444e-4f + lost;
    float value = k * 0.693359375f + (r + (ma_log1p_near_f32(r) + rest));
    float above = x > -1.0f ? value : (x == -1.0f ? -INFINITY : NAN);
    float finite = x == 0.0f ? x : above;
    return x < INFINITY ? finite : x;
#endif
}

/* a b - p for p = a b rounded. */
MA_INLINE float ma_product_error_f32(float a, float b, float p)
{
    return (float)((double)a * (double)b - (double)p);
}
