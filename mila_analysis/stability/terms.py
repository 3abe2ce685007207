"""A partial as an element of the tower to a sum of terms fit for floats: exact algebra.

Each term is a monomial in the variables and logarithms times a quotient of polynomials
in the exponentials, cancelled on its own. For one exponential E it is written

    content · monomial · p^k · q^l · Π forms^n        with E = p/q,

where a form is an irreducible polynomial, made homogeneous in (p : q): it vanishes
neither at p = 0 nor at q = 0. So k and l say how the term decays at both ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from operator import and_
from typing import Any

import sympy
from sympy.polys.rings import PolyRing

from mila_analysis.derivation import Derivation

__all__ = [
    "NotHomogeneousError",
    "Splitter",
    "Term",
    "coefficients",
    "common",
    "common_bottom",
    "grouped",
    "is_minus_one",
    "minus_one",
    "rational",
    "shared_monomial",
    "times",
    "without",
]


class NotHomogeneousError(Exception):
    """The tower does not have the structure that this strategy needs."""


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of a partial.

    Attributes:
        content: rational factor.
        monomial: symbols of variables and logarithms, with repetition.
        forms: polynomials in the exponentials with their powers.
        low, high: for each exponential, its powers k of p and l of q.
    """

    content: Fraction
    monomial: tuple[Any, ...]
    forms: tuple[tuple[Any, int], ...]
    low: tuple[int, ...]
    high: tuple[int, ...]


class Splitter:
    """Elements of one tower to terms."""

    def __init__(self, derivation: Derivation) -> None:
        self.exponentials = [g for g in derivation.generators if g.function == "exp"]
        symbols = [g.symbol for g in self.exponentials] or [sympy.Dummy("E")]
        self.ring = PolyRing(symbols, sympy.QQ)

    def terms(self, element: Any) -> Iterator[Term]:
        """Summands of a partial.

        Raises:
            NotHomogeneousError: a denominator may vanish, or is not in E alone.
        """
        content, factors = element.denom.factor_list()
        divisor = [(self._denominator(factor), n) for factor, n in factors]
        for monomial, polynomial in self._grouped(element.numer):
            scale, powers = polynomial.factor_list()
            merged: dict[Any, int] = {}
            for factor, n in powers:
                merged[factor] = merged.get(factor, 0) + n
            for factor, n in divisor:
                merged[factor] = merged.get(factor, 0) - n
            yield self._term(rational(scale) / rational(content), monomial, merged)

    def _grouped(self, polynomial: Any) -> list[tuple[tuple[Any, ...], Any]]:
        """Monomials in the other symbols with their polynomials in E."""
        symbols = list(polynomial.ring.symbols)
        inside = [symbols.index(s) if s in symbols else None for s in self.ring.symbols]
        others = [i for i, s in enumerate(symbols) if s not in self.ring.symbols]
        groups: dict[tuple[int, ...], Any] = {}
        for exponents, coefficient in polynomial.terms():
            key = tuple(exponents[i] for i in others)
            powers = tuple(0 if i is None else exponents[i] for i in inside)
            term = self.ring.from_dict({powers: coefficient})
            groups[key] = groups.get(key, self.ring.zero) + term
        return [
            (
                tuple(
                    symbols[i]
                    for i, n in zip(others, key, strict=True)
                    for _ in range(n)
                ),
                part,
            )
            for key, part in sorted(groups.items())
        ]

    def _denominator(self, factor: Any) -> Any:
        """Factor of a denominator, checked to be positive and bounded below."""
        try:
            form = self.ring.from_expr(factor.as_expr())
        except (ValueError, sympy.PolynomialError):
            raise NotHomogeneousError(f"1/({factor.as_expr()})") from None
        known = dict(form.terms())
        degrees = [form.degree(g) for g in self.ring.gens]
        corners = [
            tuple(d if (mask >> i) & 1 else 0 for i, d in enumerate(degrees))
            for mask in range(1 << len(degrees))
        ]
        positive = all(c > 0 for c in known.values())
        if len(known) > 1 and not (positive and all(c in known for c in corners)):
            raise NotHomogeneousError(f"1/({factor.as_expr()})")
        return form

    def _term(
        self, content: Fraction, monomial: tuple[Any, ...], powers: dict[Any, int]
    ) -> Term:
        low = [0] * len(self.exponentials)
        high = [0] * len(self.exponentials)
        forms = []
        for factor, n in powers.items():
            degrees = [factor.degree(g) for g in self.ring.gens][: len(low)]
            high = [k - n * d for k, d in zip(high, degrees, strict=True)]
            if len(factor.terms()) == 1:  # a power of an exponential
                low = [k + n * d for k, d in zip(low, degrees, strict=True)]
            elif n:
                forms.append((factor, n))
        content, forms = _positive(content, forms)
        forms.sort(key=lambda item: str(item[0]))
        return Term(content, monomial, tuple(forms), tuple(low), tuple(high))


