"""Blocks of wide arithmetic in a generated NumPy module; copied as text."""

import numpy as np

from mila_analysis.backends.numpy._wide import _narrowed, _widened
from mila_analysis.backends.numpy._wide_functions import _Kit

_WHOLE = {}  # what the generated part defines

# --- runtime ---
_BLOCK = 8192  # elements at a time: all that is computed stays in the cache
_KIT = _Kit()


def _evaluate(wanted, _names, given, outputs):
    """A block: all of it in wide numbers, and NaN where an argument is NaN."""
    given = [np.atleast_1d(a) for a in given]
    found = _WHOLE[wanted](*map(_widened, given), _KIT)
    for output, value in zip(outputs, found, strict=True):
        output[...] = _narrowed(value)
    for argument in given:
        unknown = np.isnan(argument)
        if unknown.any():
            outputs[:, np.broadcast_to(unknown, outputs.shape[1:])] = np.nan
