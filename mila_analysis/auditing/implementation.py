"""A function that others wrote to where it fails on the float line: run, not read.

`torch:torch.nn.functional.mish` is taken forward, and through autograd backward and
doubly backward; `numpy:package.function` and a function of a file are taken as they
are. Exact values are balls.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mila_analysis.activation import Activation
from mila_analysis.auditing.audited import FAILS, HOLDS, Audit
from mila_analysis.auditing.enclosing import Reference
from mila_analysis.auditing.joints import joints
from mila_analysis.auditing.line import FORMATS, Array, Evaluate, Exact, Scan, scan
from mila_analysis.auditing.losses import exact_at
from mila_analysis.auditing.naming import called
from mila_analysis.errors import MilaAnalysisError, UnsupportedError
from mila_analysis.partials import parse

__all__ = [
    "ORDERS",
    "Implementation",
    "audit_implementation",
    "from_file",
    "named",
    "runner",
]

ORDERS = {"f": 0, "f_x": 1, "f_xx": 2}
"""What autograd gives: forward, backward and doubly backward."""

DTYPES = {
    "torch": ("float64", "float32", "bfloat16", "float16"),
    "numpy": ("float64", "float32"),
}
NEAR = 0.01
"""How far from a limit a value at ±∞ may be: the 16-bit formats have few digits."""

BLOCK = 64
"""Arrays are filled up to a multiple: all numbers then pass through vector kernels."""


@dataclass(frozen=True, slots=True)
class Implementation:
    """A function on arrays or tensors, and the library whose they are."""

    library: str
    function: Callable[..., Any]


def named(text: str) -> Implementation:
    """`torch:torch.nn.functional.mish` to the function; see `called`."""
    return Implementation(*called(text))


def from_file(path: Path, function: str, source: str) -> Implementation:
    """Function of a Python file, which is run for it.

    Raises:
        UnsupportedError: the file fails, or has no such function.
    """
    spec = importlib.util.spec_from_file_location("audited", path)
    if spec is None or spec.loader is None:
        raise UnsupportedError(f"{path} cannot be run")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - code of others may raise anything
        raise UnsupportedError(f"{path} fails: {error}") from None
    found: Any = module
    for part in function.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise UnsupportedError(f"{path} has no function '{function}'")
    return Implementation("torch" if "torch" in source else "numpy", found)


def audit_implementation(
    text: str,
    implementation: Implementation,
    activation: Activation,
    partial: str | None,
    values: Mapping[str, Fraction],
    *,
    differentiated: bool = True,
) -> Audit:
    """Audit a function by running it in every dtype of its library.

    Args:
        text: as it was given.
        implementation: what is run.
        activation: what it should compute.
        partial: only this one; None: f and its derivatives in x, for torch.
        values: of all parameters.
        differentiated: whether the function is f, whose partials autograd gives;
            otherwise it computes the partial itself.
    """
    wanted = [parse(partial, activation.variables).name] if partial else ["f"]
    if implementation.library == "torch" and differentiated and not partial:
        wanted = list(ORDERS)
    if differentiated and set(wanted) - set(ORDERS):
        raise UnsupportedError(f"autograd gives f, f_x and f_xx, not {wanted[0]}")
    order = max(2, *(n.count("x") for n in wanted))
    reference = Reference(activation, order)
    losses: dict[str, tuple[Scan, ...]] = {}
    notes = [f"{implementation.library} {_version(implementation.library)}"]
    for name in wanted:
        looked = _Looked(activation, name, order, _exact(reference, name, values))
        times = ORDERS[name] if differentiated else 0
        try:
            losses[name] = tuple(
                _scan(implementation, times, dtype, looked)
                for dtype in DTYPES[implementation.library]
            )
        except UnsupportedError as error:
            if partial or not times:
                raise
            notes.append(f"{name}: {error}")
    failed = [(n, s) for n, scans in losses.items() for s in scans if not s.passed]
    evidence = (
        "NaN, infinite or half wrong somewhere"
        if failed
        else "nothing is NaN or half wrong on any float looked at"
    )
    return Audit(
        text, activation, ", ".join(wanted), values, FAILS if failed else HOLDS,
        proved=False, evidence=evidence, losses=losses,
        notes=tuple(notes),
    )  # fmt: skip


def _version(library: str) -> str:
    return str(getattr(sys.modules[library], "__version__", ""))


def _exact(reference: Reference, name: str, values: Mapping[str, Fraction]) -> Exact:
    """Exact values; none of a derivative where two cases meet."""
    exact = exact_at(reference, name, values)
    if name == "f":
        return exact
    free = joints(reference.activation.bind(**values))
    return lambda x: None if x in free else exact(x)


@dataclass(frozen=True, slots=True)
class _Looked:
    """A partial that is looked at, and its exact values."""

    activation: Activation
    name: str
    order: int
    exact: Exact

    def limit(self, side: int) -> float | None:
        """Limit at ±∞; None where it is not clear."""
        from mila_analysis.verification.edges import limit

        found = limit(self.activation, self.name, side, self.order)
        return None if found is None else found.value


def runner(implementation: Implementation, order: int, dtype: str) -> Evaluate:
    """A function, or what autograd makes of it, on float64 arrays of a dtype's numbers.

    Args:
        implementation: the function.
        order: how many times autograd differentiates it.
        dtype: that it computes in.
    """
    made = {"torch": _torch_runner, "numpy": _numpy_runner}[implementation.library]
    run = made(implementation.function, order, dtype)

    def evaluate(x: Array) -> Array:
        filled = np.concatenate([x, np.ones(-x.size % BLOCK)])
        return run(filled)[: x.size]

    return evaluate


def _scan(
    implementation: Implementation, order: int, dtype: str, looked: _Looked
) -> Scan:
    evaluate = runner(implementation, order, dtype)
    return scan(
        FORMATS[dtype],
        evaluate,
        looked.exact,
        limits=lambda: _limits(evaluate, looked),
    )


def _numpy_runner(function: Callable[..., Any], order: int, dtype: str) -> Evaluate:
    if order:
        raise UnsupportedError("NumPy has no autograd; name the partial it computes")

    def evaluate(x: Array) -> Array:
        return _called(lambda: np.asarray(function(x.astype(dtype)), np.float64), x)

    return evaluate


def _torch_runner(function: Callable[..., Any], order: int, dtype: str) -> Evaluate:
    import torch

    kind = getattr(torch, dtype)

    def evaluate(x: Array) -> Array:
        def run() -> Array:
            point = torch.from_numpy(np.ascontiguousarray(x)).to(kind)
            point.requires_grad_(order > 0)
            value = function(point)
            for step in range(order):
                (value,) = torch.autograd.grad(
                    value.sum(), point, create_graph=step + 1 < order
                )
            return value.detach().to(torch.float64).numpy()

        return _called(run, x)

    return evaluate


def _called(run: Callable[[], Array], x: Array) -> Array:
    """Results of foreign code, whatever it does."""
    try:
        with np.errstate(all="ignore"):
            found = run()
    except MilaAnalysisError:
        raise
    except Exception as error:
        first = str(error).partition("\n")[0]
        raise UnsupportedError(f"the function fails: {first}") from error
    if found.shape != x.shape:
        raise UnsupportedError(f"the function returns {found.shape} for {x.shape}")
    return found


def _limits(evaluate: Evaluate, looked: _Looked) -> tuple[str, ...]:
    """What comes out at ±∞, where it is not the limit."""
    found = []
    values = evaluate(np.array([-np.inf, np.inf]))
    for sign, value in zip((-1, 1), values, strict=True):
        limit = looked.limit(sign)
        if limit is None or value == limit or abs(value - limit) <= NEAR:
            continue
        at = "∞" if sign > 0 else "−∞"
        found.append(f"{_name(value)} at {at}, where the limit is {_name(limit)}")
    return tuple(found)


def _name(value: float) -> str:
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.4g}".replace("-", "−") if value else "0"
