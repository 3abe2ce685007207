"""A function that others wrote to where it fails on the float line: run, not read.

`torch:torch.nn.functional.mish` is taken forward, and through autograd backward and
doubly backward; `numpy:package.function` and a function of a file are taken as they
are. Exact values are balls.
"""

from __future__ import annotations

import importlib
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
from mila_analysis.auditing.line import FORMATS, Array, Evaluate, Scan, scan
from mila_analysis.auditing.losses import exact_at
from mila_analysis.errors import MilaAnalysisError, ParameterError, UnsupportedError
from mila_analysis.partials import parse

__all__ = ["LIBRARIES", "Implementation", "audit_implementation", "from_file", "named"]

LIBRARIES = ("torch", "numpy")
DTYPES = {
    "torch": ("float64", "float32", "bfloat16", "float16"),
    "numpy": ("float64", "float32"),
}
FAR = Fraction(10) ** 6
"""Where the limit of a partial at ±∞ is read off."""


@dataclass(frozen=True, slots=True)
class Implementation:
    """A function on arrays or tensors, and the library whose they are."""

    library: str
    function: Callable[..., Any]


def named(text: str) -> Implementation:
    """`torch:torch.nn.functional.mish` to the function; imports its module.

    Raises:
        ParameterError: no such module or function.
    """
    library, _, path = text.partition(":")
    parts = path.strip().split(".")
    if not all(p.isidentifier() for p in parts) or len(parts) < 2:
        raise ParameterError(
            f"name a function, as in {library}:package.function, not '{path[:60]}'"
        )
    for length in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:length])
        try:
            found: Any = importlib.import_module(module)
        except ImportError:
            continue
        for part in parts[length:]:
            found = getattr(found, part, None)
        if callable(found):
            return Implementation(library, found)
    raise ParameterError(f"no function '{path[:80]}' can be imported")


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
        wanted = ["f", "f_x", "f_xx"]
    if differentiated and set(wanted) - {"f", "f_x", "f_xx"}:
        raise UnsupportedError(f"autograd gives f, f_x and f_xx, not {wanted[0]}")
    reference = Reference(activation, max(2, *(n.count("x") for n in wanted)))
    losses: dict[str, tuple[Scan, ...]] = {}
    for name in wanted:
        order = {"f": 0, "f_x": 1, "f_xx": 2}[name] if differentiated else 0
        exact = exact_at(reference, name, values)
        losses[name] = tuple(
            _scan(implementation, order, dtype, exact)
            for dtype in DTYPES[implementation.library]
        )
    failed = [(n, s) for n, scans in losses.items() for s in scans if not s.passed]
    evidence = (
        "NaN, infinite or half wrong somewhere"
        if failed
        else "nothing is NaN or half wrong on any float looked at"
    )
    return Audit(
        text, activation, ", ".join(wanted), values, FAILS if failed else HOLDS,
        proved=False, evidence=evidence, losses=losses,
        notes=(f"{implementation.library} {_version(implementation.library)}",),
    )  # fmt: skip


def _version(library: str) -> str:
    return str(getattr(sys.modules[library], "__version__", ""))


def _scan(
    implementation: Implementation, order: int, dtype: str, exact: exact_at
) -> Scan:
    runners = {"torch": _torch_runner, "numpy": _numpy_runner}
    evaluate = runners[implementation.library](implementation.function, order, dtype)
    return scan(
        FORMATS[dtype], evaluate, exact, limits=lambda: _limits(evaluate, exact)
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


def _limits(evaluate: Evaluate, exact: exact_at) -> tuple[str, ...]:
    """What comes out at ±∞, where it is not the limit."""
    found = []
    values = evaluate(np.array([-np.inf, np.inf]))
    for sign, value in zip((-1, 1), values, strict=True):
        limit = _limit(exact, sign)
        if limit is None or value == limit:
            continue
        if not (np.isnan(value) or np.isinf(value) or abs(value - limit) > 1e-3):
            continue
        at = "∞" if sign > 0 else "−∞"
        found.append(f"{_name(value)} at {at}, where the limit is {_name(limit)}")
    return tuple(found)


def _limit(exact: exact_at, sign: int) -> float | None:
    """Limit at ±∞: a whole number, or ±∞ where the value grows like x."""
    ends = [exact(float(sign * FAR * scale)) for scale in (1, 4)]
    if ends[0] is None or ends[1] is None:
        return None
    if abs(ends[1]) > 2 * abs(ends[0]) > FAR:
        return float("inf") if ends[1] > 0 else float("-inf")
    near = round(ends[1])
    return float(near) if abs(ends[1] - near) < Fraction(1, 10**9) else None


def _name(value: float) -> str:
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.4g}".replace("-", "−") if value else "0"
