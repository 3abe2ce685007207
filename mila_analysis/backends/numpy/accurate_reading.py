"""A generated accurate NumPy module back to its programs.

Guards and bounds are no part of a derivative, and no proof of one sees them: apart from
its head the text has to be, letter for letter, the one that its recipe gives. What the
functions of it compute is read from the text all the same, so that it can be proved.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from mila_analysis.backends._python_reading import (
    Dialect,
    ReadingError,
    functions,
    read_function,
    same_text,
)
from mila_analysis.backends.backend import Reading
from mila_analysis.backends.numpy.reading import DIALECT
from mila_analysis.backends.numpy.rounding import IMPORTS
from mila_analysis.program import NAN, Expression, Number, number, op
from mila_analysis.stability import Program

__all__ = ["is_accurate", "read_accurate"]

_WIDE = {
    f"_k.{kind}": kind
    for kind in (
        "copysign", "step", "select", "finite", "modest", "capped", "tail", "fade",
        "swell", "maximum", "exp", "expm1", "log1p",
    )
} | {"abs": "abs"}  # fmt: skip


def is_accurate(text: str) -> bool:
    """Whether a module is of the accurate mode."""
    return "\ndef _wide_partials(" in text


def read_accurate(
    text: str, wanted: str, names: Sequence[str], variables: Sequence[str]
) -> list[Reading]:
    """Programs of a module in the accurate mode.

    Args:
        text: of the file.
        wanted: what its recipe gives.
        names: of the partials.
        variables: of the functions.

    Raises:
        ReadingError: the text differs; names the line.
    """
    start = text.find(IMPORTS)
    if start < 0:
        raise ReadingError("there are no imports in it, as we write them")
    body = wanted[wanted.find(IMPORTS) :]
    same_text(text[start:], body, text[:start].count("\n") + 1)
    known = functions(ast.parse(text))
    return [
        *_doubles(known, names, variables),
        *_wides(known, names, variables),
        *_origins(known, variables),
    ]


def _groups(names: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    yield from ((name, [name]) for name in names)
    yield "partials", names


def _doubles(
    known: dict[str, ast.FunctionDef], names: Sequence[str], variables: Sequence[str]
) -> Iterator[Reading]:
    for key, wanted in _groups(names):
        node = known[f"_double_{key}"]
        outputs = [a.arg for a in node.args.args if a.arg not in (*variables, "_k")]
        found = read_function(node, DIALECT, variables, outputs)
        values = {n: found.outputs[n] for n in wanted}
        yield Reading(f"_double_{key}", Program(found.bindings, values))


def _wides(
    known: dict[str, ast.FunctionDef], names: Sequence[str], variables: Sequence[str]
) -> Iterator[Reading]:
    for key, wanted in _groups(names):
        yield Reading(f"_wide_{key}", _wide(known[f"_wide_{key}"], wanted, variables))


def _origins(
    known: dict[str, ast.FunctionDef], variables: Sequence[str]
) -> Iterator[Reading]:
    if "_origin" in known:
        yield Reading("_origin", _returned(known["_origin"], variables), "origin")


def _wide(
    node: ast.FunctionDef, names: Sequence[str], variables: Sequence[str]
) -> Program:
    """Values times their tails; their bounds are left out."""
    match node.body[-1]:
        case ast.Return(ast.List(rows)):
            parts = [row.elts for row in rows if isinstance(row, ast.Tuple)]
        case _:
            raise ReadingError(f"line {node.lineno}: {node.name} returns no list")
    found = {
        f"{n}{suffix}": part
        for n, (value, _, tail) in zip(names, parts, strict=True)
        for suffix, part in (("", value), (" tail", tail))
    }
    program = _sliced(node, found, variables)
    outputs = program.outputs
    faded: dict[str, Expression] = {}
    for n in names:
        value, tail = outputs[n], outputs[f"{n} tail"]
        faded[n] = value if tail == number(1) else op("fade", value, tail)
    return Program(program.bindings, faded)


def _returned(node: ast.FunctionDef, variables: Sequence[str]) -> Program:
    """Values of a dictionary that a function returns."""
    match node.body[-1]:
        case ast.Return(ast.Dict(keys, values)):
            names = [ast.literal_eval(k) for k in keys if k is not None]
            return _sliced(node, dict(zip(names, values, strict=True)), variables)
    raise ReadingError(f"line {node.lineno}: {node.name} returns no dictionary")


def _sliced(
    node: ast.FunctionDef, wanted: dict[str, ast.expr], variables: Sequence[str]
) -> Program:
    """Program of some expressions: the statements that they need."""
    needed = {name for e in wanted.values() for name in _names(e)}
    kept: list[ast.stmt] = []
    for statement in reversed(node.body[:-1]):
        match statement:
            case ast.Assign([ast.Name(target)], value):
                if target in needed:
                    kept.insert(0, statement)
                    needed |= set(_names(value))
            case _:
                raise ReadingError(f"line {statement.lineno}: it is no assignment")
    kept += [ast.Assign([ast.Name(_local(n))], e, lineno=0) for n, e in wanted.items()]
    last = ast.Return(ast.Tuple([ast.Name(_local(n)) for n in wanted], ast.Load()))
    arguments = ast.arguments(
        [], [ast.arg(v) for v in variables], None, [], [], None, []
    )
    function = ast.FunctionDef(node.name, arguments, [*kept, last], [], None, None)
    function.lineno = node.lineno
    dialect = Dialect(_WIDE, {"_k.nan": NAN, **_fractions(node)})
    return read_function(function, dialect, variables, list(wanted))


def _local(name: str) -> str:
    return f"_{name.replace(' ', '_')}"


def _names(node: ast.expr) -> Iterator[str]:
    return (n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def _fractions(node: ast.FunctionDef) -> dict[str, Number]:
    """Numbers that are no integers, as they are written."""
    found = {}
    for each in ast.walk(node):
        match each:
            case ast.Call(ast.Attribute(ast.Name("_k"), "number"), [top, bottom]):
                value = number(ast.literal_eval(top)).value / ast.literal_eval(bottom)
                found[ast.unparse(each)] = Number(value)
    return found
