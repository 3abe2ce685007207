/* Broad numbers: m * 2^e, a double m with 1 <= |m| < 2, and an exponent of its own, an
 * integer in a double, that overflows nowhere. Zero has an exponent below all others.
 * m may be infinite or NaN, by a division by 0 or beyond the domain of a function; then
 * e counts too: of two summands that are more than 2^16 apart the smaller is dropped.
 *
 * Sums, products and quotients are rounded once. The functions are good to 2 ulp. There
 * are no branches. */

typedef struct { double m, e; } ma_broad;

#define MA_BROAD_NOWHERE -4503599627370496.0 /* -2^52 */
#define MA_BROAD_FAR 65536.0                  /* 2^16 */

MA_INLINE ma_broad ma_broad_of(double m, double e)
{
    ma_broad r = {m, e};
    return r;
}

MA_INLINE double ma_between(double value, double low, double high)
{
    value = ma_pick(value < low, low, value);
    return ma_pick(value > high, high, value);
}

MA_INLINE ma_broad ma_broad_choose(int first, ma_broad a, ma_broad b)
{
    return ma_broad_of(ma_pick(first, a.m, b.m), ma_pick(first, a.e, b.e));
}

/* The same number with 1 <= |m| < 2. */
MA_INLINE ma_broad ma_broad_normal(double m, double e)
{
    uint64_t biased = ma_bits_f64(m) >> 52 & 0x7ff, most = 2045;
    uint64_t safe = (uint64_t)ma_pick_integer(
        biased > most, (int64_t)most, (int64_t)biased);
    double scale = ma_of_bits_f64((2046 - safe) << 52);
    double shifted = e + ma_unbiased_f64(safe);
    shifted = ma_pick(m == 0.0, MA_BROAD_NOWHERE, shifted);
    e = ma_pick(m == m, -MA_BROAD_NOWHERE, e); /* of an infinity */
    return ma_broad_of(m * scale, ma_pick(biased > most, e, shifted));
}

/* A double; infinities become a number beyond all doubles, NaN one beyond that. */
MA_INLINE ma_broad ma_broad_from(double x)
{
    double size = fabs(x), shift = ma_pick(size >= 1.0, 200.0, -200.0);
    double near = x * ma_pick(size >= 1.0, 6.223015277861142e-61 /* 2^-200 */,
                              1.6069380442589903e+60 /* 2^200 */);
    ma_broad r = ma_broad_normal(near, shift);
    double one = copysign(1.0, x);
    double end = ma_pick(size > DBL_MAX, 131072.0, 262144.0);
    return ma_broad_choose(size <= DBL_MAX, r, ma_broad_of(one, end));
}

/* A constant, or another normal number. */
MA_INLINE ma_broad ma_broad_constant(double x)
{
    return ma_broad_normal(x, 0.0);
}

/* The nearest double. */
MA_INLINE double ma_broad_value(ma_broad a)
{
    double e = ma_between(a.e, -2000.0, 2000.0), part = ma_between(e, -1000.0, 1000.0);
    return a.m * ma_two_to_f64(part) * ma_two_to_f64(e - part);
}

/* The same, but near 2^-900 or 2^900 where it is beyond them. */
MA_INLINE double ma_broad_near(ma_broad a)
{
    return a.m * ma_two_to_f64(ma_between(a.e, -900.0, 900.0));
}

MA_INLINE ma_broad ma_broad_neg(ma_broad a)
{
    return ma_broad_of(-a.m, a.e);
}

MA_INLINE ma_broad ma_broad_abs(ma_broad a)
{
    return ma_broad_of(fabs(a.m), a.e);
}

MA_INLINE double ma_broad_part(ma_broad a, double e)
{
    double gap = a.e - e, scaled = a.m * ma_two_to_f64(ma_between(gap, -300.0, 0.0));
    return ma_pick(gap < -MA_BROAD_FAR, copysign(0.0, a.m), scaled);
}

MA_INLINE ma_broad ma_broad_add(ma_broad a, ma_broad b)
{
    double e = ma_pick(a.e > b.e, a.e, b.e);
    return ma_broad_normal(ma_broad_part(a, e) + ma_broad_part(b, e), e);
}

MA_INLINE ma_broad ma_broad_sub(ma_broad a, ma_broad b)
{
    return ma_broad_add(a, ma_broad_neg(b));
}

