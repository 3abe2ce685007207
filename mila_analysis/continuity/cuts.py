"""A function of x to the cuts where its sign can change, each in a narrow ball."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy

from mila_analysis.balls import series
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.tower import Calculus, lift_all

__all__ = ["Cut", "Cuts", "ball_of", "cuts_of", "is_positive", "sign_at", "value_at"]

BITS = 200
CLOSE = Fraction(1, 1 << 150)
TINY = 2.0**-100
"""A ball around zero that is as narrow as this is taken for zero at a cut."""

FAR = 40
"""The line is looked at up to 2^FAR on both sides."""

PIECES = 2500
MAX_CUTS = 24
NARROW = Fraction(1, 1 << 60)
MAX_DEGREE = 40
MAX_DIVIDED = 2
MAX_ORDER = 8


@dataclass(frozen=True)
class Cut:
    """A point of the line.

    Attributes:
        at: the point, or a rational within 2^-150 of it.
        is_exact: whether it is the point itself.
    """

    at: Fraction
    is_exact: bool

    @property
    def ball(self) -> Any:
        """Enclosure."""
        if self.is_exact:
            return ball_of(self.at)
        with flint.ctx.workprec(BITS):
            return ball_of(self.at) + flint.arb(0, float(CLOSE))

    def __str__(self) -> str:
        if not self.is_exact:
            return f"{float(self.at):.6g}"
        text = repr(float(self.at)).removesuffix(".0")
        return text if Fraction(text) == self.at else str(self.at)


@dataclass(frozen=True)
class Cuts:
    """Where a function can change its sign.

    Attributes:
        points: in no order.
        is_complete: whether no other place within reach is possible.
        reach: how far the line was looked at, on both sides.
    """

    points: tuple[Cut, ...]
    is_complete: bool = True
    reach: Fraction = Fraction(2) ** FAR

    def __add__(self, other: Cuts) -> Cuts:
        points = tuple(dict.fromkeys((*self.points, *other.points)))
        complete = self.is_complete and other.is_complete
        return Cuts(points, complete, min(self.reach, other.reach))


def ball_of(value: Fraction) -> Any:
    """Enclosure of a rational, with all of the digits that are kept here."""
    with flint.ctx.workprec(BITS):
        return flint.arb(flint.fmpq(value.numerator, value.denominator))


def value_at(expression: Any, x: Any, ball: Any, length: int = 1) -> Any:
    """Taylor coefficients over a ball, as one series; None where there are none."""
    with flint.ctx.workprec(BITS):
        try:
            found = series(expression, {x: ball}, length)
        except (ValueError, ZeroDivisionError, ArithmeticError):
            return None
        return found if all(found[n].is_finite() for n in range(length)) else None


def sign_at(expression: Any, x: Any, ball: Any) -> int | None:
    """Sign over a ball: -1, 0 or 1; None where balls cannot tell."""
    found = value_at(expression, x, ball)
    if found is None:
        return None
    value = found[0]
    if value > 0 or value < 0:
        return 1 if value > 0 else -1
    return 0 if value.is_zero() or value.rad() < TINY else None


def is_positive(expression: Any) -> bool:
    """Whether a look at its terms says that an expression is positive everywhere."""
    if expression.is_Rational:
        return bool(expression > 0)
    if isinstance(expression, sympy.exp) or expression in (sympy.E, sympy.pi):
        return True
    if expression.is_Pow:
        return is_positive(expression.base)
    if expression.is_Mul:
        return all(map(is_positive, expression.args))
    if expression.is_Add:
        strict = [is_positive(term) for term in expression.args]
        return any(strict) and all(
            ok or _is_square(term)
            for ok, term in zip(strict, expression.args, strict=True)
        )
    return False


def _is_square(expression: Any) -> bool:
    """Whether an expression is plainly not negative."""
    if expression.is_Mul:
        return all(is_positive(f) or _is_square(f) for f in expression.args)
    if expression.is_Pow and expression.exp.is_Rational:
        return expression.exp.q == 2 or expression.exp.p % 2 == 0
    return is_positive(expression)


def cuts_of(expression: Any, x: Any) -> Cuts:
    """Zeros and poles of an expression in x."""
    if is_positive(expression) or is_positive(-expression):
        return Cuts(())
    try:
        return _by_algebra(expression, x)
    except (MilaAnalysisError, NotImplementedError):
        return _by_balls([expression], x)


def _by_algebra(expression: Any, x: Any) -> Cuts:
    """Each factor of the numerator and of the denominator on its own."""
    (lifted,), generators = lift_all([expression], (x,))
    element = Calculus((x,), generators).element(lifted)
    plain = {g.symbol: g for g in generators}
    found = Cuts(())
    for polynomial in (element.numer, element.denom):
        for factor, _ in polynomial.factor_list()[1]:
            found += _of_factor(factor.as_expr(), x, plain)
    for generator in generators:  # they may be undefined somewhere themselves
        if generator.function in ("log", "sqrt"):
            found += cuts_of(_written_out(generator.argument, generators), x)
    return found


def _of_factor(factor: Any, x: Any, generators: Any) -> Cuts:
    symbols = factor.free_symbols
    if symbols <= {x}:
        return _of_polynomial(sympy.Poly(factor, x))
    exponentials = {s for s in symbols if s != x and generators[s].function == "exp"}
    if exponentials == symbols:
        coefficients = sympy.Poly(factor, *symbols).coeffs()
        if all(c > 0 for c in coefficients) or all(c < 0 for c in coefficients):
            return Cuts(())
    if len(symbols) == 1 and exponentials == symbols:
        (symbol,) = symbols
        line = sympy.Poly(generators[symbol].argument, x)
        if line.degree() == 1 and line.domain.is_QQ | line.domain.is_ZZ:
            slope, start = line.all_coeffs()
            powers = _of_polynomial(sympy.Poly(factor, symbol)).points
            return Cuts(tuple(_logarithm(p, slope, start) for p in powers if p.at > 0))
    return _by_balls(_forms(factor, exponentials, generators), x)


def _forms(factor: Any, exponentials: Iterable[Any], generators: Any) -> list[Any]:
    """The factor, and the same by what it grows with: 1 - x·exp(-x) for exp(x) - x.

    They have the same signs, and far out only one of them has narrow balls.
    """
    forms = [factor]
    for symbol in sorted(exponentials, key=str)[:MAX_DIVIDED]:
        forms += [
            sympy.expand(f / symbol ** sympy.degree(factor, symbol)) for f in forms
        ]
    return [_written_out(form, tuple(generators.values())) for form in forms]


def _written_out(expression: Any, generators: Sequence[Any]) -> Any:
    for generator in reversed(generators):
        expression = expression.subs(generator.symbol, generator.definition)
    return expression


def _of_polynomial(polynomial: Any) -> Cuts:
    if polynomial.degree() > MAX_DEGREE:
        raise NotImplementedError
    return Cuts(tuple(map(_exactly, dict.fromkeys(polynomial.real_roots()))))


def _exactly(root: Any) -> Cut:
    if root.is_Rational:
        return Cut(Fraction(int(root.p), int(root.q)), True)
    return Cut(Fraction(str(root.evalf(60))), False)


def _logarithm(power: Cut, slope: Any, start: Any) -> Cut:
    """The x of exp(slope·x + start) = power."""
    if power.at == 1 and power.is_exact:
        value = -start / slope
        return Cut(Fraction(int(value.p), int(value.q)), True)
    with flint.ctx.workprec(2 * BITS):
        ball = (power.ball.log() - int(start.p) / flint.arb(int(start.q))) / (
            flint.arb(int(slope.p)) / int(slope.q)
        )
    return Cut(_middle(ball), False)


def _middle(ball: Any) -> Fraction:
    mantissa, exponent = ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


# --- what algebra does not solve


def _by_balls(forms: Sequence[Any], x: Any) -> Cuts:
    """Pieces of the line halved until each has no zero, or one that is simple."""
    found: dict[Cut, None] = {}
    waiting = list(_first_pieces())
    complete = True
    for _ in range(PIECES):
        if not waiting or len(found) >= MAX_CUTS:
            break
        low, high = waiting.pop()
        outcome = _first(_zeros(form, x, low, high) for form in forms)
        if outcome is not None:
            found.update(dict.fromkeys(outcome))
        elif high - low < NARROW * max(Fraction(1), abs(low)):
            found[Cut((low + high) / 2, False)] = None
            complete = False
        else:
            middle = (low + high) / 2
            halves = [(low, middle), (middle, high)]
            waiting += sorted(halves, key=_nearest, reverse=True)
    reach = min(map(_nearest, waiting), default=Fraction(2) ** FAR)
    return Cuts(tuple(c for c in found if abs(c.at) <= reach), complete, reach)


def _first(outcomes: Iterable[tuple[Cut, ...] | None]) -> tuple[Cut, ...] | None:
    return next((found for found in outcomes if found is not None), None)


def _nearest(piece: tuple[Fraction, Fraction]) -> Fraction:
    """Distance of a piece from zero, over which it does not reach."""
    return min(map(abs, piece))


def _first_pieces() -> Iterator[tuple[Fraction, Fraction]]:
    """The furthest first, as the last is looked at first."""
    for power in range(FAR, 0, -1):
        low, high = Fraction(2) ** (power - 1), Fraction(2) ** power
        yield -high, -low
        yield low, high
    yield Fraction(-1), Fraction(0)
    yield Fraction(0), Fraction(1)


def _zeros(
    expression: Any, x: Any, low: Fraction, high: Fraction
) -> tuple[Cut, ...] | None:
    """Zeros between two points, or None where it is not clear yet."""
    with flint.ctx.workprec(BITS):
        over = ball_of(low).union(ball_of(high))
    found = value_at(expression, x, over, 2)
    if found is None:
        return () if sign_at(expression, x, over) in (1, -1) else None
    if found[0] > 0 or found[0] < 0:
        return ()
    if not (found[1] > 0 or found[1] < 0):
        return _multiple(expression, x, low, high)
    ends = [sign_at(expression, x, ball_of(end)) for end in (low, high)]
    if None in ends:
        return None
    if 0 in ends:
        end = high if ends[0] else low
        return (Cut(end, _is_zero(expression, x, end)),)
    first, last = ends
    return (_refined(expression, x, low, high, first),) if first != last else ()


def _multiple(
    expression: Any, x: Any, low: Fraction, high: Fraction
) -> tuple[Cut, ...] | None:
    """A zero at 0 = one end, the only one: there the first derivatives vanish exactly.

    The next one has one sign between the ends.
    """
    at = value_at(expression, x, ball_of(Fraction(0)), MAX_ORDER)
    if 0 not in (low, high) or at is None:
        return None
    order = next((n for n in range(MAX_ORDER) if not at[n].is_zero()), 0)
    with flint.ctx.workprec(BITS):
        over = ball_of(low).union(ball_of(high))
    along = value_at(expression, x, over, order + 1)
    if not order or along is None or along[order].contains(0):
        return None
    return (Cut(Fraction(0), True),)


def _is_zero(expression: Any, x: Any, at: Fraction) -> bool:
    found = value_at(expression, x, ball_of(at))
    return found is not None and bool(found[0].is_zero())


def _refined(
    expression: Any, x: Any, low: Fraction, high: Fraction, first: int | None
) -> Cut:
    while high - low > CLOSE:
        middle = (low + high) / 2
        sign = sign_at(expression, x, ball_of(middle))
        if sign == 0:
            return Cut(middle, _is_zero(expression, x, middle))
        low, high = (middle, high) if sign == first else (low, middle)
    return Cut((low + high) / 2, False)
