"""A point to enclosures of every partial there, by ball arithmetic: the reference.

Independent of the derivation and of every backend: the *definition* is evaluated on
power series whose coefficients are balls (Arb, through python-flint). A line through
the point in direction (1, k) gives the sum of C(n, j)·k^j·∂ⁿf/∂x^(n-j)∂p^j, divided by
n!; n + 1 directions determine the mixed partials by exact interpolation. Precision is
doubled until the balls are as narrow as asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import sympy

from mila_analysis import formula, partials
from mila_analysis.activation import Activation, Number, exact
from mila_analysis.errors import AccuracyError, ParameterError, PartialError
from mila_analysis.formula import Case, Formula, Relation
from mila_analysis.partials import Partial
from mila_analysis.primitives import PRIMITIVES, erfc_ball, sqrt_ball

__all__ = ["Enclosure", "enclose", "enclose_all", "series"]

START_BITS = 128
MAX_BITS = 1 << 15
TINY_EXPONENT = -1400
"""A ball inside ±2^TINY_EXPONENT is narrow enough, whatever its relative width."""

HUGE_EXPONENT = 1 << 20
"""A value above 2^HUGE_EXPONENT is refused: its digits would fill the memory."""

_RULES = {row.symbol: row.ball for row in PRIMITIVES.values()}


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A closed interval with rational ends that contains the exact value.

    Attributes:
        low, high: the ends.
        bits: working precision that was needed.
    """

    low: Fraction
    high: Fraction
    bits: int

    @property
    def mid(self) -> Fraction:
        """Middle of the interval."""
        return (self.low + self.high) / 2

    def __contains__(self, value: Number) -> bool:
        return self.low <= exact(value) <= self.high


def enclose(
    activation: Activation,
    partial: str,
    x: Number,
    *,
    bits: int = 80,
    **values: Number,
) -> Enclosure:
    """Enclosure of one partial at a point.

    Args:
        activation: its parameter values hold where `values` gives no other.
        partial: such as `f_xbeta`.
        x: finite number; a float stands for its exact binary value.
        bits: relative accuracy asked for; a value below 2^-1400 is only bounded.
        values: parameter values.

    Raises:
        AccuracyError: the definition is singular there, or the balls stay wide.
    """
    wanted = partials.parse(partial, activation.variables)
    found = enclose_all(activation, x, order=wanted.order, bits=bits, **values)
    return found[wanted.name]


def enclose_all(
    activation: Activation,
    x: Number,
    *,
    order: int = 2,
    bits: int = 80,
    **values: Number,
) -> Mapping[str, Enclosure]:
    """Enclosures of all partials up to an order at a point; see `enclose`."""
    bound = activation.bind(**values)
    point = (exact(x, "x"), *(p.value for p in bound.parameters))
    parsed = formula.parse(bound.formula, bound.variables)
    return _adaptive(parsed, point, partials.up_to(order, bound.variables), bits)


def _adaptive(
    parsed: Formula,
    point: tuple[Fraction, ...],
    wanted: Sequence[Partial],
    bits: int,
) -> dict[str, Enclosure]:
    precision = max(START_BITS, bits + 32)
    while precision <= MAX_BITS:
        with flint.ctx.workprec(precision):
            try:
                balls = _evaluate(parsed, point, wanted)
            except (ValueError, ZeroDivisionError):
                balls = None  # a ball too wide to divide by: more digits
            if balls is not None and all(_narrow(b, bits) for b in balls.values()):
                return {n: _enclosure(b, precision) for n, b in balls.items()}
        precision *= 2
    shown = ", ".join(str(float(v)) for v in point)
    raise AccuracyError(
        f"no {bits}-bit enclosure of {parsed.text} at ({shown}) with {MAX_BITS} bits"
    )


def _narrow(ball: Any, bits: int) -> bool:
    if not ball.is_finite():
        return False
    if ball.rel_accuracy_bits() >= bits or ball.is_zero():
        return True
    return bool(abs(ball).upper() < flint.arb((1, TINY_EXPONENT)))


