/* All float32 inputs, 256 bit patterns at a time, against wide numbers with a bound of
 * their own error. Before this stand the code that is judged and the runtime of accurate
 * files; the generated part defines what has the prefix SWEEP_. */

/* A number that is not negative and never cancels: a size, a bound. */
typedef struct { double m; int64_t e; } ma_size;

MA_INLINE ma_size ma_size_made(double m, int64_t e)
{
    ma_size r = {m, e};
    return r;
}

MA_INLINE ma_size ma_size_of(ma_wide a)
{
    return ma_size_made(fabs(a.hi), a.e);
}

MA_INLINE ma_size ma_size_number(double m)
{
    return ma_size_of(ma_wide_from(m));
}

MA_INLINE ma_wide ma_wide_of_size(ma_size a)
{
    return ma_wide_of(a.m, 0.0, a.e);
}

MA_INLINE ma_size ma_size_add(ma_size a, ma_size b)
{
    int64_t e = a.e > b.e ? a.e : b.e;
    double s = ma_power_of_two(ma_clamp(a.e - e, -600, 0));
    double t = ma_power_of_two(ma_clamp(b.e - e, -600, 0));
    return ma_size_made(a.m * s + b.m * t, e);
}

MA_INLINE ma_size ma_size_mul(ma_size a, ma_size b)
{
    return ma_size_made(a.m * b.m, a.e + b.e);
}

MA_INLINE ma_size ma_size_div(ma_size a, ma_size b)
{
    return ma_size_made(a.m / b.m, a.e - b.e);
}

MA_INLINE ma_size ma_size_choose(int first, ma_size a, ma_size b)
{
    return ma_size_made(first ? a.m : b.m, first ? a.e : b.e);
}

/* What was found; each array has an element for each partial. */
typedef struct {
    int64_t *fallbacks;  /* results that the bounds of doubles left open */
    int64_t *plain;      /* results that doubles alone would have rounded wrongly */
    int64_t *beyond;     /* doubles that are farther from the exact value than their bound */
    int64_t *wrong;      /* results that are wrong, or not finite where they should be */
    int64_t *open;       /* results that wide numbers cannot decide */
    double *worst;       /* distance to a midpoint, or error, in ulp */
    uint32_t *worst_at;
    double *subnormal;   /* error below the normal numbers, in their unit */
    uint32_t *listed;    /* inputs that are wrong or open */
    int32_t *listed_as;  /* the partial k that is wrong, or -1 - k if it is open */
    int64_t room, count; /* of these */
} ma_tally;

static void ma_list(ma_tally *tally, uint32_t input, int32_t as)
{
    if (tally->count < tally->room) {
        tally->listed[tally->count] = input;
        tally->listed_as[tally->count] = as;
    }
    tally->count++;
}

/* 2^e where a float of that size, or a wide number, has its last place. */
MA_INLINE int64_t ma_last_place(int64_t e)
{
    return (e > -126 ? e : -126) - 23;
}

/* The verdict on a result: 0 for right, 1 for wrong, 2 for not decided; and how far the
 * exact value is from where rounding changes, in ulp. Truths are the doubles 0 and 1:
 * the loop over this has one width, so that compilers vectorise it. */
