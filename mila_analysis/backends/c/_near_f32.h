/* float: the same with fewer terms. */

MA_INLINE float ma_fused_f32(float a, float b, float c)
{
#ifdef MA_HAS_FMA
    return fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

MA_INLINE int32_t ma_beyond_f32(float value, float limit)
{
    uint32_t size = ma_bits_f32(value) & 0x7fffffffu;
    return (int32_t)(size + (0x7fffffffu - ma_bits_f32(limit)));
}

/* 2^k exp(r); its error is below 0.09 ulp before rounding. */
MA_INLINE float ma_scaled_exp_f32(float r, float shifted)
{
    float sum = 0.0013926184037700295f;
    sum = ma_fused_f32(sum, r, 0.008363178931176662f);
    sum = ma_fused_f32(sum, r, 0.041666556149721146f);
    sum = ma_fused_f32(sum, r, 0.16666576266288757f);
    sum = ma_fused_f32(sum, r, 0.5f);
    sum = ma_fused_f32(sum, r, 1.0f);
    sum = ma_fused_f32(sum, r, 1.0f);
    return ma_of_bits_f32(ma_bits_f32(sum) + (ma_bits_f32(shifted) << 23));
}

/* x - k log(2) */
MA_INLINE float ma_rest_f32(float x, float k)
{
    float high = ma_fused_f32(k, -0.693359375f, x);
    return ma_fused_f32(k, 2.1219444e-4f, high);
}

MA_INLINE float ma_exp_near_f32(float x)
{
#ifdef MA_LIBM
    return expf(x);
#else
    float shifted = ma_fused_f32(x, 1.442695f, 12582912.0f);
    float k = shifted - 12582912.0f;
    return ma_scaled_exp_f32(ma_rest_f32(x, k), shifted);
#endif
}

MA_INLINE float ma_exp_sum_f32(float a, float b)
{
#ifdef MA_LIBM
    return expf(a) * expf(b);
#else
    float j = ma_nearest_f32(b * 1.442695f), rest = ma_rest_f32(b, j);
    float start = ma_fused_f32(rest, 1.442695f, j);
    float zero = 12582912.0f + j;
    float shifted = ma_fused_f32(a, 1.442695f, start) + 12582912.0f;
    float k = shifted - zero;
    float high = ma_fused_f32(k, -0.693359375f, a) + rest;
    return ma_scaled_exp_f32(ma_fused_f32(k, 2.1219444e-4f, high), shifted);
#endif
}

MA_INLINE float ma_lost_f32(float a, float b, float p)
{
#ifdef MA_HAS_FMA
    return fmaf(a, b, -p);
#else
    return ma_product_error_f32(a, b, p);
#endif
}
