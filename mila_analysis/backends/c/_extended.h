/* Wide numbers with limits: hi may be infinite or NaN, by a division by 0 or beyond the
 * domain of a function. Then e counts too: of two summands whose exponents are more than
 * 2^16 apart the smaller is dropped. Always 1 <= |hi| < 2 (a product: nearly), or zero,
 * whose exponent is below all others.
 *
 * Relative errors of functions are below 2^-102, those of sums, products and quotients as
 * before. There are no branches that a compiler does not take away. */

#define MA_EXT_NOWHERE (-((int64_t)1 << 52))
#define MA_EXT_FAR 65536 /* 2^16 */

MA_INLINE ma_pair ma_pair_pick(int first, ma_pair a, ma_pair b)
{
    return ma_pair_of(ma_pick(first, a.hi, b.hi), ma_pick(first, a.lo, b.lo));
}

MA_INLINE ma_wide ma_ext_choose(int first, ma_wide a, ma_wide b)
{
    return ma_wide_of(ma_pick(first, a.hi, b.hi), ma_pick(first, a.lo, b.lo),
        ma_pick_integer(first, a.e, b.e));
}

MA_INLINE int ma_ext_is_limit(double value)
{
    return !(value - value == 0.0);
}

/* The same number with hi in [1, 2); of an infinity or NaN, that alone. */
MA_INLINE ma_wide ma_ext_normal(ma_pair a, int64_t e)
{
    int64_t biased = (int64_t)(ma_bits_f64(a.hi) >> 52 & 0x7ff), most = 2045;
    int64_t safe = ma_pick_integer(biased > most, most, biased);
    int64_t shifted = e + safe - 1023;
    double scale = ma_of_bits_f64((uint64_t)(2046 - safe) << 52);
    shifted = ma_pick_integer(a.hi == 0.0, MA_EXT_NOWHERE, shifted);
    e = ma_pick_integer(a.hi == a.hi, -MA_EXT_NOWHERE, e);
    e = ma_pick_integer(biased > most, e, shifted);
    return ma_wide_of(a.hi * scale, ma_pick(biased > most, 0.0, a.lo * scale), e);
}

/* A double; infinities become a number beyond all doubles, NaN one beyond that. */
MA_INLINE ma_wide ma_ext_from(double x)
{
    double size = fabs(x);
    double near = x * ma_pick(size >= 1.0, 6.223015277861142e-61 /* 2^-200 */,
                              1.6069380442589903e+60 /* 2^200 */);
    int64_t shift = ma_pick_integer(size >= 1.0, 200, -200);
    ma_wide r = ma_ext_normal(ma_pair_of(near, 0.0), shift);
    int64_t end = ma_pick_integer(size > DBL_MAX, 131072, 262144);
    ma_wide limit = ma_wide_of(copysign(1.0, x), 0.0, end);
    return ma_ext_choose(size <= DBL_MAX, r, limit);
}

/* A constant: the nearest double, and what it lacks. */
MA_INLINE ma_wide ma_ext_constant(double hi, double lo)
{
    return ma_ext_normal(ma_pair_of(hi, lo), 0);
}

/* a as a multiple of 2^e, where e is not below its own exponent. */
MA_INLINE ma_pair ma_ext_part(ma_wide a, int64_t e)
{
    int64_t gap = a.e - e;
    double scale = ma_power_of_two(ma_clamp(gap, -600, 0));
    double none = copysign(0.0, a.hi);
    int far = gap < -MA_EXT_FAR;
    ma_pair near = ma_pair_of(a.hi * scale, a.lo * scale);
    return ma_pair_pick(far, ma_pair_of(none, 0.0), near);
}

MA_INLINE ma_wide ma_ext_add(ma_wide a, ma_wide b)
{
    int64_t e = ma_pick_integer(a.e > b.e, a.e, b.e);
    ma_pair first = ma_ext_part(a, e), second = ma_ext_part(b, e);
    ma_pair sum = ma_pair_add(first, second);
    double plain = first.hi + second.hi;
    sum = ma_pair_of(ma_pick(sum.hi == 0.0, plain, sum.hi), sum.lo);
    int limit = ma_ext_is_limit(plain);
    return ma_ext_normal(
        ma_pair_pick(limit, ma_pair_of(plain, 0.0), sum), e);
}

MA_INLINE ma_wide ma_ext_sub(ma_wide a, ma_wide b)
{
    return ma_ext_add(a, ma_wide_neg(b));
}