MA_INLINE double ma_judged(double y, ma_wide exact, ma_size bound, double *margin)
{
    double a = fabs(y), number = y == y ? 1.0 : 0.0, zero = a == 0.0 ? 1.0 : 0.0;
    double infinite = a > 3.5e+38 ? 1.0 : 0.0, size = a > 3.5e+38 ? 0x1p+128 : a;
    uint64_t bits = ma_bits_f64(size), flip = ma_bits_f64(y) >> 63 << 63;
    double hi = ma_of_bits_f64(ma_bits_f64(exact.hi) ^ flip);
    double lo = ma_of_bits_f64(ma_bits_f64(exact.lo) ^ flip);
    ma_wide v = ma_wide_of(hi, lo, exact.e), b = ma_wide_of_size(bound);
    ma_wide d = ma_wide_sub(v, ma_wide_from(size));
    double below = d.hi < 0.0 ? 1.0 : 0.0, large = size > 0x1p-126 ? 0.5 : 0.0;
    double at_power = bits << 12 == 0 ? large : 0.0;
    int64_t last = ma_last_place((int64_t)(bits >> 52) - 1023);
    double half = ma_power_of_two(last - 1), inner = half * (1.0 - at_power);
    double edge = below * (inner * (1.0 - zero)) + (1.0 - below) * half;
    ma_wide gap = ma_wide_sub(ma_wide_from(edge), ma_wide_abs(d));
    double far = ma_wide_compared(gap, b) > 0.0 ? 1.0 : 0.0;
    double past = ma_wide_compared(gap, ma_wide_neg(b)) < 0.0 ? 1.0 : 0.0;
    double known = b.hi == 0.0 ? 1.0 : 0.0, even = (bits >> 29 & 1) != 0 ? 0.0 : 1.0;
    double tied = known * even * (gap.hi == 0.0 ? 1.0 : 0.0);
    double nothing = known * (exact.hi == 0.0 ? 1.0 : 0.0); /* of either sign */
    double signless = zero * (ma_wide_compared(v, b) > 0.0 ? 0.0 : 1.0);
    double beyond = infinite * (1.0 - below);
    double right = far * (1.0 - signless) + tied + nothing * zero + beyond;
    double distance = gap.hi * ma_power_of_two(ma_clamp(gap.e - last, -900, 900));
    *margin = nothing + beyond > 0.0 ? 0.5 : distance;
    return right * number > 0.0 ? 0.0 : past * number + 1.0 - number > 0.0 ? 1.0 : 2.0;
}

/* The error of a result in ulp of the exact value; that of NaN is infinite. */
MA_INLINE double ma_error(float result, ma_wide exact)
{
    double y = (double)result;
    int64_t last = ma_last_place(exact.hi == 0.0 ? -126 : exact.e);
    int infinite = fabs(y) > 3.5e+38 || y != y;
    double beyond = exact.e > 127 && (y > 0.0) == (exact.hi > 0.0) ? 0.0 : INFINITY;
    ma_wide d = ma_wide_sub(exact, ma_wide_from(infinite ? 0.0 : y));
    double error = fabs(d.hi) * ma_power_of_two(ma_clamp(d.e - last, -900, 900));
    return infinite ? (y != y ? INFINITY : beyond) : error;
}

typedef struct {
    ma_wide in[SWEEP_INPUTS][MA_WIDE_BLOCK], value[SWEEP_OUTPUTS][MA_WIDE_BLOCK];
    ma_wide exact[SWEEP_OUTPUTS][MA_WIDE_BLOCK];
    ma_size bound[SWEEP_OUTPUTS][MA_WIDE_BLOCK];
} ma_reference;

/* Exact values with bounds at 32 inputs. */
static void ma_refer(ma_reference *r, const float *x, const float *parameters)
{
    size_t i, k;
    for (k = 0; k < SWEEP_INPUTS; k++)
        for (i = 0; i < MA_WIDE_BLOCK; i++)
            r->in[k][i] = ma_wide_from(k == 0 ? (double)x[i] : (double)parameters[k - 1]);
    SWEEP_checked(r->in, r->value, r->bound);
#ifdef SWEEP_origin
    int zero[MA_WIDE_BLOCK], any = 0;
    SWEEP_exponent(r->in, r->exact);
    for (i = 0; i < MA_WIDE_BLOCK; i++)
        any |= zero[i] = r->exact[0][i].hi == 0.0;
    if (any)
        SWEEP_origin(r->in, r->exact);
    for (i = 0; any && i < MA_WIDE_BLOCK; i++)
        for (k = 0; zero[i] && k < SWEEP_OUTPUTS; k++)
            if (SWEEP_at_origin[k]) {
                ma_wide value = r->exact[k][i]; /* rounded, or a pair that is exact */
                double last = value.lo == 0.0 ? 0.0 : fabs(value.hi);
                r->value[k][i] = value;
                r->bound[k][i] = ma_size_made(last, value.e - 102);
            }
#endif
}

/* NaN to NaN; infinities have limits, which are not judged here. */
static void ma_sweep_nan(
    const float *x, float (*out)[MA_BLOCK], uint32_t first, ma_tally *tally)
{
    size_t i, k;
    for (k = 0; k < SWEEP_OUTPUTS; k++)
        for (i = 0; i < MA_BLOCK; i++)
            if (x[i] != x[i] && out[k][i] == out[k][i]) {
                tally->wrong[k]++;
                ma_list(tally, first + (uint32_t)i, (int32_t)k);
            }
}

