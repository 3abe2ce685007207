"""Functions of intervals of long decimals in a generated NumPy module; copied as text.

Each is monotone, or moves by no more than its argument. Their values come from series
whose rest is below the digits asked for; what precision cancellation takes is added.
"""

from decimal import Context, Decimal, localcontext

from mila_analysis.backends.numpy._spans import (
    _ENDS,
    _hull,
    _increasing,
    _outward,
    _Span,
    _unknown_span,
)

# --- runtime ---
_NEAR = Decimal(10) ** -90


class _Spans:
    """What the arithmetic calls, to a number of digits."""

    def __init__(self, digits):
        self.digits = digits
        self.nan = _unknown_span(digits)
        self.nothing = _Span(Decimal(0), Decimal(0), digits)

    def number(self, top, bottom):
        down, up = _outward(self.digits)
        ends = (c.divide(Decimal(top), Decimal(bottom)) for c in (down, up))
        return _Span(*ends, self.digits)

    def near(self, text):
        """An irrational number, nearer than 10^-90 to a decimal, relatively."""
        (down, up), value = _outward(self.digits), Decimal(text)
        ends = (down.multiply(value, 1 - _NEAR), up.multiply(value, 1 + _NEAR))
        return _hull(ends, self.digits)

    def exp(self, z):
        return _increasing(_exp_of, _cut(z))

    def expm1(self, z):
        return _increasing(_expm1_of, _cut(z))

    def exp_rest(self, z, k):
        """The series from the power k on; its rest is less than twice its next term."""
        if not abs(z) < 2:
            return self.nan
        term = self.number(1, 1)
        for n in range(1, int(k) + 1):
            term = term * z / n
        total, n = self.nothing, int(k)
        while abs(term).high > abs(total).high.scaleb(-self.digits - 5) or n < k + 4:
            total, n = total + term, n + 1
            term = term * z / n
            if total.low.is_nan() or not term.high:
                break
        size = 2 * abs(term).high
        return total + _Span(-size, size, self.digits)

    def log(self, u):
        return _increasing(_log_of, u) if u.low > 0 else self.nan

    def log1p(self, w):
        return _increasing(_log1p_of, w) if w.low > -1 else self.nan

    def sqrt(self, u):
        return _increasing(_sqrt_of, u) if u.low >= 0 else self.nan

    def erf(self, u):
        return _increasing(_erf_of, u)

    def erfcx(self, u):
        return (
            -_increasing(lambda v, n: -_erfcx_of(v, n), u) if u.low >= 0 else self.nan
        )

    def atan(self, u):
        return _increasing(_atan_of, u)

    def sin(self, z):
        return _turned(z, 0)

    def cos(self, z):
        return _turned(z, 1)

    def step(self, z):
        return self.select(z > 0, self.number(1, 1), self.nothing)

    def maximum(self, a, b):
        return self.select(a >= b, a, b)

    def select(self, condition, a, b):
        if condition is not None:
            return a if condition else b
        a, b = self.nothing.like(a), self.nothing.like(b)
        return _hull([a.low, a.high, b.low, b.high], self.digits)

    def small(self, _):
        return self.nothing

    def product_error(self, *_):
        return self.nothing

    def exp_error(self, *_):
        return self.nothing

    def residue(self, *_):
        return self.nothing


def _cut(z):
    """An exponent, bounded where no product returns to the floats.

    What an exponential of it makes dominates, and is bounded by more.
    """
    if z.low.is_nan():
        return z
    bounds = (Decimal(10) ** (15 if _place(v) > 10**8 else 12) for v in (z.low, z.high))
    ends = zip((z.low, z.high), bounds, strict=True)
    return _Span(*(min(max(v, -bound), bound) for v, bound in ends), z.digits)


def _context(digits):
    return localcontext(Context(digits, **_ENDS))


def _place(value):
    """Digits before the point; of 0, none."""
    return value.adjusted() if value else 0


def _exp_of(v, digits):
    with _context(digits + 5):
        return v.exp()


