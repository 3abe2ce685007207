"""Blocks of wide arithmetic in a generated NumPy module; copied as text."""

import numpy as np

from mila_analysis.backends.numpy._wide import _narrowed, _widened
from mila_analysis.backends.numpy._wide_functions import _Kit

_WHOLE = {}  # what the generated part defines

# --- runtime ---
_BLOCK = 8192  # elements at a time: all that is computed stays in the cache
_KIT = _Kit()


def _in_doubles(wanted, given, outputs):
    """A block: all of it in wide numbers, then what is not finite."""
    given = [np.atleast_1d(a) for a in given]
    outputs[...] = _computed(wanted, given, outputs.shape, 1 << 17)
    for kind, values in ((np.isinf, _limits), (np.isnan, _unknown)):
        found = [kind(a) for a in given]
        if any(f.any() for f in found):
            columns = np.broadcast_to(
                np.logical_or.reduce(np.broadcast_arrays(*found)), outputs.shape[1:]
            )
            at = [np.broadcast_to(a, columns.shape)[columns] for a in given]
            outputs[:, columns] = values(wanted, at, outputs[:, columns].shape)


def _computed(wanted, given, shape, infinite):
    """The float64 values of partials; infinite: the exponent of such arguments."""
    found = _WHOLE[wanted](*(_widened(a, infinite) for a in given), _KIT)
    values = np.empty(shape)
    for row, value in zip(values, found, strict=True):
        row[...] = _narrowed(value)
    return values


def _limits(wanted, given, shape):
    """What values at two huge arguments tend to, such as logarithms to infinity."""
    near, far = (_computed(wanted, given, shape, 1 << n) for n in (17, 18))
    size, other = np.abs(near), np.abs(far)
    near = np.where(other > 1.01 * size, np.copysign(np.inf, far), near)
    return np.where(other < 0.99 * size, np.copysign(0.0, far), near)


def _unknown(_wanted, _given, _shape):
    return np.nan


def _evaluate(wanted, _names, given, outputs):
    _in_doubles(wanted, given, outputs)
