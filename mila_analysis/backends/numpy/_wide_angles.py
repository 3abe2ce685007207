"""Sines and cosines of wide numbers in a generated NumPy module; copied as text."""

import numpy as np

from mila_analysis.backends.numpy._wide import (
    _ORIGIN,
    _exponent,
    _power,
    _Wide,
    _within,
)
from mila_analysis.backends.numpy._wide_functions import _lost, _two_sum, _upper

_TURN = ()  # what the generated part defines
_WHOLE_TURN = (0.0, 0.0)

# --- runtime ---


def _circular(function, z):
    """Sines or cosines of normal numbers; NaN, of exponent 1, from 2^4096 on."""
    found, far = function(z.m * _power(_within(z.e, -700, 1023))), z.e > 1023
    if not far.any():
        return _Wide(found, _exponent(found, _ORIGIN), 70, z.wild)
    found, m, e = (a.copy() for a in np.broadcast_arrays(found, z.m, z.e))
    found[e > 1023] = np.nan
    far = (e > 1023) & (e < 4096)
    high, low = _within_a_turn(m[far], e[far])
    sine, cosine = np.sin(high), np.cos(high)
    either = sine + low * cosine, cosine - low * sine
    found[far] = either[0 if function is np.sin else 1]
    unknown = np.isnan(found)
    return _Wide(found, np.where(unknown, 1, _exponent(found, _ORIGIN)), 70, True)


def _within_a_turn(m, e):
    """The angles m·2^e within half a turn, as pairs of floats; e from 52 to 4095.

    Of the product with 1/(2π) those digits that are whole turns are left out.
    """
    digits, first, upper = np.array(_TURN), (e - 52) // 24, _upper(m)
    total, low = np.zeros_like(m), np.zeros_like(m)
    for k in range(8):
        digit = np.ldexp(digits[first + k], e - 24 * (first + k + 1))
        for part in (upper, m - upper):
            turns = part * digit
            turns -= np.rint(turns)
            total, lost = _two_sum(total, turns)
            low += lost
    total -= np.rint(total)
    high, low = _two_sum(total, low)
    angle = high * _WHOLE_TURN[0]
    lost = _lost(high, _WHOLE_TURN[0])
    return angle, lost + high * _WHOLE_TURN[1] + low * _WHOLE_TURN[0]
