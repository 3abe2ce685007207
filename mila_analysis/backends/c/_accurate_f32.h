/* f32 */
MA_INLINE void ma_widen_f32(
    double *row, const ma_item_f32 *from, size_t step, size_t count)
{
    size_t i;
    if (step == 1 && count == MA_BLOCK) {
        MA_EACH
        for (i = 0; i < MA_BLOCK; i++)
            row[i] = ma_from_f32(from[i]);
        return;
    }
    for (i = 0; i < MA_BLOCK; i++)
        row[i] = ma_from_f32(from[step * (i < count ? i : count - 1)]);
}

/* Results of a row of doubles, and whether their bounds leave any of them open. */
static int ma_test_f32(const double *value, const double *bound, ma_item_f32 *nearest)
{
    uint64_t open = 0;
    size_t i;
    MA_EACH
    for (i = 0; i < MA_BLOCK; i++) {
        nearest[i] = ma_rounded_f32(value[i]);
        open |= ma_open_f32(value[i], bound[i]);
    }
    return open != 0;
}

/* The open results of the first m elements of a wide block, which stand for others. */
static void ma_close_f32(
    const ma_partials *p, size_t m, const size_t *chosen, size_t start,
    ma_item_f32 *const *results)
{
    double *const *rows = p->doubles.out;
    size_t j, k;
    ma_settle(p, m);
    for (k = 0; k < p->outputs; k++)
        for (j = 0; j < m; j++)
            if (ma_open_f32(rows[k][chosen[j]], rows[p->outputs + k][chosen[j]]))
                results[k][start + chosen[j]] = ma_rounded_f32(ma_wide_nearest(
                    p->wide_out[k][j], MA_DIGITS_f32, MA_LOWEST_f32));
}

/* A block with open results. */
static void ma_decide_f32(
    const ma_partials *p, size_t start, size_t count, ma_item_f32 *const *results)
{
    double *const *rows = p->doubles.out;
    size_t chosen[MA_WIDE_BLOCK], i, k, m;
    uint64_t open[MA_BLOCK] = {0};
    for (k = 0; k < p->outputs; k++)
        for (i = 0; i < MA_BLOCK; i++)
            open[i] |= ma_open_f32(rows[k][i], rows[p->outputs + k][i]);
    for (i = 0, m = 0; i < count; i++) {
        if (open[i] && ma_gather(p, i, m)) /* else one is not finite: a limit */
            chosen[m++] = i;
        if (m == MA_WIDE_BLOCK || (m > 0 && i == count - 1)) {
            ma_close_f32(p, m, chosen, start, results);
            m = 0;
        }
    }
}

static void ma_accurate_f32(
    const ma_partials *p, size_t n, const ma_item_f32 *const *given,
    const size_t *steps, ma_item_f32 *const *results)
{
    const ma_task_f64 *task = &p->doubles;
    ma_item_f32 last[MA_BLOCK];
    int each = ma_lay_out(task, steps), open;
    size_t start, count, k;
    for (start = 0; start < n; start += MA_BLOCK) {
        count = n - start < MA_BLOCK ? n - start : MA_BLOCK;
        for (k = 0; k < task->inputs; k++)
            if (steps[k] != 0 || start == 0)
                ma_widen_f32(
                    task->rows[k], given[k] + (steps[k] ? start : 0), steps[k], count);
        ma_compute_f64(task, each);
        for (k = 0, open = 0; k < p->outputs; k++) {
            ma_item_f32 *to = count == MA_BLOCK ? results[k] + start : last;
            open |= ma_test_f32(task->out[k], task->out[p->outputs + k], to);
            if (count < MA_BLOCK)
                memcpy(results[k] + start, last, count * sizeof *last);
        }
        if (open)
            ma_decide_f32(p, start, count, results);
    }
}
