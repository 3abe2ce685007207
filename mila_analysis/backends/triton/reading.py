"""A generated Triton module back to its programs; all else in it must be ours."""

from __future__ import annotations

import ast
from fractions import Fraction

from mila_analysis.backends import header
from mila_analysis.backends._python_outline import arithmetic_in, number_in, parsed
from mila_analysis.backends._python_reading import (
    Dialect,
    ReadingError,
    read_function,
)
from mila_analysis.backends.backend import Reading
from mila_analysis.backends.torch.spelling import single_residue
from mila_analysis.backends.triton.frame import Frame
from mila_analysis.backends.triton.spelling import CALLS, UNDEFINED
from mila_analysis.derivation import derive
from mila_analysis.program import NAN
from mila_analysis.stability import stabilize

__all__ = ["read"]

DIALECT = Dialect(
    calls={
        **{call: kind for kind, call in CALLS.items()},
        CALLS["exp_normal"]: "exp",
        CALLS["exp_near"]: "exp",
        "_residue": "residue",
    },
    values={UNDEFINED: NAN},
)


def read(text: str) -> list[Reading]:
    """Programs of a generated Triton module, by the function that each stands in.

    Raises:
        FormulaError: it has no head of ours.
        ReadingError: something in it is not what this program writes; names the line.
    """
    known = header.parse(text)
    form = stabilize(derive(known.activation, known.order))
    frame = Frame(known.activation, known.order, form.near)
    tree = parsed(text)
    functions = _arithmetic(tree, frame)
    variables = known.activation.variables
    return [
        Reading(title, read_function(_plain(functions[title]), DIALECT, variables, w))
        for title, w in frame.functions().items()
    ]


def _arithmetic(tree: ast.Module, frame: Frame) -> dict[str, ast.FunctionDef]:
    """The functions of the arithmetic, once all else is found to be as we write it."""
    empty = {name: ["..."] for name in frame.functions()}
    wanted = "\n".join(frame.parts('""', lambda _: "", empty))
    return arithmetic_in(tree, wanted, empty)


def _plain(node: ast.FunctionDef) -> ast.FunctionDef:
    """Arithmetic without what only gives a number its dtype."""
    rewritten = _Plain().visit(node)
    ast.fix_missing_locations(rewritten)
    return rewritten


class _Plain(ast.NodeTransformer):
    """`_full(x, c)` is c; the residue in float32 is checked, then dropped.

    What is rounded once is to exact arithmetic the same as its parts.
    """

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match ast.unparse(node.func), node.args:
            case "_fused", [a, b, c]:
                product = ast.BinOp(a, ast.Mult(), b)
                return ast.copy_location(ast.BinOp(product, ast.Add(), c), node)
            case "_exp_sum", [a, b]:
                summed = ast.BinOp(a, ast.Add(), b)
                called = ast.Call(ast.Name("_exp", ast.Load()), [summed], [])
                return ast.copy_location(called, node)
            case "_full", [ast.Name("x"), value] if not node.keywords:
                return value
            case "_residue", [ast.Name("x"), high, low, single]:
                parts = [number_in(part, node) for part in (high, low, single)]
                total = Fraction(parts[0]) + Fraction(parts[1])
                if single_residue(total) != parts[2]:
                    raise ReadingError(f"line {node.lineno}: no residue of {total}")
                return ast.copy_location(ast.Call(node.func, [high, low], []), node)
        return node
