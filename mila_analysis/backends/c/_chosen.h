/* A choice that no compiler makes a branch of. */
MA_INLINE double ma_chosen_f64(int first, double a, double b)
{
    uint64_t mask = (uint64_t)0 - (uint64_t)(first != 0);
    return ma_of_bits_f64((ma_bits_f64(a) & mask) | (ma_bits_f64(b) & ~mask));
}
