/* The same for wide numbers with limits. */
MA_INLINE ma_wide ma_ext_expm1_tied(ma_wide z)
{
    return ma_ext_choose(z.e < -110, ma_wide_beside(z, 0.5, 1), ma_ext_expm1(z));
}

MA_INLINE ma_wide ma_ext_log1p_tied(ma_wide w)
{
    return ma_ext_choose(w.e < -110, ma_wide_beside(w, -0.5, 1), ma_ext_log1p(w));
}

MA_INLINE ma_wide ma_ext_log_tied(ma_wide a)
{
    ma_wide w = ma_ext_sub(a, ma_wide_of(1.0, 0.0, 0));
    return ma_ext_choose(w.e < -110, ma_wide_beside(w, -0.5, 1), ma_ext_log(a));
}

MA_INLINE ma_wide ma_ext_atan_tied(ma_wide z)
{
    return ma_ext_choose(z.e < -60, ma_wide_beside(z, -1.0 / 3.0, 2), ma_ext_atan(z));
}

MA_INLINE ma_wide ma_ext_sin_tied(ma_wide z)
{
    return z.e < -60 ? ma_wide_beside(z, -1.0 / 6.0, 2) : ma_ext_sin(z);
}