/* A product or a quotient, whose first part is near `plain`. */
MA_INLINE ma_wide ma_ext_bound(ma_pair found, double plain, int64_t e)
{
    int keep = (plain - plain == 0.0) & (plain != 0.0);
    int above = fabs(found.hi) >= 2.0, below = fabs(found.hi) < 1.0;
    double scale = ma_pick(above, 0.5, ma_pick(below, 2.0, 1.0));
    e = ma_clamp(e + above - below, MA_EXT_NOWHERE, -MA_EXT_NOWHERE);
    found = ma_pair_pick(keep, ma_pair_scale(found, scale), ma_pair_of(plain, 0.0));
    e = ma_pick_integer(plain == 0.0, MA_EXT_NOWHERE, e);
    return ma_wide_of(found.hi, found.lo, e);
}

MA_INLINE ma_wide ma_ext_mul(ma_wide a, ma_wide b)
{
    ma_pair p = ma_pair_mul(ma_pair_of(a.hi, a.lo), ma_pair_of(b.hi, b.lo));
    return ma_ext_bound(p, a.hi * b.hi, a.e + b.e);
}

/* A quotient that is a double is exact: what it lacks is divided by itself. */
MA_INLINE ma_wide ma_ext_div(ma_wide a, ma_wide b)
{
    double q = a.hi / b.hi;
    ma_pair p = ma_two_product(q, b.hi);
    double lack = ((a.hi - p.hi) - p.lo) + fma(-q, b.lo, a.lo);
    return ma_ext_bound(ma_fast_two_sum(q, lack / b.hi), q, a.e - b.e);
}

/* z - n log 2 and n; where exp(z) is beyond all products, z is cut. */
MA_INLINE ma_pair ma_ext_reduced(ma_wide z, double *n)
{
    double cut = ma_pick(z.e > ((int64_t)1 << 30), 281474976710656.0 /* 2^48 */,
                         1099511627776.0 /* 2^40 */);
    int is_cut = z.e > 40;
    ma_pair r = ma_pair_from(z), first, second;
    r = ma_pair_pick(is_cut, ma_pair_of(copysign(cut, z.hi), 0.0), r);
    *n = (r.hi * MA_INVERSE_LOG_2 + MA_ROUND) - MA_ROUND;
    first = ma_two_product(-*n, MA_LOG_2_FIRST);
    second = ma_two_product(-*n, MA_LOG_2_SECOND);
    r = ma_pair_add(r, first);
    second = ma_fast_two_sum(second.hi, second.lo - *n * MA_LOG_2_THIRD);
    return ma_pair_add(r, second);
}

MA_INLINE ma_wide ma_ext_exp(ma_wide z)
{
    double n;
    ma_pair y = ma_pair_expm1(ma_ext_reduced(z, &n));
    y = ma_pair_add_smaller(ma_pair_of(1.0, 0.0), y);
    ma_wide found = ma_ext_bound(y, y.hi, ma_integer_of(n + MA_ROUND));
    return ma_ext_choose(z.hi == z.hi, found, ma_wide_of((double)NAN, 0.0, 1));
}

/* exp(z) less k terms of its series, for |z| <= 2. */
MA_INLINE ma_wide ma_ext_exp_rest(ma_wide z, ma_wide k)
{
    double count = ma_pair_from(k).hi, scale = 1.0, j;
    ma_pair x = ma_pair_from(z);
    x = ma_pair_pick(fabs(x.hi) > 2.0, ma_pair_of(2.0, 0.0), x);
    ma_wide sum = ma_ext_normal(ma_ext_exp_rest_sum(x, count), 0), power = z;
    for (j = 2.0; j <= count; j += 1.0) {
        power = ma_ext_mul(power, z);
        scale *= j;
    }
    return ma_ext_mul(power, ma_ext_div(sum, ma_ext_constant(scale, 0.0)));
}

MA_INLINE ma_wide ma_ext_expm1(ma_wide z)
{
    double n;
    ma_pair y = ma_pair_expm1(ma_ext_reduced(z, &n));
    ma_pair grown = ma_pair_add_smaller(ma_pair_of(1.0, 0.0), y);
    ma_wide whole = ma_ext_bound(grown, grown.hi, ma_integer_of(n + MA_ROUND));
    ma_wide less = ma_ext_sub(whole, ma_wide_of(1.0, 0.0, 0));
    ma_wide near = ma_ext_choose(z.e < -110, z, ma_ext_normal(y, 0));
    ma_wide found = ma_ext_choose(n == 0.0, near, less);
    return ma_ext_choose(z.hi == z.hi, found, z);
}