MA_INLINE double ma_broad_bound(double m, double e)
{
    double inside = ma_between(e, MA_BROAD_NOWHERE, -MA_BROAD_NOWHERE);
    return ma_pick(m == 0.0, MA_BROAD_NOWHERE, inside);
}

MA_INLINE ma_broad ma_broad_mul(ma_broad a, ma_broad b)
{
    double m = a.m * b.m, e = a.e + b.e;
    int above = fabs(m) >= 2.0;
    e = ma_broad_bound(m, ma_pick(above, e + 1.0, e));
    return ma_broad_of(m * ma_pick(above, 0.5, 1.0), e);
}

MA_INLINE ma_broad ma_broad_div(ma_broad a, ma_broad b)
{
    double m = a.m / b.m, e = a.e - b.e;
    int below = fabs(m) < 1.0;
    e = ma_broad_bound(m, ma_pick(below, e - 1.0, e));
    return ma_broad_of(m * ma_pick(below, 2.0, 1.0), e);
}

/* What the product of a and b loses when it is rounded. */
MA_INLINE ma_broad ma_broad_product_error(ma_broad a, ma_broad b, ma_broad p)
{
    (void)p;
    return ma_broad_normal(ma_lost_f64(a.m, b.m, a.m * b.m), a.e + b.e);
}

/* The second of two numbers: what a constant loses when it is rounded. */
MA_INLINE ma_broad ma_broad_residue(ma_broad rounded, double lost)
{
    (void)rounded;
    return ma_broad_constant(lost);
}

/* A rounding error, or 0 where it is too large to be one. */
MA_INLINE ma_broad ma_broad_small(ma_broad a)
{
    int fits = (a.e < -1.0) | ((a.e == -1.0) & (fabs(a.m) <= 1.0));
    fits &= a.m == a.m;
    return ma_broad_of(ma_pick(fits, a.m, 0.0), ma_pick(fits, a.e, MA_BROAD_NOWHERE));
}

/* The sign of a - b, as a number. */
MA_INLINE double ma_broad_compared(ma_broad a, ma_broad b)
{
    double e = ma_pick(a.e > b.e, a.e, b.e);
    return ma_broad_part(a, e) - ma_broad_part(b, e);
}

MA_INLINE int ma_broad_greater(ma_broad a, ma_broad b)
{
    return ma_broad_compared(a, b) > 0.0;
}

MA_INLINE int ma_broad_at_least(ma_broad a, ma_broad b)
{
    return ma_broad_compared(a, b) >= 0.0;
}

MA_INLINE int ma_broad_less(ma_broad a, ma_broad b)
{
    return ma_broad_compared(a, b) < 0.0;
}

MA_INLINE int ma_broad_at_most(ma_broad a, ma_broad b)
{
    return ma_broad_compared(a, b) <= 0.0;
}

MA_INLINE int ma_broad_equal(ma_broad a, ma_broad b)
{
    return ma_broad_compared(a, b) == 0.0;
}

MA_INLINE ma_broad ma_broad_maximum(ma_broad a, ma_broad b)
{
    return ma_broad_choose(ma_broad_compared(a, b) > 0.0, a, b);
}

MA_INLINE ma_broad ma_broad_step(ma_broad z)
{
    ma_broad one = ma_broad_of(1.0, 0.0), none = ma_broad_of(0.0, MA_BROAD_NOWHERE);
    return ma_broad_choose(z.m > 0.0, one, none);
}

/* An exponent as a double; where its exponential is beyond all products, cut. */
MA_INLINE double ma_broad_cut(ma_broad z)
{
    double most = ma_pick(z.e > 1073741824.0, 281474976710656.0 /* 2^48 */,
                          1099511627776.0 /* 2^40 */);
    return ma_pick(z.e > 40.0, copysign(most, z.m), ma_broad_near(z));
}

MA_INLINE ma_broad ma_broad_exp(ma_broad z)
{
    double x = ma_broad_cut(z), k = ma_nearest_f64(x * 1.4426950408889634);
    double r = ma_rest_f64(x, k), m = 1.0 + (r + ma_exp_rest_f64(r));
    m = ma_pick(z.m == z.m, m, z.m);
    int below = m < 1.0;
    double e = ma_pick(z.m == z.m, ma_pick(below, k - 1.0, k), 1.0);
    return ma_broad_of(m * ma_pick(below, 2.0, 1.0), e);
}