#ifdef SWEEP_DOUBLES
static void ma_judge_row(
    const double *MA_RESTRICT y, const ma_wide *MA_RESTRICT value,
    const ma_size *MA_RESTRICT bound, double *MA_RESTRICT margin,
    double *MA_RESTRICT verdict)
{
    size_t i;
    for (i = 0; i < MA_WIDE_BLOCK; i++)
        verdict[i] = ma_judged(y[i], value[i], bound[i], &margin[i]);
}

static void ma_sweep_judge(
    const ma_reference *r, float (*out)[MA_BLOCK], size_t from, uint32_t first,
    ma_tally *tally)
{
    double y[MA_WIDE_BLOCK], margin[MA_WIDE_BLOCK], verdict[MA_WIDE_BLOCK];
    int64_t notable;
    size_t i, k;
    for (k = 0; k < SWEEP_OUTPUTS; k++) {
        double least = tally->worst[k];
        for (i = 0; i < MA_WIDE_BLOCK; i++)
            y[i] = (double)out[k][from + i];
        ma_judge_row(y, r->value[k], r->bound[k], margin, verdict);
        for (i = 0, notable = 0; i < MA_WIDE_BLOCK; i++)
            notable |= (verdict[i] != 0.0 ? 1 : 0) | (margin[i] < least ? 1 : 0);
        if (notable == 0)
            continue;
        for (i = 0; i < MA_WIDE_BLOCK; i++) {
            uint32_t input = first + (uint32_t)(from + i);
            if (verdict[i] != 0.0) {
                int32_t as = (int32_t)k;
                (verdict[i] == 1.0 ? tally->wrong : tally->open)[k]++;
                ma_list(tally, input, verdict[i] == 1.0 ? as : -1 - as);
            } else if (margin[i] < tally->worst[k]) {
                tally->worst[k] = margin[i];
                tally->worst_at[k] = input;
            }
        }
    }
}

#else
static void ma_sweep_measure(
    const ma_reference *r, float (*out)[MA_BLOCK], size_t from, uint32_t first,
    ma_tally *tally)
{
    size_t i, k;
    for (k = 0; k < SWEEP_OUTPUTS; k++)
        for (i = 0; i < MA_WIDE_BLOCK; i++) {
            ma_wide exact = r->value[k][i], size = ma_wide_of_size(r->bound[k][i]);
            double error = ma_error(out[k][from + i], exact);
            uint32_t input = first + (uint32_t)(from + i);
            if (!(error < INFINITY)) {
                tally->wrong[k]++;
                ma_list(tally, input, (int32_t)k);
            } else if (exact.hi == 0.0 || exact.e < -126) {
                tally->subnormal[k] =
                    error > tally->subnormal[k] ? error : tally->subnormal[k];
            } else if (error > tally->worst[k]) {
                ma_wide sixteen = ma_wide_of(fabs(exact.hi), 0.0, exact.e + 4);
                if (ma_wide_compared(size, sixteen) <= 0.0) {
                    tally->worst[k] = error;
                    tally->worst_at[k] = input;
                }
            }
        }
}

#endif

#ifdef SWEEP_DOUBLES
/* The doubles of a block, and room for them. */
typedef struct {
    const double *in[SWEEP_INPUTS];
    double *out[4 * SWEEP_OUTPUTS], room[SWEEP_INPUTS + 4 * SWEEP_OUTPUTS][MA_BLOCK];
} ma_sample;

static void ma_sweep_doubles(
    const float *x, const float *parameters, float (*out)[MA_BLOCK], ma_sample *sample,
    ma_tally *tally)
{
    const size_t steps[SWEEP_INPUTS] = {1};
    const ma_task_f64 task = {
        SWEEP_DOUBLES, SWEEP_INPUTS, 2 * SWEEP_OUTPUTS, sample->in, sample->out,
        sample->room};
    size_t i, k;
    int each = ma_lay_out(&task, steps);
    for (k = 0; k < SWEEP_INPUTS; k++)
        for (i = 0; i < MA_BLOCK; i++)
            sample->room[k][i] = k == 0 ? (double)x[i] : (double)parameters[k - 1];
    ma_compute_f64(&task, each);
    for (k = 0; k < SWEEP_OUTPUTS; k++) {
        const double *value = task.out[k], *bound = task.out[SWEEP_OUTPUTS + k];
        int64_t open = 0, plain = 0;
        for (i = 0; i < MA_BLOCK; i++) {
            open += ma_open_f32(value[i], bound[i]) != 0;
            plain += (float)value[i] != out[k][i] ? 1 : 0;
        }
        tally->fallbacks[k] += open;
        tally->plain[k] += plain;
    }
}

