/*
 * GELU and its exact partial derivatives.
 *
 *     f(x) = x / 2 * (1 + erf(x / sqrt(2)))
 *     S = sqrt(2)
 *     pi = pi
 *     S_2 = sqrt(pi)
 *     E = exp(-x**2/2)
 *     R = erf(S*x/2)
 *
 * Strategy: wide (holds on every float: numbers with an exponent of their own).
 * Source: D. Hendrycks, K. Gimpel, Gaussian Error Linear Units (GELUs), 2016,
 * arXiv:1606.08415.
 *
 * Unverified: nothing has checked this file.
 * Recipe: {"backend": "javascript", "order": 2, "accuracy": "fast", "name": "gelu",
 *     "title": "GELU", "formula": "x / 2 * (1 + erf(x / sqrt(2)))", "parameters": [],
 *     "source": "D. Hendrycks, K. Gimpel, Gaussian Error Linear Units (GELUs), 2016,
 *     arXiv:1606.08415", "convention": ""}
 * Digest: d38229ffd176fb30afc23d450b9e0e9bcb59d7ce532a413b70e414bb31531224
 */

const _LOG_2_FIRST = 0.6931471803691238;

const _LOG_2_SECOND = 1.9082149292705877e-10;

const _LOG_2_THIRD = 1.1612227229362532e-26;

const _ERF = [
  1.1283791670955126, -0.3761263890318375, 0.11283791670954882, -0.026866170645077334,
  0.005223977624823223, -0.0008548326981129666, 0.00012055331122299266,
  -1.4925595519506043e-05, 1.6461004480962034e-06, -1.6350354461959655e-07,
  1.4660051998394848e-08, -1.1373902296430911e-09, 5.958930743134941e-11
];

const _ERFCX = [
  0.465990237251105, -1.49046494186446, 3.103967100549878, -5.118381333024694,
  7.00351255288747, -8.008123665876843, 7.525960507820294, -5.537037038331108,
  2.78083423683176, -0.408931204741562, -0.7340571968091012, 0.6519587107531738,
  -0.07002675132253991, -0.2596997179515624, 0.151707037825971, 0.07075238374777798,
  -0.103289116113081, -0.009716210947097816, 0.06034477562802569,
  -0.005060738753321728, -0.03409334795720015, 0.0060293746847182314,
  0.017148741197241316, -0.003590149845924698, -0.005387742377357189,
  0.0011212019611875836
];

// Numbers m * 2^e, e an integer that never overflows: |m| within 2^±100, or m is zero,
// infinite or NaN. A zero has an exponent far below all others, and an order: that of a
// product is the sum of those of its factors; a sum of zeros has the sign of the one of
// lowest order, so that x + x * x at -0 is -0.
const _wide = (m, e) => {
  const size = Math.abs(m);
  if (size < 1e30 && size > 1e-30) return { m, e };
  if (size === 0 || !(size < Infinity)) return { m, e };
  return size > 1 ? _wide(m * _DOWN, e + 150) : _wide(m * _UP, e - 150);
};

const _NOWHERE = -(2 ** 52); // the exponent of zero, for each order

const _BEYOND = 2 ** 55; // that of a division by zero: nothing makes it less

const _bits = new DataView(new ArrayBuffer(8));

// 2^e for integers from -1022 to 1023.
const _power = e => _table[e + 1022];

const _table = new Float64Array(2046);
for (let i = 0, p = 2.2250738585072014e-308; i < 2046; i++, p *= 2) _table[i] = p;

const _UP = _power(150), _DOWN = _power(-150);

const _within = (e, low, high) => e < low ? low : e > high ? high : e;

// A double as a wide number.
const _number = v => _wide(v, v === 0 ? _NOWHERE : 0);

// The double that a number is; near 2^±700 where it is beyond.
const _double = a => a.m * _power(_within(a.e, -700, 700));

// The same number with |m| in [1, 2).
const _normal = a => {
  if (a.m === 0 || !(Math.abs(a.m) < Infinity)) return a;
  _bits.setFloat64(0, a.m);
  const k = (_bits.getUint32(0) >>> 20 & 2047) - 1023;
  return { m: a.m * _power(-k), e: a.e + k };
};

const _neg = a => ({ m: -a.m, e: a.e });

const _abs = a => ({ m: Math.abs(a.m), e: a.e });

const _mul = (a, b) => _wide(a.m * b.m, a.e + b.e);

const _scaled = (v, a) => _wide(v * a.m, a.e);

const _div = (a, b) =>
  b.m === 0 ? { m: a.m / b.m, e: _BEYOND } : _wide(a.m / b.m, a.e - b.e);

const _sub = (a, b) => _add(a, _neg(b));

// What is far smaller is dropped, even if it is NaN.
const _add = (a, b) => {
  const lead = a.e - b.e;
  if (lead > 65536 && a.m !== 0) return a;
  if (lead < -65536 && b.m !== 0) return b;
  const left = lead < 0 ? a.m * _power(Math.max(lead, -700)) : a.m;
  const right = lead > 0 ? b.m * _power(Math.max(-lead, -700)) : b.m;
  const m = left + right, e = Math.max(a.e, b.e);
  return m === 0 ? _nothing(left, right, lead, e) : _wide(m, e);
};

// A sum that is zero: its sign and its order; what cancels is of a higher order.
const _nothing = (left, right, lead, e) => {
  const order = Math.min(e, _NOWHERE);
  if (Math.abs(lead) > 2 ** 51) return { m: lead > 0 ? left : right, e: order };
  const cancels = 1 / left !== 1 / right;
  return { m: left + right, e: cancels ? order + _NOWHERE : order };
};

