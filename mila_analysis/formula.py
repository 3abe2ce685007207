"""Formula text to SymPy, through Python's syntax tree and a whitelist; never `eval`.

A formula is written as in Python (`x * tanh(log(1 + exp(x + beta)))`); `^`, `·`, `−`,
`β` and `²` are understood. Decimals are exact rationals: `0.1` is 1/10.

Piecewise definitions (`where`, `max`, `min`, and what is defined by them) come out as
disjoint cases. A comparison with NaN is false, so no case holds for NaN.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import sympy

from mila_analysis.activation import exact
from mila_analysis.errors import FormulaError, ParameterError, suggestion
from mila_analysis.primitives import DEFINED, PRIMITIVES

__all__ = ["Case", "Formula", "Relation", "parse"]

MAX_LENGTH = 1000
MAX_DEPTH = 40
MAX_NESTING = 4
MAX_NODES = 400
MAX_CASES = 32
MAX_EXPONENT = 32
MAX_DIGITS = 40

_SPELLINGS = {
    "^": "**", "·": "*", "×": "*", "−": "-", "²": "**2", "³": "**3", "β": "beta",
    "α": "alpha", "γ": "gamma", "θ": "theta", "λ": "lambda_", "σ": "sigma",
    "π": "pi",
}  # fmt: skip
_CALLS = {"ln": "log", "sigma": "sigmoid"}
_NEGATION = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relation:
    """`difference` compared with zero by `>`, `>=`, `<` or `<=`."""

    difference: Any
    comparison: str

    def negated(self) -> Relation:
        """The opposite relation, for every number that is not NaN."""
        return Relation(self.difference, _NEGATION[self.comparison])


@dataclass(frozen=True, slots=True)
class Case:
    """An expression, and the relations that all hold where it is the definition."""

    conditions: tuple[Relation, ...]
    expression: Any


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed definition: SymPy symbols of its variables, and its disjoint cases."""

    text: str
    variables: tuple[Any, ...]
    cases: tuple[Case, ...]


@lru_cache(maxsize=256)
def parse(text: str, variables: tuple[str, ...] = ("x",)) -> Formula:
    """Formula text to its exact cases in the given variables.

    Raises:
        FormulaError: not a formula, an unknown name, or beyond a limit on length,
            depth, exponents, digits or cases. Nothing in the text is executed.
    """
    symbols = tuple(sympy.Symbol(name) for name in variables)
    tree, source = _syntax_tree(text)
    reader = _Reader(source, dict(zip(variables, symbols, strict=True)))
    cases = tuple(
        Case(c.conditions, c.expression)
        for c in reader.read(tree)
        if not _contradict(c.conditions)
    )
    return Formula(text, symbols, cases)


