"""A Python file to the formula that one of its functions computes; it is never run.

The first argument is x; one that is named like a parameter of the activation is that
parameter; the gradient that comes from above (`grad_output`, `dY`) is 1.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from mila_analysis.auditing.executing import Executor
from mila_analysis.auditing.expressions import Names
from mila_analysis.auditing.values import Context, as_number
from mila_analysis.errors import (
    FormulaError,
    NoPlaceError,
    UnknownNameError,
    UnsupportedError,
    suggestion,
)
from mila_analysis.notation.tree import Node, name, number

__all__ = ["chosen", "functions_in", "read_python", "source_of", "split_path"]

MAX_BYTES = 1 << 20
UPSTREAM = re.compile(
    r"grad\w*|\w*_grad|d[yY]\w*|d_?out\w*|upstream|gout|gy|g|dL_?\w*|delta_?"
)
OWN = ("self", "cls", "ctx")


def split_path(text: str) -> tuple[Path, str]:
    """`path.py:function` to its parts."""
    path, colon, function = text.rpartition(":")
    if colon and path.endswith(".py"):
        return Path(path), function
    return Path(text), ""


def source_of(path: Path) -> str:
    """Text of a Python file.

    Raises:
        NoPlaceError: there is no such file.
        FormulaError: it is too large, or not text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NoPlaceError(f"cannot read {path}: {reason}") from None
    if len(data) > MAX_BYTES:
        raise FormulaError(f"{path} is larger than {MAX_BYTES >> 20} MiB")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise FormulaError(f"{path} is not UTF-8 text") from None


def read_python(
    source: str,
    wanted: str,
    variables: Sequence[str],
    partial: str | None = None,
    given: Mapping[str, Fraction] | None = None,
) -> Node:
    """Tree of what a function returns.

    Args:
        source: text of the file.
        wanted: `function` or `Class.method`; '' if there is only one.
        variables: of the activation.
        partial: chooses among the gradients that a `backward` returns.
        given: values for parameters of the function that the activation does not have.

    Raises:
        FormulaError: not Python.
        UnknownNameError: no such function, or several and none named.
        UnsupportedError: it cannot be read as a formula.
    """
    tree = _parsed(source)
    found = functions_in(tree)
    full = _chosen(found, wanted)
    owner = full.rpartition(".")[0]
    local = {n: f for n, f in found.items() if "." not in n}
    local |= {
        n.rpartition(".")[2]: f
        for n, f in found.items()
        if owner and n.startswith(f"{owner}.")
    }
    constants = _constants(tree)
    executor = Executor(local, constants, given or {}, _names(tree, constants))
    _check_decorators(found[full], found)
    forward = found.get(f"{owner}.forward")
    try:
        _initialise(found.get(f"{owner}.__init__"), executor, variables)
        context = _forward(forward, full, executor, variables)
        names = _bound(found[full], executor, variables, given or {}, context)
        result = executor.run(found[full], names)
    except RecursionError:
        raise UnsupportedError("the function is nested too deep to be read") from None
    return _one(result, variables, partial)