/* log of a > 0; `less` is a - 1, in full precision where a is near 1. */
MA_INLINE ma_wide ma_ext_log_of(ma_wide a, ma_wide less)
{
    int upper = a.hi > 1.4142;
    int64_t power = ma_clamp(a.e, -((int64_t)1 << 50), (int64_t)1 << 50) + upper;
    double n = ma_of_bits_f64(ma_bits_f64(MA_ROUND) + (uint64_t)power) - MA_ROUND;
    ma_pair m = ma_pair_scale(ma_pair_of(a.hi, a.lo), ma_pick(upper, 0.5, 1.0));
    ma_pair far = ma_pair_add(m, ma_pair_of(-1.0, 0.0)), near = ma_pair_from(less);
    ma_pair w = ma_pair_pick(n == 0.0, near, far);
    ma_pair whole = ma_pair_mul(ma_pair_of(n, 0.0), ma_pair_of(MA_LOG_2));
    double limit = ma_pick(a.hi == 0.0, -(double)INFINITY, (double)NAN);
    limit = ma_pick(a.hi > 0.0, a.hi, limit);
    int inside = (a.hi > 0.0) & (a.hi <= DBL_MAX);
    whole = ma_pair_add(whole, ma_pair_log1p(w));
    whole = ma_pair_pick(inside, whole, ma_pair_of(limit, 0.0));
    return ma_ext_choose((n == 0.0) & (less.e < -110), less, ma_ext_normal(whole, 0));
}

MA_INLINE ma_wide ma_ext_log1p(ma_wide w)
{
    return ma_ext_log_of(ma_ext_add(ma_wide_of(1.0, 0.0, 0), w), w);
}

MA_INLINE ma_wide ma_ext_log(ma_wide a)
{
    return ma_ext_log_of(a, ma_ext_sub(a, ma_wide_of(1.0, 0.0, 0)));
}

/* A step of Newton from the square root of hi. */
MA_INLINE ma_wide ma_ext_sqrt(ma_wide a)
{
    int64_t odd = a.e & 1, half = (a.e - odd) / 2;
    ma_pair m = ma_pair_scale(ma_pair_of(a.hi, a.lo), ma_pick(odd, 2.0, 1.0));
    double root = sqrt(m.hi), lack = fma(-root, root, m.hi) + m.lo;
    ma_pair r = ma_fast_two_sum(root, lack / (root + root));
    double limit = ma_pick((root - root == 0.0) & (root != 0.0), r.hi, root);
    ma_wide found = ma_ext_bound(r, limit, half);
    return ma_wide_of(found.hi, found.lo, ma_pick_integer(root == root, found.e, 1));
}

/* exp(x^2) erfc(x) for x >= 0, by (1 + u S(u - 1/2)) / (1 + 2x) with u = x / (x + 4). */
MA_INLINE ma_wide ma_ext_erfcx(ma_wide x)
{
    ma_wide one = ma_wide_of(1.0, 0.0, 0), twice = ma_wide_of(x.hi, x.lo, x.e + 1);
    ma_wide u = ma_ext_div(x, ma_ext_add(x, ma_wide_of(1.0, 0.0, 2)));
    ma_pair s = ma_pair_add(ma_pair_from(u), ma_pair_of(-0.5, 0.0));
    ma_wide sum = ma_ext_mul(u, ma_ext_normal(ma_ext_erfcx_sum(s), 0));
    return ma_ext_div(ma_ext_add(one, sum), ma_ext_add(one, twice));
}

MA_INLINE ma_wide ma_ext_erf(ma_wide z)
{
    ma_pair x = ma_pair_from(ma_wide_abs(z)), inner;
    int far = x.hi > 1.0, most = x.hi > 9.0;
    x = ma_pair_pick(most, ma_pair_of(9.0, 0.0), x);
    ma_pair square = ma_pair_mul(x, x);
    inner = ma_pair_pick(far, ma_pair_of(1.0, 0.0), square);
    ma_wide near = ma_ext_mul(z, ma_ext_normal(ma_ext_erf_sum(inner), 0));
    ma_wide decay = ma_ext_exp(ma_wide_neg(ma_ext_normal(square, 0)));
    ma_wide rest = ma_ext_mul(decay, ma_ext_erfcx(ma_ext_normal(x, 0)));
    ma_wide whole = ma_ext_sub(ma_wide_of(1.0, 0.0, 0), rest);
    return ma_ext_choose(far, ma_wide_copysign(whole, z), near);
}

