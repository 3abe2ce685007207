/* Arrays of _ITEM, block by block. */
static void ma_run_ITEM(
    const ma_task_REAL *task, size_t n, const ITEM *x, const REAL *const *given,
    const size_t *steps, ITEM *const *results)
{
    int each = ma_prepare_REAL(task, given, steps), copied = 0;
    size_t start, j, k;
    for (k = 0; k < task->outputs; k++)
        copied |= (const void *)results[k] == (const void *)x;
    for (start = 0; start < n; start += MA_BLOCK) {
        size_t count = n - start < MA_BLOCK ? n - start : MA_BLOCK;
        task->in[0] = ma_taken_ITEM(x + start, task->rows[0], count, copied);
        ma_take_parameters_REAL(task, given, steps, start, count);
        ma_ahead(x + start, sizeof *x, 0);
        if (task->outputs == 1)
            ma_ahead(results[0] + start, sizeof *x, 1);
        for (k = 0, j = task->inputs; k < task->outputs; k++, j++)
            task->out[k] = ma_place_ITEM(results[k] + start, task->rows[j], count);
        ma_compute_REAL(task, each);
        for (k = 0; k < task->outputs; k++)
            ma_store_ITEM(results[k] + start, task->out[k], count);
    }
}

/* Gradients: g times the first partial, and of the others the sums of such products. */
static void ma_pull_ITEM(
    const ma_task_REAL *task, size_t n, const ITEM *x, const REAL *const *given,
    const size_t *steps, const ITEM *g, ITEM *gx, double *sums)
{
    int each = ma_prepare_REAL(task, given, steps);
    REAL factors[MA_BLOCK];
    size_t start, i, k;
    for (k = 1; k < task->outputs; k++)
        sums[k - 1] = 0.0;
    for (start = 0; start < n; start += MA_BLOCK) {
        size_t count = n - start < MA_BLOCK ? n - start : MA_BLOCK;
        const REAL *factor = ma_taken_ITEM(g + start, factors, count, 0);
        task->in[0] = ma_taken_ITEM(x + start, task->rows[0], count, 0);
        ma_take_parameters_REAL(task, given, steps, start, count);
        ma_ahead(x + start, sizeof *x, 0);
        ma_ahead(g + start, sizeof *g, 0);
        if (gx)
            ma_ahead(gx + start, sizeof *gx, 1);
        ma_compute_REAL(task, each);
        if (count < MA_BLOCK)
            memset(factors + count, 0, (MA_BLOCK - count) * sizeof *factors);
        for (k = 1; k < task->outputs; k++) {
            for (i = count; i < MA_BLOCK; i++)
                task->out[k][i] = 0;
            sums[k - 1] += ma_dot_REAL(task->out[k], factor);
        }
        if (gx)
            ma_scale_ITEM(gx + start, task->out[0], factor, count);
    }
}
