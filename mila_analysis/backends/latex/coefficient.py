"""A polynomial in the variables to a coefficient before a product of generators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from mila_analysis.backends.latex.numerals import is_negative
from mila_analysis.backends.latex.quotient import Powers

__all__ = ["Coefficient"]


@dataclass(frozen=True, slots=True)
class Coefficient:
    """±constant·(polynomial in variables) before a product of generators.

    Attributes:
        negative: its sign.
        constant: positive; 1 where nothing is worth pulling out of the sum.
        terms: of the polynomial.
    """

    negative: bool
    constant: Any
    terms: Mapping[Powers, Any]

    @classmethod
    def of(cls, terms: Mapping[Powers, Any]) -> Coefficient:
        """Polynomial to sign, constant and what is left."""
        signs = [is_negative(c) for c in terms.values()]
        leading = terms[max(terms)]
        if is_negative(leading):
            leading = -leading
        ratios = {p: sympy.cancel(c / leading) for p, c in terms.items()}
        if not all(ratio.is_Integer for ratio in ratios.values()):
            leading, ratios = sympy.Integer(1), dict(terms)
        negative = all(signs)
        return cls(
            negative, leading, {p: -c if negative else c for p, c in ratios.items()}
        )

    @property
    def is_open(self) -> bool:
        """Whether its terms may stand in a sum without parentheses."""
        return self.constant == 1 or len(self.terms) == 1
