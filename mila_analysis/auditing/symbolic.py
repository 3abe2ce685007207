"""A formula and an activation to a verdict: points first, then digits, then algebra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import sympy

from mila_analysis.activation import Activation
from mila_analysis.auditing.audited import AGREES, DIFFERENT, EQUAL, PRINTED, Audit
from mila_analysis.auditing.cases import exact_cases
from mila_analysis.auditing.comparing import (
    Comparison,
    compare,
    shown_point,
    telling,
)
from mila_analysis.auditing.decimals import Resolution, decimals_of, resolve
from mila_analysis.auditing.diagnosis import diagnose, is_akin
from mila_analysis.auditing.enclosing import Point, Reference
from mila_analysis.auditing.losses import losses
from mila_analysis.auditing.points import generic_points, plain_points
from mila_analysis.auditing.proof import Proof, prove
from mila_analysis.derivation import Derivation, derive
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.formula import Case, Relation
from mila_analysis.notation.tree import Node
from mila_analysis.partials import parse

__all__ = ["ORDER", "audit_tree"]

ORDER = 2
"""Of the highest partials that a candidate is compared with unless one is named."""

FEW = 8
UNSEEN = 2.0**-50
FAR = (60, -60, 200, -200, 700, -700)
CLOSER_BITS = 1200


def audit_tree(
    tree: Node,
    text: str,
    activation: Activation,
    partial: str | None,
    values: Mapping[str, Fraction],
    *,
    look_for_losses: bool = True,
    tolerance: float | None = None,
) -> Audit:
    """Audit a formula.

    Args:
        tree: the candidate.
        text: as it was given.
        activation: what it should belong to.
        partial: which partial it should be; None: the one that it is, or is nearest to.
        values: parameters that have a value; the audit holds for all values of others.
        look_for_losses: whether to compute it in floats too.
        tolerance: relative difference that is overlooked; None: that of a cut-off
            which float64 cannot see, beside which it is proved equal.
    """
    wanted = parse(partial, activation.variables) if partial else None
    order = max(ORDER, wanted.order if wanted else 0)
    derived = derive(activation, order)
    subject = _Subject(tree, activation, derived, dict(values), tolerance)
    name = wanted.name if wanted else subject.nearest()
    found = subject.verdict(name, text)
    if not look_for_losses:
        return found
    settled = dict(values) or {p.name: p.value for p in activation.parameters}
    settled = {p.name: settled.get(p.name, p.value) for p in activation.parameters}
    looked = losses(tree, subject.reference, name, settled) if found.passed else ()
    notes = found.notes
    free = [p.name for p in activation.parameters if p.name not in values]
    if looked and free:
        where = shown_point({n: settled[n] for n in free})
        notes = (*notes, f"floats were tried at {where}")
    return replace(found, losses={name: looked} if looked else {}, notes=notes)


class _Subject:
    """One candidate, and what it is compared with."""

    def __init__(
        self,
        tree: Node,
        activation: Activation,
        derived: Derivation,
        values: dict[str, Fraction],
        tolerance: float | None = None,
    ) -> None:
        self.tree = tree
        self.tolerance = tolerance
        self.obstacle = ""
        self._resolved: dict[str, Resolution | None] = {}
        self.activation = activation
        self.derived = derived
        self.values = values
        self.reference = Reference(activation, derived.order)
        self.generic = generic_points(activation, values)
        self.cases = self._cases()
        plain = plain_points(activation, values)
        self.points = (*plain, *self.generic, *self._edges())

    def nearest(self) -> str:
        """The partial that a candidate is, or the one it is nearest to."""
        for name in self.derived.names:
            if not self.compared(name, self.generic[:FEW]).differences:
                return name
        for name in self.derived.names:
            if self._is_right(self.tree, name):
                return name
        for name in self.derived.names:
            if is_akin(self.tree, self.reference, name, self.generic[:FEW]):
                return name
        return min(self.derived.names, key=self._distance)

    def _distance(self, name: str) -> float:
        """Median of relative differences, 2 where signs differ."""
        found = self.compared(name, self.generic[:FEW]).differences
        sizes = [d.gap / (abs(d.exact) + abs(d.value or 0.0) + 1e-300) for d in found]
        sizes += [0.0] * (FEW - len(sizes))
        return sorted(sizes)[FEW // 2]

    def compared(
        self, name: str, points: Sequence[Point], tree: Node | None = None
    ) -> Comparison:
        """The candidate, or another tree, beside a partial at points."""
        return compare(tree or self.tree, self.reference, name, points)

    def verdict(self, name: str, text: str) -> Audit:
        """Audit against one partial."""
        look = self.compared(name, self.points)
        audit = Audit(
            text, self.activation, name, self.values, AGREES, proved=False,
            notes=self._gaps(look),
        )  # fmt: skip
        real = [d for d in look.differences if not self._is_kink(name, d.point)]
        if real:
            near = self._printed(audit, look) or self._within(audit, look)
            return near or self._different(audit, look)
        proof = self._proof(name)
        if proof.proved:
            left_out = proof.kinks or tuple(d.point["x"] for d in look.differences)
            kinks = tuple(
                f"at the kink x = {k} it differs from our convention" for k in left_out
            )
            return replace(
                audit, verdict=EQUAL, proved=True, notes=(*audit.notes, *kinks),
                evidence="the difference is 0 in exact algebra, and "
                f"{look.agreeing} balls of 60 digits agree",
            )  # fmt: skip
        closer = self._closer(name) if not proof.undecided else None
        if closer is not None and closer.differences:
            return self._within(audit, closer) or self._different(audit, closer)
        why = f" ({proof.undecided})" if proof.undecided else ""
        return replace(
            audit,
            evidence=f"agrees at {look.agreeing} points to 60 digits; algebra could "
            f"not decide{why}",
        )

    def _closer(self, name: str) -> Comparison:
        """A look with more digits and further out, where algebra sees a difference."""
        settled = {p.name: p.value for p in self.activation.parameters} | self.values
        far = [{"x": Fraction(x), **settled} for x in FAR]
        points = (*self.generic[:FEW], *far)
        return compare(self.tree, self.reference, name, points, bits=CLOSER_BITS)

    def _is_kink(self, name: str, point: Point) -> bool:
        """Whether a point is the only one of two cases: a derivative's free choice."""
        if name == "f" or len(self.derived.cases) < 2:
            return False
        symbols = {
            v: sympy.Rational(point[str(v)].numerator, point[str(v)].denominator)
            for v in self.derived.variables
        }
        return any(
            self.derived.in_variables(r.difference).subs(symbols) == 0
            for case in self.derived.cases
            for r in case.conditions
        )

    def _gaps(self, look: Comparison) -> tuple[str, ...]:
        if not look.gaps:
            return ()
        where = "; ".join(dict.fromkeys(shown_point(self._free(p)) for p in look.gaps))
        return (f"it has no value at {where}, a gap that can be filled",)

    def _free(self, point: Point) -> dict[str, Fraction]:
        """A point without the parameters that have a value."""
        return {n: v for n, v in point.items() if n not in self.values}

    def _proof(self, name: str) -> Proof:
        if not self.cases:
            return Proof(False, self.obstacle)
        return prove(self.cases, self.derived, name, self.values)

    def _printed(self, audit: Audit, look: Comparison) -> Audit | None:
        """The verdict that a formula is right as far as it is printed."""
        found = self._resolution(audit.partial)
        if found is None or not found.is_right:
            return None
        count = len(found.constants)
        each = f"each of its {count} decimals" if count > 1 else "its decimal"
        far = max(d.gap for d in look.differences)
        cost = f"its rounded decimals make it wrong by up to {far:.1e}"
        return replace(
            audit, verdict=PRINTED, constants=found.constants,
            notes=(*audit.notes, cost),
            evidence=f"{each} is the rounding of a constant with which the formula is "
            f"exact to 60 digits at {found.points} points",
        )  # fmt: skip

    def _resolution(self, name: str) -> Resolution | None:
        """Exact constants for the decimals, worked out once."""
        if name not in self._resolved:
            found = resolve(self.tree, self.reference, name, self.generic)
            self._resolved[name] = found
        return self._resolved[name]

    def _is_right(self, tree: Node, name: str) -> bool:
        if not self.compared(name, self.generic[:FEW], tree).differences:
            return not self.compared(name, self.points, tree).differences
        if not decimals_of(tree):
            return False
        found = resolve(tree, self.reference, name, self.generic)
        return found is not None and found.is_right

    def _different(self, audit: Audit, look: Comparison) -> Audit:
        found = telling(look.differences)
        shown = found and replace(found, point=self._free(found.point))
        hints = self._partly(audit.partial, look) or self._misprints(
            audit.partial
        ) or diagnose(
            self.tree, self.reference, audit.partial, self.generic,
            derived=self.derived, fixed=self.values,
            is_right=lambda tree: self._is_right(tree, audit.partial),
        )  # fmt: skip
        apart, points = len(look.differences), len(look.differences) + look.agreeing
        return replace(
            audit, verdict=DIFFERENT, proved=True, counterexample=shown, hints=hints,
            evidence=f"the balls of the two values are apart at {apart} of {points} "
            "points",
        )  # fmt: skip

    def _within(self, audit: Audit, look: Comparison) -> Audit | None:
        """The verdict that what differs is too small to matter."""
        where, worst = self._proved_part(audit.partial, look)
        room = UNSEEN if self.tolerance is None and where else self.tolerance or 0.0
        if worst > room:
            return None
        proved = f"equal where {where} (proved); " if where else ""
        return replace(
            audit,
            evidence=f"{proved}elsewhere the relative difference is at most "
            f"{worst:.1e} at the points tried",
        )

    def _partly(self, name: str, look: Comparison) -> tuple[str, ...]:
        where, worst = self._proved_part(name, look)
        if not where:
            return ()
        beyond = f"elsewhere the relative difference is up to {worst:.1e}"
        return (f"equal where {where} (proved); {beyond}",)

    def _proved_part(self, name: str, look: Comparison) -> tuple[str, float]:
        """Where a candidate with cases is right, and how far off it is elsewhere."""
        right = [
            case
            for case in self.cases
            if case.conditions and prove([case], self.derived, name, self.values).proved
        ]
        where = " or ".join(
            " and ".join(map(_relation, case.conditions)) for case in right
        )
        return where, max((d.relative for d in look.differences), default=0.0)

    def _cases(self) -> tuple[Case, ...]:
        """Cases of the candidate; none where algebra cannot follow it."""
        try:
            return exact_cases(self.tree, {str(v): v for v in self.derived.variables})
        except MilaAnalysisError as error:
            self.obstacle = str(error)
        except RecursionError:
            self.obstacle = "the formula is nested too deep"
        return ()

    def _edges(self) -> tuple[Point, ...]:
        """Points beside those where the cases of the candidate meet."""
        x = self.derived.variables[0]
        edges = {
            Fraction(int(root.p), int(root.q))
            for case in self.cases
            for r in case.conditions
            if r.difference.is_polynomial(x)
            for root in sympy.roots(r.difference, x)
            if root.is_Rational
        }
        settled = {p.name: p.value for p in self.activation.parameters}
        between = [(a + b) / 2 for a, b in pairwise(sorted(edges))]
        return tuple({"x": x, **settled, **self.values} for x in between) + tuple(
            {"x": edge + step, **settled, **self.values}
            for edge in sorted(edges)
            for step in (
                Fraction(-1, 1024),
                Fraction(0),
                Fraction(1, 1024),
                Fraction(3),
            )
        )

    def _misprints(self, name: str) -> tuple[str, ...]:
        """Decimals that are no roundings of what they should be."""
        found = self._resolution(name)
        if found is None:
            return ()
        return tuple(
            f"{c.printed} should be {c.corrected} ({c.exact[:14]}…)"
            for c in found.constants
            if not c.is_rounding
        )


def _relation(relation: Relation) -> str:
    """`x < 20` for `x - 20 < 0`."""
    constant, rest = relation.difference.as_coeff_Add()
    return f"{rest} {relation.comparison} {-constant}"
