"""A generated Triton module back to its programs; all else in it must be ours."""

from __future__ import annotations

import ast
from collections.abc import Sequence
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
from mila_analysis.backends.triton import wide
from mila_analysis.backends.triton.frame import Frame
from mila_analysis.backends.triton.spelling import CALLS, UNDEFINED
from mila_analysis.backends.triton.wide_frame import frame_of
from mila_analysis.derivation import derive
from mila_analysis.program import NAN
from mila_analysis.stability import Program, StableForm, stabilize

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

WIDE = Dialect(
    calls={
        **{call: kind for kind, call in wide.CALLS.items()},
        wide.RESIDUE: "residue",
    },
    values={wide.UNDEFINED: NAN},
)


def read(text: str) -> list[Reading]:
    """Programs of a generated Triton module, by the function that each stands in.

    Raises:
        FormulaError: it has no head of ours.
        ReadingError: something in it is not what this program writes; names the line.
    """
    known = header.parse(text)
    form = stabilize(derive(known.activation, known.order))
    frame = frame_of(known.activation, known.order, form)
    functions = _arithmetic(parsed(text), frame)
    variables = known.activation.variables
    return [
        Reading(title, _program(functions[title], form, variables, wanted))
        for title, wanted in frame.functions().items()
    ]


def _program(
    node: ast.FunctionDef,
    form: StableForm,
    variables: Sequence[str],
    wanted: Sequence[str],
) -> Program:
    if form.strategy == "wide" and node.name.startswith("_whole_"):
        return read_function(_rewritten(node, _PlainWide()), WIDE, variables, wanted)
    return read_function(_rewritten(node, _Plain()), DIALECT, variables, wanted)


def _arithmetic(tree: ast.Module, frame: Frame) -> dict[str, ast.FunctionDef]:
    """The functions of the arithmetic, once all else is found to be as we write it."""
    empty = {name: ["..."] for name in frame.functions()}
    wanted = "\n".join(frame.parts('""', lambda _: "", empty))
    return arithmetic_in(tree, wanted, empty)


def _rewritten(node: ast.FunctionDef, rewriter: ast.NodeTransformer) -> ast.FunctionDef:
    """Arithmetic without what only gives a number its kind."""
    rewritten: ast.FunctionDef = rewriter.visit(node)
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


class _PlainWide(ast.NodeTransformer):
    """`_wide_number(x, c)` is c; the order of a and b, beside 0, is that of both."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match ast.unparse(node.func), node.args:
            case wide.NUMBER, [ast.Name("x"), value] if not node.keywords:
                return value
            case wide.RESIDUE, [ast.Name("x"), high, low]:
                called = ast.Call(node.func, [high, low], node.keywords)
                return ast.copy_location(called, node)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Compare(
                ast.Call(ast.Name(wide.ORDER), [a, b], []), ops, [ast.Constant(0.0)]
            ):
                return ast.copy_location(ast.Compare(a, ops, [b]), node)
        return node
