"""Intervals of long decimals in a generated NumPy module; copied as text.

Every operation rounds outwards, so a result lies between its ends, proven. What is not
known, such as a quotient by an interval around 0, is NaN: more digits may tell.
"""

from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal

# --- runtime ---
_ONE, _TWO, _HALF = Decimal(1), Decimal(2), Decimal("0.5")
_ENDS = {"Emax": MAX_EMAX, "Emin": MIN_EMIN, "traps": []}


class _Span:
    """All numbers from low to high, to a number of digits."""

    __hash__ = None
    __slots__ = ("digits", "high", "low")

    def __init__(self, low, high, digits):
        self.low, self.high, self.digits = low, high, digits

    def ends(self):
        """Both ends, and the contexts that round down and up."""
        return self.low, self.high, *_outward(self.digits)

    def __neg__(self):
        low, high = self.high.copy_negate(), self.low.copy_negate()
        return _Span(low, high, self.digits)

    def __abs__(self):
        if self.low >= 0:
            return self
        if self.high <= 0:
            return -self
        return _Span(Decimal(0), max(-self.low, self.high), self.digits)

    def __add__(self, other):
        (a, b, down, up), other = self.ends(), self.like(other)
        return _Span(down.add(a, other.low), up.add(b, other.high), self.digits)

    __radd__ = __add__

    def __sub__(self, other):
        return self + -self.like(other)

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        (a, b, down, up), other = self.ends(), self.like(other)
        pairs = [(v, w) for v in (a, b) for w in (other.low, other.high)]
        low = [down.multiply(*pair) for pair in pairs]
        high = [up.multiply(*pair) for pair in pairs]
        return _hull([*low, *high], self.digits)

    __rmul__ = __mul__

    def __truediv__(self, other):
        (a, b, down, up), other = self.ends(), self.like(other)
        if not (other.low > 0 or other.high < 0):
            return _unknown_span(self.digits)
        pairs = [(v, w) for v in (a, b) for w in (other.low, other.high)]
        low = [down.divide(*pair) for pair in pairs]
        high = [up.divide(*pair) for pair in pairs]
        return _hull([*low, *high], self.digits)

    def __rtruediv__(self, other):
        return self.like(other) / self

    def __gt__(self, other):
        other = self.like(other)
        return _decided(self.low > other.high, self.high <= other.low)

    def __ge__(self, other):
        other = self.like(other)
        return _decided(self.low >= other.high, self.high < other.low)

    def __lt__(self, other):
        return self.like(other) > self

    def __le__(self, other):
        return self.like(other) >= self

    def __eq__(self, other):
        other = self.like(other)
        same = self.low == self.high == other.low == other.high
        return _decided(same, self.high < other.low or self.low > other.high)

    def like(self, other):
        """Another number to the same digits."""
        if isinstance(other, _Span):
            return other
        return _Span(Decimal(other), Decimal(other), self.digits)


def _outward(digits, _known={}):  # noqa: B006 - a cache
    if digits not in _known:
        modes = ROUND_FLOOR, ROUND_CEILING
        _known[digits] = [Context(digits, rounding=mode, **_ENDS) for mode in modes]
    return _known[digits]


def _decided(yes, no):
    """True or False, or None where it is neither."""
    return True if yes else False if no else None


def _hull(values, digits):
    """The least interval with all of some decimals in it."""
    if any(v.is_nan() for v in values):
        return _unknown_span(digits)
    return _Span(min(values), max(values), digits)


def _unknown_span(digits):
    return _Span(Decimal("nan"), Decimal("nan"), digits)


def _increasing(function, span):
    """A function that grows, of an interval; its values are right to span's digits."""
    if span.low.is_nan():
        return span
    down, up = _outward(span.digits)
    ends = [function(v, span.digits + 5) for v in (span.low, span.high)]
    error = Decimal(10) ** -span.digits
    low = down.subtract(ends[0], down.multiply(up.abs(ends[0]), error))
    high = up.add(ends[1], up.multiply(up.abs(ends[1]), error))
    return _hull([low, high], span.digits)
