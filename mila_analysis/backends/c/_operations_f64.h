/* 1 where z > 0, else 0; of NaN either. By the sign of -z: of a choice, gcc would make
 * a branch, which it does not vectorize. */
MA_INLINE double ma_step_f64(double z)
{
    return ma_of_bits_f64((0 - ma_sign_f64(0.0 - z)) & ma_bits_f64(1.0));
}

MA_INLINE double ma_maximum_f64(double a, double b)
{
    return b > a || b != b ? b : a;
}

/* Infinities become a huge number. */
MA_INLINE double ma_finite_f64(double value)
{
    return fabs(value) > MA_HUGE_f64 ? copysign(MA_HUGE_f64, value) : value;
}

/* 1 where the cap cuts something off, else 0; of NaN either. */
MA_INLINE int64_t ma_cuts_f64(double size)
{
    return (int64_t)ma_sign_f64(MA_CUT_f64 - size);
}

MA_INLINE double ma_capped_f64(double size)
{
    return size > MA_CUT_f64 ? MA_CUT_f64 : size;
}

/* exp(capped - size): what the cap left out of exp(-size). */
MA_INLINE double ma_tail_f64(double size, double capped)
{
    return ma_exp_f64(capped - size);
}

/* The last rounding of a result that may be subnormal. */
MA_INLINE double ma_fade_f64(double value, double tail)
{
    return value * tail;
}

/* What grows as the tail decays; nothing stays nothing. */
MA_INLINE double ma_swell_f64(double value, double tail)
{
    double quotient = value / tail;
    return value == 0.0 ? value : quotient;
}

/* Modest where what it is multiplied with has vanished anyway. */
MA_INLINE double ma_modest_f64(double value, double tail)
{
    double most = copysign(MA_MODEST_f64, value);
    double bounded = fabs(value) > MA_MODEST_f64 ? most : value;
    return tail > 0.0 ? value : bounded;
}

/* A rounding error, bounded where the number is too large for it to matter. */
MA_INLINE double ma_tame_f64(double error, double size, double capped)
{
    double bounded = fabs(error) < 0.01 ? error : copysign(0.01, error);
    return size > capped ? bounded : error;
}

/* What a constant loses when it is rounded: the second number. */
MA_INLINE double ma_residue_f64(double rounded, double lost)
{
    (void)rounded;
    return lost;
}
