"""Names of variables and generators to the letters that stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mila_analysis.activation import Activation
from mila_analysis.errors import UnsupportedError
from mila_analysis.letters import in_latex

__all__ = ["letters", "spellings"]

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
        found[parameter.name] = in_latex(parameter.name) if plain else own
    if "e" in found:
        raise UnsupportedError(
            "in LaTeX the parameter 'e' would be Euler's number; name it otherwise"
        )
    if len(set(found.values())) < len(found):
        raise UnsupportedError(
            f"two of the parameters {', '.join(found)} look the same in LaTeX"
        )
    return found


def letters(choice: Iterable[str], taken: Iterable[str]) -> Iterator[str]:
    """Names for generators: a free letter, then the same letter with an index."""
    busy = {spelled[0] for spelled in taken if spelled[0] != "\\"}
    letter = next(letter for letter in choice if letter not in busy)
    yield letter
    number = 2
    while True:
        yield f"{letter}_{{{number}}}"
        number += 1
