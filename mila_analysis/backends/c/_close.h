/* What exp(z) loses when it is rounded. */
MA_INLINE double ma_close_exp_error_f64(double z, double rounded)
{
    double n = ma_nearest_f64(z * MA_INVERSE_LOG_2), power = ma_two_to_f64(n);
    ma_pair r = ma_two_sum(z - n * MA_LOG_2_FIRST, -n * MA_LOG_2_SECOND);
    r = ma_fast_two_sum(r.hi, r.lo - n * MA_LOG_2_THIRD);
    r = ma_pair_add_smaller(ma_pair_of(1.0, 0.0), ma_pair_expm1(r));
    return (r.hi * power - rounded) + r.lo * power;
}

/* sin(z + quarters pi / 2) for |z| <= 2^20 */
MA_INLINE double ma_close_wave_f64(double z, uint64_t quarters)
{
    double shifted = z * MA_CLOSE_QUADRANTS + 6755399441055744.0;
    double k = shifted - 6755399441055744.0, r = z - k * MA_CLOSE_RIGHT_FIRST;
    uint64_t turn = ma_bits_f64(shifted) + quarters;
    r = r - k * MA_CLOSE_RIGHT_SECOND;
    r = ma_fused_f64(k, -MA_CLOSE_RIGHT_THIRD, r);
    double s = r * r, sine = ma_fused_f64(r * s, ma_close_sin_sum_f64(s), r);
    double cosine = ma_fused_f64(s, ma_close_cos_sum_f64(s), 1.0);
    double value = ma_chosen_f64((int)(turn & 1), cosine, sine);
    return ma_of_bits_f64(ma_bits_f64(value) ^ (turn & 2) << 62);
}

MA_INLINE double ma_close_sin_f64(double z)
{
    return ma_chosen_f64(z == 0.0, z, ma_close_wave_f64(z, 0));
}

MA_INLINE double ma_close_cos_f64(double z)
{
    return ma_close_wave_f64(z, 1);
}

/* By the arc of the nearest quarter; of z > 1, the rest of that of 1 / z to a right
 * angle. */
MA_INLINE double ma_close_atan_f64(double z)
{
    double x = fabs(z);
    int above = x > 1.0;
    double guess = ma_chosen_f64(above, 1.0 / x, x);
    double k = ma_nearest_f64(4.0 * guess) * 0.25;
    double top = ma_chosen_f64(above, 1.0 - k * x, x - k);
    double bottom = ma_chosen_f64(above, x + k, 1.0 + k * x);
    double t = top / bottom, s = t * t, rest = t * s * ma_close_atan_sum_f64(s);
    double arc = ma_broad_arc(4.0 * k), lost = ma_broad_arc_rest(4.0 * k);
    double value = arc + (t + (rest + lost));
    double turned = (MA_BROAD_RIGHT_ANGLE - arc)
        - (t + (rest + (lost - MA_BROAD_RIGHT_ANGLE_REST)));
    return copysign(ma_chosen_f64(above, turned, value), z);
}

/* float: by doubles. */
MA_INLINE float ma_narrow(double value)
{
    return (float)value;
}

MA_INLINE float ma_close_exp_error_f32(float z, float rounded)
{
    return (float)(ma_exp_near_f64((double)z) - (double)rounded);
}

MA_INLINE float ma_close_sin_f32(float z)
{
    return (float)ma_close_sin_f64((double)z);
}

MA_INLINE float ma_close_cos_f32(float z)
{
    return (float)ma_close_cos_f64((double)z);
}

MA_INLINE float ma_close_atan_f32(float z)
{
    return (float)ma_close_atan_f64((double)z);
}
