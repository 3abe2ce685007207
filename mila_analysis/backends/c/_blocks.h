/* Arithmetic of a block: from rows of inputs to rows of outputs. The result of the short
 * one is negative where some element is beyond its reach. */
typedef int64_t (*ma_near_f64)(const double *const *in, double *const *out, int each);
typedef void (*ma_whole_f64)(const double *const *in, double *const *out);
typedef void (*ma_reach_f64)(const double *const *in, int64_t *cuts);

/* The arithmetic of some partials, where `near` may be missing, and room for a block. */
typedef struct {
    ma_near_f64 near;
    ma_whole_f64 whole;
    ma_reach_f64 reach;
    size_t inputs, outputs;
    const double **in;        /* one for each input */
    double **out;             /* two for each output */
    double (*rows)[MA_BLOCK]; /* one for each of these */
} ma_task_f64;

/* The elements that are out of reach of the short arithmetic, once more. */
static void ma_mend_f64(const ma_task_f64 *task)
{
    double **spare = task->out + task->outputs;
    int64_t cuts[MA_BLOCK];
    size_t i, k;
    task->whole(task->in, spare);
    task->reach(task->in, cuts);
    for (k = 0; k < task->outputs; k++)
        for (i = 0; i < MA_BLOCK; i++)
            if (cuts[i] < 0)
                task->out[k][i] = spare[k][i];
}

MA_INLINE void ma_compute_f64(const ma_task_f64 *task, int each)
{
    if (!task->near)
        task->whole(task->in, task->out);
    else if (task->near(task->in, task->out, each) < 0)
        ma_mend_f64(task);
}

/* Elements of an array to a whole block, the last of them as often as needed. */
MA_INLINE void ma_pad_f64(double *row, const double *from, size_t step, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++)
        row[i] = from[step * i];
    for (i = count; i < MA_BLOCK; i++)
        row[i] = row[count - 1];
}

/* Rows for all: those of parameters that are one number are filled for good. Returns
 * whether there are others. */
MA_INLINE int ma_prepare_f64(
    const ma_task_f64 *task, const double *const *given, const size_t *steps)
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
            ma_pad_f64(task->rows[k], given[k - 1], 0, MA_BLOCK);
    }
    return each;
}

/* The block at `start` of parameters that are arrays. */
MA_INLINE void ma_take_parameters_f64(
    const ma_task_f64 *task, const double *const *given, const size_t *steps,
    size_t start, size_t count)
{
    size_t k;
    for (k = 1; k < task->inputs; k++)
        if (steps[k - 1] != 0)
            ma_pad_f64(task->rows[k], given[k - 1] + start, 1, count);
}
