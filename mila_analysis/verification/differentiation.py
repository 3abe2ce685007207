"""Code for torch, differentiated by torch: at moderate, small and huge x.

gradcheck and gradgradcheck take differences of the code itself; the transforms of
torch.func must give the derivatives that the code states as functions of their own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mila_analysis.verification.finding import FAILED, PASSED, Finding
from mila_analysis.verification.subject import Subject, device

__all__ = ["checked"]

POINTS = (-5.3, -1.7, -0.4, 0.3, 1.1, 4.2)
SMALL = (-1e-300, -1e-30, -1e-8, 1e-8, 1e-30, 1e-300)
HUGE = (-1e30, -1e8, -700.0, -89.0, 89.0, 700.0, 1e8, 1e30)


def checked(each: Subject) -> Iterator[Finding]:
    """Findings for code for torch, as far as its order goes; see `autograd`."""
    checks: dict[str, tuple[int, Callable[[Subject], str]]] = {
        "gradcheck": (1, _gradcheck),
        "gradgradcheck": (2, _gradgradcheck),
        "backward, twice": (1, _backward),
        "jacrev": (1, lambda s: _jacobian(s, "jacrev")),
        "jacfwd": (1, lambda s: _jacobian(s, "jacfwd")),
        "hessian": (2, _hessian),
        "vmap": (0, _vmap),
    }
    for name, (order, check) in checks.items():
        if order > each.code.order:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of torch, about itself
                said = check(each)
        except Exception as error:  # noqa: BLE001 - whatever torch raises is a finding
            said = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
        yield Finding(
            leg="autograd",
            subject=name,
            status=FAILED if said else PASSED,
            checked=len(POINTS + SMALL + HUGE),
            detail=said,
            dtype=each.kind.name,
            parameters=each.shown,
            command=each.command("--leg", "autograd"),
        )


def _inputs(each: Subject, points: tuple[float, ...]) -> list[Any]:
    """x and the parameters as tensors of float64 that want gradients."""
    import torch

    count = len(points)
    values = [float(v) for v in each.activation.values.values()]
    columns = [list(points), *([v] * count for v in values)]
    options: dict[str, Any] = {"dtype": torch.float64, "device": device(each.code)}
    return [torch.tensor(c, requires_grad=True, **options) for c in columns]


def _gradcheck(each: Subject) -> str:
    import torch

    f = each.kernel.functions["f"]
    torch.autograd.gradcheck(f, _inputs(each, POINTS), check_forward_ad=True)
    return ""


def _gradgradcheck(each: Subject) -> str:
    import torch

    f = each.kernel.functions["f"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of the directions that it takes
        torch.autograd.gradgradcheck(f, _inputs(each, POINTS))
    return ""


def _second(each: Subject) -> bool:
    return each.code.order >= 2


def _backward(each: Subject) -> str:
    """Gradients of f, and of those, at every size of x, against the partials."""
    import torch

    points = SMALL + POINTS + HUGE
    inputs = _inputs(each, points)
    variables = each.activation.variables
    wanted = each.values(points)
    value = each.kernel.functions["f"](*inputs)
    firsts = torch.autograd.grad(value.sum(), inputs, create_graph=True)
    for name, first in zip(variables, firsts, strict=True):
        said = _differs(f"f_{name}", first, wanted)
        if said:
            return said
        if not _second(each):
            continue
        seconds = torch.autograd.grad(first.sum(), inputs, retain_graph=True)
        for other, second in zip(variables, seconds, strict=True):
            i, j = sorted((variables.index(name), variables.index(other)))
            said = _differs(f"f_{variables[i]}{variables[j]}", second, wanted)
            if said:
                return said
    return ""


def _differs(name: str, found: Any, wanted: dict[str, Any]) -> str:
    """What is to be said of a derivative that is not the partial of its name."""
    if name not in wanted:
        return ""
    values, exact = found.detach().double().cpu().numpy(), wanted[name]
    near = np.isclose(values, exact, rtol=1e-12, atol=1e-300, equal_nan=False)
    if near.all():
        return ""
    i = int(np.argmin(near))
    return f"{name} is {float(values.flat[i])!r}, not {float(exact.flat[i])!r}"


def _jacobian(each: Subject, transform: str) -> str:
    import torch

    points = SMALL + POINTS + HUGE
    x, *others = [t.detach() for t in _inputs(each, points)]
    f = each.kernel.functions["f"]
    found = getattr(torch.func, transform)(lambda t: f(t, *others))(x)
    finite = torch.isfinite(torch.diagonal(found))  # beside others torch has 0·inf
    off = (found - torch.diag(torch.diagonal(found)))[finite][:, finite]
    if bool((off != 0).any()):
        return f"{transform} has elements beside the diagonal"
    return _differs("f_x", torch.diagonal(found), each.values(points))


def _hessian(each: Subject) -> str:
    import torch

    points = SMALL + POINTS + HUGE
    x, *others = [t.detach() for t in _inputs(each, points)]
    f = each.kernel.functions["f"]
    hessian = torch.func.hessian(lambda t: f(t, *others).sum())(x)
    return _differs("f_xx", torch.diagonal(hessian), each.values(points))


def _vmap(each: Subject) -> str:
    import torch

    points = SMALL + POINTS + HUGE
    inputs = [t.detach() for t in _inputs(each, points)]
    wanted = each.values(points)
    for name in each.kernel.partials(inputs[0]):
        found = torch.func.vmap(each.kernel.functions[name])(*inputs)
        said = _differs(name, found, wanted)
        if said:
            return f"vmap: {said}"
    return ""
