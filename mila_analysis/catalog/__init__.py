"""Name, or text as users type it, to an activation; the built-in ones as data."""

from __future__ import annotations

import keyword
import re
from dataclasses import replace

from mila_analysis.activation import Activation, Number, Parameter, exact
from mila_analysis.catalog.bounded import BOUNDED
from mila_analysis.catalog.gated import GATED
from mila_analysis.catalog.hard import HARD
from mila_analysis.catalog.periodic import PERIODIC
from mila_analysis.catalog.rectifiers import RECTIFIERS
from mila_analysis.errors import (
    FormulaError,
    ParameterError,
    UnknownNameError,
    suggestion,
)
from mila_analysis.letters import in_latex, spelled
from mila_analysis.partials import MAX_ORDER, up_to

__all__ = [
    "CATALOG",
    "OWN",
    "define",
    "divided",
    "get",
    "is_latex",
    "is_name",
    "names",
    "resolve",
    "titled",
]

CATALOG = (*GATED, *RECTIFIERS, *BOUNDED, *HARD, *PERIODIC)
"""The built-in activations, in the order of `list`."""

_WORDS = {
    word: activation
    for activation in CATALOG
    for word in (activation.name, *activation.aliases)
}
_WORD = re.compile(r"[A-Za-z][\w-]*", re.ASCII)
_COLON = re.compile(r"(?<!\\):")  # and not the space of LaTeX
_RESERVED = ("x", "f")
OWN = "defined by the user"
MAX_NAME = 64
MAX_VARIABLES = 8
MAX_TEXT = 8000
MAX_TITLE = 32


def names() -> tuple[str, ...]:
    """Names of the built-in activations, in the order of the catalog."""
    return tuple(activation.name for activation in CATALOG)


def get(name: str) -> Activation:
    """Built-in activation of a name or alias, in any case of letters.

    Spaces, hyphens and underscores do not count: `leaky_relu` is `LeakyReLU`.

    Raises:
        UnknownNameError: no such activation; names the nearest.
    """
    found = _FOUND.get(_folded(name)) if len(name) <= MAX_NAME else None
    if found is None:
        shown = name if len(name) <= 40 else f"{name[:37]}..."
        hint = suggestion(name[:40], _WORDS)
        raise UnknownNameError(
            f"no activation '{shown}'{hint or '; see: mila-analysis list'}"
        )
    return found


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


_FOUND = {_folded(word): activation for word, activation in _WORDS.items()}


def define(name: str, formula: str, **parameters: Number) -> Activation:
    r"""An activation of one's own, read and checked at once.

    Args:
        name: identifier; also names the generated functions.
        formula: text in `x` and the parameters; LaTeX if a backslash or a brace is
            in it, such as `\frac{x}{1+e^{-\beta x}}`.
        parameters: default value of each; `β` may be written for `beta`.

    Raises:
        FormulaError: the formula or a name is not one.
        ParameterError: a parameter that is no finite number.
    """
    given = {spelled(word): value for word, value in parameters.items()}
    for word in (name, *given):
        if (
            not word.isidentifier()
            or not word.isascii()
            or word.startswith("_")
            or keyword.iskeyword(word)
        ):
            raise FormulaError(f"'{word[:40]}' is not a name (letters, digits, _)")
    for word in given:
        if word in _RESERVED or word.startswith("f_"):
            raise ParameterError(f"'{word}' is taken; name the parameter otherwise")
    _check_distinct(("x", *given))
    activation = Activation(
        name=name,
        title=name,
        formula=_plain(formula),
        parameters=tuple(
            Parameter(word, exact(value, word), in_latex(word))
            for word, value in given.items()
        ),
        source=OWN,
    )
    from mila_analysis.formula import parse  # SymPy, which names alone do not need

    parse(activation.formula, activation.variables)
    return activation


def _plain(formula: str) -> str:
    if not is_latex(formula):
        return formula
    from mila_analysis.notation.plain import from_latex

    return from_latex(formula)


def _check_distinct(variables: tuple[str, ...]) -> None:
    """No two partials may have one name, as ∂²f/∂a² and ∂f/∂aa would."""
    if len(variables) > MAX_VARIABLES:
        raise ParameterError(f"at most {MAX_VARIABLES - 1} parameters")
    spelled = [p.name for p in up_to(MAX_ORDER, variables)]
    if len(set(spelled)) < len(spelled):
        names = ", ".join(variables)
        raise ParameterError(f"names that run together in partials: {names}")


def resolve(text: str, /, **values: Number) -> Activation:
    """`mila`, `mila:beta=-0.25` or a formula in `x`, to the activation it means.

    Args:
        text: a formula may have values behind it too: `x*tanh(b*x):b=2`.
        values: of parameters, beside those that the text gives.

    Raises:
        UnknownNameError, ParameterError, FormulaError: as the text deserves.
    """
    name, bindings = divided(text)
    given = {spelled(word): value for word, value in values.items()}
    for word in given:
        if word in bindings:
            raise ParameterError(f"{word} is given twice")
    given |= bindings
    if is_name(name):
        return get(name).bind(**given) if given else get(name)
    return titled(define("custom", name.strip(), **given))


def is_name(text: str) -> bool:
    """Whether a text can be the name of an activation, and is no formula."""
    word = text.strip()
    return bool(_WORD.fullmatch(word)) and "x" not in word.split("-")


def is_latex(text: str) -> bool:
    """Whether a formula can only be LaTeX: no plain one has a backslash or braces."""
    return any(c in text for c in "\\{}")


def divided(text: str) -> tuple[str, dict[str, Number]]:
    """Name or formula, and the values behind its colon.

    Raises:
        ParameterError: what stands behind the colon is no list of values.
        FormulaError: the text is too long for either.
    """
    if len(text) > MAX_TEXT:
        raise FormulaError(f"the formula is longer than {MAX_TEXT} characters")
    name, *bindings = _COLON.split(text, maxsplit=1)
    return name, _bindings(bindings[0]) if bindings and bindings[0] else {}


def titled(activation: Activation) -> Activation:
    """An activation of one's own with its formula, if it is short, for a title."""
    formula = activation.formula
    return (
        replace(activation, title=formula) if len(formula) <= MAX_TITLE else activation
    )


def _bindings(text: str) -> dict[str, Number]:
    values: dict[str, Number] = {}
    for item in text.split(","):
        word, equals, value = (part.strip() for part in item.partition("="))
        word = spelled(word)
        if not equals or not word:
            raise ParameterError(f"'{item.strip()[:40]}' is not of the form name=value")
        if word in values:
            raise ParameterError(f"'{word}' is given twice")
        values[word] = value
    return values