def _enclosure(ball: Any, precision: int) -> Enclosure:
    tiny = flint.arb((1, TINY_EXPONENT))
    if abs(ball).upper() < tiny:
        unit = Fraction(1, 1 << -TINY_EXPONENT)
        low = Fraction(0) if ball >= 0 else -unit
        high = Fraction(0) if ball <= 0 else unit
        return Enclosure(low, high, precision)
    return Enclosure(_fraction(ball.lower()), _fraction(ball.upper()), precision)


def _fraction(ball: Any) -> Fraction:
    mantissa, exponent = ball.man_exp()
    if exponent > HUGE_EXPONENT:
        raise AccuracyError(f"the value is above 2^{HUGE_EXPONENT}")
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _ball(value: Fraction) -> Any:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def _evaluate(
    parsed: Formula, point: tuple[Fraction, ...], wanted: Sequence[Partial]
) -> dict[str, Any] | None:
    """Balls of all wanted partials at the present precision, or None if undecided."""
    case = _case(parsed, point)
    if case is None:
        return None
    names = [str(v) for v in parsed.variables]
    taylor = _Taylor(parsed, case, point)
    found: dict[str, Any] = {}
    for partial in wanted:
        axes = [names.index(v) for v in dict.fromkeys(partial.variables)]
        found[partial.name] = taylor.partial(
            partial.order,
            axes or [0],
            [partial.variables.count(names[a]) for a in axes] or [0],
        )
    return found


class _Taylor:
    """Directional Taylor series of one case at a point, and partials out of them."""

    def __init__(self, parsed: Formula, case: Case, point: tuple[Fraction, ...]):
        self.parsed = parsed
        self.case = case
        self.point = point
        self._series: dict[tuple[tuple[int, ...], int], Any] = {}

    def partial(self, order: int, axes: list[int], counts: list[int]) -> Any:
        """∂ⁿf, `counts[i]` times in the variable numbered `axes[i]`."""
        if len(axes) == 1:
            direction = self._direction({axes[0]: 1})
            return self._coefficient(direction, order) * math.factorial(order)
        if len(axes) > 2:
            raise PartialError("balls take partials in at most two variables at once")
        # Along (1, k) the n-th coefficient is the sum of C(n,j) k^j ∂(n-j, j) / n!.
        weights = _interpolation(order, counts[1])
        total = flint.arb(0)
        for k, weight in enumerate(weights):
            if weight:
                direction = self._direction({axes[0]: 1, axes[1]: k})
                total += self._coefficient(direction, order) * _ball(weight)
        return total * math.factorial(order) / math.comb(order, counts[1])

    def _direction(self, steps: dict[int, int]) -> tuple[int, ...]:
        return tuple(steps.get(i, 0) for i in range(len(self.point)))

    def _coefficient(self, direction: tuple[int, ...], order: int) -> Any:
        length = max(order + 1, 3)
        key = (direction, length)
        if key not in self._series:
            with flint_cap(length):
                values = [
                    flint.arb_series([_ball(v), step], prec=length)
                    for v, step in zip(self.point, direction, strict=True)
                ]
                names = dict(zip(self.parsed.variables, values, strict=True))
                self._series[key] = _walk(self.case.expression, names, length)
        return self._series[key][order]


@lru_cache(maxsize=64)
def _interpolation(order: int, wanted: int) -> tuple[Fraction, ...]:
    """Weights w with Σ_k w_k·k^j = 1 for j = wanted, and 0 for the other j ≤ order."""
    rows = sympy.Matrix(order + 1, order + 1, lambda j, k: sympy.Integer(k) ** j)
    unit = sympy.Matrix([int(j == wanted) for j in range(order + 1)])
    return tuple(Fraction(int(w.p), int(w.q)) for w in rows.LUsolve(unit))