/* Whether a double is farther from the exact value than both bounds say, or has another
 * sign than a negative bound says. */
MA_INLINE int64_t ma_beyond_bound(double y, double bound, ma_wide exact, ma_size own)
{
    double finite = y - y == 0.0 ? y : 0.0, size = fabs(bound), sign = copysign(1.0, y);
    ma_wide gap = ma_wide_abs(ma_wide_sub(exact, ma_wide_from(finite)));
    ma_wide most = ma_wide_add(ma_wide_from(size), ma_wide_of_size(own));
    int64_t far = ma_wide_compared(gap, most) > 0.0 ? 1 : 0, sure = bound < 0.0 ? 1 : 0;
    int64_t known = ma_wide_compared(ma_wide_abs(exact), ma_wide_of_size(own)) > 0.0;
    return (y - y == 0.0 ? far : 1) | (sure & known & (exact.hi * sign < 0.0 ? 1 : 0));
}

static void ma_sweep_bounds(
    const ma_reference *r, const ma_sample *sample, size_t from, ma_tally *tally)
{
    size_t i, k;
    for (k = 0; k < SWEEP_OUTPUTS; k++) {
        const double *value = sample->out[k] + from;
        const double *bound = sample->out[SWEEP_OUTPUTS + k] + from;
        int64_t beyond = 0;
        for (i = 0; i < MA_WIDE_BLOCK; i++)
            beyond += ma_beyond_bound(value[i], bound[i], r->value[k][i], r->bound[k][i]);
        tally->beyond[k] += beyond;
    }
}
#endif

/* Judges `count` bit patterns from `first` on, both multiples of 256. */
void ma_sweep(uint32_t first, uint64_t count, const float *parameters, ma_tally *tally)
{
    float x[MA_BLOCK], out[SWEEP_OUTPUTS][MA_BLOCK], *rows[SWEEP_OUTPUTS];
    ma_reference reference;
#ifdef SWEEP_DOUBLES
    ma_sample sample;
#endif
    uint64_t done;
    size_t i, k;
    for (k = 0; k < SWEEP_OUTPUTS; k++)
        rows[k] = out[k];
    for (done = 0; done < count; done += MA_BLOCK) {
        uint32_t pattern = first + (uint32_t)done;
        for (i = 0; i < MA_BLOCK; i++) {
            uint32_t bits = pattern + (uint32_t)i;
            memcpy(&x[i], &bits, sizeof bits);
        }
        SWEEP_judged(MA_BLOCK, x, SWEEP_PARAMETERS rows);
        if ((pattern & 0x7f800000u) == 0x7f800000u) {
            ma_sweep_nan(x, out, pattern, tally);
            continue;
        }
#ifdef SWEEP_DOUBLES
        ma_sweep_doubles(x, parameters, out, &sample, tally);
#endif
        for (i = 0; i < MA_BLOCK; i += MA_WIDE_BLOCK) {
            ma_refer(&reference, x + i, parameters);
#ifdef SWEEP_DOUBLES
            ma_sweep_judge(&reference, out, i, pattern, tally);
            ma_sweep_bounds(&reference, &sample, i, tally);
#else
            ma_sweep_measure(&reference, out, i, pattern, tally);
#endif
        }
    }
}

/* High and low part, exponent and bound of the exact values at an input, for balls. */
void ma_exact(uint32_t pattern, const float *parameters, double (*found)[4])
{
    ma_reference reference;
    float x[MA_WIDE_BLOCK];
    size_t i, k;
    for (i = 0; i < MA_WIDE_BLOCK; i++)
        memcpy(&x[i], &pattern, sizeof pattern);
    ma_refer(&reference, x, parameters);
    for (k = 0; k < SWEEP_OUTPUTS; k++) {
        ma_wide value = reference.value[k][0];
        ma_size bound = reference.bound[k][0];
        int64_t shift = ma_clamp(bound.e - value.e, -900, 900);
        found[k][0] = value.hi;
        found[k][1] = value.lo;
        found[k][2] = (double)value.e;
        found[k][3] = value.hi == 0.0 ? bound.m : bound.m * ma_power_of_two(shift);
    }
}
