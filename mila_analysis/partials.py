"""The name of a mixed partial derivative, such as `f_xbeta`, to its variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, groupby

from mila_analysis.errors import PartialError, suggestion
from mila_analysis.letters import GREEK

__all__ = ["MAX_ORDER", "Partial", "parse", "up_to"]

MAX_ORDER = 4
MAX_LENGTH = 1000  # of a name; none is as long


@dataclass(frozen=True, slots=True)
class Partial:
    """∂ⁿf with respect to `variables`, in canonical order: x, then the parameters."""

    variables: tuple[str, ...] = ()

    @property
    def order(self) -> int:
        """How many times f is differentiated."""
        return len(self.variables)

    @property
    def name(self) -> str:
        """`f`, `f_x`, `f_xbeta`: the name in code, on the command line, in files."""
        return "f_" + "".join(self.variables) if self.variables else "f"

    def latex(self, symbols: dict[str, str] | None = None) -> str:
        r"""Leibniz notation, such as `\frac{\partial f}{\partial \beta}`.

        Args:
            symbols: LaTeX of each variable that is not written as its name.
        """
        if not self.variables:
            return "f"
        power = f"^{{{self.order}}}" if self.order > 1 else ""
        below = []
        for name, run in groupby(self.variables):
            count = len(list(run))
            symbol = (symbols or {}).get(name) or name
            below.append(rf"\partial {symbol}" + (f"^{{{count}}}" if count > 1 else ""))
        divisor = r"\,".join(below)
        return rf"\frac{{\partial{power} f}}{{{divisor}}}"


def up_to(order: int, variables: Sequence[str]) -> tuple[Partial, ...]:
    """All partials up to an order, lowest first: f, f_x, f_β, f_xx, f_xβ, f_ββ."""
    return tuple(
        Partial(chosen)
        for n in range(order + 1)
        for chosen in combinations_with_replacement(variables, n)
    )


def parse(text: str, variables: Sequence[str]) -> Partial:
    """Name of a partial to the partial, in any order of its variables.

    `f_betax` and `f_xbeta` are the same; `β` may be written for `beta`.

    Raises:
        PartialError: no such variable, or an order above `MAX_ORDER`.
    """
    word = "".join(GREEK.get(c, c) for c in text.strip()[:MAX_LENGTH])
    known = [p.name for p in up_to(2, variables)]
    if word == "f":
        return Partial()
    short = len(word) <= 2 + 8 * max(map(len, variables))
    chosen = _split(word[2:], variables) if short and word[:2] == "f_" else None
    if not chosen:
        choice = suggestion(word, known) or f"; choose from {', '.join(known)}"
        raise PartialError(f"no partial '{text[:40]}'{choice}")
    if len(chosen) > MAX_ORDER:
        given = f"'{text[:40]}' of order {len(chosen)}"
        raise PartialError(f"no partial {given}; at most {MAX_ORDER}")
    return Partial(tuple(sorted(chosen, key=list(variables).index)))


def _split(word: str, variables: Sequence[str]) -> list[str] | None:
    """Word as a sequence of variable names, longest first, or None if it is not."""
    ends: dict[int, list[str]] = {len(word): []}  # how the word goes on from there
    for start in reversed(range(len(word))):
        for name in sorted(variables, key=len, reverse=True):
            rest = ends.get(start + len(name))
            if rest is not None and word.startswith(name, start):
                ends[start] = [name, *rest]
                break
    return ends.get(0)
