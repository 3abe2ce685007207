/* Functions of a tiny z with the next term of their series. It is far below the digits of
 * a pair, but decides whether a result in the middle between two subnormal floats is
 * rounded up. */

/* z (1 + c z^k) for k = 1 or 2: the rest has the right sign, however small. */
MA_INLINE ma_wide ma_wide_beside(ma_wide z, double c, int64_t k)
{
    double rest = c * ma_power_of_two(ma_clamp(k * z.e, -1000, 0)) * z.hi * z.hi;
    return ma_wide_of(z.hi, z.lo + rest * (k == 1 ? 1.0 : z.hi), z.e);
}

MA_INLINE ma_wide ma_wide_expm1_tied(ma_wide z)
{
    return ma_wide_choose(z.e < -110, ma_wide_beside(z, 0.5, 1), ma_wide_expm1(z));
}
