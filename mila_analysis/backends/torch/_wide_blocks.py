"""The part of a generated torch module that computes wide numbers by blocks; copied."""

# mypy: ignore-errors
import torch

# What other parts of the file define.
_computed = _by_wide = _narrow = _row = _flat = None

# --- runtime ---
# Numbers in the memory of the processor are computed in blocks that stay in its cache.

_BLOCK = 1 << 14  # numbers, for each thread
_NEAR = {}  # there is no shorter arithmetic
_ARITHMETIC = _computed  # in whose place other code may come


def _by_blocks(names, dtype, values):
    """Partials by name, rounded to a dtype; parameters are of the shape of x."""
    x, *parameters = values
    results = [torch.empty_like(x, dtype=dtype) for _ in names]
    like = results[0]
    given = [_row(x, like), *[_narrow(p, like) for p in parameters]]
    rows = [_flat(result) for result in results]
    length, size = given[0].numel(), _BLOCK * torch.get_num_threads()
    for start in range(0, length, size):
        part = slice(start, start + size)
        some = [v[part] if v.ndim else v for v in given]
        for row, found in zip(rows, _by_wide(names, dtype, some), strict=True):
            row[part] = found
    return tuple(results)
