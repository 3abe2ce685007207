"""Numbers with an exponent of their own in a generated torch module; copied as text."""

# mypy: ignore-errors
import torch

# --- runtime ---
# What the arithmetic is made of: numbers m * 2**e with a float64 m near 1 and an int64
# e. Nothing overflows or underflows; the last step rounds, once.

_NOWHERE = -(1 << 52)  # the exponent of 0, for each order: x**2 is of a higher one
_INFINITE = 1 << 17  # that of an infinite input: 0 * inf is 0 then, and inf / inf is 1
_WIDEST = 64  # m is kept between 2**-64 and 2**64
_FORMATS = {torch.float16: (11, -24), torch.bfloat16: (8, -133)}  # digits, least


class _Wide:
    """m * 2**e; |log2 m| is at most `spread` where m is neither 0, infinite nor NaN."""

    __slots__ = ("e", "m", "spread")

    def __init__(self, m, e, spread=1):
        self.m, self.e, self.spread = m, e, spread

    def __neg__(self):
        return _Wide(-self.m, self.e, self.spread)

    def __abs__(self):
        return _Wide(torch.abs(self.m), self.e, self.spread)

    def __add__(self, other):
        a, b, e = _aligned(self, _wide(other))
        return _normal(a + b, e)

    __radd__ = __add__

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        other = _wide(other)
        spread = self.spread + other.spread
        return _kept(self.m * other.m, self.e + other.e, spread)

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = _wide(other)
        spread = self.spread + other.spread
        return _kept(self.m / other.m, self.e - other.e, spread)

    def __rtruediv__(self, other):
        return _wide(other) / self

    def __gt__(self, other):
        a, b = _compared(self, other)
        return a > b

    def __ge__(self, other):
        a, b = _compared(self, other)
        return a >= b

    def __lt__(self, other):
        a, b = _compared(self, other)
        return a < b

    def __le__(self, other):
        a, b = _compared(self, other)
        return a <= b

    def __eq__(self, other):
        a, b = _compared(self, other)
        return a == b

    __hash__ = None


def _wide(value):
    """A number of the text as one of these."""
    if isinstance(value, _Wide):
        return value
    if value == 0.0 or value != value:  # noqa: PLR0124
        m, e = value, _NOWHERE if value == 0.0 else 0
    else:
        digits, _, power = value.hex().partition("p")
        m, e = float.fromhex(digits), int(power)
        while abs(m) < 1.0:
            m, e = m * 2.0, e - 1
    filled = torch.full((), m, dtype=torch.float64, device="cpu")
    return _Wide(filled, torch.full((), e, dtype=torch.int64, device="cpu"))


def _by_bits():
    """Whether the bits of floats can be had: torch.jit.trace knows nothing of them."""
    return not torch.jit.is_tracing()


def _power(n):
    """2.0**n for -1022 <= n <= 1023."""
    if _by_bits():
        return ((n + 1023) << 52).view(torch.float64)
    return torch.exp2(n.to(torch.float64))


def _exponent(m):
    """The integer below log2(|m|), or near it; -1023 for 0, and 1022 at most."""
    if _by_bits():
        return torch.clamp((m.view(torch.int64) >> 52) & 0x7FF, max=2045) - 1023
    found = torch.log2(torch.clamp(torch.abs(m), 2.0**-1000, 2.0**1000))
    return torch.where(m * 0.0 == m, -1023, torch.floor(found).to(torch.int64))


def _normal(m, e):
    """The same number with |m| in [1, 2), or 0; m is not subnormal."""
    k = _exponent(m)
    most = (((k + 1022) >> 63) | 1) << 52  # _NOWHERE where m is 0
    return _Wide(m * _power(-k), torch.minimum(e + k, most))


def _kept(m, e, spread):
    """A product whose m is not too far from 1."""
    return _Wide(m, e, spread) if spread <= _WIDEST else _normal(m, e)


