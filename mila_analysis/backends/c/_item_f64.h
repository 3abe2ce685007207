/* f64: a block of an array as it stands, if it is a whole one. */
MA_INLINE const double *ma_taken_f64(
    const double *from, double *row, size_t count, int copied)
{
    if (count == MA_BLOCK && !copied)
        return from;
    ma_pad_f64(row, from, 1, count);
    return row;
}

MA_INLINE double *ma_place_f64(double *to, double *row, size_t count)
{
    return count == MA_BLOCK ? to : row;
}

MA_INLINE void ma_store_f64(double *to, const double *row, size_t count)
{
    if (row != to)
        memcpy(to, row, count * sizeof *to);
}

/* Products of two rows. */
MA_INLINE void ma_scale_f64(
    double *to, const double *row, const double *by, size_t count)
{
    size_t i;
    if (count == MA_BLOCK) {
        MA_EACH
        for (i = 0; i < MA_BLOCK; i++)
            to[i] = row[i] * by[i];
        return;
    }
    for (i = 0; i < count; i++)
        to[i] = row[i] * by[i];
}