def _syntax_tree(text: str) -> tuple[ast.expr, str]:
    if not text.strip():
        raise FormulaError("the formula is empty")
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"the formula is longer than {MAX_LENGTH} characters")
    source = "".join(_SPELLINGS.get(c, c) for c in text).strip()
    strange = re.search(r"[^\x20-\x7e]|#", source)
    if strange:
        column = text.index(strange.group()) + 1
        raise FormulaError(
            f"{strange.group()!r} cannot stand in a formula (column {column})"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of `2x`; the error follows
            tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        place = getattr(error, "offset", None)
        where = f" at column {place}" if place else ""
        raise FormulaError(f"not a formula{where}: {_shown(source)}") from None
    _check_size(tree)
    if _nesting(tree) > MAX_NESTING:
        raise FormulaError(f"functions are nested more than {MAX_NESTING} deep")
    return tree, source


def _nesting(node: ast.AST) -> int:
    """How deep functions stand in functions; each level multiplies what is derived."""
    inside = max((_nesting(child) for child in ast.iter_child_nodes(node)), default=0)
    choice = {"where", "max", "min"}
    counts = isinstance(node, ast.Call) and getattr(node.func, "id", "") not in choice
    return inside + counts


def _check_size(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > 3 * MAX_NODES or depth > MAX_DEPTH:
            raise FormulaError(
                f"the formula is too large: more than {MAX_NODES} terms or "
                f"{MAX_DEPTH} levels"
            )
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _contradict(conditions: Sequence[Relation]) -> bool:
    return any(relation.negated() in conditions for relation in conditions)


class _Reader:
    """Walk over a syntax tree; each node becomes a list of cases."""

    def __init__(self, source: str, names: Mapping[str, Any]) -> None:
        self.source = source
        self.names = names

    def read(self, node: ast.expr) -> list[Case]:
        match node:
            case ast.Constant():
                return [Case((), self._number(node))]
            case ast.Name():
                return [Case((), self._name(node))]
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                sign = -1 if isinstance(node.op, ast.USub) else 1
                return _combine(lambda u: sign * u, [self.read(node.operand)])
            case ast.BinOp(op=ast.Pow()):
                return _combine(
                    self._power, [self.read(node.left), self.read(node.right)]
                )
            case ast.BinOp():
                operation = self._operation(node)
                return _combine(
                    operation, [self.read(node.left), self.read(node.right)]
                )
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, args, node)
        raise self._refuse(node)

    def _refuse(self, node: ast.AST, why: str = "") -> FormulaError:
        piece = ast.get_source_segment(self.source, node) or ""
        what = why or f"'{_shown(piece)}' cannot stand in a formula"
        return FormulaError(f"{what} (column {getattr(node, 'col_offset', 0) + 1})")

    def _number(self, node: ast.Constant) -> Any:
        text = ast.get_source_segment(self.source, node) or ""
        if type(node.value) not in (int, float):
            raise self._refuse(node)
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
        functions = (*PRIMITIVES, *DEFINED, "where", "max", "min")
        if node.id in functions:
            raise self._refuse(node, f"'{node.id}' is a function: {node.id}(...)")
        hint = suggestion(node.id, self.names)
        known = ", ".join(self.names)
        raise self._refuse(node, f"'{node.id}' has no value (known: {known}){hint}")

    def _operation(self, node: ast.BinOp) -> Callable[[Any, Any], Any]:
        match node.op:
            case ast.Add():
                return lambda a, b: a + b
            case ast.Sub():
                return lambda a, b: a - b
            case ast.Mult():
                return lambda a, b: a * b
            case ast.Div():
                return lambda a, b: a / self._nonzero(node, b)
        raise self._refuse(node)

    def _nonzero(self, node: ast.AST, value: Any) -> Any:
        if value == 0:
            raise self._refuse(node, "division by zero")
        return value

    def _power(self, base: Any, exponent: Any) -> Any:
        if exponent.is_Integer:
            if abs(exponent) > MAX_EXPONENT:
                raise FormulaError(f"an exponent above {MAX_EXPONENT}: {exponent}")
            if base == 0 and exponent < 0:
                raise FormulaError("division by zero")
            return base**exponent
        if exponent.is_Rational and max(abs(exponent.p), exponent.q) > MAX_EXPONENT:
            raise FormulaError(f"an exponent beyond {MAX_EXPONENT}: {exponent}")
        if exponent.is_Rational and exponent.q == 2:
            if base == 0 and exponent < 0:
                raise FormulaError("division by zero")
            return sympy.Pow(base, exponent)
        return sympy.exp(exponent * sympy.log(base))

    def _call(self, name: str, args: Sequence[ast.expr], node: ast.Call) -> list[Case]:
        name = _CALLS.get(name, name)
        if name == "where":
            return self._where(args, node)
        values = [self.read(arg) for arg in args]
        if name in ("max", "min"):
            return self._extreme(name, values, node)
        if name not in PRIMITIVES and name not in DEFINED:
            known = (*PRIMITIVES, *DEFINED, "ln", "where", "max", "min")
            raise self._refuse(node, f"no function '{name}'{suggestion(name, known)}")
        if len(values) != 1:
            raise self._refuse(node, f"{name} takes one argument")
        if name in DEFINED:
            return _substitute(parse(DEFINED[name], ("u",)), values[0])
        return _combine(PRIMITIVES[name].symbol, values)

    def _where(self, args: Sequence[ast.expr], node: ast.Call) -> list[Case]:
        if len(args) != 3 or not isinstance(args[0], ast.Compare):
            raise self._refuse(node, "where takes a comparison and two values")
        relations = self._relations(args[0])
        yes, no = self.read(args[1]), self.read(args[2])
        return _limited(
            [
                Case((*given.conditions, *kept, *c.conditions), c.expression)
                for given, relation in relations
                for kept, branch in (((relation,), yes), ((relation.negated(),), no))
                for c in branch
            ]
        )

    def _relations(self, node: ast.Compare) -> list[tuple[Case, Relation]]:
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARISON:
            raise self._refuse(node, "compare two values by <, <=, > or >=")
        sides = [self.read(node.left), self.read(node.comparators[0])]
        comparison = _COMPARISON[type(node.ops[0])]
        return [
            (c, Relation(c.expression, comparison))
            for c in _combine(lambda a, b: a - b, sides)
        ]

    def _extreme(
        self, name: str, values: list[list[Case]], node: ast.AST
    ) -> list[Case]:
        if len(values) < 2:
            raise self._refuse(node, f"{name} takes two values or more")
        best = values[0]
        for other in values[1:]:
            best = _limited(
                [
                    Case((*c.conditions, *d.conditions, relation), chosen)
                    for c, d in product(best, other)
                    for relation, chosen in _choices(name, c.expression, d.expression)
                ]
            )
        return best


def _choices(name: str, a: Any, b: Any) -> tuple[tuple[Relation, Any], ...]:
    first = Relation(a - b, ">" if name == "max" else "<")
    return (first, a), (first.negated(), b)


def _combine(operation: Callable[..., Any], values: list[list[Case]]) -> list[Case]:
    """Operation on every combination of the cases of its operands."""
    return _limited(
        [
            Case(
                tuple(r for c in chosen for r in c.conditions),
                operation(*(c.expression for c in chosen)),
            )
            for chosen in product(*values)
            if not _contradict([r for c in chosen for r in c.conditions])
        ]
    )


def _substitute(formula: Formula, argument: list[Case]) -> list[Case]:
    """Cases of a function of `u` with the cases of its argument put in."""
    (u,) = formula.variables
    return _limited(
        [
            Case(
                given.conditions
                + tuple(
                    Relation(r.difference.subs(u, given.expression), r.comparison)
                    for r in c.conditions
                ),
                c.expression.subs(u, given.expression),
            )
            for given in argument
            for c in formula.cases
        ]
    )


def _limited(cases: list[Case]) -> list[Case]:
    if len(cases) > MAX_CASES:
        raise FormulaError(f"the formula has more than {MAX_CASES} cases")
    for case in cases:
        value = case.expression
        if value.has(sympy.nan, sympy.zoo, sympy.oo, sympy.I):
            raise FormulaError("the formula is not a real number anywhere")
        if any(
            p.exp.is_Rational and max(abs(p.exp.p), p.exp.q) > MAX_EXPONENT
            for p in value.atoms(sympy.Pow)
        ):
            raise FormulaError(
                f"an exponent above {MAX_EXPONENT} in {_shown(str(value))}"
            )
        if value.is_Rational and value.p.bit_length() + value.q.bit_length() > 4096:
            raise FormulaError("the formula holds a number that is too large")
    return cases
