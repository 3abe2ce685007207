"""SymPy expressions to rational expressions in variables and generators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.primitives import PRIMITIVES
from mila_analysis.tower.exponents import (
    exponent_of,
    finest,
    multiple_angle,
    multiples,
)
from mila_analysis.tower.generator import Generator
from mila_analysis.tower.positive import is_positive
from mila_analysis.tower.roots import root_of_factors, root_of_rational
from mila_analysis.tower.store import Store

__all__ = ["Tower"]

MAX_POWER = 128
MAX_ANGLES = 16


class Tower:
    """SymPy expressions to rational expressions in variables and generators.

    Attributes:
        refined: whether a unit became finer on the way, so that all is to be lifted
            again.
    """

    def __init__(self, variables: tuple[Any, ...], units: dict[Any, Any]) -> None:
        self.variables = variables
        self._store = Store(variables, self._lift)
        self.refined = False
        self._units = units

    @classmethod
    def closed(
        cls, variables: tuple[Any, ...], generators: Sequence[Generator]
    ) -> Tower:
        """A tower that has its generators, and refuses what would need another."""
        tower = cls(variables, {})
        tower._store.close(generators)
        for generator in generators:
            if generator.function in ("exp", "sin"):
                for base, unit in multiples(generator.argument):
                    key = base if generator.function == "exp" else ("angle", base)
                    tower._units[key] = unit
        return tower

    @property
    def generators(self) -> list[Generator]:
        """What was needed so far, each after what it depends on."""
        return self._store.generators

    def lift(self, expression: Any) -> Any:
        """Expression with every function replaced by generators."""
        plain = _rewritten(expression)
        self._collect(plain)
        return self._lift(plain)

    def _collect(self, expression: Any) -> None:
        """Note the exponents first: those of one base share their finest unit."""
        for node in sympy.postorder_traversal(expression):
            exponent = exponent_of(node)
            if self._store.is_closed or exponent is None or not _is_plain(exponent):
                continue
            for base, factor in multiples(exponent):
                known = self._units.get(base)
                self._units[base] = finest(known or factor, factor)
        self._orient(expression)

    def _orient(self, expression: Any) -> None:
        """A base with only negative exponents, inside log or √, has a negative unit.

        So log(1 + exp(-x)) stays one, and is not log(1 + exp(x)) - x, which cancels.
        Beside an erf it has one too: exp(-u²) is the slope of erf(u).
        """
        if self._store.is_closed:
            return
        inside = [log.args[0] for log in expression.atoms(sympy.log)]
        powers = expression.atoms(sympy.Pow)  # u^(17/10) is exp(17/10·log u)
        inside += [p.base for p in powers if p.exp.is_Rational and p.exp.q > 1]
        signs: dict[Any, set[bool]] = {}
        for node in sympy.postorder_traversal(expression):
            exponent = exponent_of(node)
            if exponent is not None:
                for base, factor in multiples(exponent):
                    signs.setdefault(base, set()).add(bool(factor > 0))
        is_inside = any(u.has(sympy.exp) for u in inside) or expression.has(sympy.erf)
        for base, unit in self._units.items():
            if signs.get(base) == {False} and is_inside:
                self._units[base] = -abs(unit)

    def _lift(self, node: Any) -> Any:
        if node.is_Rational or node in self._store.symbols:
            return node
        exponent = exponent_of(node)
        if exponent is not None:
            return self._exponential(self._lift(exponent))
        if node is sympy.pi:
            return self._store.generator("pi", sympy.Integer(0))
        if node.is_Add or node.is_Mul:
            return node.func(*(self._lift(arg) for arg in node.args))
        if node.is_Pow and node.exp.is_Integer:
            return self._lift(node.base) ** node.exp
        if node.is_Pow and node.exp.is_Rational and node.exp.q == 2:
            return self._root(self._lift(node.base)) ** node.exp.p
        if node.is_Pow:
            return self._lift(
                sympy.exp(node.exp * sympy.log(node.base), evaluate=False)
            )
        rule = self._functions.get(node.func)
        if rule is None:
            raise UnsupportedError(f"no rule of differentiation for {node}")
        return rule(self, self._lift(node.args[0]))

    # Exponentials and logarithms

    def _exponential(self, exponent: Any) -> Any:
        result = sympy.Integer(1)
        for base, factor in self._parts(self._store.canonical(exponent)):
            logarithm = self._logarithm_of_symbol(base)
            if logarithm is not None and factor.q <= 2:
                result *= self._root(logarithm.argument) ** (2 * factor)
                continue
            unit = self._unit(base, base, factor)
            if abs(factor / unit) > MAX_POWER:
                raise UnsupportedError(
                    f"the exponents of {base} have no common unit within {MAX_POWER}"
                )
            result *= self._store.generator("exp", unit * base) ** (factor / unit)
        return result

    def _logarithm_of_symbol(self, symbol: Any) -> Generator | None:
        logarithms = (g for g in self.generators if g.function == "log")
        return next((g for g in logarithms if g.symbol == symbol), None)

    def _unit(self, key: Any, base: Any, factor: Any) -> Any:
        """Unit of which a multiple of a base is an integer multiple."""
        unit = self._units.setdefault(key, abs(factor))
        if (factor / unit).q != 1:
            if self._store.is_closed:
                raise UnsupportedError(f"{factor * base} is no multiple of {unit}")
            self._units[key] = unit = finest(unit, factor)
            self.refined = True
        return unit

    def _parts(self, exponent: Any) -> list[tuple[Any, Any]]:
        """Multiples in an exponent, those of each logarithm apart from the rest."""
        logarithms = [g.symbol for g in self.generators if g.function == "log"]
        if not exponent.has(*logarithms) or not exponent.is_polynomial(*logarithms):
            return multiples(exponent)
        rest, with_logs = exponent.expand().as_independent(*logarithms, as_Add=True)
        groups = [rest]
        for symbol in logarithms:
            part, with_logs = with_logs.as_independent(symbol, as_Add=True)[::-1]
            groups.append(part)
        return [multiple for group in groups for multiple in multiples(group)]

    def _logarithm(self, u: Any) -> Any:
        """Logarithm with positive factors split off, each a generator of its own."""
        top, bottom = sympy.fraction(self._store.canonical(u))
        result = sympy.Integer(0)
        for part, sign in ((top, 1), (bottom, -1)):
            content, powers = sympy.factor_list(part)
            rest = content
            for factor, n in powers:
                if self._splits(factor):
                    result += sign * n * self._log_of(factor)
                else:
                    rest *= factor**n
            if rest != 1:
                result += sign * self._store.generator("log", rest)
        return result

    def _splits(self, factor: Any) -> bool:
        """A root, or a polynomial in exponentials alone with positive coefficients."""
        if any(g.symbol == factor and g.function == "sqrt" for g in self.generators):
            return True
        exponentials = [g for g in self.generators if g.function == "exp"]
        symbols = {g.symbol for g in exponentials}
        return factor.free_symbols <= symbols and is_positive(factor, exponentials)

    def _log_of(self, factor: Any) -> Any:
        for generator in self._store.generators:
            if generator.symbol == factor and generator.function == "exp":
                return generator.argument
            if generator.symbol == factor and generator.function == "sqrt":
                return self._logarithm(generator.argument) / 2
        return self._store.generator("log", factor)

    # Roots

    def _root(self, u: Any) -> Any:
        """√u as a product of rational expressions and roots; see `roots`."""
        if u == 0:
            return u
        top, bottom = sympy.fraction(self._store.canonical(u))
        constant, result = sympy.Integer(1), sympy.Integer(1)
        unsigned: list[tuple[Any, int]] = []
        for part, sign in ((top, 1), (bottom, -1)):
            content, powers = sympy.factor_list(part)
            constant *= content**sign
            for factor, n in powers:
                exponent = self._exponent_of_symbol(factor)
                if exponent is not None:
                    result *= self._exponential(exponent * sign * n / 2)
                elif is_positive(factor, self.generators):
                    result *= factor ** (sign * n // 2)
                    result *= self._store.generator("sqrt", factor) ** (n % 2)
                else:
                    unsigned.append((factor, sign * n))
        if constant < 0 and all(n % 2 == 0 for _, n in unsigned):
            raise FormulaError(f"sqrt({u}) is not a real number")
        for root in (
            root_of_rational(abs(constant)),
            root_of_factors(unsigned, negated=bool(constant < 0)),
        ):
            inside = (self._store.generator("sqrt", v) for v in root.inside)
            result *= root.outside * sympy.Mul(*inside)
        return result

    def _exponent_of_symbol(self, symbol: Any) -> Any | None:
        exponentials = (g for g in self.generators if g.function == "exp")
        return next((g.argument for g in exponentials if g.symbol == symbol), None)

    # Odd functions and angles

    def _erf(self, u: Any) -> Any:
        sign, u = self._signed(u)
        for base, factor in self._parts(self._store.canonical(-(u**2))):
            if not self._store.is_closed:
                self._units.setdefault(base, factor)  # exp(-u²) itself, which decays
        return sign * self._store.generator("erf", u) if sign else u

    def _atan(self, u: Any) -> Any:
        sign, u = self._signed(u)
        return sign * self._store.generator("atan", u) if sign else u

    def _sine(self, u: Any) -> Any:
        return self._angle(u)[0]

    def _cosine(self, u: Any) -> Any:
        return self._angle(u)[1]

    def _angle(self, u: Any) -> tuple[Any, Any]:
        """Sine and cosine, by those of a unit of which the angle is a multiple."""
        parts = multiples(self._store.canonical(u))
        if not parts:
            return sympy.Integer(0), sympy.Integer(1)
        ((base, factor),) = parts
        unit = self._unit(("angle", base), base, factor)
        if abs(factor / unit) > MAX_ANGLES:
            raise UnsupportedError(
                f"the angles of {base} have no common unit within {MAX_ANGLES}"
            )
        sine = self._store.generator("sin", unit * base)
        cosine = self._store.generator("cos", unit * base)
        return multiple_angle(sine, cosine, int(factor / unit))

    def _signed(self, u: Any) -> tuple[int, Any]:
        """Sign and argument of an odd function: of u and -u, always the same one."""
        u = self._store.canonical(u)
        if u == 0:
            return 0, u
        if u.could_extract_minus_sign():
            return -1, self._store.canonical(-u)
        return 1, u

    _functions: Mapping[Any, Callable[[Tower, Any], Any]] = {
        sympy.log: _logarithm,
        sympy.erf: _erf,
        sympy.sin: _sine,
        sympy.cos: _cosine,
        sympy.atan: _atan,
    }


def _is_plain(exponent: Any) -> bool:
    """Whether a tower writes an exponent as it stands: rational in the variables."""
    return not exponent.has(
        sympy.log, sympy.exp, sympy.erf, sympy.sin, sympy.cos, sympy.atan
    ) and all(power.exp.is_Integer for power in exponent.atoms(sympy.Pow))


def _rewritten(expression: Any) -> Any:
    """Functions that have a rewriting rule, spelled through those that have a slope."""
    for row in PRIMITIVES.values():
        if row.rewrite is not None:
            expression = expression.replace(row.symbol, row.rewrite)
    return expression