/* What exp(z) loses when it is rounded; right for |z| <= 5000. */
MA_INLINE ma_broad ma_broad_exp_error(ma_broad z, ma_broad rounded)
{
    double x = ma_broad_cut(z), n = ma_nearest_f64(x * MA_INVERSE_LOG_2);
    ma_pair r = ma_two_sum(x - n * MA_LOG_2_FIRST, -n * MA_LOG_2_SECOND);
    r = ma_fast_two_sum(r.hi, r.lo - n * MA_LOG_2_THIRD);
    r = ma_pair_add_smaller(ma_pair_of(1.0, 0.0), ma_pair_expm1(r));
    double power = ma_two_to_f64(ma_between(n - rounded.e, -2.0, 2.0));
    double lost = (r.hi * power - rounded.m) + r.lo * power;
    return ma_broad_normal(lost, rounded.e);
}

/* exp(z) less k terms of its series, for |z| <= 2: by sums of one sign. */
MA_INLINE ma_broad ma_broad_exp_rest(ma_broad z, ma_broad k)
{
    double count = ma_broad_near(k), x = ma_between(ma_broad_near(z), -2.0, 2.0);
    double above = ma_broad_exp_rest_above(fabs(x), count), power = z.m, low = 0.0;
    double below = ma_broad_exp_rest_below(fabs(x), count), scale = 1.0, j;
    double decay = ma_broad_value(ma_broad_exp(ma_broad_constant(x)));
    double sum = ma_pick(x > 0.0, above, below * decay);
    for (j = 2.0; j <= count; j += 1.0) {
        double higher = power * z.m;
        low = low * z.m + ma_lost_f64(power, z.m, higher);
        power = higher;
        scale *= j;
    }
    sum /= scale;
    return ma_broad_normal(power * sum + low * sum, count * z.e);
}

MA_INLINE ma_broad ma_broad_expm1(ma_broad z)
{
    ma_broad far = ma_broad_add(ma_broad_exp(z), ma_broad_of(-1.0, 0.0));
    double x = ma_broad_near(z);
    ma_broad near = ma_broad_normal(x + ma_exp_rest_f64(x), 0.0);
    near = ma_broad_choose(z.e < -60.0, z, near);
    return ma_broad_choose(fabs(x) < 0.34657359027997264, near, far);
}

MA_INLINE ma_broad ma_broad_log(ma_broad a)
{
    int above = a.m > 1.4142135623730951;
    double m = a.m * ma_pick(above, 0.5, 1.0) - 1.0;
    double n = ma_pick(above, a.e + 1.0, a.e);
    double value = n * 0.69314718036912382
        + (m + (ma_log1p_near_f64(m) + n * 1.9082149292705877e-10));
    double limit = ma_pick(a.m == 0.0, -(double)INFINITY, (double)NAN);
    value = ma_pick(a.m > 0.0, value, limit);
    return ma_broad_normal(ma_pick(a.m <= DBL_MAX, value, a.m), 0.0);
}

MA_INLINE ma_broad ma_broad_log1p(ma_broad w)
{
    double x = ma_broad_near(w), u = 1.0 + x;
    double lost = ma_pick(x > 1.0, 1.0 - (u - x), x - (u - 1.0)) / u;
    uint64_t exponent = ma_exponent_f64(u);
    double m = ma_mantissa_f64(u, exponent), k = ma_unbiased_f64(exponent);
    double r = ma_pick(k == 0.0, x, m);
    double rest = ma_pick(k == 0.0, 0.0, k * 1.9082149292705877e-10 + lost);
    double value = k * 0.69314718036912382 + (r + (ma_log1p_near_f64(r) + rest));
    double limit = ma_pick(u == 0.0, -(double)INFINITY, (double)NAN);
    value = ma_pick(u > 0.0, value, limit);
    ma_broad near = ma_broad_choose(w.e < -60.0, w, ma_broad_normal(value, 0.0));
    return ma_broad_choose(w.e > 60.0, ma_broad_log(w), near);
}

MA_INLINE ma_broad ma_broad_sqrt(ma_broad a)
{
    double half = ma_nearest_f64(a.e * 0.5 - 0.25);
    double m = sqrt(a.m * ma_pick(a.e == half + half, 1.0, 2.0));
    return ma_broad_of(m, ma_pick(m == 0.0, MA_BROAD_NOWHERE, half));
}

