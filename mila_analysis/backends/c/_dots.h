/* A sum of products; its order is the same on every machine. */
MA_INLINE double ma_dot_REAL(const REAL *a, const REAL *b)
{
    double lanes[32] = {0};
    size_t i, j, width;
    for (i = 0; i < MA_BLOCK; i += 32)
        for (j = 0; j < 32; j++)
            lanes[j] += (double)a[i + j] * (double)b[i + j];
    for (width = 16; width > 0; width /= 2)
        for (j = 0; j < width; j++)
            lanes[j] += lanes[j + width];
    return lanes[0];
}
