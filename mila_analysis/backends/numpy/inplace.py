"""A program to NumPy statements that reuse the arrays they no longer need.

Arithmetic on blocks costs as much for its memory as for its operations. Each statement
here is one ufunc; where an operand is not used again, its array takes the result, and
the value of a partial is written where the caller wants it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mila_analysis.program import Expression, Name, Operation, used_names
from mila_analysis.stability import Program

__all__ = ["statements"]

_UFUNCS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide",
    "neg": "negative", "abs": "abs", "exp": "exp", "expm1": "expm1", "log": "log",
    "log1p": "log1p", "maximum": "maximum", "copysign": "copysign",
}  # fmt: skip

_MAY_BE_SCALAR = ("select", "tail", ">", ">=", "<", "<=", "==")


@dataclass(slots=True)
class _Statement:
    """`target = kind(args)` with arguments that are names, numbers or constants."""

    target: str
    kind: str
    args: tuple[Expression, ...]


def statements(
    program: Program,
    wanted: Sequence[str],
    spell: Callable[[Expression], str],
) -> list[str]:
    """Lines that compute the wanted partials into arrays of their names."""
    flat = _flatten(program, wanted)
    full = _full(flat)
    last = _last_uses(flat, wanted)
    owned: dict[str, str] = {}  # name of a value -> name of the array that holds it
    lines = []
    for index, statement in enumerate(flat):
        if statement.kind == "copy":
            lines.append(f"{statement.target}[...] = {spell(statement.args[0])}")
            continue
        out = _free_operand(statement, index, last, owned)
        if statement.target in wanted:
            out = statement.target
        lines.append(_line(statement, out, spell, wanted))
        if statement.kind in _UFUNCS and statement.target in full:
            owned[statement.target] = statement.target
    return lines


def _flatten(program: Program, wanted: Sequence[str]) -> list[_Statement]:
    flat: list[_Statement] = []
    renamed: dict[str, str] = {}
    results = {program.outputs[w]: w for w in reversed(wanted)}
    for binding in program.trimmed(wanted):
        target = results.get(Name(binding.name), binding.name)
        renamed[binding.name] = target
        _emit(binding.value, target, flat, renamed)
    for name in wanted:
        value = program.outputs[name]
        if isinstance(value, Operation):
            _emit(value, name, flat, renamed)
        elif not (isinstance(value, Name) and renamed.get(value.text) == name):
            flat.append(_Statement(name, "copy", (_renamed(value, renamed),)))
    return flat


def _emit(
    value: Expression, target: str, flat: list[_Statement], renamed: Mapping[str, str]
) -> None:
    if not isinstance(value, Operation):
        raise TypeError(f"{target} is bound to no operation")
    args: list[Expression] = []
    for arg in value.args:
        if isinstance(arg, Operation):
            name = f"_w{len(flat)}"
            _emit(arg, name, flat, renamed)
            args.append(Name(name))
        else:
            args.append(_renamed(arg, renamed))
    flat.append(_Statement(target, value.kind, tuple(args)))


def _renamed(value: Expression, renamed: Mapping[str, str]) -> Expression:
    return (
        Name(renamed.get(value.text, value.text)) if isinstance(value, Name) else value
    )


def _full(flat: Sequence[_Statement]) -> set[str]:
    """Names of values that are arrays of the whole block, whatever is rare in it."""
    found = {"x"}
    for statement in flat:
        args = statement.args if statement.kind in _UFUNCS else statement.args[:1]
        names = [a.text for a in args if isinstance(a, Name)]
        if statement.kind in _MAY_BE_SCALAR:
            continue
        if any(name in found for name in names):
            found.add(statement.target)
    return found


def _last_uses(flat: Sequence[_Statement], wanted: Sequence[str]) -> dict[str, int]:
    last = {}
    for index, statement in enumerate(flat):
        for arg in statement.args:
            for name in used_names(arg):
                last[name] = index
    last |= dict.fromkeys(wanted, len(flat))
    for statement in reversed(flat):
        if statement.kind not in _UFUNCS:  # what it returns may be its argument
            for name in (n for arg in statement.args for n in used_names(arg)):
                last[name] = max(last[name], last.get(statement.target, 0))
    return last


def _free_operand(
    statement: _Statement, index: int, last: Mapping[str, int], owned: Mapping[str, str]
) -> str | None:
    if statement.kind not in _UFUNCS:
        return None
    for arg in statement.args:
        if isinstance(arg, Name) and arg.text in owned and last[arg.text] == index:
            return arg.text
    return None


def _line(
    statement: _Statement,
    out: str | None,
    spell: Callable[[Expression], str],
    wanted: Sequence[str],
) -> str:
    target = statement.target
    if statement.kind not in _UFUNCS:
        call = spell(Operation(statement.kind, statement.args))
        return f"{target}[...] = {call}" if target in wanted else f"{target} = {call}"
    args = [spell(a).strip("()") for a in statement.args]
    if out:  # a ufunc's next argument, but for maximum, where NumPy deprecates that
        args.append(f"out={out}" if statement.kind == "maximum" else out)
    call = f"np.{_UFUNCS[statement.kind]}({', '.join(args)})"
    return call if target in wanted else f"{target} = {call}"
