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

// A double that may be NaN because there is none: no sum drops that.
const _checked = v => v === v ? _number(v) : { m: v, e: _BEYOND };

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

const _maximum = (a, b) => _compare(a, b) >= 0 ? a : b;

const _step = z => _number(z.m > 0 ? 1 : 0);

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

// What a constant loses when it is rounded.
const _residue = (constant, low) => _number(low);

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
