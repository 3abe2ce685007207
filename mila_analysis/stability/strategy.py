"""A derivation to its stable form: the choice of a strategy."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

from mila_analysis.derivation import Derivation
from mila_analysis.program import (
    NAN,
    Builder,
    Expression,
    Name,
    Operation,
    number,
    op,
)
from mila_analysis.stability.affine import Affine
from mila_analysis.stability.direct import Direct
from mila_analysis.stability.form import Near, Program, StableForm
from mila_analysis.stability.projective import Projective
from mila_analysis.stability.remainder import removable
from mila_analysis.stability.terms import NotHomogeneousError
from mila_analysis.stability.wide import Wide

__all__ = ["stabilize"]


class Rule(Protocol):
    """What a strategy offers: expressions of partials and of plain quantities."""

    builder: Builder

    def value(self, element: object) -> Expression:
        """Expression of an element of the tower."""

    def plain(self, expression: object) -> Expression:
        """Expression of a SymPy expression, as it stands."""


@lru_cache(maxsize=128)
def stabilize(derivation: Derivation, strategy: str = "auto") -> StableForm:
    """Arithmetic for all partials of a derivation.

    Args:
        derivation: exact partials.
        strategy: `homogeneous` is arithmetic of floats that holds on every one;
            `wide` is that of numbers with an exponent of their own; `direct` spells
            the factored derivative and overflows where its exponentials do; `auto`
            takes the first of the two others that the tower admits.
    """
    if strategy == "direct":
        return _direct(derivation)
    if strategy == "wide":
        return _wide(derivation)
    try:
        return _homogeneous(derivation)
    except NotHomogeneousError:
        if strategy == "homogeneous":
            raise
        return _wide(derivation)


def _direct(derivation: Derivation) -> StableForm:
    rule = Direct(derivation, _builder(derivation))
    whole = _program(derivation, rule)
    named = rule.constants.named
    return StableForm(_names(derivation), whole, None, "direct", named)


def _wide(derivation: Derivation) -> StableForm:
    rule = Wide(derivation, _builder(derivation))
    whole = _program(derivation, rule)
    named = rule.constants.named
    return StableForm(_names(derivation), whole, None, "wide", named)


def _homogeneous(derivation: Derivation) -> StableForm:
    generators = {g.symbol for g in derivation.generators}
    conditions = [r for case in derivation.cases for r in case.conditions]
    if sum(g.function == "exp" for g in derivation.generators) > 1:
        raise NotHomogeneousError("several exponentials")
    if any(r.difference.free_symbols & generators for r in conditions):
        raise NotHomogeneousError("a condition with a function")
    if removable(derivation):
        raise NotHomogeneousError("a sum that vanishes faster than its terms")
    whole = _program(derivation, Projective(derivation, _builder(derivation)))
    near = _near(derivation) if _has_exponentials(derivation) else None
    return StableForm(_names(derivation), whole, near, "homogeneous")


def _has_exponentials(derivation: Derivation) -> bool:
    return any(g.function == "exp" for g in derivation.generators)


def _near(derivation: Derivation) -> Near | None:
    try:
        rule = Affine(derivation, _builder(derivation))
        program = _program(derivation, rule)
    except NotHomogeneousError:
        return None
    return Near(program, tuple(rule.reach), rule.deepest, rule.highest)


def _names(derivation: Derivation) -> tuple[str, ...]:
    return tuple(str(v) for v in derivation.variables)


def _builder(derivation: Derivation) -> Builder:
    builder = Builder()
    builder.reserve(*_names(derivation), *derivation.names)
    return builder


def _program(derivation: Derivation, rule: Rule) -> Program:
    """Lowest order first, and in each order the partials in the parameters first.

    They are parts of the others: of f_xx for Mila, f_xβ and f_β/x.
    """
    names = derivation.names
    place = {n: (derivation.partial(n).order, -i) for i, n in enumerate(names)}
    ordered = sorted(names, key=place.__getitem__)
    outputs = {name: _output(derivation, rule, name) for name in ordered}
    return Program(tuple(rule.builder.bindings), {n: outputs[n] for n in names})


def _output(derivation: Derivation, rule: Rule, name: str) -> Expression:
    elements = [case.plain[name] for case in derivation.cases]
    values = [rule.value(element) for element in elements]
    used = [_used(derivation, element) for element in elements]
    if len(set(values)) == 1:
        return _following_nan(values[0], derivation, used)
    result: Expression = NAN  # no case holds for NaN
    for case, value in reversed(list(zip(derivation.cases, values, strict=True))):
        conditions = [
            op(r.comparison, rule.plain(r.difference), number(0))
            for r in case.conditions
        ]
        result = _choose(conditions, value, rule.builder.bind("rest", result))
    decided = [
        names.union(*(_used(derivation, r.difference) for r in case.conditions))
        for names, case in zip(used, derivation.cases, strict=True)
    ]
    return _following_nan(result, derivation, decided)


def _used(derivation: Derivation, expression: Any) -> set[str]:
    """Variables that an expression of the tower depends on."""
    plain = expression.as_expr() if hasattr(expression, "as_expr") else expression
    found = {str(symbol) for symbol in plain.free_symbols}
    for generator in reversed(derivation.generators):
        if str(generator.symbol) in found:
            found |= {str(symbol) for symbol in generator.argument.free_symbols}
    return found


def _choose(
    conditions: list[Operation], value: Expression, rest: Expression
) -> Expression:
    for condition in reversed(conditions):
        value = op("select", condition, value, rest)
    return value


def _following_nan(
    value: Expression, derivation: Derivation, used: list[set[str]]
) -> Expression:
    """NaN where any variable is, be it one that a case does not depend on."""
    for name in _names(derivation):
        if not all(name in names for names in used):
            value = op("select", op("==", Name(name), Name(name)), value, NAN)
    return value
