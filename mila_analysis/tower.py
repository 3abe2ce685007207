"""An expression to a field of rational functions in which derivatives are arithmetic.

The field is over Q, in the variables and in *generators*: exponentials E = exp(a), with
D E = E·D a, and logarithms L = log u, with D L = D u / u. Differentiation there is the
chain rule, and cancelling. No step of it guesses, so nothing needs `simplify`, and a
canonical form comes out.

Hyperbolic tangents are lifted through exponentials; `tanh(log u)` becomes
(u² - 1)/(u² + 1) by itself. Exponents that are rational multiples of one another share
one generator. `log` of a product with positive factors splits into a sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd, lcm
from typing import Any

import sympy
from sympy.polys.fields import FracField
from sympy.polys.orderings import lex

from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.partials import Partial
from mila_analysis.primitives import PRIMITIVES

__all__ = ["Calculus", "Generator", "lift", "lift_all"]

MAX_GENERATORS = 6
MAX_POWER = 128


@dataclass(frozen=True, slots=True)
class Generator:
    """A transcendental element of the tower.

    Attributes:
        symbol: its name in the tower, `E` or `L` with a number when there are more.
        function: `exp` or `log`.
        argument: expression in the variables and in the generators before it.
    """

    symbol: Any
    function: str
    argument: Any

    @property
    def definition(self) -> Any:
        """SymPy expression that the symbol stands for, one level down."""
        return PRIMITIVES[self.function].symbol(self.argument)


def lift(
    expression: Any, variables: Sequence[Any]
) -> tuple[Any, tuple[Generator, ...]]:
    """SymPy expression as an element of the fraction field over its own generators.

    Raises:
        UnsupportedError: it holds a function that the tower has no rule for.
    """
    (lifted,), generators = lift_all([expression], tuple(variables))
    calculus = Calculus(tuple(variables), generators)
    return calculus.field.from_expr(lifted), generators


def lift_all(
    expressions: Sequence[Any], variables: tuple[Any, ...]
) -> tuple[list[Any], tuple[Generator, ...]]:
    """Expressions over generators that they share.

    A finer unit of an exponent may turn up late, when a logarithm has been split; then
    all is lifted again, with what is known by now.
    """
    units: dict[Any, Any] = {}
    for _ in range(MAX_GENERATORS):
        tower = Tower(variables, units)
        lifted = [tower.lift(expression) for expression in expressions]
        if not tower.refined:
            break
    return lifted, tuple(tower.generators)


class Calculus:
    """Differentiation in the fraction field over variables and generators."""

    def __init__(self, variables: tuple[Any, ...], found: tuple[Generator, ...]):
        self.variables = variables
        self.generators = found
        symbols = [*(g.symbol for g in reversed(found)), *variables]
        self.field = FracField(symbols, sympy.QQ, lex)
        self.slopes = {v: self._slopes(v) for v in variables}

    def _slopes(self, variable: Any) -> list[tuple[Any, Any]]:
        """Derivative of each symbol of the field with respect to a variable."""
        slopes = [(self.field(variable), self.field.one)]
        for generator in self.generators:
            u = self.field.from_expr(generator.argument)
            g = self.field(generator.symbol)
            rule = PRIMITIVES[generator.function].slope
            if rule is None:
                raise UnsupportedError(f"no rule of differentiation for {g}")
            slopes.append((g, rule(g, u) * self._derivative(u, slopes)))
        return slopes

    @staticmethod
    def _derivative(element: Any, slopes: list[tuple[Any, Any]]) -> Any:
        return sum(
            (element.diff(symbol) * slope for symbol, slope in slopes if slope),
            start=element.field.zero,
        )

    def partials(
        self, expression: Any, wanted: tuple[Partial, ...]
    ) -> Iterator[tuple[str, Any]]:
        """Names and elements of the wanted partials; lower orders come first."""
        known: dict[tuple[str, ...], Any] = {(): self.field.from_expr(expression)}
        by_name = {str(v): v for v in self.variables}
        for partial in wanted:
            chosen = partial.variables
            if chosen:
                lower = known[chosen[:-1]]
                known[chosen] = self._derivative(
                    lower, self.slopes[by_name[chosen[-1]]]
                )
            yield partial.name, known[chosen]


class Tower:
    """SymPy expressions to rational expressions in variables and generators."""

    def __init__(self, variables: tuple[Any, ...], units: dict[Any, Any]) -> None:
        self.variables = variables
        self.generators: list[Generator] = []
        self.refined = False
        self._units = units

    def lift(self, expression: Any) -> Any:
        """Expression with every function replaced by generators."""
        plain = _rewritten(expression)
        self._collect(plain)
        return self._lift(plain)

    def _collect(self, expression: Any) -> None:
        """Note the exponents first: those of one base share their finest unit."""
        for node in sympy.postorder_traversal(expression):
            exponent = _exponent(node)
            if exponent is None or exponent.has(sympy.log, sympy.exp):
                continue
            for base, factor in _multiples(exponent):
                known = self._units.get(base)
                self._units[base] = _finest(known or factor, factor)
        self._orient(expression)

    def _orient(self, expression: Any) -> None:
        """A base whose exponents are all negative, inside a log, has a negative unit.

        So log(1 + exp(-x)) stays one, and is not log(1 + exp(x)) - x, which cancels.
        """
        inside = [log.args[0] for log in expression.atoms(sympy.log)]
        signs: dict[Any, set[bool]] = {}
        for node in sympy.postorder_traversal(expression):
            exponent = _exponent(node)
            if exponent is not None:
                for base, factor in _multiples(exponent):
                    signs.setdefault(base, set()).add(bool(factor > 0))
        for base, unit in self._units.items():
            if signs.get(base) == {False} and any(u.has(sympy.exp) for u in inside):
                self._units[base] = -abs(unit)

    def _lift(self, node: Any) -> Any:
        if node.is_Rational or node in self.variables:
            return node
        exponent = _exponent(node)
        if exponent is not None:
            return self._exponential(self._lift(exponent))
        if isinstance(node, sympy.log):
            return self._logarithm(self._lift(node.args[0]))
        if node.is_Add or node.is_Mul:
            return node.func(*(self._lift(arg) for arg in node.args))
        if node.is_Pow and node.exp.is_Integer:
            return self._lift(node.base) ** node.exp
        if node.is_Pow:
            return self._lift(
                sympy.exp(node.exp * sympy.log(node.base), evaluate=False)
            )
        raise UnsupportedError(f"no rule of differentiation for {node}")

    def _exponential(self, exponent: Any) -> Any:
        result = sympy.Integer(1)
        for base, factor in self._parts(sympy.cancel(exponent)):
            unit = self._units.setdefault(base, abs(factor))
            if (factor / unit).q != 1:
                self._units[base] = unit = _finest(unit, factor)
                self.refined = True
            if abs(factor / unit) > MAX_POWER:
                raise UnsupportedError(
                    f"the exponents of {base} have no common unit within {MAX_POWER}"
                )
            result *= self._generator("exp", unit * base) ** (factor / unit)
        return result

    def _parts(self, exponent: Any) -> list[tuple[Any, Any]]:
        """Multiples in an exponent, those of each logarithm apart from the rest."""
        logarithms = [g.symbol for g in self.generators if g.function == "log"]
        if not exponent.has(*logarithms) or not exponent.is_polynomial(*logarithms):
            return _multiples(exponent)
        rest, with_logs = exponent.expand().as_independent(*logarithms, as_Add=True)
        groups = [rest]
        for symbol in logarithms:
            part, with_logs = with_logs.as_independent(symbol, as_Add=True)[::-1]
            groups.append(part)
        return [multiple for group in groups for multiple in _multiples(group)]

    def _logarithm(self, u: Any) -> Any:
        """Logarithm with positive factors split off, each a generator of its own."""
        top, bottom = sympy.fraction(sympy.cancel(u))
        result = sympy.Integer(0)
        for part, sign in ((top, 1), (bottom, -1)):
            content, powers = sympy.factor_list(part)
            rest = content
            for factor, n in powers:
                if self._is_positive(factor):
                    result += sign * n * self._log_of(factor)
                else:
                    rest *= factor**n
            if rest != 1:
                result += sign * self._generator("log", rest)
        return result

    def _is_positive(self, factor: Any) -> bool:
        """A polynomial in exponentials alone, with positive coefficients."""
        exponentials = [g.symbol for g in self.generators if g.function == "exp"]
        if not factor.free_symbols <= set(exponentials) or not exponentials:
            return False
        return all(c > 0 for c in sympy.Poly(factor, *exponentials).coeffs())

    def _log_of(self, factor: Any) -> Any:
        for generator in self.generators:
            if generator.symbol == factor and generator.function == "exp":
                return generator.argument
        return self._generator("log", factor)

    def _generator(self, function: str, argument: Any) -> Any:
        for known in self.generators:
            if known.function == function and known.argument == argument:
                return known.symbol
        if len(self.generators) == MAX_GENERATORS:
            raise UnsupportedError(
                f"the formula needs more than {MAX_GENERATORS} exponentials and logs"
            )
        if argument.is_Rational and function == "log" and argument <= 0:
            raise FormulaError(f"log({argument}) is not a real number")
        letter = "E" if function == "exp" else "L"
        count = sum(g.function == function for g in self.generators)
        symbol = sympy.Symbol(self._free(letter + (f"_{count + 1}" if count else "")))
        self.generators.append(Generator(symbol, function, argument))
        return symbol

    def _free(self, name: str) -> str:
        taken = {str(v) for v in self.variables}
        while name in taken:
            name += "_"
        return name


def _rewritten(expression: Any) -> Any:
    """Functions that have a rewriting rule, spelled through those that have a slope."""
    for row in PRIMITIVES.values():
        if row.rewrite is not None:
            expression = expression.replace(row.symbol, row.rewrite)
    return expression


def _exponent(node: Any) -> Any | None:
    if isinstance(node, sympy.exp):
        return node.args[0]
    if node is sympy.E:
        return sympy.Integer(1)
    if node.is_Pow and node.base is sympy.E:
        return node.exp
    return None


def _multiples(exponent: Any) -> list[tuple[Any, Any]]:
    """Exponent as a sum of primitive bases, each with a rational factor.

    A polynomial stays whole: exp(x + β) is one generator. What depends on parameters
    or logarithms in another way is split no further than that.
    """
    if exponent == 0:
        return []
    factor, base = exponent.as_content_primitive()
    if base.could_extract_minus_sign():
        factor, base = -factor, -base
    if base.is_Rational:
        factor, base = factor * base, sympy.Integer(1)
    return [(base, factor)]


def _finest(a: Any, b: Any) -> Any:
    """Greatest rational of which both are integer multiples."""
    return sympy.Rational(gcd(int(a.p), int(b.p)), lcm(int(a.q), int(b.q)))
