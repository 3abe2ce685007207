/* The next sum of Horner's scheme, y s + c. Its two parts are not brought in order, so
 * that each step waits for two operations of the one before, and not for twenty. */
MA_INLINE ma_pair ma_ext_next(ma_pair y, ma_pair s, double hi, double lo)
{
    ma_pair p = ma_two_product(s.hi, y.hi), sum = ma_two_sum(hi, p.hi);
    double rest = fma(s.hi, y.lo, fma(s.lo, y.hi, p.lo));
    return ma_pair_of(sum.hi, rest + (sum.lo + lo));
}
