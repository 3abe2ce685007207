/* Arithmetic of a block, from the rows of one array to those of another. It tells
 * whether a cap cut something off, where the plain arithmetic does not hold. */
typedef int64_t (*ma_body_f64)(double (*in)[MA_BLOCK], double (*out)[MA_BLOCK]);

MA_INLINE void ma_fill_f64(double *row, const double *from, size_t step, size_t count)
{
    size_t i;
    if (step == 1)
        memcpy(row, from, count * sizeof *row);
    else
        for (i = 0; i < count; i++)
            row[i] = *from;
    for (i = count; i < MA_BLOCK; i++)
        row[i] = row[count - 1];
}
