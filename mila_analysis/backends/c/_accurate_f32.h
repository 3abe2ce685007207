MA_INLINE void ma_fill_as_f32(
    double *row, const ma_item_f32 *from, size_t step, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++)
        row[i] = ma_from_f32(from[step * i]);
    for (i = count; i < MA_BLOCK; i++)
        row[i] = row[count - 1];
}

/* 1 where a bound leaves the result open: it may round either way, or lose its sign. */
MA_INLINE int64_t ma_is_open_f32(double value, double bound, int is_signed)
{
    double low = ma_round_f32(value - bound), high = ma_round_f32(value + bound);
    int64_t sure = fabs(value) > bound ? 1 : 0;
    sure = low != 0.0 ? 1 : sure;
    return low == high ? 1 - (sure | is_signed) : 1;
}

/* Results of a row of doubles, and the elements that are open. */
static void ma_test_f32(
    const double *value, const double *bound, int is_signed,
    ma_item_f32 *MA_RESTRICT nearest, int64_t *MA_RESTRICT open)
{
    size_t i;
    for (i = 0; i < MA_BLOCK; i++) {
        open[i] |= ma_is_open_f32(value[i], bound[i], is_signed);
        nearest[i] = ma_to_f32(ma_round_f32(value[i]));
    }
}

/* The open results of the first m elements of a wide block, which stand for others. */
static void ma_close_f32(
    const ma_partials *p, size_t m, const size_t *chosen, size_t start,
    ma_item_f32 *const *results)
{
    size_t j, k;
    ma_settle(p, m);
    for (k = 0; k < p->outputs; k++)
        for (j = 0; j < m; j++) {
            size_t i = chosen[j];
            if (ma_is_open_f32(p->rows[k][i], p->rows[p->outputs + k][i], p->is_signed[k]))
                results[k][start + i] = ma_to_f32(ma_wide_nearest(
                    p->wide_out[k][j], MA_DIGITS_f32, MA_LOWEST_f32));
        }
}

static void ma_accurate_f32(
    const ma_partials *p, size_t n, const ma_item_f32 *const *given,
    const size_t *steps, ma_item_f32 *const *results)
{
    ma_item_f32 nearest[MA_BLOCK];
    int64_t open[MA_BLOCK];
    size_t chosen[MA_WIDE_BLOCK], start, count, i, k, m;
    for (start = 0; start < n; start += MA_BLOCK) {
        count = n - start < MA_BLOCK ? n - start : MA_BLOCK;
        for (k = 0; k < p->inputs; k++)
            if (steps[k] != 0 || start == 0)
                ma_fill_as_f32(
                    p->in[k], given[k] + (steps[k] ? start : 0), steps[k], count);
        if (p->plain(p->in, p->rows))
            p->whole(p->in, p->rows);
        memset(open, 0, sizeof open);
        for (k = 0; k < p->outputs; k++) {
            ma_test_f32(
                p->rows[k], p->rows[p->outputs + k], p->is_signed[k], nearest, open);
            memcpy(results[k] + start, nearest, count * sizeof *nearest);
        }
        for (i = 0, m = 0; i < count; i++) {
            if (open[i] && ma_gather(p, i, m)) /* else one is not finite: a limit */
                chosen[m++] = i;
            if (m == MA_WIDE_BLOCK || (m > 0 && i == count - 1)) {
                ma_close_f32(p, m, chosen, start, results);
                m = 0;
            }
        }
    }
}
