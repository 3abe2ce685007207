"""From tensors to partials by wide numbers, in a generated torch module; copied."""

# mypy: ignore-errors
import torch

from mila_analysis.backends.torch._wide import (
    _INFINITE,
    _float,
    _rounded,
    _Wide,
    _wide,
    _widened,
)

# What other parts of the file define.
_NAN = float("nan")
_WHOLE = _JOINT = {}
_by_blocks = _in_memory = _in_trace = None


# --- runtime ---
def _settle():
    """Let one thread make the first call of each function.

    MKL chooses the code of a function then, and where several threads make that call it
    may choose a rough one for it: github.com/pytorch/pytorch/issues/188792.
    """
    one = torch.ones(1, dtype=torch.float64, device="cpu")
    for name in (
        "exp", "expm1", "log", "log1p", "sqrt", "erf", "erfc", "sin", "cos", "atan",
    ):  # fmt: skip
        getattr(torch, name)(one)


_settle()


def _computed(names, dtype, *values):
    """Partials by name in wide numbers, rounded to a dtype once."""
    if torch.onnx.is_in_onnx_export():
        raise RuntimeError("ONNX has no arithmetic for this: its floats are rounded")
    if _in_memory(values):
        return _by_blocks(names, dtype, values)
    return _by_wide(names, dtype, values)


# Logarithms and what is made of them move slowly: a limit takes two huge numbers.
_SLOW = any(
    not {"_log", "_log1p"}.isdisjoint(run.__code__.co_names) for run in _WHOLE.values()
)


def _by_wide(names, dtype, values):
    """Partials by name in wide numbers, rounded to a dtype once; NaN where one is."""
    found = _at_end(names, values, _INFINITE)
    if _SLOW:
        ends = sum([torch.isinf(value) for value in values]) > 0
        if _in_trace() or ends.is_meta or ends.any():
            far = _at_end(names, values, 2 * _INFINITE)
            found = [_limit(*pair, ends) for pair in zip(found, far, strict=True)]
    known = sum([torch.isnan(value) for value in values]) == 0
    known = torch.where(known, 1.0, _NAN).to(torch.float64)
    return tuple([_rounded(_Wide(a.m * known, a.e, a.spread), dtype) for a in found])


def _at_end(names, values, infinite):
    """Partials in wide numbers; infinite: the exponent of such values."""
    wide = [_widened(value, infinite) for value in values]
    if names in _JOINT:
        return [_wide(each) for each in _JOINT[names](*wide)]
    return [_wide(_WHOLE[name](*wide)) for name in names]


def _limit(near, far, ends):
    """What is `near` at one huge number and `far` at a larger one, where it ends so."""
    size, other = torch.abs(_float(near)), torch.abs(_float(far))
    rises, falls = ends & (other > 1.01 * size), ends & (other < 0.99 * size)
    m = torch.where(rises | falls, torch.sign(far.m), near.m)
    e = torch.where(rises, _INFINITE, torch.where(falls, -_INFINITE, near.e))
    return _Wide(m, e, near.spread)
