"""Functions of wide numbers in a generated torch module; copied as text."""

# mypy: ignore-errors
import torch

from mila_analysis.backends.torch._wide import (
    _INFINITE,
    _double,
    _lost,
    _normal,
    _power,
    _where,
    _Wide,
    _wide,
)

# What other parts of the file define.
_in_trace = None

# --- runtime ---
# Functions: those of floats, once what is beyond these is taken care of.

_LOG2_FIRST, _LOG2_REST = 0.6931471803691238, 1.9082149292705877e-10
_LOG2_SECOND, _LOG2_THIRD = 1.9082149288430703e-10, 4.275175589747649e-20
_SIXTH_LOW = 9.25185853854297e-18
_ONE_BY_ROOT_PI = 0.5641895835477563


def _raised(z, most=900):
    """A float64 that is z * 2**k with k >= 0, which is 0 unless z is tiny, and k."""
    e = torch.clamp(z.e, min=-100)
    return z.m * _power(torch.clamp(e, max=most)), e - z.e


def _lowered(value, k):
    """value / 2**k."""
    return _normal(value, -k)


def _exp(z):
    v, n = _reduced(_wide(z))
    less = v - n * _LOG2_FIRST
    return _Wide(torch.exp(less - n * _LOG2_REST), n.to(torch.int64))


def _reduced(z):
    """An exponent as a float, cut where no product returns, and n = z / log(2)."""
    v = torch.clamp(_double(z), -(2.0**40), 2.0**40)
    v = v * _power(torch.clamp(z.e - (1 << 30), 0, 8))  # exponentials of exponentials
    return v, torch.nan_to_num(torch.round(v * 1.4426950408889634), nan=0.0)


def _exp_error(z, found):
    """exp(z) - found, the error of that exponential: by 1 + y to twice the digits."""
    v, n = _reduced(_wide(z))
    high, low = _two_sum(v - n * _LOG2_FIRST, -n * _LOG2_SECOND)
    y = _expm1_pair(high * 0.125)
    for _ in range(3):
        y = _doubled(y)
    one, rest = _fast_two_sum(1.0, y[0])
    rest = rest + y[1] + one * (low - n * _LOG2_THIRD)
    n = n.to(torch.int64)
    found = found.m * _power(torch.clamp(found.e - n, -900, 900))
    return _normal((one - found) + rest, n)


def _expm1_pair(h):
    """exp(h) - 1 for |h| <= 0.05 as two floats: only h**4 and more are one."""
    p = _series([1 / _factorial(j) for j in range(4, 13)], h)
    square = h * h
    square_low = _lost(h, h, square)
    cube = square * h
    cube_low = _lost(square, h, cube) + square_low * h
    sixth = cube * (1 / 6)
    sixth_low = _lost(cube, 1 / 6, sixth) + cube_low * (1 / 6) + cube * _SIXTH_LOW
    top, low = _fast_two_sum(h, square * 0.5)
    top, more = _fast_two_sum(top, sixth)
    rest = square_low * 0.5 + (sixth_low + square * square * p)
    return _fast_two_sum(top, low + more + rest)


def _doubled(y):
    """exp(2 h) - 1 = y * (2 + y) for y = exp(h) - 1."""
    square = y[0] * y[0]
    square_low = _lost(y[0], y[0], square) + 2.0 * (y[0] * y[1])
    top, low = _fast_two_sum(2.0 * y[0], square)
    return top, low + (2.0 * y[1] + square_low)


def _exp_rest(z, k):
    """exp(z) less k terms of its series, for |z| <= 8: by sums of one sign."""
    z, k = _wide(z), int(k)
    z = z if z.spread == 1 else _normal(z.m, z.e)
    v = torch.clamp(_double(z), -8.0, 8.0)
    size, last, least = torch.abs(v), range(46), _factorial(k)
    above = _series([least / _factorial(k + j) for j in last], size)
    below = _series([k / ((k + j) * _factorial(j)) for j in last], size)
    series = torch.where(v > 0.0, above, below * torch.exp(v)) / least
    power, low = z.m, 0.0 * z.m
    for _ in range(k - 1):
        higher = power * z.m
        low = low * z.m + _lost(power, z.m, higher)
        power = higher
    return _normal(power * series + low * series, k * z.e)


def _factorial(n):
    return n * _factorial(n - 1) if n else 1


def _series(coefficients, x):
    """A polynomial by Horner's rule; the lowest power is first."""
    total = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return total


def _fast_two_sum(a, b):
    """a + b and its rounding error, where |a| is larger."""
    total = a + b
    return total, b - (total - a)


def _two_sum(a, b):
    """a + b and its rounding error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _expm1(z):
    z = _wide(z)
    v, k = _raised(z)
    far = torch.abs(v) > 700.0
    near = _lowered(_less_one(torch.clamp(v, -700.0, 700.0)), k)
    return _where(far, _exp(z) - 1.0, near)


def _less_one(v):
    """exp(v) - 1; traced, by tanh: for processors torch.compile writes exp(v) - 1."""
    if _in_trace():
        return torch.tanh(0.5 * v) * (torch.exp(v) + 1.0)
    return torch.expm1(v)


def _log(a):
    a = _wide(a)
    a = a if a.spread == 1 else _normal(a.m, a.e)
    upper = (a.m > 1.4142135623730951).to(torch.int64)
    n = (a.e + upper).to(torch.float64)
    less = torch.log(a.m * _power(-upper)) + n * _LOG2_REST
    found = _normal(n * _LOG2_FIRST + less, torch.zeros_like(a.e))
    m = torch.where(a.m == 0.0, -1.0, found.m)
    return _Wide(m, torch.where(a.m == 0.0, _INFINITE, found.e))


def _log1p(w):
    w = _wide(w)
    v, k = _raised(w)
    return _where(v > 2.0**500, _log(w), _lowered(torch.log1p(v), k))


def _sqrt(a):
    a = _wide(a)
    half = a.e >> 1
    return _Wide(torch.sqrt(a.m * _power(a.e - 2 * half)), half, a.spread + 1)


def _erf(u):
    v, k = _raised(_wide(u), 10)
    return _lowered(torch.erf(v), k)


def _erfcx(u):
    """exp(u**2) * erfc(u) for u >= 0; where u is large, by its asymptotic series."""
    u = _wide(u)
    v = _double(u)
    a = torch.clamp(v, max=24.0)
    square = a * a
    near = torch.exp(square) * torch.erfc(a)
    near = near + near * _lost(a, a, square)
    b = 0.5 / (torch.clamp(v, min=24.0) * torch.clamp(v, min=24.0))
    series = 1.0 - b * (1.0 - 3.0 * b * (1.0 - 5.0 * b * (1.0 - 7.0 * b * (
        1.0 - 9.0 * b * (1.0 - 11.0 * b * (1.0 - 13.0 * b))))))  # fmt: skip
    far = _Wide(_ONE_BY_ROOT_PI * series / u.m, -u.e, u.spread + 1)
    return _where(v < 24.0, _normal(near, torch.zeros_like(u.e)), far)


def _atan(u):
    v, k = _raised(_wide(u))
    return _lowered(torch.atan(v), k)