// 1, 0 or -1 as a is more than b, the same or less; else NaN.
const _compare = (a, b) => {
  const lead = a.e - b.e;
  const left = lead < 0 ? a.m * _power(Math.max(lead, -700)) : a.m;
  const right = lead > 0 ? b.m * _power(Math.max(-lead, -700)) : b.m;
  return left > right ? 1 : left < right ? -1 : left === right ? 0 : NaN;
};

const _small = error => Math.abs(_double(error)) <= 0.5 ? error : _number(0);

const _product_error = (a, b, product) => {
  const m = _lost(a.m, b.m), e = a.e + b.e;
  return m === 0 ? { m, e: Math.min(e, _NOWHERE) + _NOWHERE } : _wide(m, e);
};

// a * b less its double, exactly (Dekker).
const _lost = (a, b) => {
  const c = _high(a), d = _high(b), i = a - c, j = b - d;
  return c * d - a * b + c * j + i * d + i * j;
};

// The upper 26 bits.
const _high = v => {
  const scaled = v * 134217729;
  return scaled - (scaled - v);
};

// An argument, with the exponent that an infinite one is to have.
const _given = (x, infinite) =>
  Math.abs(x) === Infinity ? { m: Math.sign(x), e: infinite } : _number(x);

// The double nearest to a number: rounded once, if at all.
const _narrow = a => {
  const { m, e } = _normal(a);
  if (m !== m) return e < -65536 ? 0 : m; // bounded, such as a sine, over what is not
  const first = _within(e, -1000, 1000);
  return m * _power(first) * _power(_within(e - first, -100, 100));
};

// The first values of a program, rounded; at infinity what two huge arguments tell.
const _values = (whole, count, ...given) => {
  if (given.some(x => x !== x)) return new Array(count).fill(NaN);
  const near = _computed(whole, count, given, 2 ** 17);
  if (given.every(x => Math.abs(x) < Infinity)) return near;
  return _computed(whole, count, given, 2 ** 18).map((far, i) => {
    const size = Math.abs(near[i]), other = Math.abs(far);
    if (other < 0.99 * size) return 1 / far < 0 ? -0 : 0;
    return other > 1.01 * size ? Math.sign(far) * Infinity : near[i];
  });
};

const _computed = (whole, count, given, infinite) =>
  whole(count, ...given.map(x => _given(x, infinite))).map(_narrow);

// Functions of wide numbers: Math's where the argument is a double; elsewhere what they
// are there, a tiny number, a multiple of log 2, or a limit.
const _exp = z => {
  // Beyond, no product returns to the doubles; exp(exp) is beyond all that is not.
  const bound = z.e > 2 ** 30 ? 2 ** 48 : 2 ** 40;
  const v = _within(_double(z), -bound, bound), n = Math.round(v / Math.LN2);
  return { m: Math.exp(_remainder(v, n)), e: n === n ? n : 1 };
};

// v - n * log(2); the first part of log(2) has 32 bits.
const _remainder = (v, n) => {
  if (Math.abs(n) < 2 ** 20) return v - n * _LOG_2_FIRST - n * _LOG_2_SECOND;
  const high = Math.round(n * 2 ** -20) * 2 ** 20, middle = _high(_LOG_2_SECOND);
  for (const part of [_LOG_2_FIRST, middle, _LOG_2_SECOND - middle, _LOG_2_THIRD])
    v = v - high * part - (n - high) * part;
  return v;
};

// Polynomial in x, the lowest power first.
const _horner = (coefficients, x) => {
  let total = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) total = total * x + coefficients[i];
  return total;
};

const _erfcx = u => {
  const v = Math.max(_double(u), 0);
  return v > 2 ** 30 ? _div(_number(0.5 * _ERF[0]), u) : _number(_flat_erfcx(v));
};

// exp(x^2) * erfc(x) of doubles that are not negative.
const _flat_erfcx = x => {
  const part = x / (x + 4), rest = part * _horner(_ERFCX, part - 0.5);
  const top = 1 + rest, bottom = 1 + 2 * x, back = bottom - 2 * x;
  const lost = 1 - back + (2 * x - (bottom - back)), found = top / bottom;
  return found + (rest - (top - 1) - found * lost) / bottom;
};

// So many partials as asked for; each needs some of what is before it.
const _whole = (_count, x) => {
  const z = _mul(x, x);
  const lost = _product_error(x, x, z);
  const z_2 = _scaled(-1, z);
  const z_3 = _scaled(0.5, z_2);
  const e = _exp(z_3);
  const lost_2 = _small(_scaled(0.5, _scaled(-1, lost)));
  const e_2 = _add(e, _mul(e, lost_2));
  const u = _scaled(0.7071067811865476, x);
  const decayed = _mul(e_2, _erfcx(_abs(u)));
  const complement = _compare(u, _number(0)) > 0 ? _sub(_number(2), decayed) : decayed;
  const f = _mul(_scaled(0.5, x), complement);
  if (_count === 1) return [f];
  const form = _add(_scaled(1.772453850905516, complement), _scaled(1.4142135623730951, _mul(e_2, x)));
  const f_x = _scaled(0.28209479177387814, form);
  if (_count === 2) return [f, f_x];
  const form_2 = _add(z, _number(-2));
  const f_xx = _mul(_scaled(-0.3989422804014327, e_2), form_2);
  return [f, f_x, f_xx];
};

const f = (x) => _values(_whole, 1, x)[0];
const f_x = (x) => _values(_whole, 2, x)[1];
const f_xx = (x) => _values(_whole, 3, x)[2];
const all = (x) => {
  const _v = _values(_whole, 3, x);
  return { f: _v[0], f_x: _v[1], f_xx: _v[2] };
};

export { f, f_x, f_xx, all };
