/* Gradients: g times the first partial, and of the others the sums of such products. */
static void ma_pull_NAME(
    const ma_task_f64 *task, size_t n, const ma_item_ITEM *x,
    const ma_item_GIVEN *const *given, const size_t *steps, const ma_item_ITEM *g,
    ma_item_ITEM *gx, double *sums)
{
    int each = ma_lay_out_NAME(task, given, steps);
    double factor[MA_BLOCK];
    size_t start, i, k;
    for (k = 1; k < task->outputs; k++)
        sums[k - 1] = 0.0;
    for (start = 0; start < n; start += MA_BLOCK) {
        size_t count = n - start < MA_BLOCK ? n - start : MA_BLOCK;
        ma_widen_ITEM(factor, g + start, 1, count);
        ma_block_NAME(task, x, given, steps, each, start, count);
        for (i = count; i < MA_BLOCK; i++)
            factor[i] = 0.0;
        for (k = 1; k < task->outputs; k++) {
            for (i = count; i < MA_BLOCK; i++)
                task->out[k][i] = 0.0;
            sums[k - 1] += ma_dot_wide(task->out[k], factor);
        }
        if (!gx)
            continue;
        MA_EACH
        for (i = 0; i < count; i++)
            gx[start + i] = ma_rounded_ITEM(task->out[0][i] * factor[i]);
    }
}
