/* A sum of products; its order is the same on every machine. Eight at a time are summed as
 * they are, each rounded five times at most, and these sums as doubles. */
MA_INLINE double ma_dot_REAL(const REAL *a, const REAL *b)
{
    REAL rows[32] = {0};
    double lanes[32];
    size_t i, j, width;
    for (i = 0; i < MA_BLOCK; i += 64)
        for (j = 0; j < 32; j++)
            rows[j] += ma_fused_REAL(
                a[i + j], b[i + j], a[i + j + 32] * b[i + j + 32]);
    for (j = 0; j < 32; j++)
        lanes[j] = rows[j];
    for (width = 16; width > 0; width /= 2)
        for (j = 0; j < width; j++)
            lanes[j] += lanes[j + width];
    return lanes[0];
}
