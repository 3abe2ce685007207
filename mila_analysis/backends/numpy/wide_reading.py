"""A generated NumPy module of wide numbers back to its programs."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from fractions import Fraction

from mila_analysis.backends._python_outline import parsed
from mila_analysis.backends._python_reading import Dialect, ReadingError
from mila_analysis.backends.backend import Reading
from mila_analysis.backends.numpy.reading import Layout, read_module
from mila_analysis.backends.numpy.wide import CALLS, imports, runtime
from mila_analysis.program import NAN, Expression, Number

__all__ = ["is_wide", "read"]

_DECIMAL = re.compile(r"-?\d{1,120}(\.\d{1,120})?(E[+-]\d{1,3})?", re.ASCII)
_DIALECT = Dialect(
    calls={**{f"_k.{kind}": kind for kind in (*CALLS, "residue")}, "abs": "abs"},
    values={"_k.nan": NAN},
    ignored=frozenset({"_k"}),
)


def is_wide(text: str) -> bool:
    """Whether a module computes with wide numbers."""
    return "\nclass _Wide:" in text


def read(text: str) -> list[Reading]:
    """Programs of a module of wide numbers, by the function that each stands in.

    Raises:
        ReadingError: something in it is not what this program writes; names the line.
    """
    accuracy = "accurate" if "\nclass _Spans:" in text else "fast"
    ours = Layout(
        replace(_DIALECT, values={**_DIALECT.values, **_numbers(parsed(text))}),
        runtime(accuracy),
        imports(accuracy),
        has_near=False,
    )
    return read_module(text, ours)


def _numbers(tree: ast.Module) -> dict[str, Expression]:
    """Numbers as quotients, as they are written; irrational ones by their floats."""
    found: dict[str, Expression] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                ast.Attribute(ast.Name("_k"), "number"),
                [top, ast.Constant(int(bottom))],
                [],
            ) if bottom:
                found[ast.unparse(node)] = Number(Fraction(_integer(top), bottom))
            case ast.Call(
                ast.Attribute(ast.Name("_k"), "near"), [ast.Constant(str(text))], []
            ) if _DECIMAL.fullmatch(text):
                found[ast.unparse(node)] = Number(Fraction(float(text)))
    return found


def _integer(node: ast.expr) -> int:
    match node:
        case ast.Constant(int(value)):
            return value
        case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
            return -value
    raise ReadingError(f"line {node.lineno}: a number of no integers")
