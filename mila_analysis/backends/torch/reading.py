"""A generated torch module back to its programs; everything else in it must be ours."""

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
from mila_analysis.backends.torch import wide
from mila_analysis.backends.torch.inplace import ROOM, WRITTEN
from mila_analysis.backends.torch.near import Blocks, blocks
from mila_analysis.backends.torch.shell import Shell
from mila_analysis.backends.torch.spelling import CALLS, single_residue
from mila_analysis.backends.torch.style import Style, style_of
from mila_analysis.derivation import derive
from mila_analysis.program import NAN
from mila_analysis.stability import Program, stabilize

__all__ = ["read"]

DIALECT = Dialect(
    calls={
        **{text.partition("(")[0]: kind for kind, text in CALLS.items()},
        "_at_least": "maximum",
        "_residue": "residue",
        **{text: kind for kind, text in WRITTEN.items()},
    },
    values={"_NAN": NAN},
    in_place=frozenset(WRITTEN.values()),
    ignored=frozenset({"_k", "_n"}),
)


WIDE = Dialect(
    calls={**{call: kind for kind, call in wide.CALLS.items()}, "_residue": "residue"},
    values={"_NAN": NAN},
)


def read(text: str) -> list[Reading]:
    """Programs of a generated torch module, by the function that each stands in.

    Raises:
        FormulaError: it has no head of ours.
        ReadingError: something in it is not what this program writes; names the line.
    """
    known = header.parse(text)
    shell = Shell(known.activation, known.order)
    tree = parsed(text)
    form = stabilize(derive(known.activation, known.order))
    short = blocks(form, shell.bodies)
    style = style_of(form)
    functions = _arithmetic(tree, shell, short, style)
    dialect = WIDE if style.is_wide else DIALECT
    variables = known.activation.variables
    return [
        Reading(title, _program(functions[title], dialect, variables, wanted))
        for title, wanted in {**shell.bodies, **short.wanted}.items()
    ]


def _program(
    node: ast.FunctionDef,
    dialect: Dialect,
    variables: Sequence[str],
    wanted: Sequence[str],
) -> Program:
    """What a function computes; of the arrays that it writes into, only the wanted."""
    rooms = [a.arg for a in node.args.args if a.arg.startswith(ROOM)]
    plain = _plain_wide(node) if dialect is WIDE else _plain(node)
    written = read_function(plain, dialect, variables, [*wanted, *rooms])
    return Program(written.bindings, {name: written.outputs[name] for name in wanted})


def _arithmetic(
    tree: ast.Module, shell: Shell, short: Blocks, style: Style
) -> dict[str, ast.FunctionDef]:
    """The functions of the arithmetic, once all else is found to be as we write it."""
    variables = shell.activation.variables
    bodies = [f"{style.signature(t, variables)}\n    ..." for t in shell.bodies]
    in_place = [f"{short.signature(title)}\n    ..." for title in short.wanted]
    parts = ['""', "import torch", *shell.head(lambda _: ""), *bodies, shell.tables()]
    parts += [*in_place, style.runtime(), *short.rest(), shell.layer()]
    wanted = "\n".join(parts)
    return arithmetic_in(tree, wanted, {*shell.bodies, *short.wanted})


def _plain(node: ast.FunctionDef) -> ast.FunctionDef:
    """Arithmetic without what only gives a number its dtype."""
    rewritten = _Plain().visit(node)
    ast.fix_missing_locations(rewritten)
    return rewritten


class _Plain(ast.NodeTransformer):
    """`torch.full_like(x, c)` and `_n[c]` are c; `add(a, b, alpha=c)` adds c·b.

    The residue in float32 is checked, then dropped.
    """

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Subscript(ast.Name("_n"), value, ast.Load()):
                return value
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(args=[a, b], keywords=[ast.keyword("alpha", factor), out]):
                node = ast.Call(node.func, [a, ast.BinOp(factor, ast.Mult(), b)], [out])
        match ast.unparse(node.func), node.args:
            case "torch.full_like", [ast.Name("x"), value] if not node.keywords:
                return value
            case "_residue", [high, low, single, limits]:
                parts = [number_in(part, node) for part in (high, low, single)]
                total = Fraction(parts[0]) + Fraction(parts[1])
                if single_residue(total) != parts[2]:
                    raise ReadingError(f"line {node.lineno}: no residue of {total}")
                return ast.copy_location(
                    ast.Call(node.func, [high, low, limits], []), node
                )
        return node


def _plain_wide(node: ast.FunctionDef) -> ast.FunctionDef:
    """Arithmetic without what only makes a number a wide one."""
    rewritten = _PlainWide().visit(node)
    ast.fix_missing_locations(rewritten)
    return rewritten


class _PlainWide(ast.NodeTransformer):
    """`_wide(c)` is c."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Name(wide.FULL), [value], []):
                return value
        return node