class flint_cap:  # noqa: N801 - reads as the context manager it is
    """Series of a given length within the block."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __enter__(self) -> None:
        self.before, flint.ctx.cap = flint.ctx.cap, self.length

    def __exit__(self, *_: object) -> None:
        flint.ctx.cap = self.before


def _case(parsed: Formula, point: tuple[Fraction, ...]) -> Case | None:
    """The case that holds at a point; None while the precision cannot decide."""
    names = {
        variable: flint.arb_series([_ball(v)], prec=1)
        for variable, v in zip(parsed.variables, point, strict=True)
    }
    undecided = False
    for case in parsed.cases:
        verdicts = [_holds(relation, names) for relation in case.conditions]
        if all(verdicts):
            return case
        undecided = undecided or all(v is not False for v in verdicts)
    if undecided:
        return None
    raise ParameterError(f"{parsed.text} has no case at {tuple(map(float, point))}")


def _holds(relation: Relation, names: Mapping[Any, Any]) -> bool | None:
    with flint_cap(1):
        ball = _walk(relation.difference, names, 1)[0]
    if ball.is_zero():
        return relation.comparison in (">=", "<=")
    if ball > 0:
        return relation.comparison in (">", ">=")
    if ball < 0:
        return relation.comparison in ("<", "<=")
    return None


def series(expression: Any, values: Mapping[Any, Any], length: int) -> Any:
    """Taylor series of an expression over balls, in the precision of the context.

    Args:
        expression: SymPy expression in one variable.
        values: the variable to the ball that is the point.
        length: how many coefficients.
    """
    with flint_cap(length):
        steps = [1] if length > 1 else []
        names = {
            variable: flint.arb_series([ball, *steps], prec=length)
            for variable, ball in values.items()
        }
        return _walk(expression, names, length)


def _walk(node: Any, names: Mapping[Any, Any], length: int) -> Any:
    """SymPy expression on power series over balls."""
    if node in names:
        return names[node]
    if not node.args:
        return flint.arb_series([_constant(node)], prec=length)
    if node.is_Add:
        return _sum(node, names, length)
    if node.is_Mul:
        return _fold(lambda a, b: a * b, (_walk(a, names, length) for a in node.args))
    if node.is_Pow and node.exp.is_Rational and node.exp.q <= 2:
        base = _walk(node.base, names, length)
        return _power(base if node.exp.q == 1 else sqrt_ball(base), int(node.exp.p))
    if node.is_Pow:
        node = sympy.exp(node.exp * sympy.log(node.base), evaluate=False)
    rule = _RULES[node.func]
    return rule(_walk(node.args[0], names, length))


def _constant(node: Any) -> Any:
    if node is sympy.E:
        return flint.arb.const_e()
    if node is sympy.pi:
        return flint.arb.pi()
    return flint.arb(flint.fmpq(int(node.p), int(node.q)))


def _sum(node: Any, names: Mapping[Any, Any], length: int) -> Any:
    """A sum; t ± t·erf(u) in it is t·erfc(∓u), which loses no digits.

    Below 1 + erf(u) = 10^-10000 and less no precision would be enough.
    """
    terms, values = list(node.args), []
    for term in node.args:
        found = _complement(term, terms)
        if found is not None:
            scale, argument = found
            terms.remove(term)
            terms.remove(scale)
            error = erfc_ball(_walk(argument, names, length))
            values.append(_walk(scale, names, length) * error)
    values += [_walk(term, names, length) for term in terms]
    return _fold(lambda a, b: a + b, values)


def _complement(term: Any, terms: Sequence[Any]) -> tuple[Any, Any] | None:
    """(t, v) with t·erfc(v) the sum of a term and another one, if there is one."""
    if term not in terms:
        return None
    factors = sympy.Mul.make_args(term)
    for factor in (f for f in factors if isinstance(f, sympy.erf)):
        scale = term / factor
        for t, v in ((scale, -factor.args[0]), (-scale, factor.args[0])):
            if t in terms:
                return t, v
    return None


def _fold(operation: Any, values: Iterable[Any]) -> Any:
    first, *rest = values
    for value in rest:
        first = operation(first, value)
    return first


def _power(base: Any, exponent: int) -> Any:
    if exponent < 0:
        return 1 / _power(base, -exponent)
    return _fold(lambda a, b: a * b, [base] * exponent)