/* atan(a) = atan(k) + atan((a - k) / (1 + k a)) for a quarter k; of a > 1, the rest of
 * that of 1 / a to a right angle. */
MA_INLINE ma_wide ma_ext_atan(ma_wide z)
{
    ma_pair x = ma_pair_from(ma_wide_abs(z)), one = ma_pair_of(1.0, 0.0);
    int above = x.hi > 1.0, most = x.hi > 8.452712498170644e+270; /* 2^900 */
    x = ma_pair_pick(most, ma_pair_of(8.452712498170644e+270, 0.0), x);
    double guess = ma_pick(above, 1.0 / x.hi, x.hi);
    double quarters = ma_nearest_f64(4.0 * guess), k = quarters * 0.25;
    ma_pair scaled = ma_pair_mul(x, ma_pair_of(k, 0.0));
    ma_pair back = ma_pair_of(-scaled.hi, -scaled.lo);
    ma_pair less = ma_pair_add(x, ma_pair_of(-k, 0.0)), rest = ma_pair_add(one, back);
    ma_pair more = ma_pair_add(x, ma_pair_of(k, 0.0)), grown = ma_pair_add(one, scaled);
    ma_pair top = ma_pair_pick(above, rest, less);
    ma_pair bottom = ma_pair_pick(above, more, grown);
    ma_pair t = ma_pair_div(top, bottom), s = ma_pair_mul(t, t);
    t = ma_pair_add_smaller(t, ma_pair_mul(t, ma_pair_mul(s, ma_ext_atan_sum(s))));
    ma_pair arc = ma_pair_of(ma_ext_arc(quarters), ma_ext_arc_rest(quarters));
    ma_pair found = ma_pair_add(arc, t);
    ma_pair turned = ma_pair_of(-found.hi, -found.lo);
    turned = ma_pair_add(ma_pair_of(MA_EXT_RIGHT_ANGLE), turned);
    found = ma_pair_pick(above, turned, found);
    ma_wide whole = ma_wide_copysign(ma_ext_normal(found, 0), z);
    return ma_ext_choose((z.e < -60) | (z.hi != z.hi), z, whole);
}

/* Long, and called for one number at a time: once in a file. */
#ifdef __GNUC__
#define MA_APART static __attribute__((noinline, unused))
#else
#define MA_APART static
#endif

/* A number of quarter turns, modulo 4, as an integer and a rest of at most 1/2. */
typedef struct { uint64_t whole; ma_pair rest; } ma_turns;

/* Quarter turns of d * 2^e for 1 <= d < 2 and -3 <= e < 4096: the product with the bits
 * of 2 / pi that neither make multiples of 4 nor are too small to matter. */
MA_INLINE ma_turns ma_ext_turns_far(double d, int64_t e)
{
    const uint64_t *table = ma_ext_quadrant_bits, low = 0xffffffffu;
    uint64_t first = (uint64_t)(e - 54 + 64), word = first >> 6, shift = first & 63;
    uint64_t bits = (ma_bits_f64(d) << 12 >> 12) | (uint64_t)1 << 52;
    uint64_t a[8], r[8], carry, sign, k;
    for (k = 0; k < 4; k++) {
        uint64_t up = table[word + k] << shift;
        uint64_t down = table[word + k + 1] >> 1 >> (63 - shift);
        a[7 - 2 * k] = (up | down) >> 32;
        a[6 - 2 * k] = (up | down) & low;
    }
    for (k = 0, carry = 0; k < 8; k++) {
        carry += a[k] * (bits & low);
        r[k] = carry & low;
        carry >>= 32;
    }
    for (k = 1, carry = 0; k < 8; k++) {
        carry += r[k] + a[k - 1] * (bits >> 32);
        r[k] = carry & low;
        carry >>= 32;
    }
    sign = r[7] >> 29 & 1; /* more than a half: the rest is negative */
    ma_turns found = {((r[7] >> 30) + sign) & 3, {0.0, 0.0}};
    r[7] = (r[7] & 0x3fffffffu) | (sign ? 0xc0000000u : 0);
    for (k = 0, carry = sign; k < 8; k++) {
        carry += sign ? r[k] ^ low : r[k];
        r[k] = carry & low;
        carry >>= 32;
    }
    double unit = 3.454467422037778e-77; /* 2^-254 */
    for (k = 0; k < 8; k++, unit *= 4294967296.0 /* 2^32 */) {
        double part = (double)(int64_t)r[k] * unit;
        ma_pair sum = ma_two_sum(part, found.rest.hi);
        found.rest = ma_fast_two_sum(sum.hi, sum.lo + found.rest.lo);
    }
    if (sign)
        found.rest = ma_pair_of(-found.rest.hi, -found.rest.lo);
    return found;
}

