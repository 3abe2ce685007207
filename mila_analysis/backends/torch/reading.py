"""A generated torch module back to its programs; everything else in it must be ours."""

from __future__ import annotations

import ast
from fractions import Fraction
from typing import Any

from mila_analysis.backends import header
from mila_analysis.backends._python_reading import (
    Dialect,
    ReadingError,
    read_function,
)
from mila_analysis.backends.backend import Reading
from mila_analysis.backends.torch.shell import Shell
from mila_analysis.backends.torch.spelling import CALLS, single_residue
from mila_analysis.program import NAN

__all__ = ["read"]

DIALECT = Dialect(
    calls={
        **{text.partition("(")[0]: kind for kind, text in CALLS.items()},
        "_at_least": "maximum",
        "_residue": "residue",
    },
    values={"_NAN": NAN},
    ignored=frozenset({"_k"}),
)


def read(text: str) -> list[Reading]:
    """Programs of a generated torch module, by the function that each stands in.

    Raises:
        FormulaError: it has no head of ours.
        ReadingError: something in it is not what this program writes; names the line.
    """
    known = header.parse(text)
    shell = Shell(known.activation, known.order)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ReadingError(f"line {error.lineno}: it is no Python") from None
    functions = _arithmetic(tree, shell)
    variables = known.activation.variables
    return [
        Reading(title, read_function(_plain(functions[title]), DIALECT, variables, w))
        for title, w in shell.bodies.items()
    ]


def _arithmetic(tree: ast.Module, shell: Shell) -> dict[str, ast.FunctionDef]:
    """The functions of the arithmetic, once all else is found to be as we write it."""
    bodies = [f"{shell.signature(title)}\n    ..." for title in shell.bodies]
    parts = ['""', "import torch", *shell.head(lambda _: ""), *bodies, *shell.tail()]
    wanted = ast.parse("\n".join(parts)).body
    found = {}
    if len(tree.body) != len(wanted):
        raise ReadingError(f"{len(tree.body)} statements where {len(wanted)} belong")
    for node, other in zip(tree.body, wanted, strict=True):
        if _outline(node) != _outline(other):
            line = ast.unparse(node).partition("\n")[0]
            raise ReadingError(f"line {node.lineno}: '{line}' is nothing we generate")
        if isinstance(node, ast.FunctionDef) and node.name in shell.bodies:
            found[node.name] = node
    return found


def _outline(node: ast.stmt) -> str:
    """A statement without docstrings, and without the arithmetic."""
    copied: Any = ast.parse(ast.unparse(node)).body[0]
    if isinstance(copied, ast.FunctionDef) and copied.name.startswith("_whole_"):
        copied.body = []
    for inner in ast.walk(copied):
        match inner:
            case ast.Expr(ast.Constant(str())):
                inner.value = ast.Constant("")
    return ast.dump(copied)


def _plain(node: ast.FunctionDef) -> ast.FunctionDef:
    """Arithmetic without what only gives a number its dtype."""
    rewritten = _Plain().visit(node)
    ast.fix_missing_locations(rewritten)
    return rewritten


class _Plain(ast.NodeTransformer):
    """`torch.full_like(x, c)` is c; the residue in float32 is checked, then dropped."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match ast.unparse(node.func), node.args:
            case "torch.full_like", [ast.Name("x"), value] if not node.keywords:
                return value
            case "_residue", [high, low, single, limits]:
                parts = [_number(part, node) for part in (high, low, single)]
                total = Fraction(parts[0]) + Fraction(parts[1])
                if single_residue(total) != parts[2]:
                    raise ReadingError(f"line {node.lineno}: no residue of {total}")
                return ast.copy_location(
                    ast.Call(node.func, [high, low, limits], []), node
                )
        return node


def _number(node: ast.expr, call: ast.Call) -> float:
    try:
        return float(ast.literal_eval(node))
    except ValueError:
        raise ReadingError(f"line {call.lineno}: a residue of no number") from None
