"""The part of a generated NumPy module that is the same in all; copied as text."""

import numpy as np

_exponents = None  # what the generated part defines
_WHOLE = _NEAR = {}
_REACH = (1, 1)

# --- runtime ---
_BLOCK = 12_500  # elements at a time: all that is computed stays in the cache


class _Limits:
    """What the arithmetic, that of float64, is bounded by."""

    def __init__(self):
        self.one = np.float64(1.0)
        self.cut = 700.0  # exp(-cut) is a normal number
        self.huge = np.finfo(np.float64).max  # infinity, where 0 * inf is to be 0
        self.modest = self.huge**0.25  # its cube is no infinity
        self.low = -self.cut / _REACH[0]  # exponents between these are near
        self.high = 680.0 / _REACH[1]


_LIMITS = _Limits()


def _elementwise(wanted, names, *args):
    """Partials by name, in blocks, with a ufunc's rules for shapes and dtypes."""
    dtype, _k = _dtype(args), _LIMITS
    with np.errstate(all="ignore"):  # flags are raised where nothing is wrong
        arrays = [np.asarray(a).astype(dtype, copy=False) for a in args]
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        inputs = [_flat(a, shape, dtype, scalar=i > 0) for i, a in enumerate(arrays)]
        outputs = np.empty((len(names), inputs[0].size), dtype)
        room = np.empty((len(names), min(_BLOCK, inputs[0].size)))
        for start in range(0, inputs[0].size, _BLOCK):
            part = slice(start, start + _BLOCK)
            given = [a[part] if a.ndim else a for a in inputs]
            given = [a.astype(np.float64, copy=False) for a in given]
            results = outputs[:, part]
            if dtype == np.float64:
                _WHOLE[wanted](*given, _k, *results)
            else:  # the digits to spare allow for the shorter arithmetic
                found = room[:, : given[0].size]
                _mostly_near(wanted, given, _k, found)
                results[...] = found
        return [out.reshape(shape)[()] for out in outputs]


def _together(*args):
    """All partials at once, by name."""
    names = [name for name in _WHOLE if name != "partials"]
    return dict(zip(names, _elementwise("partials", names, *args), strict=True))


def _mostly_near(wanted, given, _k, results):
    """The short arithmetic for all, then the other one for those that are far."""
    if wanted not in _NEAR:
        _WHOLE[wanted](*given, _k, *results)
        return
    _NEAR[wanted](*given, _k, *results)
    far = _far(given, _k)
    if far is not None:
        exact = np.empty((len(results), far.size))
        _WHOLE[wanted](*(a[far] if a.ndim else a for a in given), _k, *exact)
        results[:, far] = exact


def _flat(array, shape, dtype, scalar):
    """Array as one contiguous row of the dtype; a scalar parameter stays one."""
    if scalar and array.ndim == 0:
        return array.astype(dtype)[()]
    return np.ascontiguousarray(np.broadcast_to(array, shape), dtype).reshape(-1)


def _dtype(args):
    """Result dtype: that of the arguments if it is a float, float64 for integers."""
    kinds = [a if type(a) in (int, float) else np.asarray(a).dtype for a in args]
    dtype = np.result_type(*kinds)
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype not in (np.float16, np.float32, np.float64):
        raise TypeError(f"real numbers of at most 64 bits, not {dtype}")
    return dtype


def _far(given, _k):
    """Where an exponent is too large for the short arithmetic, or NaN; else None."""
    exponents = _exponents(*given)
    if all(_all_near(summands, _k) for summands in exponents):
        return None
    near = np.broadcast_arrays(*(_near(summands, _k) for summands in exponents))
    return np.flatnonzero(~np.logical_and.reduce(near))


def _all_near(summands, _k):
    """Whether a sum is near whichever elements are summed; cheap, and false for NaN."""
    lows, highs = [s.min() for s in summands], [s.max() for s in summands]
    near = sum(lows) >= _k.low and sum(highs) <= _k.high
    return near and min(lows) >= -_k.cut and max(highs) <= _k.cut


def _near(summands, _k):
    """Where a sum, and each summand, is near."""
    z = sum(summands)
    near = (z >= _k.low) & (z <= _k.high)
    for summand in summands:
        near = near & (np.abs(summand) <= _k.cut)
    return near


# What is rare is tested for a block at a time, and costs little where it is not met.


def _step(z):
    """1 where z > 0, else 0."""
    return (z > 0.0).astype(z.dtype)


def _select(condition, a, b):
    """a where the condition holds, else b."""
    return a if a is b else np.where(condition, a, b)


def _finite(value, _k):
    """Value with infinities replaced by ±huge."""
    return np.minimum(np.maximum(value, -_k.huge), _k.huge)


def _modest(value, tail, _k):
    """Value, but modest where what it is multiplied with has vanished anyway."""
    if tail is _k.one:
        return value
    bounded = np.minimum(np.maximum(value, -_k.modest), _k.modest)
    return np.where(tail > 0.0, value, bounded)


def _capped(size, _k):
    """Size, at most the cut."""
    return size if size.max() <= _k.cut else np.minimum(size, _k.cut)


def _tail(size, capped, _k):
    """exp(capped - size), the part of exp(-size) that the cap left out."""
    return _k.one if capped is size else np.exp(capped - size)


def _fade(value, tail, _k):
    """value * tail: the last rounding of a result that may be subnormal."""
    return value if tail is _k.one else value * tail


def _swell(value, tail, _k):
    """value / tail: what grows as the tail decays; nothing stays nothing."""
    if tail is _k.one:
        return value
    return np.where(value == 0.0, value, value / tail)


def _tame(error, size, capped):
    """Rounding error of a number, bounded where that is too large to matter."""
    return error if capped is size else np.fmax(np.fmin(error, 0.01), -0.01)


def _product_error(a, b, _product):
    """a*b - product, exactly, by Dekker's splitting."""
    (a, i), (b, j) = np.frexp(a), np.frexp(b)
    a_high, b_high = _high(a), _high(b)
    a_low, b_low = a - a_high, b - b_high
    error = a_high * b_high - a * b + a_high * b_low + a_low * b_high + a_low * b_low
    return np.ldexp(error, i + j)


def _high(value):
    """The upper 26 bits of a float64 near 1."""
    scaled = value * 134217729.0
    return scaled - (scaled - value)


def _residue(_constant, low, _k):
    """What a constant loses when it is rounded to float64."""
    return low