/* The same for a double d, and any e below 4096. */
MA_INLINE ma_turns ma_ext_turns_of(double d, int64_t e)
{
    ma_wide n = ma_ext_normal(ma_pair_of(fabs(d), 0.0), e);
    ma_turns found = {0, {0.0, 0.0}};
    if (n.hi > 0.0 && n.e >= -3)
        found = ma_ext_turns_far(n.hi, n.e);
    else if (n.hi > 0.0 && n.e > -500)
        found.rest = ma_pair_mul(ma_pair_from(n), ma_pair_of(MA_EXT_QUADRANTS));
    if (d < 0.0) {
        found.whole = (4 - found.whole) & 3;
        found.rest = ma_pair_of(-found.rest.hi, -found.rest.lo);
    }
    return found;
}

/* An angle below pi / 4, and how many right angles are to be added to it. */
MA_INLINE ma_turns ma_ext_angle(ma_wide z)
{
    ma_turns r = {0, {0.0, 0.0}}, rest;
    if (z.e < -2) {
        r.rest = ma_pair_from(z);
        return r;
    }
    r = ma_ext_turns_of(z.hi, z.e);
    rest = ma_ext_turns_of(z.lo, z.e);
    r.rest = ma_pair_add(r.rest, rest.rest);
    double whole = ma_nearest_f64(r.rest.hi);
    r.whole += rest.whole + (uint64_t)(int64_t)(whole + 4.0);
    r.rest = ma_pair_add(r.rest, ma_pair_of(-whole, 0.0));
    r.rest = ma_pair_mul(r.rest, ma_pair_of(MA_EXT_RIGHT_ANGLE));
    return r;
}

/* The sine of an angle and some right angles; from 2^4096 on, NaN. */
MA_APART ma_wide ma_ext_wave(ma_wide z, uint64_t more)
{
    if (!(z.e < 4096) || z.hi != z.hi)
        return ma_wide_of((double)NAN, 0.0, 1);
    ma_turns angle = ma_ext_angle(z);
    uint64_t whole = angle.whole + more;
    ma_pair r = angle.rest, s = ma_pair_mul(r, r), found;
    if (whole & 1) {
        found = ma_pair_mul(s, ma_ext_cos_sum(s));
        found = ma_pair_add(ma_pair_of(1.0, 0.0), found);
    } else {
        found = ma_pair_mul(ma_pair_mul(r, s), ma_ext_sin_sum(s));
        found = ma_pair_add(r, found);
    }
    ma_wide value = ma_ext_normal(found, 0);
    return whole & 2 ? ma_wide_neg(value) : value;
}

MA_INLINE ma_wide ma_ext_sin(ma_wide z)
{
    return z.e < -60 ? z : ma_ext_wave(z, 0);
}

MA_INLINE ma_wide ma_ext_cos(ma_wide z)
{
    return ma_ext_wave(z, 1);
}

/* The nearest double, and in `rest` a number with the sign of what it lacks. Where it is
 * subnormal, adding `large` rounds hi to whole units; a tie is decided by lo. */
MA_INLINE double ma_ext_nearest(ma_wide a, double *rest)
{
    int64_t e = ma_clamp(a.e, -1200, 1100), part = ma_clamp(e, -1000, 1000);
    double unit = ma_power_of_two(ma_clamp(-1074 - e, -60, 200));
    double large = copysign(unit * 4503599627370496.0 /* 2^52 */, a.hi);
    double sum = large + a.hi, lost = a.hi - (sum - large);
    double other = sum + 2.0 * lost;
    sum = ma_pick((fabs(lost) * 2.0 == unit) & (lost * a.lo > 0.0), other, sum);
    double whole = copysign(sum - large, a.hi), hi = ma_pick(e < -1022, whole, a.hi);
    *rest = a.lo;
    return hi * ma_power_of_two(part) * ma_power_of_two(e - part);
}