def _aligned(a, b):
    """What multiplies the same power of 2, and its exponent."""
    e = torch.maximum(a.e, b.e)
    return _shifted(a, e), _shifted(b, e), e


def _shifted(a, e):
    """m of a for the exponent e >= a.e; -0, not NaN, where a is far smaller."""
    less = a.e - e
    power = _power(torch.clamp(less, min=-600))
    if _by_bits():
        far = (less + (1 << 16)) >> 63
        kept = (a.m.view(torch.int64) & ~far) | (far << 63)  # -0 changes no sum
        return kept.view(torch.float64) * power
    return torch.where(less < -(1 << 16), -0.0, a.m) * power


def _compared(a, b):
    """Two floats in the same order."""
    if isinstance(b, float) and b == 0.0:
        return a.m, b
    return _aligned(a, _wide(b))[:2]


def _where(condition, a, b):
    """The first where a condition holds, else the second."""
    a, b = _wide(a), _wide(b)
    m, e = torch.where(condition, a.m, b.m), torch.where(condition, a.e, b.e)
    return _Wide(m, e, max(a.spread, b.spread))


def _maximum(a, b):
    """The larger."""
    a, b = _wide(a), _wide(b)
    return _where(a >= b, a, b)


def _product_error(a, b, _product):
    """What the product of a and b loses, exactly, by Dekker's splitting."""
    a, b = _wide(a), _wide(b)
    found = _normal(_lost(a.m, b.m, a.m * b.m), a.e + b.e)
    order = torch.where(found.m == 0.0, _NOWHERE, 0)  # nothing is of a higher one
    return _Wide(found.m, found.e + order)


def _lost(a, b, product):
    """a * b - product, exactly."""
    a_high, b_high = _high(a), _high(b)
    a_low, b_low = a - a_high, b - b_high
    return a_high * b_high - product + a_high * b_low + a_low * b_high + a_low * b_low


def _high(value):
    """The upper 26 bits."""
    scaled = value * 134217729.0
    return scaled - (scaled - value)


def _residue(_high, low):
    """What the constant high + low loses when it is rounded."""
    return _wide(low)


def _step(z):
    """1 where z > 0, else 0."""
    return _where(z > 0.0, 1.0, 0.0)


def _small(error):
    """The error of an exponent, but 0 where that no longer matters."""
    matters = torch.abs(_double(error)) <= 0.5
    m, e = torch.where(matters, error.m, 0.0), torch.where(matters, error.e, _NOWHERE)
    return _Wide(m, e, error.spread)


# From floats and back


def _widened(value, infinite=_INFINITE):
    """A float of any format; an infinite one is larger than any float."""
    value = value.to(torch.float64)
    endless = torch.isinf(value)
    up = (torch.abs(value) < 1.0).to(torch.int64) * 400 - 200
    found = _normal(value * _power(up), -up)
    m = torch.where(endless, torch.sign(value), found.m)
    return _Wide(m, torch.where(endless, infinite, found.e))


def _double(z):
    """As a float64, but no farther than 2**±900 from 1."""
    return z.m * _power(torch.clamp(z.e, -900, 900))


def _float(a):
    """The nearest float64: both products but the last one are exact."""
    e = torch.clamp(a.e, -1900, 1900)
    first = torch.clamp(e, -900, 900)
    second = torch.clamp(e - first, -900, 900)
    return a.m * _power(first) * _power(second) * _power(e - first - second)


def _rounded(a, dtype):
    """The nearest number of a dtype, rounded once."""
    value = _float(a)
    if dtype not in _FORMATS:
        return value.to(dtype)
    digits, least = _FORMATS[dtype]
    e = _normal(a.m, a.e).e  # the last digit that is kept is 2**last
    last = torch.clamp(e - (digits - 1), least, 200)
    large = 1.5 * _power(last + 52)
    kept = (value + large) - large
    kept = torch.where(kept == 0.0, value * 0.0, kept)  # with its sign
    return kept.to(torch.float32).to(dtype)
