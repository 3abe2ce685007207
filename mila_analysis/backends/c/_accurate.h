/* Correctly rounded results. Double arithmetic gives a value and a bound of its error;
 * where value - bound and value + bound round to the same number, that is the result.
 * A bound is negative where the sign of the value is right, however small that is. The
 * few other elements are computed with wide numbers. */

#define MA_WIDE_BLOCK 32

typedef void (*ma_body_wide)(
    ma_wide (*in)[MA_WIDE_BLOCK], ma_wide (*out)[MA_WIDE_BLOCK]);

/* The arithmetic of some partials, and room for a block of it. */
typedef struct {
    ma_task_f64 doubles; /* rows of values, then rows of their bounds */
    ma_body_wide wide;
    ma_body_wide exponent, origin; /* values for where that is 0 or tiny; or NULL */
    size_t outputs;
    const int *at_origin; /* there is a value for these */
    ma_wide (*wide_in)[MA_WIDE_BLOCK], (*wide_out)[MA_WIDE_BLOCK];
    ma_wide (*exact)[MA_WIDE_BLOCK];
} ma_partials;

/* A cap below that of fast code: squares and cubes of exp(-cap) are normal numbers. */
MA_INLINE double ma_capped_far(double size)
{
    return size > 230.0 ? 230.0 : size;
}

/* Formats: what they store, as doubles, and how a double is rounded to them. */

MA_INLINE int ma_is_finite(double value)
{
    return value - value == 0.0;
}

typedef double ma_item_f64;
typedef float ma_item_f32;
typedef uint16_t ma_item_f16, ma_item_bf16;

#define MA_DIGITS_f64 53
#define MA_LOWEST_f64 -1074
#define MA_DIGITS_f32 24
#define MA_LOWEST_f32 -149
#define MA_DIGITS_f16 11
#define MA_LOWEST_f16 -24
#define MA_DIGITS_bf16 8
#define MA_LOWEST_bf16 -133

MA_INLINE double ma_from_f32(float item)
{
    return (double)item;
}

MA_INLINE float ma_rounded_f32(double value)
{
    return (float)value;
}

/* Not 0 where a bound leaves the result open: it may round either way, or lose its
 * sign. A difference of floats is 0 for equal ones only, and -0 for -0 and 0. */
MA_INLINE uint32_t ma_open_f32(double value, double bound)
{
    return ma_bits_f32((float)(value - bound) - (float)(value + bound));
}

/* The bits of a 16-bit number, its digits and the exponent of its least subnormal being
 * known: one rounding, ties to even. */
MA_INLINE uint64_t ma_short_of(double value, int digits, int lowest)
{
    const uint64_t one = 1, infinite = (uint64_t)0x7ff << 52;
    int dropped = 53 - digits, least = 1022 + lowest + digits;
    uint64_t bits = ma_bits_f64(value), sign = bits >> 63 << 15, size = bits << 1 >> 1;
    uint64_t top = (one << 15) - (one << (digits - 1)), quiet = one << (digits - 2);
    uint64_t half = (one << (dropped - 1)) - 1 + (size >> dropped & 1);
    uint64_t normal = (size + half - ((uint64_t)(least - 1) << 52)) >> dropped;
    double power = ma_of_bits_f64((uint64_t)(1075 + lowest) << 52);
    uint64_t tiny = ma_bits_f64(ma_of_bits_f64(size) + power) - ma_bits_f64(power);
    uint64_t finite = size < (uint64_t)least << 52 ? tiny : normal;
    uint64_t item = finite > top ? top : finite;
    return sign | (size > infinite ? top | quiet : item);
}

/* The same for the bits of 16-bit numbers as for floats. */
MA_INLINE uint64_t ma_open_short(uint64_t low, uint64_t high, uint64_t top)
{
    uint64_t nan = (low & 0x7fff) > top ? 1 : 0;
    return ((low ^ high) & 0x7fff) | (low & ~high & 0x8000) | nan;
}

