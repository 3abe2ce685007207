"""From tensors to partials by wide numbers, in a generated torch module; copied."""

# mypy: ignore-errors
import torch

from mila_analysis.backends.torch._wide import _rounded, _Wide, _wide, _widened

# What other parts of the file define.
_NAN = float("nan")
_WHOLE = _JOINT = {}
_by_blocks = _in_memory = None


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


def _by_wide(names, dtype, values):
    """Partials by name in wide numbers, rounded to a dtype once; NaN where one is."""
    wide = [_widened(value) for value in values]
    known = sum([torch.isnan(value) for value in values]) == 0
    known = torch.where(known, 1.0, _NAN).to(torch.float64)
    if names in _JOINT:
        found = [_wide(each) for each in _JOINT[names](*wide)]
    else:
        found = [_wide(_WHOLE[name](*wide)) for name in names]
    return tuple([_rounded(_Wide(a.m * known, a.e, a.spread), dtype) for a in found])
