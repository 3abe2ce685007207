"""Logarithms that stand only in differences: log a - log b as one logarithm.

log(1 + σ(x)) is log(1 + 2E) - log(1 + E) in the tower, of which both grow, or both
vanish. Where no other combination of the two occurs, the first stands for the
difference from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

from mila_analysis.derivation import Derivation

__all__ = ["all_of_one_sign", "differences", "shifted"]


def differences(derivation: Derivation, field: Any) -> dict[Any, Any]:
    """Symbols of such logarithms: the first to the second."""
    logs = [g for g in derivation.generators if g.function == "log"]
    found: dict[Any, Any] = {}
    for a, b in permutations(logs, 2):
        if {a.symbol, b.symbol} & {*found, *found.values()}:
            continue
        difference = field.from_expr(a.argument - b.argument)
        pair = {a.symbol: b.symbol}
        if all_of_one_sign(difference) and all(
            _is_free(shifted(e, pair), b.symbol) for e in _elements(derivation, field)
        ):
            found |= pair
    return found


def shifted(element: Any, pairs: Mapping[Any, Any]) -> Any:
    """An element in which each first symbol stands for the difference."""
    for first, second in pairs.items():
        ring = element.numer.ring
        place = ring.symbols.index(first)
        total = ring.gens[place] + ring.gens[ring.symbols.index(second)]
        parts = (element.numer, element.denom)
        element = element.field.new(
            *(p.compose(ring.gens[place], total) for p in parts)
        )
    return element


def all_of_one_sign(element: Any) -> bool:
    """Whether no sum in a quotient cancels, if its symbols are positive."""
    return all(
        len({c > 0 for _, c in part.terms()}) <= 1
        for part in (element.numer, element.denom)
    )


def _elements(derivation: Derivation, field: Any) -> list[Any]:
    """Every element that a program computes: partials, and arguments."""
    found = [e for case in derivation.cases for e in case.partials.values()]
    for case in derivation.cases:
        found += [field.from_expr(r.difference) for r in case.conditions]
    return found + [field.from_expr(g.argument) for g in derivation.generators]


def _is_free(element: Any, symbol: Any) -> bool:
    place = element.numer.ring.symbols.index(symbol)
    parts = (element.numer, element.denom)
    return all(p.degree(p.ring.gens[place]) <= 0 for p in parts)
