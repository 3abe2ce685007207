const _CUT = 700; // exp(-cut) is a normal number

const _HUGE = Number.MAX_VALUE; // infinity, where 0 * inf is to be 0

const _MODEST = 2 ** 255; // its cube is no infinity

const _step = z => z > 0 ? 1 : 0;

const _copysign = (a, b) => b < 0 || 1 / b < 0 ? -Math.abs(a) : Math.abs(a);

const _finite = v => Math.min(Math.max(v, -_HUGE), _HUGE);

const _modest = (v, tail) =>
  tail > 0 ? v : Math.min(Math.max(v, -_MODEST), _MODEST);

const _capped = size => size > _CUT ? _CUT : size;

const _tail = (size, capped) => capped === size ? 1 : Math.exp(capped - size);

const _swell = (v, tail) => v === 0 ? v : v / tail;

// A rounding error, bounded where it is too large to matter, or NaN.
const _tame = (error, size, capped) =>
  capped === size ? error : error < -0.01 ? -0.01 : error < 0.01 ? error : 0.01;

// a * b - product by Dekker's splitting; where a factor is huge the other is not.
const _product_error = (a, b, product) => {
  if (Math.abs(a) > _FAR) return _lost(a * _LESS, b / _LESS, product);
  if (Math.abs(b) > _FAR) return _lost(a / _LESS, b * _LESS, product);
  return _lost(a, b, product);
};

const _FAR = 2 ** 500, _LESS = 2 ** -512;

const _lost = (a, b, product) => {
  const c = _high(a), d = _high(b), i = a - c, j = b - d;
  return c * d - product + c * j + i * d + i * j;
};

// The upper 26 bits.
const _high = v => {
  const scaled = v * 134217729;
  return scaled - (scaled - v);
};

// What a constant loses when it is rounded.
const _residue = (constant, low) => low;
