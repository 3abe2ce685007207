"""Samples, or an activation, to mean and standard deviation; and these to digits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mila_analysis.activation import Activation
from mila_analysis.analysis import analyze
from mila_analysis.errors import UnsupportedError
from mila_analysis.plotting._curves import Floats
from mila_analysis.plotting._labels import number

__all__ = ["Moments", "proven", "sampled"]

LONGEST = 1000.0  # from which on a number is written with a power of ten


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and standard deviation."""

    mean: float
    deviation: float

    def digits(self, places: int) -> tuple[str, str]:
        """Both as text, to so many decimal places."""
        return _digits(self.mean, places), _digits(self.deviation, places)


def sampled(y: Floats) -> Moments:
    """Moments of those samples that are finite; NaN where there is none."""
    finite = y[np.isfinite(y)]
    if not finite.size:
        return Moments(math.nan, math.nan)
    with np.errstate(over="ignore"):
        return Moments(float(finite.mean()), float(finite.std()))


def proven(activation: Activation) -> Moments | None:
    """Moments of f(X) for a standard normal X, or `None` where they are not proved.

    They are middles of certified enclosures, which are narrower than what is shown.
    """
    try:
        found = analyze(activation, fields={"gaussian"}).gaussian
    except UnsupportedError:  # f is undefined somewhere
        return None
    if found is None:
        return None
    return Moments(
        float(found.mean.mid), math.sqrt(max(0.0, float(found.variance.mid)))
    )


def _digits(value: float, places: int) -> str:
    """Number as text with a true minus, and none before zero."""
    if not math.isfinite(value):
        return "\N{EM DASH}"
    if abs(value) >= LONGEST:
        return f"${number(value)}$"
    text = f"{value:.{places}f}"
    sign = "\N{MINUS SIGN}" if text.startswith("-") and float(text) else ""
    return sign + text.removeprefix("-")