MA_INLINE uint16_t ma_rounded_bf16(double value)
{
    return (uint16_t)ma_short_of(value, MA_DIGITS_bf16, MA_LOWEST_bf16);
}

MA_INLINE uint64_t ma_open_bf16(double value, double bound)
{
    uint64_t low = ma_short_of(value - bound, MA_DIGITS_bf16, MA_LOWEST_bf16);
    uint64_t high = ma_short_of(value + bound, MA_DIGITS_bf16, MA_LOWEST_bf16);
    return ma_open_short(low, high, 0x7f80);
}

MA_INLINE double ma_from_bf16(uint16_t item)
{
    return (double)ma_of_bits_f32((uint32_t)item << 16);
}

MA_INLINE uint16_t ma_rounded_f16(double value)
{
    return (uint16_t)ma_short_of(value, MA_DIGITS_f16, MA_LOWEST_f16);
}

MA_INLINE uint64_t ma_open_f16(double value, double bound)
{
    uint64_t low = ma_short_of(value - bound, MA_DIGITS_f16, MA_LOWEST_f16);
    uint64_t high = ma_short_of(value + bound, MA_DIGITS_f16, MA_LOWEST_f16);
    return ma_open_short(low, high, 0x7c00);
}

MA_INLINE double ma_from_f16(uint16_t item)
{
    uint64_t sign = (uint64_t)(item >> 15) << 63, size = item & 0x7fffu;
    double normal = ma_of_bits_f64((size + ((uint64_t)1008 << 10)) << 42);
    double value = size < 0x400u ? (double)(int64_t)size * 5.9604644775390625e-08 : normal;
    value = size > 0x7c00u ? (double)NAN : value;
    value = size == 0x7c00u ? (double)INFINITY : value;
    return ma_of_bits_f64(ma_bits_f64(value) | sign);
}

/* Rows for all, and whether some parameter is an array. */
MA_INLINE int ma_lay_out(const ma_task_f64 *task, const size_t *steps)
{
    int each = 0;
    size_t k;
    for (k = 0; k < task->inputs; k++)
        task->in[k] = task->rows[k];
    for (k = 0; k < 2 * task->outputs; k++)
        task->out[k] = task->rows[task->inputs + k];
    for (k = 1; k < task->inputs; k++)
        each |= steps[k] != 0;
    return each;
}

/* Whether a sum of powers of z, the first of them exact, holds more digits. */
MA_INLINE int ma_is_tiny(ma_wide z)
{
    return z.hi == 0.0 || z.e < -30;
}

/* Results of the first `count` elements of a wide block, by wide numbers. */
MA_INLINE void ma_settle(const ma_partials *p, size_t count)
{
    int tiny[MA_WIDE_BLOCK], any = 0;
    size_t i, k;
    for (k = 0; k < p->doubles.inputs; k++)
        for (i = count; i < MA_WIDE_BLOCK; i++)
            p->wide_in[k][i] = p->wide_in[k][count - 1];
    p->wide(p->wide_in, p->wide_out);
    if (!p->origin)
        return;
    p->exponent(p->wide_in, p->exact);
    for (i = 0; i < MA_WIDE_BLOCK; i++)
        any |= tiny[i] = ma_is_tiny(p->exact[0][i]);
    if (!any)
        return;
    p->origin(p->wide_in, p->exact);
    for (k = 0; k < p->outputs; k++)
        for (i = 0; p->at_origin[k] && i < MA_WIDE_BLOCK; i++)
            if (tiny[i])
                p->wide_out[k][i] = p->exact[k][i];
}

/* Inputs of an element as wide numbers; 0 if one is not finite. */
MA_INLINE int ma_gather(const ma_partials *p, size_t i, size_t to)
{
    int finite = 1;
    size_t k;
    for (k = 0; k < p->doubles.inputs; k++) {
        double value = p->doubles.rows[k][i];
        finite &= ma_is_finite(value);
        p->wide_in[k][to] = ma_wide_from(ma_is_finite(value) ? value : 1.0);
    }
    return finite;
}