def _positive(
    content: Fraction, forms: list[tuple[Any, int]]
) -> tuple[Fraction, list[tuple[Any, int]]]:
    """A minus sign moved from the content into a form whose signs are mixed anyway."""
    for i, (form, n) in enumerate(forms):
        mixed = any(c < 0 for _, c in form.terms())
        if content < 0 and n % 2 and mixed and not is_minus_one(form):
            return -content, [*forms[:i], (-form, n), *forms[i + 1 :]]
    return content, forms


def rational(value: Any) -> Fraction:
    """SymPy or ground-domain rational to a Python one."""
    value = sympy.Rational(value)
    return Fraction(int(value.p), int(value.q))


def coefficients(form: Any) -> list[Fraction]:
    """Coefficients of a polynomial in one exponential, constant first."""
    known = {exponents[0]: rational(c) for exponents, c in form.terms()}
    return [known.get(k, Fraction(0)) for k in range(form.degree() + 1)]


def is_minus_one(form: Any) -> bool:
    """Whether a form is E - 1, which vanishes where the exponent of that E does."""
    return minus_one(form) is not None


def minus_one(form: Any) -> int | None:
    """Number of the exponential E of a form that is E - 1."""
    known = dict(form.terms())
    for i in range(len(form.ring.gens)):
        unit = tuple(int(j == i) for j in range(len(form.ring.gens)))
        if known == {unit: 1, (0,) * len(unit): -1}:
            return i
    return None


def common(contents: list[Fraction]) -> Fraction:
    """Greatest rational that all contents are integer multiples of, with their sign."""
    top = reduce(gcd, (abs(c.numerator) for c in contents))
    bottom = reduce(lcm, (c.denominator for c in contents))
    sign = -1 if all(c < 0 for c in contents) else 1
    return sign * Fraction(top, bottom)


def shared_monomial(terms: Sequence[Term]) -> tuple[Any, ...]:
    """Symbols, with repetition, that every one of several terms has as factors."""
    if len(terms) < 2:
        return ()
    counts = [Counter(term.monomial) for term in terms]
    return tuple(reduce(and_, counts).elements())


def without(term: Term, symbols: Sequence[Any]) -> Term:
    """Term with some of its symbols taken out."""
    rest = Counter(term.monomial) - Counter(symbols)
    return replace(term, monomial=tuple(rest.elements()))


def common_bottom(terms: Sequence[Term]) -> list[tuple[Any, int]]:
    """The denominator of a sum that may cancel: its forms, with their powers.

    Its rounding error is then common to all terms, and does not grow where the sum is
    small. A sum whose terms have no variable has no such root.
    """
    if len({t.monomial for t in terms}) < 2:
        return []
    lowest: dict[Any, int] = {}
    for form, n in (pair for t in terms for pair in t.forms):
        lowest[form] = min(n, lowest.get(form, 0))
    return [(form, -n) for form, n in lowest.items() if n < 0]


def times(term: Term, factors: Sequence[tuple[Any, int]]) -> Term:
    """Term times powers of forms."""
    powers = dict(term.forms)
    for form, n in factors:
        powers[form] = powers.get(form, 0) + n
    return replace(term, forms=tuple((f, n) for f, n in powers.items() if n))


def grouped(polynomial: Any, symbols: list[Any]) -> list[tuple[dict[Any, int], Any]]:
    """Powers of some symbols with the polynomials in the others that multiply them."""
    every = polynomial.ring.symbols
    places = [(i, s) for i, s in enumerate(every) if s in symbols]
    groups: dict[tuple[int, ...], Any] = {}
    for exponents, coefficient in polynomial.terms():
        key = tuple(exponents[i] for i, _ in places)
        rest = tuple(
            0 if s in symbols else n for s, n in zip(every, exponents, strict=True)
        )
        part = polynomial.ring.from_dict({rest: coefficient})
        groups[key] = groups.get(key, polynomial.ring.zero) + part
    return [
        ({s: n for (_, s), n in zip(places, key, strict=True) if n}, part)
        for key, part in groups.items()
    ]
