"""An activation to all that the page shows of it: ranges, LaTeX, code, errors."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mila_analysis.activation import Activation, Parameter, numeral
from mila_analysis.backends.latex import to_latex
from mila_analysis.explorer.sampling import Samples
from mila_analysis.kernels import generate_code
from mila_analysis.letters import GREEK
from mila_analysis.partials import up_to

__all__ = ["described", "module"]

SPAN = Fraction(3)
_LETTERS = {name.rstrip("_"): letter for letter, name in reversed(GREEK.items())}
_EXPORT = re.compile(r"^export \{[^}]*\};\s*\Z", re.MULTILINE)


def described(
    activation: Activation, key: str, title: str, samples: Mapping[str, Samples]
) -> dict[str, Any]:
    """What travels as JSON.

    Args:
        activation: with its parameter values, where the sliders begin.
        key: what the page calls it, in its address too.
        title: what it is called for readers.
        samples: errors along x, by partial.
    """
    return {
        "name": key,
        "title": title,
        "formula": activation.formula,
        "parameters": [_slider(p) for p in activation.parameters],
        "latex": _latex(activation),
        "code": {name: _packed(activation, name) for name in ("numpy", "torch")},
        "accuracy": {name: each.as_json() for name, each in samples.items()},
        "source_text": f"Source: {activation.source}." if activation.source else "",
    }


def module(activation: Activation) -> str:
    """The generated JavaScript as an expression: its functions, and its own text."""
    text = generate_code(activation, "javascript").text
    names = ", ".join(p.name for p in up_to(2, activation.variables))
    body = _EXPORT.sub(f"return {{ functions: {{ {names} }}, source }};", text)
    return f"(() => {{\nconst source = {json.dumps(text)};\n{body}\n}})()"


def _slider(parameter: Parameter) -> dict[str, Any]:
    """Range of a slider: the domain, within three of the value, or twice its size."""
    span = max(SPAN, 2 * abs(parameter.value))
    low, high = parameter.value - span, parameter.value + span
    if parameter.low is not None:
        low = max(low, parameter.low)
    if parameter.high is not None:
        high = min(high, parameter.high)
    letter = _LETTERS.get(parameter.name.rstrip("_"), parameter.name)
    return {
        "name": parameter.name,
        "letter": letter,
        "meaning": parameter.meaning,
        "value": float(parameter.value),
        "exact": numeral(parameter.value),
        "low": float(low),
        "high": float(high),
    }


def _latex(activation: Activation) -> dict[str, str]:
    """Closed forms by partial, each on a line of its own."""
    names = [p.name for p in up_to(2, activation.variables)]
    lines = to_latex(activation, names, environment="none").splitlines()
    constants = lines[: len(lines) - len(names)]
    texts = dict(zip(names, lines[len(constants) :], strict=True))
    return {f"constant {n}": text for n, text in enumerate(constants)} | texts


def _packed(activation: Activation, backend: str) -> str:
    """Generated text as base64 of gzip; the same bytes every time."""
    text = generate_code(activation, backend).text
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
