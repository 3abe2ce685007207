/* Blocks of doubles for arithmetic on wide numbers, from arrays and to arrays of every
 * format: one rounding, to doubles or to odd, before that to the format. */

MA_INLINE void ma_widen_f64(double *row, const double *from, size_t step, size_t count)
{
    ma_pad_f64(row, from, step, count);
}

MA_INLINE double ma_rounded_f64(double value)
{
    return value;
}

/* A choice that no compiler makes a branch of. */
MA_INLINE uint64_t ma_mask(int first)
{
    return (uint64_t)0 - (uint64_t)(first != 0);
}

MA_INLINE double ma_pick(int first, double a, double b)
{
    uint64_t mask = ma_mask(first);
    return ma_of_bits_f64((ma_bits_f64(a) & mask) | (ma_bits_f64(b) & ~mask));
}

MA_INLINE int64_t ma_pick_integer(int first, int64_t a, int64_t b)
{
    uint64_t mask = ma_mask(first);
    return (int64_t)(((uint64_t)a & mask) | ((uint64_t)b & ~mask));
}

/* The double next to a value that is odd, if there is a rest: rounded once more it is as
 * if that were the only rounding. */
MA_INLINE double ma_odd(double value, double rest)
{
    uint64_t bits = ma_bits_f64(value), one = 1;
    int inner = (fabs(value) <= DBL_MAX) & (value != 0.0) & (rest != 0.0);
    uint64_t odd = (rest > 0.0) == (value > 0.0) ? bits + 1 : bits - 1;
    return ma_of_bits_f64(inner && (bits & one) == 0 ? odd : bits);
}

/* Results at the ends of the floats. Where an input is NaN, they are. Where one is
 * infinite, they are what values at two huge numbers tend to: the second of these is what
 * a block takes a NaN for. `rows` is room for inputs and outputs once more. */
static void ma_ends(
    ma_whole_f64 block, const double *const *in, size_t inputs, double *const *out,
    size_t outputs, const double **far_in, double **far_out, double (*rows)[MA_BLOCK])
{
    int wild[MA_BLOCK] = {0}, any = 0;
    size_t i, k;
    for (k = 0; k < inputs; k++)
        for (i = 0; i < MA_BLOCK; i++)
            any |= !(in[k][i] - in[k][i] == 0.0);
    if (!any)
        return;
    for (k = 0; k < inputs; k++)
        for (i = 0, far_in[k] = rows[k]; i < MA_BLOCK; i++) {
            int ends = fabs(in[k][i]) > DBL_MAX;
            rows[k][i] = ends ? copysign((double)NAN, in[k][i]) : in[k][i];
            wild[i] |= ends | (in[k][i] != in[k][i] ? 2 : 0);
        }
    block(far_in, far_out);
    for (k = 0; k < outputs; k++)
        for (i = 0; i < MA_BLOCK; i++) {
            double near = fabs(out[k][i]), far = fabs(far_out[k][i]);
            if (wild[i] && far > 1.01 * near)
                out[k][i] = copysign((double)INFINITY, far_out[k][i]);
            if (wild[i] && far < 0.99 * near)
                out[k][i] = copysign(0.0, far_out[k][i]);
            if (wild[i] & 2)
                out[k][i] = (double)NAN;
        }
}
