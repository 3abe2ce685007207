"""What an exponential loses when it is rounded; copied where a program asks for it."""

import numpy as np

from mila_analysis.backends.numpy._pairs import _exp_parts, _Pair
from mila_analysis.backends.numpy._wide import _double, _exponent, _normal, _Wide
from mila_analysis.backends.numpy._wide_functions import _Kit

# --- runtime ---


def _exp_error(z, rounded):
    """exp(z) less its rounded value, from a pair; right for |z| up to 2000."""
    value = np.minimum(np.maximum(_double(z), -2000.0), 2000.0)
    m, k = _exp_parts(_Pair(value))
    power = np.ldexp(1.0, np.minimum(np.maximum(k - rounded.e, -2), 2))
    lost = (m.h * power - rounded.m) + m.l * power
    return _normal(_Wide(lost, _exponent(lost, rounded.e), 120, rounded.wild))


_Kit.exp_error = staticmethod(_exp_error)