/* exp(x^2) erfc(x) for x >= 0, by (1 + u S(u - 1/2)) / (1 + 2x) with u = x / (x + 4). */
MA_INLINE ma_broad ma_broad_erfcx(ma_broad z)
{
    double x = ma_broad_near(z), u = x / (x + 4.0), p = u * ma_broad_erfcx_sum(u - 0.5);
    double n = 1.0 + p, w = 1.0 + 2.0 * x, q = n / w;
    double lost = ma_pick(x > 1.0, 1.0 - (w - 2.0 * x), 2.0 * x - (w - 1.0));
    double value = q + ((p - (n - 1.0)) - q * lost) / w;
    ma_broad far = ma_broad_div(ma_broad_of(MA_BROAD_INVERSE_ROOT_PI, 0.0), z);
    far = ma_broad_normal(far.m, far.e);
    return ma_broad_choose(z.e > 60.0, far, ma_broad_normal(value, 0.0));
}

MA_INLINE ma_broad ma_broad_erf(ma_broad z)
{
    double x = ma_broad_near(z), size = fabs(x), u = ma_pick(size > 6.5, 6.5, size);
    double square = u * u, near = ma_broad_erf_sum(ma_pick(square > 1.0, 1.0, square));
    double k = ma_nearest_f64(square * -1.4426950408889634);
    double r = ma_rest_f64(-square, k);
    double decay = (1.0 + (r + ma_exp_rest_f64(r))) * ma_two_to_f64(k);
    double far = 1.0 - decay * ma_broad_value(ma_broad_erfcx(ma_broad_normal(u, 0.0)));
    ma_broad inner = ma_broad_normal(z.m * near, z.e);
    return ma_broad_choose(u > 1.0, ma_broad_normal(copysign(far, x), 0.0), inner);
}

/* atan(a) = atan(k) + atan((a - k) / (1 + k a)) for a quarter k; of a > 1, the rest of
 * that of 1 / a to a right angle. */
MA_INLINE ma_broad ma_broad_atan(ma_broad z)
{
    double x = ma_between(fabs(ma_broad_near(z)), 0.0, 8.452712498170644e+270 /* 2^900 */);
    int above = x > 1.0;
    double guess = ma_pick(above, 1.0 / x, x), k = ma_nearest_f64(4.0 * guess) * 0.25;
    double top = ma_pick(above, 1.0 - k * x, x - k);
    double bottom = ma_pick(above, x + k, 1.0 + k * x);
    double t = top / bottom, s = t * t, rest = t * s * ma_broad_atan_sum(s);
    double arc = ma_broad_arc(4.0 * k), lost = ma_broad_arc_rest(4.0 * k);
    double value = arc + (t + (rest + lost));
    double turned = (MA_BROAD_RIGHT_ANGLE - arc)
        - (t + (rest + (lost - MA_BROAD_RIGHT_ANGLE_REST)));
    ma_broad found = ma_broad_normal(copysign(ma_pick(above, turned, value), z.m), 0.0);
    return ma_broad_choose((z.e < -30.0) | (z.m != z.m), z, found);
}

/* Sines by the wide numbers, which know angles of every size. */
MA_INLINE ma_wide ma_broad_widened(ma_broad z)
{
    double e = ma_between(z.e, -5000.0, 5000.0);
    return ma_wide_of(z.m, 0.0, ma_integer_of(e + MA_ROUND));
}

MA_INLINE ma_broad ma_broad_shortened(ma_wide z)
{
    double e = ma_of_bits_f64(ma_bits_f64(MA_ROUND) + (uint64_t)z.e) - MA_ROUND;
    return ma_broad_of(z.hi, ma_pick(z.hi == 0.0, MA_BROAD_NOWHERE, e));
}

MA_INLINE ma_broad ma_broad_sin(ma_broad z)
{
    ma_broad found = ma_broad_shortened(ma_ext_sin(ma_broad_widened(z)));
    return ma_broad_choose(z.e < -60.0, z, found);
}

MA_INLINE ma_broad ma_broad_cos(ma_broad z)
{
    return ma_broad_shortened(ma_ext_cos(ma_broad_widened(z)));
}