def _expm1_of(v, digits):
    if _place(v) < -digits - 5:
        return v
    with _context(digits + 5 + max(-_place(v), 0)):
        return v.exp() - 1


def _log_of(v, digits):
    with _context(digits + 5 + max(-_place(v - 1), 0)):
        return v.ln()


def _log1p_of(v, digits):
    if _place(v) < -digits - 5:
        return v
    with _context(digits + 5 + max(-_place(v), 0) + max(-_place(1 + v), 0)):
        return (1 + v).ln()


def _sqrt_of(v, digits):
    with _context(digits + 5):
        return v.sqrt()


def _pi(digits, _known={}):  # noqa: B006 - a cache
    """π by Machin's formula."""
    if digits not in _known:
        with _context(digits + 10):
            parts = [_atan_series(1 / Decimal(n), digits + 10) for n in (5, 239)]
            _known[digits] = 16 * parts[0] - 4 * parts[1]
    return _known[digits]


def _atan_series(x, digits):
    total = term = x
    n, square = 1, x * x
    while term and _place(term) > _place(total) - digits:
        n, term = n + 2, -term * square
        total += term / n
    return total


def _atan_of(v, digits):
    if _place(v) < -digits:
        return v
    with _context(digits + 10):
        if abs(v) > 1:
            half = _pi(digits + 10) / 2
            return half.copy_sign(v) - _atan_of(1 / v, digits + 5)
        for _ in range(3):
            v = v / (1 + (1 + v * v).sqrt())
        return 8 * _atan_series(v, digits + 10)


def _series_of_erf(v):
    """erf(v)·exp(v²)·√π/2: terms of one sign."""
    total = term = v
    n, square = 1, 2 * v * v
    while total + term != total:
        n += 2
        term = term * square / n
        total += term
    return total


def _erf_of(v, digits):
    with _context(digits + 10):
        square = v * v
        if square > 3 * digits:
            return Decimal(1).copy_sign(v)
        return 2 * _series_of_erf(v) * (-square).exp() / _pi(digits + 5).sqrt()


def _erfcx_of(v, digits):
    with _context(digits + 10):
        square = v * v
        if square > 3 * digits:
            return _erfcx_far(v, square, digits)
    with _context(2 * digits + int(square) + 10):
        root = _pi(2 * digits + int(square)).sqrt()
        return (v * v).exp() - 2 * _series_of_erf(v) / root


def _erfcx_far(v, square, digits):
    """The asymptotic series; its rest is less than its next term."""
    total = term = 1 / (v * _pi(digits + 5).sqrt())
    n = 1
    while _place(term) > _place(total) - digits - 2:
        term, n = -term * n / (2 * square), n + 2
        total += term
    return total


def _turned(z, quarters):
    """sin(z + quarters·π/2) of an interval: it moves no more than z does."""
    if z.low.is_nan() or z.low.adjusted() > 400:
        return _unknown_span(z.digits)
    if z.low == z.high == 0:
        return _Span(Decimal(quarters), Decimal(quarters), z.digits)
    found = _sine_of(z.low, z.digits + 5, quarters)
    down, up = _outward(z.digits)
    error = up.multiply(abs(found), Decimal(10) ** -z.digits)
    reach = up.add(error, up.subtract(z.high, z.low))
    return _Span(down.subtract(found, reach), up.add(found, reach), z.digits)


def _sine_of(v, digits, quarters):
    more = digits + 20 + abs(_place(v))
    with _context(more):
        turn = _pi(more) / 2
        n = (v / turn).to_integral_value()
        rest = v - n * turn if n else v
        n = int(n) + quarters
        total = term = rest if n % 2 == 0 else Decimal(1)
        k, square = (1 if n % 2 == 0 else 0), rest * rest
        while term and _place(term) > _place(total) - digits - 5:
            term = -term * square / ((k + 1) * (k + 2))
            total, k = total + term, k + 2
        return -total if n % 4 >= 2 else total
