"""The functions that generated torch code calls besides torch's own; copied as text."""

# mypy: ignore-errors
import torch

_in_trace = None  # what another part of the file defines

# --- runtime ---
# What the arithmetic is made of besides the functions of torch.


def _step(z):
    """1 where z > 0, else 0."""
    return (z > 0.0).to(z.dtype)


def _expm1(z):
    """exp(z) - 1; traced, by tanh: for processors torch.compile writes exp(z) - 1."""
    if not _in_trace():
        return torch.expm1(z)
    found = torch.tanh(0.5 * z) * (torch.exp(z) + 1.0)
    return torch.where(torch.abs(z) < 1e-20, z, found)  # z / 2 may be no float


def _log1p(w):
    """log(1 + w); ONNX would write it so: what 1 + w lost is brought back there."""
    if not torch.onnx.is_in_onnx_export():
        return torch.log1p(w)
    total = 1.0 + w
    return torch.where(total == 1.0, w, torch.log(total) * (w / (total - 1.0)))


def _finite(value, _k):
    """Value with infinities replaced by ±huge."""
    return torch.clamp(value, -_k.huge, _k.huge)


def _modest(value, tail, _k):
    """Value, but modest where what it is multiplied with has vanished anyway."""
    return torch.where(tail > 0.0, value, torch.clamp(value, -_k.modest, _k.modest))


def _capped(size, _k):
    """Size, at most the cut."""
    return torch.clamp(size, max=_k.cut)


def _tail(size, capped):
    """exp(capped - size), the part of exp(-size) that the cap left out."""
    return torch.exp(capped - size)


def _swell(value, tail):
    """value / tail: what grows as the tail decays; nothing stays nothing."""
    return torch.where(value == 0.0, value, value / tail)


def _tame(error, size, capped):
    """Rounding error of a number; nothing where that is too large to matter."""
    matters = (size == capped) | (torch.abs(error) <= 0.01)
    return torch.where(matters, error, 0.0)


def _product_error(a, b, product):
    """a*b - product, exactly: in float64 for float32, else by Dekker's splitting."""
    if product.dtype == torch.float32:
        exact = a.to(torch.float64) * b.to(torch.float64)
        return (exact - product.to(torch.float64)).to(torch.float32)
    a, b = _evened(a, b)
    b, a = _evened(b, a)
    a_high, b_high = _high(a), _high(b)
    a_low, b_low = a - a_high, b - b_high
    return a_high * b_high - product + a_high * b_low + a_low * b_high + a_low * b_low


def _evened(a, b):
    """Factors of the same product, the first not so large that splitting overflows."""
    large = torch.abs(a) > 2.0**900
    return torch.where(large, a * 2.0**-200, a), torch.where(large, b * 2.0**200, b)


def _high(value):
    """The upper 26 bits of a float64."""
    scaled = value * 134217729.0
    return scaled - (scaled - value)


def _residue(_high, low, single, _k):
    """What the constant high + low loses when it is rounded to float64 or float32."""
    return low if _k.dtype == torch.float64 else single


def _copysign(value, z):
    """|value| with the sign of z, which ONNX cannot ask for, -0 included."""
    size = torch.abs(value)
    return torch.where((z < 0.0) | (1.0 / z < 0.0), -size, size)


def _at_least(value, bound):
    """The larger of a value and a number."""
    return torch.clamp(value, min=bound)
