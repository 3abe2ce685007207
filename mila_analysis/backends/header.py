"""The head of a generated file: what it computes, and the recipe to make it again.

A backend writes these lines as a docstring or a comment. Of the recipe, `parse` makes
the activation again; the digest is that of the text around it.
"""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mila_analysis.activation import Activation, Parameter, exact
from mila_analysis.backends.backend import Source
from mila_analysis.errors import FormulaError

__all__ = ["Header", "digest", "docstring", "lines", "parse", "sealed"]

WIDTH = 88
UNSEALED = "0" * 64
PROMISES = {
    "homogeneous": "holds on every float: no overflow, and limits at infinity",
    "wide": "holds on every float: numbers with an exponent of their own",
    "direct": "the derivative as it stands; it promises nothing where it overflows",
}
STATUS = {
    True: "Verified before it was written; check again: mila-analysis verify FILE",
    False: "Unverified: nothing has checked this file.",
}
_DIGEST = re.compile(r"^([^\w\n]*Digest: )([0-9a-f]{64})$", re.MULTILINE)
_RECIPE = re.compile(
    r"^([^\w\n]*)Recipe: (\{.*?\})\n[^\w\n]*Digest: ", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Header:
    """What the head of a file says.

    Attributes:
        activation: with the parameter values that are default arguments.
        backend, order, accuracy: what the file was made for.
        verified: whether it says so.
        digest: the one it states, 64 hexadecimal digits.
    """

    activation: Activation
    backend: str
    order: int
    accuracy: str
    verified: bool
    digest: str


def lines(source: Source, backend: str) -> list[str]:
    """Lines of the head, for a backend to put into a docstring or a comment."""
    activation, derivation = source.activation, source.derivation
    generators = [f"{g.symbol} = {g.definition}" for g in derivation.generators]
    strategy = source.form.strategy
    return [
        f"{activation.title or activation.name} and its exact partial derivatives.",
        "",
        f"    f(x) = {activation.formula}",
        *(f"    {g}" for g in generators),
        "",
        f"Strategy: {strategy} ({PROMISES[strategy]}).",
        *_wrapped("Convention", activation.convention),
        *_wrapped("Source", activation.source),
        "",
        STATUS[source.verified],
        *_recipe(source, backend),
        f"Digest: {UNSEALED}",
    ]


def docstring(source: Source, backend: str) -> str:
    """The head as a Python docstring."""
    text = "\n".join(lines(source, backend)).replace('"""', "'''")
    raw = "r" if "\\" in text else ""
    return f'{raw}"""{text}\n"""'


def _wrapped(title: str, text: str) -> list[str]:
    return textwrap.wrap(f"{title}: {text}.", WIDTH) if text else []


def _recipe(source: Source, backend: str) -> list[str]:
    activation = source.activation
    recipe = {
        "backend": backend,
        "order": _order(source),
        "accuracy": source.accuracy,
        "name": activation.name,
        "title": activation.title,
        "formula": activation.formula,
        "parameters": [_parameter(p) for p in activation.parameters],
        "source": activation.source,
        "convention": activation.convention,
    }
    text = json.dumps(recipe, ensure_ascii=False)
    for awkward, escaped in (("  ", " \\u0020"), ("*/", "*\\/")):
        text = text.replace(awkward, escaped)
    return textwrap.wrap(
        f"Recipe: {text}",
        WIDTH - 3,  # a comment has a margin
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _order(source: Source) -> int:
    return max(source.derivation.partial(n).order for n in source.derivation.names)


def _parameter(parameter: Parameter) -> dict[str, Any]:
    known = {
        "name": parameter.name,
        "value": str(parameter.value),
        "meaning": parameter.meaning,
        "low": _shown(parameter.low),
        "high": _shown(parameter.high),
    }
    return {key: value for key, value in known.items() if value}


def _shown(bound: Fraction | None) -> str | None:
    return None if bound is None else str(bound)


def digest(text: str) -> str:
    """SHA-256 of a file, but for the digest that it states."""
    return hashlib.sha256(_DIGEST.sub(r"\1", text, count=1).encode()).hexdigest()


def sealed(text: str) -> str:
    """A file with its own digest in its head."""
    return _DIGEST.sub(rf"\g<1>{digest(text)}", text, count=1)


def parse(text: str) -> Header:
    """The head of a file that was generated.

    Raises:
        FormulaError: there is none, or it does not say what it has to.
    """
    recipe, stated = _RECIPE.search(text), _DIGEST.search(text)
    if recipe is None or stated is None:
        raise FormulaError("this is no file of ours: its head has no recipe")
    try:
        known = json.loads(_unwrapped(recipe[2], recipe[1]))
        return Header(
            _activation(known),
            known["backend"],
            int(known["order"]),
            known["accuracy"],
            STATUS[True] in text[: recipe.start()],
            stated[2],
        )
    except KeyError as error:
        raise FormulaError(f"the recipe in the head is damaged: no {error}") from None
    except (ValueError, TypeError) as error:
        raise FormulaError(f"the recipe in the head is damaged: {error}") from None


def _unwrapped(text: str, margin: str) -> str:
    """A recipe on one line, without what a comment puts before each."""
    mark = margin.strip()
    rows = [row.strip().removeprefix(mark).strip() for row in text.splitlines()]
    return " ".join(rows)


def _activation(known: Mapping[str, Any]) -> Activation:
    return Activation(
        name=known["name"],
        formula=known["formula"],
        title=known["title"],
        parameters=tuple(_read_parameter(p) for p in known["parameters"]),
        source=known["source"],
        convention=known["convention"],
    )


def _read_parameter(known: Mapping[str, Any]) -> Parameter:
    low, high = (known.get(end) for end in ("low", "high"))
    return Parameter(
        name=known["name"],
        value=exact(known["value"], known["name"]),
        meaning=known.get("meaning", ""),
        low=None if low is None else exact(low),
        high=None if high is None else exact(high),
    )
