/* double. Arithmetic where no power of an exponential leaves the floats: with fused
 * operations if the machine has them, which changes last bits of results. */

/* a b + c */
MA_INLINE double ma_fused_f64(double a, double b, double c)
{
#ifdef MA_HAS_FMA
    return fma(a, b, c);
#else
    return a * b + c;
#endif
}

/* Negative where a value is beyond a limit, or NaN. */
MA_INLINE int64_t ma_beyond_f64(double value, double limit)
{
    uint64_t size = ma_bits_f64(value) & 0x7fffffffffffffffu;
    return (int64_t)(size + (0x7fffffffffffffffu - ma_bits_f64(limit)));
}

/* 2^k exp(r) for |r| <= 0.3466 and k in the lowest bits of `shifted`; near-minimax, its
 * error is below 0.08 ulp before rounding. */
MA_INLINE double ma_scaled_exp_f64(double r, double shifted)
{
    double sum = 2.5100385561988063e-08;
    sum = ma_fused_f64(sum, r, 2.762008853185553e-07);
    sum = ma_fused_f64(sum, r, 2.7557268459857304e-06);
    sum = ma_fused_f64(sum, r, 2.4801521295772637e-05);
    sum = ma_fused_f64(sum, r, 0.00019841269863053707);
    sum = ma_fused_f64(sum, r, 0.0013888888917213834);
    sum = ma_fused_f64(sum, r, 0.008333333333330062);
    sum = ma_fused_f64(sum, r, 0.04166666666662413);
    sum = ma_fused_f64(sum, r, 0.16666666666666669);
    sum = ma_fused_f64(sum, r, 0.5);
    sum = ma_fused_f64(sum, r, 1.0);
    sum = ma_fused_f64(sum, r, 1.0);
    return ma_of_bits_f64(ma_bits_f64(sum) + (ma_bits_f64(shifted) << 52));
}

/* x - k log(2) */
MA_INLINE double ma_rest_f64(double x, double k)
{
    double high = ma_fused_f64(k, -0.69314718036912382, x);
    return ma_fused_f64(k, -1.9082149292705877e-10, high);
}

/* exp(x) where the result is a normal number; of other x, anything. */
MA_INLINE double ma_exp_near_f64(double x)
{
#ifdef MA_LIBM
    return exp(x);
#else
    double shifted = ma_fused_f64(x, 1.4426950408889634, 6755399441055744.0);
    double k = shifted - 6755399441055744.0;
    return ma_scaled_exp_f64(ma_rest_f64(x, k), shifted);
#endif
}

/* exp(a + b), the sum not rounded, where a, b and the result are in reach. What depends
 * on b alone is computed once where b is one number. */
MA_INLINE double ma_exp_sum_f64(double a, double b)
{
#ifdef MA_LIBM
    return exp(a) * exp(b);
#else
    double j = ma_nearest_f64(b * 1.4426950408889634), rest = ma_rest_f64(b, j);
    double start = ma_fused_f64(rest, 1.4426950408889634, j);
    double zero = 6755399441055744.0 + j;
    double shifted = ma_fused_f64(a, 1.4426950408889634, start) + 6755399441055744.0;
    double k = shifted - zero;
    double high = ma_fused_f64(k, -0.69314718036912382, a) + rest;
    return ma_scaled_exp_f64(ma_fused_f64(k, -1.9082149292705877e-10, high), shifted);
#endif
}

/* a b - p for p = a b rounded. */
MA_INLINE double ma_lost_f64(double a, double b, double p)
{
#ifdef MA_HAS_FMA
    return fma(a, b, -p);
#else
    return ma_product_error_f64(a, b, p);
#endif
}
