"""A generated NumPy module back to its programs; everything else in it must be ours."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mila_analysis.backends._copied import copied
from mila_analysis.backends._python_outline import parsed
from mila_analysis.backends._python_reading import (
    Dialect,
    ReadingError,
    functions,
    read_function,
    same_text,
)
from mila_analysis.backends.backend import Reading
from mila_analysis.program import NAN, number

__all__ = ["Layout", "read", "read_module"]

_UFUNCS = {
    "np.add": "add", "np.subtract": "sub", "np.multiply": "mul", "np.divide": "div",
    "np.negative": "neg", "np.abs": "abs", "np.exp": "exp", "np.expm1": "expm1",
    "np.log": "log", "np.log1p": "log1p", "np.maximum": "maximum",
    "np.copysign": "copysign",
}  # fmt: skip
_OURS = {
    f"_{kind}": kind
    for kind in (
        "step", "select", "finite", "modest", "capped", "tail", "fade", "swell", "tame",
        "product_error", "residue",
    )
}  # fmt: skip
DIALECT = Dialect(
    calls=_UFUNCS | _OURS,
    values={"np.nan": NAN, "_k.one": number(1)},
    in_place=frozenset(_UFUNCS),
    may_return={
        **dict.fromkeys(("_capped", "_fade", "_swell", "_tame", "_modest"), 0),
        "_select": 1,
    },
    ignored=frozenset({"_k"}),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in a module beside its arithmetic.

    Attributes:
        dialect: of the arithmetic.
        runtime: the text that ends the module.
        imports: statements that it begins with.
        has_near: whether there are functions of a shorter program, or a place for them.
    """

    dialect: Dialect
    runtime: str
    imports: tuple[str, ...] = ("import numpy as np",)
    has_near: bool = True


def read(text: str) -> list[Reading]:
    """Programs of a generated NumPy module, by the function that each stands in.

    Raises:
        ReadingError: something in it is not what this program writes; names the line.
    """
    return read_module(text, Layout(DIALECT, copied("numpy", "_runtime.py")))


def read_module(text: str, layout: Layout) -> list[Reading]:
    """Programs of a module of some layout.

    Raises:
        ReadingError: something in it is not what this program writes; names the line.
    """
    tree = parsed(text)
    known = functions(tree)
    names = _all(tree)
    variables = _variables(known, names)
    titles = {
        f"_{kind}_{name}": names if name == "partials" else [name]
        for kind in (("whole", "near") if layout.has_near else ("whole",))
        for name in [*names, "partials"]
        if kind == "whole" or f"_near_{name}" in known
    }
    _check_rest(text, tree, titles, layout, _calls(names, variables))
    return [
        Reading(
            title, read_function(_of(known, title), layout.dialect, variables, wanted)
        )
        for title, wanted in titles.items()
    ]


def _all(tree: ast.Module) -> list[str]:
    """Names of the partials, as `__all__` has them."""
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name("__all__")], ast.List(elts)):
                *names, last = [ast.literal_eval(e) for e in elts]
                if last == "partials" and names:
                    return names
    raise ReadingError("there is no __all__ with the names of the partials")


def _of(known: Mapping[str, ast.FunctionDef], name: str) -> ast.FunctionDef:
    if name not in known:
        raise ReadingError(f"there is no function {name}")
    return known[name]


def _variables(
    known: Mapping[str, ast.FunctionDef], names: Sequence[str]
) -> tuple[str, ...]:
    """Variables of the public functions, which all have the same."""
    arguments = {
        name: ast.unparse(_of(known, name).args) for name in [*names, "partials"]
    }
    for name, text in arguments.items():
        if text != arguments["partials"]:
            line = known[name].lineno
            raise ReadingError(f"line {line}: {name} takes {text}, others do not")
    return tuple(a.arg for a in known["partials"].args.args)


def _check_rest(
    text: str,
    tree: ast.Module,
    titles: Mapping[str, Sequence[str]],
    layout: Layout,
    calls: set[str],
) -> None:
    """Refuse what stands beside the arithmetic, unless it is what we write there."""
    runtime = layout.runtime
    start = text.find(runtime.split("\n", 1)[0])
    first_line = text[:start].count("\n") + 1
    if start < 0:
        raise ReadingError("there is no runtime in it")
    same_text(text[start:], runtime + "\n", first_line)
    expected = calls | _tables(titles, layout) | set(layout.imports)
    for node in tree.body:
        if node.lineno >= first_line:
            break
        found = _spelled(node)
        if found in expected:
            expected.discard(found)
        elif not _is_plain(node, titles, layout):
            line = ast.unparse(node).partition("\n")[0]
            raise ReadingError(f"line {node.lineno}: '{line}' is nothing we generate")
    if expected:
        missing = min(expected).partition("\n")[0]
        raise ReadingError(f"'{missing}' is missing, or not as we generate it")


def _spelled(node: ast.stmt) -> str:
    """A statement in Python's own spelling, without docstrings and defaults."""
    if not isinstance(node, ast.FunctionDef):
        return ast.unparse(node)
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    arguments = ", ".join(a.arg for a in node.args.args)
    lines = "\n".join(ast.unparse(s) for s in body)
    return f"def {node.name}({arguments}):\n{textwrap.indent(lines, '    ')}"


def _calls(names: Sequence[str], variables: Sequence[str]) -> set[str]:
    """The public functions: each is one call."""
    given = ", ".join(variables)
    found = {
        f"def {n}({given}):\n    return _elementwise('{n}', ('{n}',), {given})[0]"
        for n in names
    }
    return {*found, f"def partials({given}):\n    return _together({given})"}


def _tables(titles: Mapping[str, Sequence[str]], layout: Layout) -> set[str]:
    """The tables of the functions."""

    def table(kind: str) -> str:
        mark = f"_{kind}_"
        rows = [f"'{t.removeprefix(mark)}': {t}" for t in titles if t.startswith(mark)]
        return f"_{kind.upper()} = {{{', '.join(rows)}}}"

    if not layout.has_near:
        return {table("whole")}
    has_near = any(title.startswith("_near_") for title in titles)
    none = "_NEAR, _REACH, _exponents = ({}, (1, 1), None)"
    near = table("near") if has_near else none
    return {table("whole"), near}


def _is_plain(
    node: ast.stmt, titles: Mapping[str, Sequence[str]], layout: Layout
) -> bool:
    """Whether it is the head, `__all__`, arithmetic, or says where `near` holds."""
    match node:
        case ast.Expr(ast.Constant(str())):
            return node.lineno == 1
        case ast.Assign([ast.Name("__all__")], _):
            return True
        case ast.Assign([ast.Name("_REACH")], ast.Tuple(elts)):
            return layout.has_near and all(isinstance(e, ast.Constant) for e in elts)
        case ast.FunctionDef(name):
            return name in titles or (layout.has_near and name == "_exponents")
    return False