def _parsed(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f" at line {line}" if line else ""
        raise FormulaError(f"the file is not Python{where}") from None
    lines = re.split("\r\n|\r|\n", source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            line = lines[node.lineno - 1].encode()
            piece = line[node.col_offset : node.end_col_offset].decode()
            node.source = piece.replace("_", "")  # type: ignore[attr-defined]
    return tree


def functions_in(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Functions of a file, and methods as `Class.method`."""
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        match node:
            case ast.FunctionDef():
                found[node.name] = node
            case ast.Assign(targets=[ast.Name(id=word)], value=ast.Lambda() as value):
                found[word] = _function_of(word, value)
            case ast.ClassDef():
                methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
                found |= {f"{node.name}.{m.name}": m for m in methods}
    return found


def _function_of(word: str, value: ast.Lambda) -> ast.FunctionDef:
    """`f = lambda x: ...` as a function with one line."""
    body: list[ast.stmt] = [ast.copy_location(ast.Return(value.body), value)]
    made = ast.FunctionDef(name=word, args=value.args, body=body, decorator_list=[])
    return ast.copy_location(made, value)


def chosen(source: str, wanted: str) -> str:
    """Full name of the function that is meant."""
    return _chosen(functions_in(_parsed(source)), wanted)


def _chosen(found: Mapping[str, ast.FunctionDef], wanted: str) -> str:
    if not found:
        raise UnknownNameError("the file has no function")
    if wanted in found:
        return wanted
    matching = [n for n in found if n.rpartition(".")[2] == wanted]
    if len(matching) == 1:
        return matching[0]
    known = ", ".join(list(found)[:8])
    if wanted:
        hint = suggestion(wanted, found) or f"; it has {known}"
        raise UnknownNameError(f"the file has no function '{wanted[:40]}'{hint}")
    if len(found) > 1:
        raise UnknownNameError(f"name a function, as in file.py:name; it has {known}")
    return next(iter(found))


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that a file gives one value, once and under no condition."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=targets, value=value):
                found |= {t.id: value for t in targets if isinstance(t, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=word), value=ast.expr() as value):
                found[word] = value
    return {n: v for n, v in found.items() if n not in _unsettled(tree)}


def _unsettled(tree: ast.Module) -> frozenset[str]:
    """Names that a file binds in another way than once, plainly."""
    found: set[str] = set()
    often: list[str] = []
    for node in tree.body:
        match node:
            case ast.Assign(targets=targets):
                often += [t.id for t in targets if isinstance(t, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=word)):
                often.append(word)
            case ast.FunctionDef(name=word) | ast.ClassDef(name=word):
                often.append(word)
            case ast.Import() | ast.ImportFrom() | ast.Expr():
                pass
            case _:
                found |= set(_stored(node))
    found |= {w for n in ast.walk(tree) if isinstance(n, ast.Global) for w in n.names}
    return frozenset(found | {w for w in often if often.count(w) > 1})


def _stored(tree: ast.AST) -> list[str]:
    """Names that statements bind: in a loop, under a condition, by `+=`."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=word, ctx=ast.Store()):
                found.append(word)
            case ast.FunctionDef(name=word) | ast.ClassDef(name=word):
                found.append(word)
    return found


def _names(tree: ast.Module, constants: Mapping[str, ast.expr]) -> Names:
    """What the other names of a file stand for."""
    imported = [
        alias
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    return Names(
        frozenset(n.name for n in tree.body if isinstance(n, ast.ClassDef)),
        {a.asname: a.name for a in imported if a.asname and a.asname not in constants},
        _unsettled(tree),
    )


def _check_decorators(function: ast.FunctionDef, found: Mapping[str, Any]) -> None:
    """Refuse a function that another one of the file changes."""
    for decorator in function.decorator_list:
        words = {n.id for n in ast.walk(decorator) if isinstance(n, ast.Name)}
        if not words.isdisjoint(found):
            raise UnsupportedError(
                f"what @{ast.unparse(decorator)[:40]} makes of {function.name} cannot "
                "be read"
            )


def _initialise(
    function: ast.FunctionDef | None, executor: Executor, variables: Sequence[str]
) -> None:
    """What `__init__` leaves in `self`; nothing if it cannot be read."""
    if function is None:
        return
    values = executor.defaults(function)
    for argument in (*function.args.args, *function.args.kwonlyargs):
        word = argument.arg.replace("β", "beta")
        if word in variables[1:]:
            values[argument.arg] = name(word)
        elif word in executor.given:
            values[argument.arg] = number(executor.given[word])
    values["self"] = executor.own
    try:
        executor.run(function, values)
    except UnsupportedError:
        executor.own.fields.clear()


def _forward(
    forward: ast.FunctionDef | None,
    full: str,
    executor: Executor,
    variables: Sequence[str],
) -> Context:
    """The `ctx` that `forward` of the same class leaves to `backward`."""
    context = Context(tuple(name(v) for v in variables))
    if forward is None or not full.endswith(".backward"):
        return context
    names = _bound(forward, executor, variables, executor.given, context)
    try:
        executor.run(forward, names)
    except UnsupportedError:
        return Context(tuple(name(v) for v in variables))
    return context


def _bound(
    function: ast.FunctionDef,
    executor: Executor,
    variables: Sequence[str],
    given: Mapping[str, Fraction],
    context: Context,
) -> dict[str, Any]:
    """What each parameter of a function stands for."""
    words = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    words += [a.arg for a in function.args.kwonlyargs]
    values = executor.defaults(function)
    plain = [w for w in words if w not in OWN and not UPSTREAM.fullmatch(w)]
    point = "x" if "x" in plain else next(iter(plain), "")
    for word in words:
        spelled = word.replace("β", "beta")
        if word == "ctx":
            values[word] = context
        elif word in OWN:
            values[word] = executor.own
        elif word == point:
            values[word] = name("x")
        elif spelled in variables:
            values[word] = name(spelled)
        elif word in given:
            values[word] = number(given[word])
        elif UPSTREAM.fullmatch(word):
            values[word] = number(1)
        elif word not in values:
            raise UnsupportedError(
                f"parameter '{word}' of {function.name} has no value; give it one by "
                f"--param {word}=..."
            )
    return values


def _one(result: Any, variables: Sequence[str], partial: str | None) -> Node:
    """The formula asked for, of those that a function returns."""
    if isinstance(result, tuple):
        numbers = [as_number(r) for r in result if isinstance(r, Node)]
        place = (
            variables.index(partial[2:]) if partial and partial[2:] in variables else 0
        )
        if place < len(numbers):
            return numbers[place]
    if not isinstance(result, Node):
        raise UnsupportedError("the function returns nothing that is a formula")
    return as_number(result)
