"""Correct rounding of wide programs in a generated NumPy module; copied as text.

Doubles give the limits at infinity, and NaN where there is no value. All else lies in
an interval of decimals whose ends round to the same float; if they do not, more digits
decide. One element takes up to a millisecond: equal ones are computed once.
"""

from decimal import Decimal

import numpy as np

from mila_analysis.backends.numpy._accurate import _distinct, _nearest
from mila_analysis.backends.numpy._span_functions import _context, _Spans
from mila_analysis.backends.numpy._spans import _Span
from mila_analysis.backends.numpy._wide_blocks import _in_doubles
from mila_analysis.backends.numpy._wide_functions import _Kit

_WHOLE = {}  # what the generated part defines

# --- runtime ---
_LADDER = (30, 60, 120, 240, 480, 960, 1920)


class _Doubles(_Kit):
    """Wide numbers with numbers as they stand in the text, and without corrections."""

    def number(self, top, bottom):
        return top / bottom

    def near(self, text):
        return float(text)


_KIT = _Doubles()


def _evaluate(wanted, names, given, outputs):
    """A block: from doubles, then what is finite, rounded correctly."""
    doubles = np.empty(outputs.shape)
    _in_doubles(wanted, given, doubles)
    outputs[...] = doubles
    points = np.broadcast_arrays(*(np.atleast_1d(a) for a in given))
    finite = np.flatnonzero(np.logical_and.reduce([np.isfinite(p) for p in points]))
    if finite.size:
        first, back = _distinct([p[finite] for p in points])
        for row, name in enumerate(names):
            found = [
                _rounded_once(
                    name, [float(p[j]) for p in points], doubles[row, j], outputs.dtype
                )
                for j in finite[first]
            ]
            outputs[row, finite] = np.array(found, outputs.dtype)[back]


def _rounded_once(name, point, double, dtype):
    """One result, from intervals of more and more digits."""
    if np.isnan(double):
        return double
    middle = double
    for digits in _LADDER:
        with _context(digits + 20):
            given = [_Span(Decimal(v), Decimal(v), digits) for v in point]
            [value] = _WHOLE[name](*given, _Spans(digits))
            value = given[0].like(value)
            if value.low == value.high == 0:
                return np.copysign(0.0, double)
            if not value.low.is_nan():
                ends = (value.low, (value.low + value.high) / 2, value.high)
                low, middle, high = (_nearest(end, dtype) for end in ends)
                if low == high and np.signbit(low) == np.signbit(high):
                    break
    return middle
