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

// What a function of u gives, but u itself where that is tiny.
const _first_term = (u, v, found) => Math.abs(v) < 2 ** -60 ? u : _number(found);

const _expm1 = z => {
  const v = _double(z);
  return v > 40 ? _add(_exp(z), _number(-1)) : _first_term(z, v, Math.expm1(v));
};

const _log = u => {
  if (u.m === 0) return { m: -1, e: 2 ** 17 };
  if (Math.abs(u.e) <= 700) return _checked(Math.log(_double(u)));
  return _checked(u.e * _LOG_2_FIRST + (u.e * _LOG_2_SECOND + Math.log(u.m)));
};

const _log1p = w => {
  const v = _double(w);
  if (v <= -1 || v > 2 ** 500) return _log(_add(_number(1), w));
  return _first_term(w, v, Math.log1p(v));
};

const _sqrt = u => {
  const odd = Math.abs(u.e % 2), m = Math.sqrt(u.m * (1 + odd));
  if (m !== m) return { m, e: _BEYOND };
  const e = (u.e - odd) / 2;
  return m === 0 ? { m, e: Math.min(e, _NOWHERE) } : _wide(m, e);
};

const _atan = u => {
  const v = _double(u);
  return _first_term(u, v, Math.atan(v));
};

// exp(z) less its rounded value, to 2^-70 of that; 0 beyond all that matters.
const _exp_error = (z, rounded) => {
  const v = _double(z);
  if (!(Math.abs(v) < 2 ** 19)) return { m: 0, e: Math.min(rounded.e, _NOWHERE) };
  const n = Math.round(v / Math.LN2);
  const [first, rest] = _two_sum(v - n * _LOG_2_FIRST, -(n * _LOG_2_SECOND));
  const [high, low] =
    _exp_pair(first, rest - (_lost(n, _LOG_2_SECOND) + n * _LOG_2_THIRD));
  const m = high - rounded.m + low;
  return _wide(m, m === 0 ? Math.min(rounded.e, _NOWHERE) : rounded.e);
};

// exp(high + low) as a sum of two doubles, for sizes up to 0.35.
const _exp_pair = (high, low) => {
  let total = 0, rest = 0;
  const factorials = [1];
  for (let n = 1; n < 19; n++) factorials.push(factorials[n - 1] * n);
  for (let n = 18; n > 6; n--) total = (total + 1 / factorials[n]) * high;
  for (let n = 6; n >= 0; n--) {
    const factorial = factorials[n], inverse = 1 / factorial;
    const lack = (1 - inverse * factorial - _lost(inverse, factorial)) / factorial;
    const [sum, lost] = _two_sum(inverse, total);
    total = sum;
    rest += lost + lack;
    if (n) {
      rest = _lost(total, high) + total * low + rest * high;
      total *= high;
    }
  }
  return [total, rest];
};

// a + b as a sum and its error.
const _two_sum = (a, b) => {
  const total = a + b, part = total - a;
  return [total, a - (total - part) + (b - part)];
};

// z^k/k! * (1 + z/(k + 1) + z^2/(k + 1)(k + 2) + ...), for |z| up to 2.
const _exp_rest = (z, count) => {
  const v = _within(_double(z), -2, 2), k = _double(count);
  let total = 1, power = z, factorial = 1;
  for (let n = k + 24; n > k; n--) total = total * (v / n) + 1;
  for (let n = 2; n <= k; n++) {
    power = _mul(power, z);
    factorial *= n;
  }
  return _mul(_div(power, _number(factorial)), _number(total));
};

// Polynomial in x, the lowest power first.
const _horner = (coefficients, x) => {
  let total = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) total = total * x + coefficients[i];
  return total;
};

const _erf = u => {
  const v = _double(u), size = Math.abs(v);
  if (!(size > 1)) return _scaled(_horner(_ERF, size * size), u);
  const bounded = Math.min(size, 7);
  const far = 1 - Math.exp(-bounded * bounded) * _flat_erfcx(bounded);
  return _number(v < 0 ? -far : far);
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

const _sin = z => Math.abs(_double(z)) < 2 ** -60 ? z : _circular(z, 0);

const _cos = z => _circular(z, 1);

// The sine or the cosine; NaN, of exponent 1, from 2^4096 on.
const _circular = (z, which) => {
  const { m, e } = _normal(z);
  const near = m * _power(_within(e, -700, 1023));
  let found = which ? Math.cos(near) : Math.sin(near);
  if (e > 1023) {
    if (!(Math.abs(m) < Infinity) || e >= 4096) return { m: NaN, e: 1 };
    const [high, low] = _within_a_turn(m, e);
    const sine = Math.sin(high), cosine = Math.cos(high);
    found = which ? cosine - low * sine : sine + low * cosine;
  }
  return found === found ? _number(found) : { m: NaN, e: 1 };
};

// The angle m * 2^e within half a turn, as a pair of doubles; e from 52 to 4095. Of the
// product with 1/(2 pi) those digits that are whole turns are left out.
const _within_a_turn = (m, e) => {
  const first = Math.floor((e - 52) / 24), upper = _high(m);
  let total = 0, low = 0;
  for (let i = first; i < first + 8; i++) {
    const digit = parseInt(_TURN.slice(6 * i, 6 * i + 6), 16) * _power(e - 24 * i - 24);
    for (const part of [upper, m - upper]) {
      const turns = part * digit, [sum, lost] = _two_sum(total, turns - Math.round(turns));
      total = sum;
      low += lost;
    }
  }
  const [high, rest] = _two_sum(total - Math.round(total), low);
  const angle = high * _WHOLE_TURN;
  return [angle, _lost(high, _WHOLE_TURN) + high * _WHOLE_TURN_REST + rest * _WHOLE_TURN];
};
