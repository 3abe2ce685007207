/* Double-double numbers with an exponent of their own: (hi + lo) * 2^e, about 103 bits.
 *
 * hi is normal or zero and |lo| <= ulp(hi) / 2; e reaches far beyond that of a double,
 * so that nothing underflows before the last rounding. After a sum hi is in [1, 2); a
 * product leaves it near. There are no branches: a compiler vectorises loops over these
 * functions, with fused multiply-adds of the machine if it may use them. No infinities
 * and no NaN: those are the business of the caller.
 *
 * Relative errors, in units of 2^-106: sum 3, product 4, quotient 9.8 (Joldes, Muller,
 * Popescu, 2017). */

typedef struct { double hi, lo; } ma_pair;
typedef struct { double hi, lo; int64_t e; } ma_wide;

#define MA_NOWHERE (-((int64_t)1 << 50)) /* the exponent of zero */
#define MA_ROUND 6755399441055744.0      /* 1.5 * 2^52: adding it rounds to integers */

MA_INLINE int64_t ma_clamp(int64_t value, int64_t low, int64_t high)
{
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* 2^n for -1022 <= n <= 1023. */
MA_INLINE double ma_power_of_two(int64_t n)
{
    return ma_of_bits_f64((uint64_t)(n + 1023) << 52);
}

/* The integer in the last bits of value + MA_ROUND. */
MA_INLINE int64_t ma_integer_of(double shifted)
{
    return (int64_t)(ma_bits_f64(shifted) - ma_bits_f64(MA_ROUND));
}

/* Exact sums and products of doubles. */

MA_INLINE ma_pair ma_fast_two_sum(double a, double b)
{
    double s = a + b;
    ma_pair r = {s, b - (s - a)};
    return r;
}

MA_INLINE ma_pair ma_two_sum(double a, double b)
{
    double s = a + b, part = s - a;
    ma_pair r = {s, (a - (s - part)) + (b - part)};
    return r;
}

MA_INLINE ma_pair ma_two_product(double a, double b)
{
    double p = a * b;
    ma_pair r = {p, fma(a, b, -p)};
    return r;
}

/* Double-double arithmetic. */

MA_INLINE ma_pair ma_pair_of(double hi, double lo)
{
    ma_pair r = {hi, lo};
    return r;
}

MA_INLINE ma_pair ma_pair_add(ma_pair a, ma_pair b)
{
    ma_pair s = ma_two_sum(a.hi, b.hi), t = ma_two_sum(a.lo, b.lo);
    ma_pair v = ma_fast_two_sum(s.hi, s.lo + t.hi);
    return ma_fast_two_sum(v.hi, t.lo + v.lo);
}

/* a + b where |a| is larger, and by far if the signs differ. */
MA_INLINE ma_pair ma_pair_add_smaller(ma_pair a, ma_pair b)
{
    ma_pair s = ma_fast_two_sum(a.hi, b.hi);
    return ma_fast_two_sum(s.hi, s.lo + (a.lo + b.lo));
}

MA_INLINE ma_pair ma_pair_mul(ma_pair a, ma_pair b)
{
    ma_pair p = ma_two_product(a.hi, b.hi);
    double cross = fma(a.lo, b.hi, fma(a.hi, b.lo, a.lo * b.lo));
    return ma_fast_two_sum(p.hi, p.lo + cross);
}

MA_INLINE ma_pair ma_pair_scale(ma_pair a, double power)
{
    return ma_pair_of(a.hi * power, a.lo * power);
}

MA_INLINE ma_pair ma_pair_div(ma_pair a, ma_pair b)
{
    double guess = 1.0 / b.hi;
    ma_pair lost = ma_fast_two_sum(fma(-b.hi, guess, 1.0), -(b.lo * guess));
    ma_pair step = ma_two_product(lost.hi, guess);
    step = ma_fast_two_sum(step.hi, fma(lost.lo, guess, step.lo));
    ma_pair inverse = ma_fast_two_sum(guess, step.hi);
    inverse = ma_fast_two_sum(inverse.hi, inverse.lo + step.lo);
    return ma_pair_mul(a, inverse);
}

/* a + s y, the product being small against a. */
MA_INLINE ma_pair ma_pair_horner(ma_pair a, ma_pair s, ma_pair y)
{
    return ma_pair_add_smaller(a, ma_pair_mul(s, y));
}

/* exp(2r) - 1 = y(2 + y) for y = exp(r) - 1. */
MA_INLINE ma_pair ma_pair_doubled(ma_pair y)
{
    return ma_pair_add_smaller(ma_pair_scale(y, 2.0), ma_pair_mul(y, y));
}

/* exp(r) - 1 for |r| <= 0.35: Taylor's series of r / 2^6, doubled six times. */
MA_INLINE ma_pair ma_pair_expm1(ma_pair r)
{
    ma_pair s = ma_pair_scale(r, 0.015625), y;
    double p = MA_INVERSE_FACTORIAL_11;
    p = fma(p, s.hi, MA_INVERSE_FACTORIAL_10);
    p = fma(p, s.hi, MA_INVERSE_FACTORIAL_9);
    p = fma(p, s.hi, MA_INVERSE_FACTORIAL_8);
    p = fma(p, s.hi, MA_INVERSE_FACTORIAL_7);
    y = ma_pair_horner(ma_pair_of(MA_INVERSE_FACTORIAL_6), s, ma_pair_of(p, 0.0));
    y = ma_pair_horner(ma_pair_of(MA_INVERSE_FACTORIAL_5), s, y);
    y = ma_pair_horner(ma_pair_of(MA_INVERSE_FACTORIAL_4), s, y);
    y = ma_pair_horner(ma_pair_of(MA_INVERSE_FACTORIAL_3), s, y);
    y = ma_pair_horner(ma_pair_of(0.5, 0.0), s, y);
    y = ma_pair_horner(s, s, ma_pair_mul(s, y));
    return ma_pair_doubled(ma_pair_doubled(ma_pair_doubled(
        ma_pair_doubled(ma_pair_doubled(ma_pair_doubled(y))))));
}

/* log(1 + w) for -0.3 < w < 0.42: a step of Newton from 2 atanh(w / (2 + w)). */
MA_INLINE ma_pair ma_pair_log1p(ma_pair w)
{
    double s = w.hi / (2.0 + w.hi), q = s * s, p = 1.0 / 23.0;
    p = fma(p, q, 1.0 / 21.0);
    p = fma(p, q, 1.0 / 19.0);
    p = fma(p, q, 1.0 / 17.0);
    p = fma(p, q, 1.0 / 15.0);
    p = fma(p, q, 1.0 / 13.0);
    p = fma(p, q, 1.0 / 11.0);
    p = fma(p, q, 1.0 / 9.0);
    p = fma(p, q, 1.0 / 7.0);
    p = fma(p, q, 1.0 / 5.0);
    p = fma(p, q, 1.0 / 3.0);
    ma_pair y = ma_pair_of(2.0 * fma(s * q, p, s), 0.0), known = ma_pair_expm1(y);
    ma_pair lack = ma_pair_add(w, ma_pair_of(-known.hi, -known.lo));
    ma_pair slope = ma_pair_add(ma_pair_of(1.0, 0.0), known);
    return ma_pair_add(y, ma_pair_div(lack, slope));
}

/* Wide numbers. */

MA_INLINE ma_wide ma_wide_of(double hi, double lo, int64_t e)
{
    ma_wide r = {hi, lo, e};
    return r;
}

/* The same number with hi in [1, 2), or zero with its sign. */
MA_INLINE ma_wide ma_wide_normal(ma_pair a, int64_t e)
{
    int64_t biased = (int64_t)(ma_bits_f64(a.hi) >> 52 & 0x7ff);
    double scale = ma_of_bits_f64((uint64_t)(2046 - biased) << 52);
    int64_t shifted = e + biased - 1023;
    return ma_wide_of(a.hi * scale, a.lo * scale, biased ? shifted : MA_NOWHERE);
}

/* A finite double. */
MA_INLINE ma_wide ma_wide_from(double x)
{
    int large = fabs(x) >= 1.0;
    double scaled = x * (large ? 0x1p-200 : 0x1p+200);
    return ma_wide_normal(ma_pair_of(scaled, 0.0), large ? 200 : -200);
}

/* top / bottom, integers that doubles hold. */
MA_INLINE ma_wide ma_wide_ratio(double top, double bottom)
{
    ma_pair value = ma_pair_div(ma_pair_of(top, 0.0), ma_pair_of(bottom, 0.0));
    return ma_wide_normal(value, 0);
}

MA_INLINE ma_wide ma_wide_neg(ma_wide a)
{
    return ma_wide_of(-a.hi, -a.lo, a.e);
}

MA_INLINE ma_wide ma_wide_choose(int first, ma_wide a, ma_wide b)
{
    return ma_wide_of(first ? a.hi : b.hi, first ? a.lo : b.lo, first ? a.e : b.e);
}

/* As a pair of doubles, brought near 2^-900 or 2^900 if it is beyond them. */
MA_INLINE ma_pair ma_pair_from(ma_wide a)
{
    double scale = ma_power_of_two(ma_clamp(a.e, -900, 900));
    return ma_pair_of(a.hi * scale, a.lo * scale);
}

MA_INLINE ma_wide ma_wide_add(ma_wide a, ma_wide b)
{
    int64_t e = a.e > b.e ? a.e : b.e;
    double s = ma_power_of_two(ma_clamp(a.e - e, -600, 0));
    double t = ma_power_of_two(ma_clamp(b.e - e, -600, 0));
    ma_pair first = ma_pair_of(a.hi * s, a.lo * s);
    ma_pair second = ma_pair_of(b.hi * t, b.lo * t), sum = ma_pair_add(first, second);
    double plain = first.hi + second.hi; /* the sign of a zero */
    sum.hi = sum.hi == 0.0 ? plain : sum.hi;
    return ma_wide_normal(sum, e);
}

/* The sign of a - b, as a number. */
MA_INLINE double ma_wide_compared(ma_wide a, ma_wide b)
{
    int64_t e = a.e > b.e ? a.e : b.e;
    double s = ma_power_of_two(ma_clamp(a.e - e, -600, 0));
    double t = ma_power_of_two(ma_clamp(b.e - e, -600, 0));
    double high = a.hi * s - b.hi * t, low = a.lo * s - b.lo * t;
    return high == 0.0 ? low : high;
}

MA_INLINE ma_wide ma_wide_sub(ma_wide a, ma_wide b)
{
    return ma_wide_add(a, ma_wide_neg(b));
}

MA_INLINE ma_wide ma_wide_mul(ma_wide a, ma_wide b)
{
    double plain = a.hi * b.hi; /* the sign of a zero */
    ma_pair p = ma_pair_mul(ma_pair_of(a.hi, a.lo), ma_pair_of(b.hi, b.lo));
    return ma_wide_of(plain == 0.0 ? plain : p.hi, p.lo, a.e + b.e);
}

MA_INLINE ma_wide ma_wide_div(ma_wide a, ma_wide b)
{
    double plain = a.hi * b.hi;
    ma_pair p = ma_pair_div(ma_pair_of(a.hi, a.lo), ma_pair_of(b.hi, b.lo));
    return ma_wide_of(plain == 0.0 ? plain : p.hi, p.lo, a.e - b.e);
}

/* z - n log 2 and n; beyond 2^40, where no product returns to the floats, z is cut. */
MA_INLINE ma_pair ma_wide_reduced(ma_wide z, double *n)
{
    const double cut = 0x1p+40;
    ma_pair r = ma_pair_from(z);
    int above = r.hi > cut, below = r.hi < -cut;
    r = ma_pair_of(above ? cut : below ? -cut : r.hi, above | below ? 0.0 : r.lo);
    *n = (r.hi * MA_INVERSE_LOG_2 + MA_ROUND) - MA_ROUND;
    r = ma_pair_add(r, ma_pair_of(-*n * MA_LOG_2_FIRST, 0.0));
    return ma_pair_add(r, ma_fast_two_sum(-*n * MA_LOG_2_SECOND, -*n * MA_LOG_2_THIRD));
}

MA_INLINE ma_wide ma_wide_exp(ma_wide z)
{
    double n;
    ma_pair y = ma_pair_expm1(ma_wide_reduced(z, &n));
    y = ma_pair_add_smaller(ma_pair_of(1.0, 0.0), y);
    return ma_wide_of(y.hi, y.lo, ma_integer_of(n + MA_ROUND));
}

MA_INLINE ma_wide ma_wide_expm1(ma_wide z)
{
    double n;
    ma_pair y = ma_pair_expm1(ma_wide_reduced(z, &n));
    ma_pair grown = ma_pair_add_smaller(ma_pair_of(1.0, 0.0), y);
    ma_wide whole = ma_wide_of(grown.hi, grown.lo, ma_integer_of(n + MA_ROUND));
    ma_wide less = ma_wide_sub(whole, ma_wide_of(1.0, 0.0, 0));
    ma_wide near = ma_wide_choose(z.e < -110, z, ma_wide_normal(y, 0));
    return ma_wide_choose(n == 0.0, near, less);
}

/* log of a normal a > 0; `less` is a - 1, in full precision where a is near 1. */
MA_INLINE ma_wide ma_wide_log_of(ma_wide a, ma_wide less)
{
    int upper = a.hi > 1.4142;
    uint64_t shifted = ma_bits_f64(MA_ROUND) + (uint64_t)(a.e + upper);
    double n = ma_of_bits_f64(shifted) - MA_ROUND;
    ma_pair m = ma_pair_scale(ma_pair_of(a.hi, a.lo), upper ? 0.5 : 1.0);
    ma_pair far = ma_pair_add(m, ma_pair_of(-1.0, 0.0)), near = ma_pair_from(less);
    ma_pair w = ma_pair_of(n == 0.0 ? near.hi : far.hi, n == 0.0 ? near.lo : far.lo);
    ma_pair power = ma_pair_mul(ma_pair_of(n, 0.0), ma_pair_of(MA_LOG_2));
    ma_wide whole = ma_wide_normal(ma_pair_add(power, ma_pair_log1p(w)), 0);
    return ma_wide_choose((n == 0.0) & (less.e < -110), less, whole);
}

MA_INLINE ma_wide ma_wide_log1p(ma_wide w)
{
    return ma_wide_log_of(ma_wide_add(ma_wide_of(1.0, 0.0, 0), w), w);
}

MA_INLINE ma_wide ma_wide_log(ma_wide a)
{
    ma_wide normal = ma_wide_normal(ma_pair_of(a.hi, a.lo), a.e);
    return ma_wide_log_of(normal, ma_wide_sub(normal, ma_wide_of(1.0, 0.0, 0)));
}

MA_INLINE int ma_wide_greater(ma_wide a, ma_wide b)
{
    return ma_wide_compared(a, b) > 0.0;
}

MA_INLINE int ma_wide_less(ma_wide a, ma_wide b)
{
    return ma_wide_compared(a, b) < 0.0;
}

MA_INLINE int ma_wide_at_least(ma_wide a, ma_wide b)
{
    return ma_wide_compared(a, b) >= 0.0;
}

MA_INLINE int ma_wide_at_most(ma_wide a, ma_wide b)
{
    return ma_wide_compared(a, b) <= 0.0;
}

MA_INLINE int ma_wide_equal(ma_wide a, ma_wide b)
{
    return ma_wide_compared(a, b) == 0.0;
}

/* All numbers here are finite. */
MA_INLINE ma_wide ma_wide_finite(ma_wide a)
{
    return a;
}

MA_INLINE ma_wide ma_wide_abs(ma_wide a)
{
    return ma_wide_of(fabs(a.hi), a.hi < 0.0 ? -a.lo : a.lo, a.e);
}

MA_INLINE ma_wide ma_wide_maximum(ma_wide a, ma_wide b)
{
    return ma_wide_choose(ma_wide_compared(a, b) > 0.0, a, b);
}

MA_INLINE ma_wide ma_wide_copysign(ma_wide a, ma_wide like)
{
    uint64_t hi = ma_bits_f64(a.hi), flip = (hi ^ ma_bits_f64(like.hi)) >> 63 << 63;
    double lo = ma_of_bits_f64(ma_bits_f64(a.lo) ^ flip);
    return ma_wide_of(ma_of_bits_f64(hi ^ flip), lo, a.e);
}

MA_INLINE ma_wide ma_wide_step(ma_wide z)
{
    return ma_wide_of(z.hi > 0.0 ? 1.0 : 0.0, 0.0, z.hi > 0.0 ? 0 : MA_NOWHERE);
}

/* a over an integer that a double holds. If the quotient is near a double, what it lacks
 * has the right sign, however small: it decides a tie. */
MA_INLINE ma_wide ma_wide_exact_div(ma_wide a, ma_wide b)
{
    double q = a.hi / b.hi, lost = fma(-q, b.hi, a.hi) + a.lo;
    ma_pair sum = ma_fast_two_sum(q, lost / b.hi);
    return ma_wide_of(q == 0.0 ? q : sum.hi, sum.lo, a.e - b.e);
}

/* The nearest number of a format, ties to even: one rounding, subnormal or not.
 * digits: of a normal number; lowest: the exponent of its least subnormal. The result
 * is a double, infinite beyond the doubles only. */
MA_INLINE double ma_wide_nearest(ma_wide a, int64_t digits, int64_t lowest)
{
    ma_wide n = ma_wide_normal(ma_pair_of(a.hi, a.lo), a.e);
    int64_t e = ma_clamp(n.e, -2000, 1100);
    int64_t normal = 53 - digits, below = 52 + lowest - e;
    uint64_t dropped = (uint64_t)ma_clamp(below > normal ? below : normal, 0, 60);
    uint64_t one = 1, hidden = one << 52, unit = one << dropped;
    uint64_t mantissa = (ma_bits_f64(n.hi) & (hidden - 1)) | hidden;
    uint64_t twice = (mantissa & (unit - 1)) << 1, odd = mantissa >> dropped & 1;
    double rest = n.hi < 0.0 ? -n.lo : n.lo;
    uint64_t tie = odd ? 0 : 1; /* to even, if nothing is left to decide it */
    uint64_t least = twice == unit ? (rest > 0.0 ? 0 : rest < 0.0 ? 1 : tie) : 0;
    uint64_t kept = (mantissa & ~(unit - 1)) + (twice >= unit + least ? unit : 0);
    double r = ma_of_bits_f64((((uint64_t)1023 << 52) - hidden) + kept);
    r = kept == 0 || n.hi == 0.0 ? 0.0 : r;
    int64_t part = ma_clamp(e, -1000, 1000);
    r = r * ma_power_of_two(part) * ma_power_of_two(e - part);
    return copysign(r, n.hi);
}
