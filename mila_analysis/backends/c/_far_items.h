/* The elements of a block whose cuts are negative, or all, by wide numbers: gathered in
 * `rows`, one for each input and two for each output. */
static void ma_far_f64(
    ma_far far, const int64_t *cuts, const double *const *in, size_t inputs,
    double *const *out, size_t outputs, double **row, double (*rows)[MA_BLOCK])
{
    size_t places[MA_BLOCK], count = 0, padded, i, k;
    for (i = 0; i < MA_BLOCK; i++) {
        places[count] = i;
        count += !cuts || cuts[i] < 0;
    }
    padded = (count + 7) / 8 * 8;
    for (i = count; i < padded; i++)
        places[i] = places[count - 1];
    for (k = 0; k < inputs + 2 * outputs; k++)
        row[k] = rows[k];
    for (k = 0; k < inputs; k++)
        for (i = 0; i < padded; i++)
            rows[k][i] = in[k][places[i]];
    far((const double *const *)row, row + inputs, padded);
    ma_far_ends(far, row, inputs, row + inputs, outputs, row + inputs + outputs, padded);
    for (k = 0; k < outputs; k++)
        for (i = 0; i < count; i++)
            out[k][places[i]] = (double)row[inputs + k][i];
}

/* Whether any cut is negative. */
MA_INLINE int ma_any_f64(const int64_t *cuts)
{
    int64_t all = 0;
    size_t i;
    for (i = 0; i < MA_BLOCK; i++)
        all |= cuts[i];
    return all < 0;
}
