"""Errors of fast code, of accurate code and of the framework along x, in ulp."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mila_analysis import catalog
from mila_analysis.activation import Activation
from mila_analysis.auditing.pairs import PAIRS, Pair
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.kernels import generate_code, load
from mila_analysis.recognition import recognised
from mila_analysis.verification.formats import FORMATS
from mila_analysis.verification.reference import reference

__all__ = ["PARTIALS", "Samples", "sampled"]

Array = np.ndarray[Any, Any]

PARTIALS = ("f", "f_x")
DTYPE = "float32"
SEED = 0
LOST = 1e9
"""An error in ulp from here on is drawn, as NaN is, at the upper end."""


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Errors of one partial in float32 at points of the line.

    Attributes:
        x: points, rising.
        fast, accurate: of our code, in ulp.
        framework: of PyTorch's function, if it has one.
        function: its name.
    """

    x: Array
    fast: Array
    accurate: Array
    framework: Array | None
    function: str = ""

    def as_json(self) -> dict[str, Any]:
        """Lists with three digits; null is NaN, or a wrong infinity."""
        found: dict[str, Any] = {
            "x": [float(f"{x:.6g}") for x in self.x],
            "fast": _short(self.fast),
            "accurate": _short(self.accurate),
        }
        if self.framework is not None:
            found |= {"framework": _short(self.framework), "function": self.function}
        return found


def _short(errors: Array) -> list[float | None]:
    return [float(f"{e:.3g}") if e < LOST else None for e in errors]


def sampled(activation: Activation, count: int) -> dict[str, Samples]:
    """Errors of f and f_x at so many points, denser near zero.

    Where there is no accurate code the fast code stands for it alone.
    """
    kind = FORMATS[DTYPE]
    x = kind.near(_points(count))
    exact = reference(activation, 1)(x)
    runs = {
        level: list(_values(activation, level, x)) for level in ("fast", "accurate")
    }
    pair = _pair(activation)
    theirs = _theirs(pair, x) if pair else {}
    found = {}
    for number, name in enumerate(PARTIALS):
        errors = {
            level: exact[name].errors(values[number], kind)
            for level, values in runs.items()
            if values
        }
        found[name] = Samples(
            x,
            errors["fast"],
            errors.get("accurate", np.array([])),
            exact[name].errors(theirs[name], kind) if name in theirs else None,
            pair.function.removeprefix("torch.nn.functional.") if pair else "",
        )
    return found


def _points(count: int) -> Array:
    """Both halves of the line by the inverse of asinh, to ±100, each point moved."""
    rng = np.random.default_rng(SEED)
    places = (np.arange(count) + rng.uniform(0, 1, count)) / count * 2 - 1
    return np.sinh(places * np.arcsinh(100.0))


def _values(activation: Activation, level: str, x: Array) -> Iterator[Array]:
    """Results of torch's fast code, or of NumPy's accurate code, as float64."""
    backend = {"fast": "torch", "accurate": "numpy"}[level]
    try:
        kernel = load(generate_code(activation, backend, accuracy=level))
    except MilaAnalysisError:  # there is no accurate code for everything
        return
    for name in PARTIALS:
        with np.errstate(all="ignore"):
            yield _computed(kernel[name], backend, x.astype(np.float32))


def _computed(function: Any, backend: str, x: Array) -> Array:
    if backend == "numpy":
        return np.asarray(function(x)).astype(np.float64)
    import torch

    found = function(torch.from_numpy(x)).detach()
    return np.asarray(found.to(torch.float64).expand(x.shape))


def _pair(activation: Activation) -> Pair | None:
    """PyTorch's own function of an activation at these values, whatever its name."""
    said = recognised(_numeric(activation)) or ""
    for pair in PAIRS:
        known = catalog.resolve(pair.activation)
        same = known.formula == activation.formula
        if same and known.values == activation.values:
            return pair
        if not known.parameters and said.startswith(f"this is {known.title}"):
            return pair
    return None


def _numeric(activation: Activation) -> Activation:
    """The same function with numbers for its parameters, under no name."""
    formula = activation.formula
    for parameter in activation.parameters:
        pattern = rf"(?<!\w){re.escape(parameter.name)}(?!\w)"
        formula = re.sub(pattern, f"({parameter.value})", formula)
    return catalog.define("own", formula)


def _theirs(pair: Pair, x: Array) -> dict[str, Array]:
    from mila_analysis.auditing.implementation import named, runner

    implementation = named(pair.candidate)
    found: dict[str, Array] = {}
    for order, name in enumerate(PARTIALS):
        run: Callable[[Array], Array] = runner(implementation, order, DTYPE)
        found[name] = run(x)
    return found
