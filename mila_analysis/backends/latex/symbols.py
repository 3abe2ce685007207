"""Names of variables and generators to the letters that stand for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mila_analysis.activation import Activation
from mila_analysis.errors import UnsupportedError

__all__ = ["letters", "spell", "spellings"]

GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota"}
    | {"kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon"}
    | {"phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi"}
    | {"Sigma", "Upsilon", "Phi", "Psi", "Omega"}
)
_INDEXED = re.compile(r"([A-Za-z]+?)_?(\d+)")
_SUBSCRIPTED = re.compile(r"([A-Za-z]+)_([A-Za-z0-9]+)")

EXPONENTIALS = ("E", "G", "H", "U")
LOGARITHMS = ("L", "M", "N", "S")


def spellings(activation: Activation) -> dict[str, str]:
    r"""LaTeX of each variable, such as `\beta` for `beta`.

    Raises:
        UnsupportedError: a name that could not be told from another symbol.
    """
    found = {"x": "x"}
    for parameter in activation.parameters:
        own = parameter.latex
        plain = not own or own == parameter.name
        found[parameter.name] = spell(parameter.name) if plain else own
    if "e" in found:
        raise UnsupportedError(
            "in LaTeX the parameter 'e' would be Euler's number; name it otherwise"
        )
    if len(set(found.values())) < len(found):
        raise UnsupportedError(
            f"two of the parameters {', '.join(found)} look the same in LaTeX"
        )
    return found


def spell(name: str) -> str:
    r"""Name to LaTeX: `k`, `\alpha`, `a_{1}`, `k_{max}`, `\mathit{slope}`."""
    name = name.strip("_")
    indexed = _INDEXED.fullmatch(name) or _SUBSCRIPTED.fullmatch(name)
    if indexed:
        return f"{_letter(indexed[1])}_{{{indexed[2]}}}"
    return _letter(name.replace("_", ""))


def _letter(word: str) -> str:
    if word in GREEK:
        return rf"\{word}"
    # `d x` would be a differential, and `slope` a product of five letters.
    return word if len(word) == 1 and word != "d" else rf"\mathit{{{word}}}"


def letters(choice: Iterable[str], taken: Iterable[str]) -> Iterator[str]:
    """Names for generators: a free letter, then the same letter with an index."""
    busy = {spelled[0] for spelled in taken if spelled[0] != "\\"}
    letter = next(letter for letter in choice if letter not in busy)
    yield letter
    number = 2
    while True:
        yield f"{letter}_{{{number}}}"
        number += 1
