"""The autograd leg: values against PyTorch's own derivatives of the definition.

The formula is spelled in float64 operations of torch as its text has it, without the
tower or the stable form, and differentiated by torch again and again. Where x is
moderate the definition is safe, and both must agree. Code for torch is differentiated
itself: by gradcheck, gradgradcheck, and the transforms of torch.func.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mila_analysis import formula, partials
from mila_analysis.activation import Activation
from mila_analysis.formula import Case
from mila_analysis.kernels import Kernel
from mila_analysis.verification.finding import FAILED, PASSED, RESERVED, Finding
from mila_analysis.verification.formats import Format, of_dtype
from mila_analysis.verification.subject import (
    TENSORS,
    Subject,
    spelled,
    subject,
    subjects,
)

__all__ = ["autograd", "definition"]

Array = np.ndarray[Any, Any]
Tensors = Mapping[str, Any]

REACH = 8.0
"""Definitions are safe for |x| up to this: no exponential hides another."""

TOLERANCE = 1e-8
"""Of the largest value of the partial; the definition itself rounds to about 1e-13."""


def autograd(
    kernel: Kernel, kind: Format, *, progress: Callable[[str], None]
) -> list[Finding]:
    """Values of the code against torch, and derivatives of code for torch.

    Args:
        kernel: functions of generated code.
        kind: the format to compute in; the widest that the code has.
        progress: is told what is compared.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        return [Finding("autograd", "all", RESERVED, 0, "not run: there is no torch")]
    found: dict[str, Finding] = {}
    for each in subjects(kernel, kind):
        progress("autograd of the definition")
        for finding in _compared(each):
            known = found.get(finding.subject)
            if known is None or _worse(finding, known):
                found[finding.subject] = finding
    if kernel.code.backend in TENSORS:
        from mila_analysis.verification import differentiation

        progress("derivatives of the code itself")
        doubles = subject(kernel, of_dtype("float64"))  # as gradcheck asks for
        return [*found.values(), *differentiation.checked(doubles)]
    return list(found.values())


def _worse(a: Finding, b: Finding) -> bool:
    return a.error is None or (b.error is not None and a.error > b.error)


def _compared(each: Subject) -> Iterator[Finding]:
    """Values of all partials at moderate x against autograd of the definition."""
    x = each.kind.near(np.linspace(-REACH, REACH, 193) + 1 / 64)
    wanted = definition(each.activation, x, each.code.order)
    together, alone = each.values(x), each.alone(x)
    for name, exact in wanted.items():
        first, second = (
            _finding(each, name, x, computed[name], exact)
            for computed in (together, alone)
        )
        yield second if _worse(second, first) else first


def _finding(
    each: Subject, name: str, x: Array, computed: Array, exact: Array
) -> Finding:
    tolerance = max(TOLERANCE, 2.0 ** (4 - each.kind.digits))
    safe = np.isfinite(exact)
    scale = np.max(np.abs(exact), where=safe, initial=0.0)
    with np.errstate(all="ignore"):
        errors = np.abs(computed - exact) / (np.abs(exact) + scale)
    errors = np.where(exact == computed, 0.0, errors)
    errors = np.where(safe & np.isnan(errors), np.inf, np.where(safe, errors, 0))
    worst = int(np.argmax(errors))
    error, at = float(errors[worst]), float(x[worst])
    is_right = error <= tolerance
    values = f"{float(computed[worst])!r} at x = {at!r}"
    return Finding(
        leg="autograd",
        subject=name,
        status=PASSED if is_right else FAILED,
        checked=int(np.sum(safe)),
        detail="" if is_right else f"{values}, autograd has {float(exact[worst])!r}",
        dtype=each.kind.name,
        parameters=each.shown,
        worst_at=spelled(at),
        error=error if np.isfinite(error) else None,
        limit=tolerance,
        unit="of the largest value",
        command=each.command("--at", spelled(at)),
    )


def definition(activation: Activation, x: Array, order: int = 2) -> dict[str, Array]:
    """All partials of a definition at points, by torch in float64.

    NaN where the definition, differentiated as it stands, is no number.
    """
    parsed = formula.parse(activation.formula, activation.variables)
    wanted = partials.up_to(order, activation.variables)
    found = {p.name: np.full(x.shape, np.nan) for p in wanted}
    values = {n: float(v) for n, v in activation.values.items()}
    for case in parsed.cases:
        inside = _inside(case, x, values)
        if inside.any():
            for name, result in _derived(case, x[inside], values, wanted).items():
                found[name][inside] = result
    return found


def _inside(case: Case, x: Array, values: Mapping[str, float]) -> Array:
    import torch

    tensors = _tensors(x, values)
    signs = {">": torch.gt, ">=": torch.ge, "<": torch.lt, "<=": torch.le}
    zero = torch.zeros(x.shape, dtype=torch.float64)
    inside = np.ones(x.shape, bool)
    for relation in case.conditions:
        difference = spelled_in_torch(relation.difference, tensors) + zero
        inside &= signs[relation.comparison](difference, zero).detach().numpy()
    return inside


def _tensors(x: Array, values: Mapping[str, float]) -> dict[str, Any]:
    """Variables as tensors of one shape, so that gradients are elementwise."""
    import torch

    every = {"x": x, **{n: np.full(x.shape, v) for n, v in values.items()}}
    return {n: torch.tensor(v, requires_grad=True) for n, v in every.items()}


def _derived(
    case: Case, x: Array, values: Mapping[str, float], wanted: Sequence[Any]
) -> dict[str, Array]:
    import torch

    tensors = _tensors(x, values)
    zero = torch.zeros(x.shape, dtype=torch.float64)
    known: dict[tuple[str, ...], Any] = {
        (): spelled_in_torch(case.expression, tensors) + zero
    }
    for partial in wanted:
        *before, last = partial.variables or ("",)
        if partial.variables:
            known[partial.variables] = _slope(known[tuple(before)], tensors[last])
    return {p.name: known[p.variables].detach().numpy() for p in wanted}


def _slope(value: Any, variable: Any) -> Any:
    import torch

    if not value.requires_grad:
        return torch.zeros_like(variable)
    (found,) = torch.autograd.grad(
        value.sum(), variable, create_graph=True, allow_unused=True
    )
    return torch.zeros_like(variable) if found is None else found


def spelled_in_torch(node: Any, tensors: Tensors) -> Any:
    """SymPy expression of a formula in operations of torch, as it stands."""
    import torch

    if node.is_Symbol:
        return tensors[str(node)]
    if node.is_Rational:
        return torch.tensor(float(node), dtype=torch.float64)
    if node.is_NumberSymbol:
        return torch.tensor(float(node), dtype=torch.float64)
    args = [spelled_in_torch(a, tensors) for a in node.args]
    if node.is_Add:
        return sum(args[1:], start=args[0])
    if node.is_Mul:
        product = args[0]
        for factor in args[1:]:
            product = product * factor
        return product
    if node.is_Pow and node.exp.is_Integer:
        return args[0] ** int(node.exp)
    if node.is_Pow:
        return torch.pow(*args)
    return getattr(torch, node.func.__name__)(*args)
