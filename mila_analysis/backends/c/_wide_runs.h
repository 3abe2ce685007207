/* Arrays of ITEM with parameters of ITEM, block by block. */
MA_INLINE int ma_lay_out_accurate_ITEM(
    const ma_task_f64 *task, const ma_item_ITEM *const *given, const size_t *steps)
{
    int each = 0;
    size_t k;
    for (k = 0; k < task->inputs; k++)
        task->in[k] = task->rows[k];
    for (k = 0; k < 2 * task->outputs; k++)
        task->out[k] = task->rows[task->inputs + k];
    for (k = 1; k < task->inputs; k++) {
        each |= steps[k - 1] != 0;
        if (steps[k - 1] == 0)
            ma_widen_ITEM(task->rows[k], given[k - 1], 0, MA_BLOCK);
    }
    return each;
}

MA_INLINE void ma_block_accurate_ITEM(
    const ma_task_f64 *task, const ma_item_ITEM *x, const ma_item_ITEM *const *given,
    const size_t *steps, int each, size_t start, size_t count)
{
    size_t k;
    ma_widen_ITEM(task->rows[0], x + start, 1, count);
    for (k = 1; k < task->inputs; k++)
        if (steps[k - 1] != 0)
            ma_widen_ITEM(task->rows[k], given[k - 1] + start, 1, count);
    ma_compute_f64(task, each);
}

static void ma_run_accurate_ITEM(
    const ma_task_f64 *task, size_t n, const ma_item_ITEM *x,
    const ma_item_ITEM *const *given, const size_t *steps,
    ma_item_ITEM *const *results)
{
    int each = ma_lay_out_accurate_ITEM(task, given, steps);
    size_t start, i, k;
    for (start = 0; start < n; start += MA_BLOCK) {
        size_t count = n - start < MA_BLOCK ? n - start : MA_BLOCK;
        ma_block_accurate_ITEM(task, x, given, steps, each, start, count);
        for (k = 0; k < task->outputs; k++) {
            const double *row = task->out[k], *rest = task->out[task->outputs + k];
            ma_item_ITEM *to = results[k] + start;
            (void)rest;
            MA_EACH
            for (i = 0; i < count; i++)
                to[i] = ma_rounded_ITEM(VALUE);
        }
    }
}
