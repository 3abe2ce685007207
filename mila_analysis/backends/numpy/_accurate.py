"""Correct rounding in a generated NumPy module; copied as text.

Each result is computed with a bound of its error, and is right if both ends of the
interval round to the same float. If they do not, the next arithmetic is longer: float64
for the shorter dtypes, then pairs of float64, then decimals of up to 1600 digits. Only
where the exponent is 0 can a result be exact or a tie: there it is rational.
"""

from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from fractions import Fraction

import numpy as np

from mila_analysis.backends.numpy._kits import _Digits, _pair, _Pairs
from mila_analysis.backends.numpy._pairs import _Pair
from mila_analysis.backends.numpy._runtime import _dtype, _flat

_DOUBLE = _WIDE = {}  # what the generated part defines
_SIGNED = ()
_exponent = _origin = None
_CANCELS = False

# --- runtime ---
_BLOCK = 8192  # elements at a time: all that is computed stays in the cache
_PAIRS = _Pairs()
_LADDER = (50, 100, 200, 400, 800, 1600)


class _Double:
    """The arithmetic of float64."""

    dtype, one, cut = np.float64, np.float64(1.0), 700.0
    huge = np.finfo(np.float64).max  # infinity, where 0 * inf is to be 0
    modest = np.float64(huge) ** 0.25  # its cube is no infinity


def _elementwise(wanted, names, *args):
    """Partials by name, in blocks, with a ufunc's rules for shapes and dtypes."""
    dtype = _dtype(args)
    with np.errstate(all="ignore"):  # flags are raised where nothing is wrong
        arrays = [np.asarray(a).astype(dtype, copy=False) for a in args]
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        inputs = [_flat(a, shape, np.float64, i > 0) for i, a in enumerate(arrays)]
        outputs = np.empty((len(names), inputs[0].size), dtype)
        for start in range(0, inputs[0].size, _BLOCK):
            part = slice(start, start + _BLOCK)
            given = [a[part] if a.ndim else a for a in inputs]
            _evaluate(wanted, names, given, outputs[:, part])
        return [out.reshape(shape)[()] for out in outputs]


def _together(*args):
    """All partials at once, by name."""
    names = [name for name in _WIDE if name != "partials"]
    return dict(zip(names, _elementwise("partials", names, *args), strict=True))


def _evaluate(wanted, names, given, outputs):
    """A block: the limits at infinity, then what is finite, rounded correctly."""
    finite = np.logical_and.reduce(np.broadcast_arrays(*map(np.isfinite, given)))
    if outputs.dtype == np.float64:
        doubtful = np.broadcast_to(finite, outputs.shape)
        _at_limits(wanted, names, given, np.flatnonzero(~finite), outputs)
    else:
        doubtful = _by_doubles(wanted, names, given, outputs) & finite
    columns = np.flatnonzero(doubtful.any(axis=0))
    if columns.size:
        everywhere, back = columns, slice(None)
        if outputs.dtype != np.float64:  # few differ, such as the zeros in an array
            first, back = _distinct([a[columns] if a.ndim else a for a in given])
            columns = columns[first]
        given = [a[columns] if a.ndim else a for a in given]
        doubtful = doubtful[:, columns]
        found = _certain(wanted, names, given, doubtful, outputs.dtype)
        settled = np.where(doubtful, found, outputs[:, columns])
        outputs[:, everywhere] = settled[:, back]


def _distinct(given):
    """Indices of one of each different element, and of which one stands for each."""
    bits = np.stack(np.broadcast_arrays(*given)).view(np.int64)
    _, first, back = np.unique(bits, axis=1, return_index=True, return_inverse=True)
    return first, back.reshape(-1)


def _at_limits(wanted, names, given, columns, outputs):
    if columns.size:
        given = [a[columns] if a.ndim else a for a in given]
        outputs[:, columns] = _doubles(wanted, names, given)[0]


def _doubles(wanted, names, given):
    """Values and bounds of their errors in float64, and both before the last decay."""
    counts = np.cumsum([len(names), len(names), *2 * [len(_unsure(names))]])
    found = np.empty((counts[-1], given[0].size))
    _DOUBLE[wanted](*given, _Double, *found)
    return np.split(found, counts[:-1])


def _unsure(names):
    """Which partials may have the wrong sign where they are small."""
    return [i for i, name in enumerate(names) if name not in _SIGNED]


def _by_doubles(wanted, names, given, outputs):
    """Results of a short dtype from float64; returns where they are in doubt."""
    values, bounds, inner, inner_bounds = _doubles(wanted, names, given)
    outputs[...] = values
    low, high = values - bounds, values + bounds
    doubtful = low.astype(outputs.dtype) != high.astype(outputs.dtype)
    if not outputs.all():
        vanished = outputs[_unsure(names)] == 0.0
        doubtful[_unsure(names)] |= vanished & ~(np.abs(inner) > inner_bounds)
    return doubtful


