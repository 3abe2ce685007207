/* Functions of plain numbers in a box around 0, where exponentials are normal numbers, far
 * from the largest; elsewhere they are anything, which is not selected. */

MA_INLINE double ma_close_maximum_f64(double a, double b)
{
    return ma_chosen_f64(a > b, a, b);
}

/* Negative where a size is neither 0 nor between two limits. */
MA_INLINE int64_t ma_outside_any_f64(double value, double low, double high)
{
    uint64_t size = ma_bits_f64(fabs(value)), below = size - ma_bits_f64(low);
    return (int64_t)((below & ~(size - 1)) | (ma_bits_f64(high) - size));
}

/* The same for numbers that may not be below 0, or not even 0. */
MA_INLINE int64_t ma_outside_least_f64(double value, double low, double high)
{
    return ma_outside_any_f64(value, low, high) | (int64_t)ma_bits_f64(value);
}

MA_INLINE int64_t ma_outside_positive_f64(double value, double low, double high)
{
    uint64_t below = ma_bits_f64(value) - ma_bits_f64(low);
    return (int64_t)below | ma_outside_least_f64(value, low, high);
}

MA_INLINE double ma_close_expm1_f64(double z)
{
    double k = ma_nearest_f64(z * 1.4426950408889634), r = ma_rest_f64(z, k);
    double power = ma_two_to_f64(k), near = r + ma_exp_rest_f64(r);
    return ma_chosen_f64(z == 0.0, z, ma_fused_f64(power, near, power - 1.0));
}

/* exp(x^2) erfc(x) for x >= 0, by (1 + u S(u - 1/2)) / (1 + 2x) with u = x / (x + 4). */
MA_INLINE double ma_close_erfcx_f64(double x)
{
    double u = x / (x + 4.0), sum = ma_close_erfcx_sum_f64(u - 0.5);
    return ma_fused_f64(u, sum, 1.0) / ma_fused_f64(2.0, x, 1.0);
}

MA_INLINE double ma_close_erf_f64(double z)
{
    double size = fabs(z), u = ma_chosen_f64(size > 6.5, 6.5, size);
    double square = u * u, inner = ma_chosen_f64(square > 1.0, 1.0, square);
    double far = 1.0 - ma_exp_near_f64(-square) * ma_close_erfcx_f64(u);
    double near = z * ma_close_erf_sum_f64(inner);
    return ma_chosen_f64(size > 1.0, copysign(far, z), near);
}

/* exp(z) less k terms of its series, for |z| <= 2 */
MA_INLINE double ma_close_exp_rest_f64(double z, double k)
{
    double sum = ma_close_exp_rest_sum_f64(z, k), j;
    for (j = 1.0; j <= k; j += 1.0)
        sum *= z * (1.0 / j);
    return sum;
}
