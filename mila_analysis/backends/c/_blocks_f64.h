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

MA_INLINE void ma_run_f64(
    ma_body_f64 plain, ma_body_f64 whole, size_t n,
    size_t inputs, const double *const *given, const size_t *steps, double (*in)[MA_BLOCK],
    size_t outputs, double *const *results, double (*out)[MA_BLOCK])
{
    size_t start, k;
    for (start = 0; start < n; start += MA_BLOCK) {
        size_t count = n - start < MA_BLOCK ? n - start : MA_BLOCK;
        for (k = 0; k < inputs; k++)
            if (steps[k] != 0 || start == 0)
                ma_fill_f64(in[k], given[k] + (steps[k] ? start : 0), steps[k], count);
        if (plain(in, out))
            whole(in, out);
        for (k = 0; k < outputs; k++)
            memcpy(results[k] + start, out[k], count * sizeof *out[k]);
    }
}
