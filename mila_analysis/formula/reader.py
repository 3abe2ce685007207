"""Syntax tree of a formula to its exact cases, node by node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import sympy

from mila_analysis.activation import exact
from mila_analysis.budget import within
from mila_analysis.errors import FormulaError, ParameterError, suggestion
from mila_analysis.formula.cases import (
    Case,
    Formula,
    Relation,
    combine,
    contradict,
    possible,
    put_in,
)
from mila_analysis.formula.limits import MAX_DIGITS, MAX_EXPONENT, MAX_SECONDS
from mila_analysis.formula.powers import check_exponent, clipped, is_high
from mila_analysis.formula.spelling import Source, spelled_out
from mila_analysis.formula.syntax import CHOICES, syntax_tree
from mila_analysis.notation.functions import FORMULAS, SPELLINGS
from mila_analysis.primitives import DEFINED, PRIMITIVES

__all__ = ["parse"]

_CALLS = {
    "ln": "log", "sigma": "sigmoid", "arctan": "atan", "arcsinh": "asinh",
    "sgn": "sign", "maximum": "max", "minimum": "min",
}  # fmt: skip
_COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=",
}  # fmt: skip
_TAME = frozenset({"log", "sqrt", "abs", "sign", "relu"})
"""Functions that make no power out of a logarithm."""


@lru_cache(maxsize=256)
def parse(text: str, variables: tuple[str, ...] = ("x",)) -> Formula:
    """Formula text to its exact cases in the given variables.

    Raises:
        FormulaError: not a formula, an unknown name, or beyond a limit on length,
            depth, exponents, digits or cases. Nothing in the text is executed.
    """
    tree, source = syntax_tree(spelled_out(text))
    symbols = tuple(sympy.Symbol(name) for name in variables)
    reader = _Reader(source, dict(zip(variables, symbols, strict=True)))
    why = f"the formula takes more than {MAX_SECONDS:g} s to read"
    cases = within(MAX_SECONDS, lambda: reader.read(tree), FormulaError(why))
    return Formula(text, symbols, tuple(cases))


class _Reader:
    """Walk over a syntax tree; each node becomes a list of cases."""

    def __init__(self, source: Source, names: Mapping[str, Any]) -> None:
        self.source = source
        self.names = names

    def read(self, node: ast.expr) -> list[Case]:
        """Cases of a node; what is wrong with it is said with its place."""
        try:
            return self._read(node)
        except FormulaError as error:
            if error.column is not None:
                raise
            raise self._refuse(node, str(error)) from None

    def _read(self, node: ast.expr) -> list[Case]:
        match node:
            case ast.Constant():
                return [Case((), self._number(node))]
            case ast.Name():
                return [Case((), self._name(node))]
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                sign = -1 if isinstance(node.op, ast.USub) else 1
                return combine(lambda u: sign * u, [self.read(node.operand)])
            case ast.BinOp(op=ast.Pow(), left=ast.Name(id="e")) if (
                "e" not in self.names
            ):
                return self._at(node.right, _exponential, [self.read(node.right)])
            case ast.BinOp(op=ast.Pow()):
                sides = [self.read(node.left), self.read(node.right)]
                return self._at(node.right, _power, sides)
            case ast.BinOp():
                sides = [self.read(node.left), self.read(node.right)]
                return combine(self._operation(node), sides)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, args, node)
            case ast.IfExp():
                return self._where([node.test, node.body, node.orelse], node)
        raise self._refuse(node)

    def _at(
        self, exponent: ast.expr, power: Callable[..., Any], sides: Sequence[list[Case]]
    ) -> list[Case]:
        """Powers; what is wrong with an exponent is said below it."""
        try:
            return combine(power, sides)
        except FormulaError as error:
            if "exponent" not in str(error):
                raise
            raise self._refuse(exponent, str(error)) from None

    def _refuse(self, node: ast.expr, why: str = "") -> FormulaError:
        what = why or f"'{clipped(self._typed(node))}' cannot stand in a formula"
        return self.source.error(what, node.col_offset)

    def _typed(self, node: ast.expr) -> str:
        end = node.end_col_offset
        return self.source.typed(
            node.col_offset, node.col_offset + 1 if end is None else end
        )

    def _number(self, node: ast.Constant) -> Any:
        if type(node.value) not in (int, float):
            raise self._refuse(node)
        text = self.source.plain[node.col_offset : node.end_col_offset]
        if sum(c.isdigit() for c in text) > MAX_DIGITS:
            raise self._refuse(node, f"a number of more than {MAX_DIGITS} digits")
        try:
            value = exact(text.replace("_", ""), "a number")
        except ParameterError as error:
            raise self._refuse(node, str(error)) from None
        return sympy.Rational(value.numerator, value.denominator)

    def _name(self, node: ast.Name) -> Any:
        if node.id in self.names:
            return self.names[node.id]
        if node.id == "pi":
            return sympy.pi
        if node.id in (*PRIMITIVES, *DEFINED, *CHOICES, *_CALLS) and (
            node.id != "sigma"
        ):
            raise self._refuse(node, f"'{node.id}' is a function: {node.id}(...)")
        typed = self._typed(node)
        shown = clipped(typed)
        if node.id == "e":
            why = "'e' has no value: write exp(...) for e^..., or give --param e=..."
            raise self._refuse(node, why)
        near = suggestion(node.id, self.names) if len(node.id) > 1 else ""
        raise self._refuse(
            node, f"'{shown}' has no value: give --param {shown}=...{near}"
        )

    def _operation(self, node: ast.BinOp) -> Callable[[Any, Any], Any]:
        match node.op:
            case ast.Add():
                return lambda a, b: a + b
            case ast.Sub():
                return lambda a, b: a - b
            case ast.Mult():
                return lambda a, b: a * b
            case ast.Div():
                return lambda a, b: a / self._nonzero(node.right, b)
        raise self._refuse(node)

    def _nonzero(self, node: ast.expr, value: Any) -> Any:
        if value == 0:
            raise self._refuse(node, "division by zero")
        return value

    def _call(self, typed: str, args: Sequence[ast.expr], node: ast.Call) -> list[Case]:
        name = _CALLS.get(typed, typed)
        if typed in self.names:
            raise self._refuse(node, f"'{typed}' is no function: write {typed}*(...)")
        if name == "where":
            return self._where(args, node)
        if name not in PRIMITIVES and name not in DEFINED and name not in CHOICES:
            known = (*PRIMITIVES, *DEFINED, "ln", *CHOICES)
            shown = clipped(self._typed(node.func))
            written = FORMULAS.get(SPELLINGS.get(name, name).lower(), "")
            hint = f"; write {written}" if written else suggestion(name, known)
            raise self._refuse(node, f"no function '{shown}'{hint}")
        values = [self.read(arg) for arg in args]
        if name in ("max", "min"):
            return self._extreme(name, values, node)
        if name == "clip":
            return self._clip(values, node)
        if len(values) != 1:
            raise self._refuse(node, f"{name} takes one argument")
        if name not in _TAME:
            for case in values[0]:
                check_exponent(case.expression)
        if name in DEFINED:
            return put_in(parse(DEFINED[name], ("u",)), values[0])
        symbol = _logarithm if name == "log" else PRIMITIVES[name].symbol
        return combine(symbol, values)

    def _where(self, args: Sequence[ast.expr], node: ast.expr) -> list[Case]:
        if len(args) != 3 or not isinstance(args[0], ast.Compare):
            raise self._refuse(node, "where takes a comparison and two values")
        if len(args[0].ops) == 2:
            return self._where(_nested(args[0], *args[1:]), node)
        relations = self._relations(args[0])
        yes, no = self.read(args[1]), self.read(args[2])
        return possible(
            Case((*given.conditions, *kept, *c.conditions), c.expression)
            for given, relation in relations
            for kept, branch in (((relation,), yes), ((relation.negated(),), no))
            for c in branch
        )

    def _relations(self, node: ast.Compare) -> list[tuple[Case, Relation]]:
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARISON:
            raise self._refuse(node, "compare two values by <, <=, > or >=")
        sides = [self.read(node.left), self.read(node.comparators[0])]
        comparison = _COMPARISON[type(node.ops[0])]
        return [
            (c, Relation(c.expression, comparison))
            for c in combine(lambda a, b: a - b, sides)
        ]

    def _extreme(
        self, name: str, values: Sequence[list[Case]], node: ast.expr
    ) -> list[Case]:
        if len(values) < 2:
            raise self._refuse(node, f"{name} takes two values or more")
        best = values[0]
        for other in values[1:]:
            best = possible(
                Case((*c.conditions, *d.conditions, relation), chosen)
                for c, d in product(best, other)
                if not contradict((*c.conditions, *d.conditions))
                for relation, chosen in _choices(name, c.expression, d.expression)
            )
        return best

    def _clip(self, values: Sequence[list[Case]], node: ast.expr) -> list[Case]:
        if len(values) != 3:
            raise self._refuse(node, "clip takes a value and two bounds")
        value, low, high = values
        return self._extreme(
            "min", [self._extreme("max", [value, low], node), high], node
        )


def _nested(test: ast.Compare, yes: ast.expr, no: ast.expr) -> list[ast.expr]:
    """Arguments of `where` for `a < b < c`, the second test inside of the first."""
    middle, right = test.comparators
    first, second = (
        ast.copy_location(ast.Compare(left, [sign], [side]), test)
        for left, sign, side in (
            (test.left, test.ops[0], middle),
            (middle, test.ops[1], right),
        )
    )
    return [first, ast.copy_location(ast.IfExp(second, yes, no), test), no]


def _choices(name: str, a: Any, b: Any) -> tuple[tuple[Relation, Any], ...]:
    first = Relation(a - b, ">" if name == "max" else "<")
    return (first, a), (first.negated(), b)


def _power(base: Any, exponent: Any) -> Any:
    if exponent.is_Integer:
        if abs(exponent) > MAX_EXPONENT:
            raise FormulaError(
                f"an exponent above {MAX_EXPONENT}: {clipped(str(exponent))}"
            )
        if base == 0 and exponent < 0:
            raise FormulaError("division by zero")
        return base**exponent
    if is_high(exponent):
        raise FormulaError(
            f"an exponent beyond {MAX_EXPONENT}: {clipped(str(exponent))}"
        )
    if exponent.is_Rational and exponent.q == 2:
        if base == 0 and exponent < 0:
            raise FormulaError("division by zero")
        return sympy.Pow(base, exponent)
    return _exponential(exponent * _logarithm(base))


def _logarithm(argument: Any) -> Any:
    """Logarithm; SymPy would think for minutes about the sign of what has symbols."""
    return sympy.log(argument, evaluate=not argument.free_symbols)


def _exponential(exponent: Any) -> Any:
    check_exponent(exponent)
    return sympy.exp(exponent)
