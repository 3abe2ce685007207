/* Results at the ends of the floats. Where an input is NaN, they are. Where one is
 * infinite, they are what values at two huge numbers tend to: the second of these is what
 * a NaN is taken for. */
typedef void (*ma_far)(const double *const *in, double *const *out, size_t count);

static void ma_far_ends(
    ma_far far, double *const *in, size_t inputs, double *const *out, size_t outputs,
    double *const *spare, size_t count)
{
    int wild[MA_BLOCK] = {0}, any = 0;
    size_t i, k;
    for (k = 0; k < inputs; k++)
        for (i = 0; i < count; i++) {
            double x = in[k][i];
            int ends = fabs(x) > DBL_MAX;
            in[k][i] = ends ? copysign((double)NAN, x) : x;
            wild[i] |= ends | (x != x ? 2 : 0);
            any |= wild[i];
        }
    if (!any)
        return;
    far((const double *const *)in, spare, count);
    for (k = 0; k < outputs; k++)
        for (i = 0; i < count; i++) {
            double close = fabs(out[k][i]), beyond = fabs(spare[k][i]);
            if (wild[i] && beyond > 1.01 * close)
                out[k][i] = copysign((double)INFINITY, spare[k][i]);
            if (wild[i] && beyond < 0.99 * close)
                out[k][i] = copysign(0.0, spare[k][i]);
            if (wild[i] & 2)
                out[k][i] = (double)NAN;
        }
}

MA_INLINE void ma_unused_far(void)
{
    (void)ma_ends;
}
