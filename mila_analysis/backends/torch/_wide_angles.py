"""Sines and cosines of wide numbers in a generated torch module; copied as text."""

# mypy: ignore-errors
import torch

from mila_analysis.backends.torch._wide import (
    _float,
    _high,
    _lost,
    _normal,
    _power,
    _Wide,
    _wide,
)
from mila_analysis.backends.torch._wide_functions import _lowered, _two_sum

# What other parts of the file define.
_in_memory = None
_TURN = ()

# --- runtime ---
# Angles beyond the floats are reduced to one turn: of the product with 1 / (2 pi) those
# digits are left out that are whole turns.

_WHOLE_TURN = (6.283185307179586, 2.4492935982947064e-16)


def _sin(u):
    u = _wide(u)
    e = torch.clamp(u.e, min=-100)
    near = torch.sin(_float(_Wide(u.m, e, u.spread)))
    return _lowered(_with_far(near, u, lambda s, c, low: s + low * c), e - u.e)


def _cos(u):
    u = _wide(u)
    near = _with_far(torch.cos(_float(u)), u, lambda s, c, low: c - low * s)
    return _normal(near, torch.zeros_like(u.e))


def _with_far(near, u, either):
    """Sines or cosines of floats, and of angles below 2**4096; NaN beyond them."""
    u = u if u.spread == 1 else _normal(u.m, u.e)
    far = (u.e > 1023) & (u.e < 4096)
    if _in_memory((near, far)) and not far.any():
        return near
    high, low = _turned(u.m, torch.clamp(u.e, 1024, 4095))
    return torch.where(far, either(torch.sin(high), torch.cos(high), low), near)


def _turned(m, e):
    """The angles m * 2**e within half a turn, as pairs of floats."""
    digits = _digits(m.device)
    first, upper = (e - 52) // 24, _high(m)
    total = low = torch.zeros_like(m)
    for k in range(8):
        digit = digits[first + k] * _power(e - 24 * (first + k + 1))
        for part in (upper, m - upper):
            turns = part * digit
            total, lost = _two_sum(total, turns - torch.round(turns))
            low = low + lost
    high, low = _two_sum(total - torch.round(total), low)
    angle = high * _WHOLE_TURN[0]
    lost = _lost(high, _WHOLE_TURN[0], angle)
    return angle, lost + high * _WHOLE_TURN[1] + low * _WHOLE_TURN[0]


def _digits(device):
    """Those of 1 / (2 pi) to the base 2**24."""
    kind = {"dtype": torch.float64, "device": device}
    if torch.jit.is_tracing():  # it warns of what makes a tensor of numbers
        return torch.cat([torch.full((1,), digit, **kind) for digit in _TURN])
    return torch.tensor(_TURN, **kind)
