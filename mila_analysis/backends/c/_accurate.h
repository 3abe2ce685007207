/* Correctly rounded results. Double arithmetic gives a value and a bound of its error;
 * where value - bound and value + bound round to the same number, that is the result.
 * The few other elements are computed with wide numbers. */

#define MA_WIDE_BLOCK 32

typedef int64_t (*ma_body_wide)(
    ma_wide (*in)[MA_WIDE_BLOCK], ma_wide (*out)[MA_WIDE_BLOCK]);

/* The arithmetic of some partials, and room for a block of it. */
typedef struct {
    ma_body_f64 plain, whole; /* rows of values, then rows of their bounds */
    ma_body_wide wide;
    ma_body_wide exponent, origin; /* values for where that is 0 or tiny; or NULL */
    size_t inputs, outputs;
    const int *is_signed;     /* the sign of the double is right, that of a zero too */
    const int *at_origin;     /* there is a value for these */
    double (*in)[MA_BLOCK], (*rows)[MA_BLOCK];
    ma_wide (*wide_in)[MA_WIDE_BLOCK], (*wide_out)[MA_WIDE_BLOCK];
    ma_wide (*exact)[MA_WIDE_BLOCK];
} ma_partials;

/* Formats: what they store, as doubles, and how a double is rounded to them. */

MA_INLINE int ma_is_finite(double value)
{
    return value - value == 0.0;
}

MA_INLINE double ma_round(double value, int64_t digits, int64_t lowest)
{
    double nearest = ma_wide_nearest(ma_wide_from(value), digits, lowest);
    return ma_is_finite(value) ? nearest : value;
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

MA_INLINE double ma_from_f64(double item) { return item; }

MA_INLINE double ma_to_f64(double value) { return value; }

MA_INLINE double ma_round_f32(double value) { return (double)(float)value; }

MA_INLINE double ma_from_f32(float item) { return (double)item; }

MA_INLINE float ma_to_f32(double value) { return (float)value; }

MA_INLINE double ma_round_bf16(double value)
{
    return ma_round(value, MA_DIGITS_bf16, MA_LOWEST_bf16);
}

MA_INLINE double ma_from_bf16(uint16_t item)
{
    uint32_t bits = (uint32_t)item << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/* Of a rounded value; float makes those beyond its range infinite, as bfloat16 does. */
MA_INLINE uint16_t ma_to_bf16(double value)
{
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return (uint16_t)(bits >> 16);
}

MA_INLINE double ma_round_f16(double value)
{
    return ma_round(value, MA_DIGITS_f16, MA_LOWEST_f16);
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

/* Of a rounded value. */
MA_INLINE uint16_t ma_to_f16(double value)
{
    uint64_t bits = ma_bits_f64(value), sign = bits >> 63 << 15;
    double size = fabs(value);
    uint64_t normal = (ma_bits_f64(size) >> 42) - ((uint64_t)1008 << 10);
    uint64_t item = size < 65536.0 ? normal : 0x7c00u;
    if (size < 6.103515625e-05)
        item = (uint64_t)(size * 16777216.0);
    return (uint16_t)(sign | (value != value ? 0x7e00u : item));
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
    for (k = 0; k < p->inputs; k++)
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
    for (k = 0; k < p->inputs; k++) {
        double value = p->in[k][i];
        finite &= ma_is_finite(value);
        p->wide_in[k][to] = ma_wide_from(ma_is_finite(value) ? value : 1.0);
    }
    return finite;
}
