"""The part of a generated torch module that computes in place; copied as text."""

# mypy: ignore-errors
import torch

# What other parts of the file define.
_computed = _exponents = _limits = None
_WHOLE = _JOINT = _NEAR = {}
_REACH = (1, 1)

# --- runtime ---
# Numbers in the memory of the processor are computed in blocks that stay in its cache:
# by the short arithmetic, and those that are too far for it by the other one.

_CACHE = 3 << 19  # bytes: what all arrays of a block take, for each thread
_ARITHMETIC = _computed  # in whose place other code may come


class _Numbers(dict):
    """Numbers as tensors, each made once."""

    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype

    def __missing__(self, value):
        with torch.inference_mode(False):
            made = torch.full((), value, dtype=self.dtype, device="cpu")
        self[value] = made
        return made


_NUMBERS = {dtype: _Numbers(dtype) for dtype in (torch.float32, torch.float64)}


def _by_blocks(names, dtype, values):
    """Partials by name, rounded to a dtype; the arithmetic is that for their dtype.

    Parameters are of the shape of x, or numbers.
    """
    if names not in _NEAR:
        return tuple([_by_blocks((name,), dtype, values)[0] for name in names])
    x, *parameters = values
    _k = _limits(x)
    results = [torch.empty_like(x, dtype=dtype) for _ in names]
    like = results[0]
    given = [_row(x, like), *[_narrow(p, like) for p in parameters]]
    rows = [_flat(result) for result in results]
    length, size = given[0].numel(), _size(names, given, _k)
    if 0 < length <= size:
        _block(names, _k, given, rows)
        return tuple(results)
    size = -(-length // -(-length // size)) if length else size  # all of a size
    for start in range(0, length, size):
        part = slice(start, start + size)
        some = [v[part] if v.ndim else v for v in given]
        _block(names, _k, some, [row[part] for row in rows])
    return tuple(results)


def _size(names, given, _k):
    """How many numbers a block has."""
    arrays = len(names) + _NEAR[names][1] + sum([v.ndim for v in given])
    return _CACHE // (arrays * _k.dtype.itemsize) * torch.get_num_threads()


def _block(names, _k, values, rows):
    """Partials by name into rows, which are rounded to the dtype of those."""
    near, rooms = _NEAR[names]
    if any(v.dtype != _k.dtype for v in values):
        values = [v.to(_k.dtype) for v in values]
    direct = rows[0].dtype == _k.dtype
    found = rows if direct else [torch.empty_like(values[0]) for _ in rows]
    room = [torch.empty_like(values[0]) for _ in range(rooms)]
    near(*values, _k, _NUMBERS[_k.dtype], *found, *room)
    exponents = _exponents(*values, _k)
    if not all(_all_near(summands, _k) for summands in exponents):
        _mend(names, values, exponents, _k, found)
    if not direct:
        for row, result in zip(rows, found, strict=True):
            row.copy_(result)


def _narrow(value, like):
    """A parameter as one number, if it is that; else as a row."""
    if any(value.stride()) or not value.numel():
        return _row(value, like)
    return value.as_strided((), ()) if value.ndim else value


def _row(value, like):
    """A value as one row, its elements in the order of another's."""
    if value.stride() == like.stride():
        return _flat(value)
    return _flat(torch.empty_like(like, dtype=value.dtype).copy_(value))


def _flat(value):
    """The memory of a tensor without gaps, as it lies."""
    return value if value.ndim == 1 else value.as_strided((value.numel(),), (1,))


def _mend(names, values, exponents, _k, results):
    """Compute by the other arithmetic what is too far for the short one, or NaN."""
    near = True
    for summands in exponents:
        near = near & _near(summands, _k)
    far = torch.nonzero(~near.expand_as(results[0])).squeeze(1)
    some = [v[far] if v.ndim else v for v in values]
    for result, exact in zip(results, _by_whole(names, some, _k), strict=True):
        result[far] = exact


def _all_near(summands, _k):
    """Whether a sum is near whichever elements are summed; cheap, and false for NaN."""
    least = most = 0.0
    for summand in summands:
        low = torch.amin(summand).item() if summand.ndim else summand.item()
        high = torch.amax(summand).item() if summand.ndim else low
        if not -_k.cut <= low <= high <= _k.cut:
            return False
        least, most = least + low, most + high
    return least >= -_k.cut / _REACH[0] and most <= _k.cut / _REACH[1]


def _near(summands, _k):
    """Where a sum, and each summand, is near."""
    z = sum(summands[1:], summands[0])
    near = (z >= -_k.cut / _REACH[0]) & (z <= _k.cut / _REACH[1])
    for summand in summands:
        near = near & (torch.abs(summand) <= _k.cut)
    return near


def _by_whole(names, values, _k):
    """Partials by name by the arithmetic that holds everywhere."""
    if names in _JOINT:
        return _JOINT[names](*values, _k)
    return [_WHOLE[name](*values, _k) for name in names]
