/* Doubles are computed with wide numbers, all of them; only what is not finite is not. */
static void ma_accurate_f64(
    const ma_partials *p, size_t n, const double *const *given,
    const size_t *steps, double *const *results)
{
    const ma_task_f64 *task = &p->doubles;
    int finite[MA_WIDE_BLOCK], all;
    size_t start, count, i, k;
    ma_lay_out(task, steps);
    for (start = 0; start < n; start += MA_WIDE_BLOCK) {
        count = n - start < MA_WIDE_BLOCK ? n - start : MA_WIDE_BLOCK;
        for (k = 0; k < task->inputs; k++)
            if (steps[k] != 0 || start == 0)
                ma_pad_f64(
                    task->rows[k], given[k] + (steps[k] ? start : 0), steps[k], count);
        for (i = 0, all = 1; i < count; i++)
            all &= finite[i] = ma_gather(p, i, i);
        ma_settle(p, count);
        for (k = 0; k < p->outputs; k++)
            for (i = 0; i < count; i++)
                results[k][start + i] = ma_wide_nearest(
                    p->wide_out[k][i], MA_DIGITS_f64, MA_LOWEST_f64);
        if (all)
            continue;
        task->whole(task->in, task->out);
        for (k = 0; k < p->outputs; k++)
            for (i = 0; i < count; i++)
                if (!finite[i])
                    results[k][start + i] = task->out[k][i];
    }
}