def _certain(wanted, names, given, doubtful, dtype):
    """Results from pairs of floats, or from as many digits as it takes."""
    results, sure = _by_pairs(wanted, names, given, dtype)
    points = np.broadcast_arrays(*given)
    known = {}
    for i, j in zip(*np.nonzero(doubtful & ~sure), strict=True):
        point = [float(a[j]) for a in points]
        key = (i, *(v.hex() for v in point))
        if key not in known:
            known[key] = _by_digits(names[i], point, dtype)
        results[i, j] = known[key]
    return results


def _by_pairs(wanted, names, given, dtype):
    """Results, and whether each is certain."""
    sizes = [np.abs(a) for a in given]
    inside = [(s == 0.0) | ((s >= 2.0**-200) & (s <= 2.0**200)) for s in sizes]
    inside = np.logical_and.reduce(np.broadcast_arrays(*inside))
    if not inside.all():
        given = [np.where(inside, a, 1.0) for a in given]
    results = np.empty((len(names), given[0].size), dtype)
    sure, zero = np.empty((2, *results.shape), bool)
    found = _WIDE[wanted](*map(_Pair, given), _PAIRS)
    for i, (computed, units, tail) in enumerate(found):
        value, bound = _pair(computed), units * _PAIRS.unit
        zero[i] = (value.h == 0.0) & (bound == 0.0)
        sure[i] = np.abs(value.h) >= 2.0**-900  # else low parts may have underflowed
        low, high = _ends(value, bound, tail, dtype)
        results[i] = low
        sure[i] &= (low == high) & (np.signbit(low) == np.signbit(high))
    if zero.any():
        results[zero] = _signed_zeros(_doubles(wanted, names, given)[0])[zero]
    return results, (sure | zero) & inside


def _ends(value, bound, tail, dtype):
    """Both ends of the interval in which a value times a tail lies, rounded."""
    k = 0
    if type(tail) is not int:
        value, bound, k = value * tail.m, bound * tail.m.h, tail.k
    return (_rounded(value + b, k, dtype) for b in (-bound, bound))


def _rounded(value, k, dtype):
    """value·2^-k in a dtype, rounded once."""
    if dtype != np.float64:
        return np.ldexp(_odd(value.h, value.l), -k).astype(dtype)
    if type(k) is int:
        return value.h
    size, low = np.abs(value.h), value.l * np.copysign(1.0, value.h)
    unit = np.ldexp(1.0, np.minimum(k, 1900) - 1074)  # the least subnormal, times 2^k
    whole = size + unit * 2.0**52 - unit * 2.0**52
    rest = size - whole
    whole += unit * ((2 * rest == unit) & (low > 0.0))
    whole -= unit * ((2 * rest == -unit) & (low < 0.0))
    size = np.where(size < unit * 2.0**52, whole, size)
    return np.copysign(np.ldexp(size, -k), value.h)


def _odd(high, low):
    """high + low rounded to odd: a shorter dtype rounds it as the sum itself."""
    bits = np.ascontiguousarray(high).view(np.int64)
    outward = (low > 0.0) == (high > 0.0)
    moved = np.where(outward, bits + 1, bits - 1)
    return np.where((low != 0.0) & (bits % 2 == 0), moved, bits).view(np.float64)


def _signed_zeros(doubles):
    """Zeros with the sign of a product; what cancels in full is +0."""
    return np.where(doubles == 0.0, doubles, 0.0)


def _by_digits(name, point, dtype):
    """One result, from exact numbers if the exponent is 0, else from decimals."""
    exact = [Fraction(v) for v in point]
    if _exponent is not None and _exponent(*exact) == 0:
        value = _origin(*exact).get(name)
        if value is not None:
            return _nearest(value, dtype) if value else _zero(name, point)
    with localcontext() as context:
        context.Emax, context.Emin = MAX_EMAX, MIN_EMIN
        context.clear_traps()
        given = [*map(Decimal, point)]
        more = 3 * _span(given) if _CANCELS else 0
        for digits in _LADDER:
            context.prec = digits + more
            _k = _Digits(digits)
            [(value, bound, tail)] = _WIDE[name](*given, _k)
            bound = bound * _k.unit
            ends = (value - bound, value, value + bound)
            low, middle, high = (_nearest(end * tail, dtype) for end in ends)
            if bound == 0 or (low == high and np.signbit(low) == np.signbit(high)):
                break
    return middle


def _span(given):
    """Digits between the first of any number and the last of any other."""
    places = [(v.adjusted(), v.as_tuple().exponent) for v in given if v] or [(0, 0)]
    return max(first for first, _ in places) - min(last for _, last in places) + 1


def _zero(name, point):
    given = [np.array([point[0]]), *map(np.float64, point[1:])]
    return _signed_zeros(_doubles(name, [name], given)[0])[0, 0]


def _nearest(value, dtype):
    """An exact number in a dtype, rounded once."""
    try:
        near = float(value)
    except OverflowError:  # of a fraction
        near = np.inf if value > 0 else -np.inf
    if (
        dtype != np.float64
        and near != value
        and np.float64(near).view(np.int64) % 2 == 0
    ):
        near = np.nextafter(near, np.inf if value > near else -np.inf)
    return dtype.type(near)
