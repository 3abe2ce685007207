"""Exponents whose rounding error a program carries along, and corrects for.

A `whole` program says so by `tame`. A short one has E = R + R·e of R = exp(z), and
expm1(z) + E·e where it needs E - 1: there e is the error of z, and neither R nor
expm1(z) may stand anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Expression, Name, Operation
from mila_analysis.stability.form import Program

__all__ = ["Carried", "carried"]

Bindings = Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Carried:
    """What an error analysis takes to be exact.

    Attributes:
        exact: names of exponents, and of their sizes.
        errors: names of the errors of exponents of a short program.
        exponents: those exponents.
    """

    exact: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    exponents: set[str] = field(default_factory=set)


def carried(program: Program) -> Carried:
    """The exponents of a program whose error is carried along.

    Raises:
        UnsupportedError: an exponential of one stands somewhere without its correction.
    """
    known = {b.name: b.value for b in program.bindings}
    found = Carried()
    for value in known.values():
        match value:
            case Operation("tame", (_, Name(size), _)):
                found.exact.add(size)
                inner = known[size]
                args = inner.args if isinstance(inner, Operation) else ()
                found.exact.update(a.text for a in args if isinstance(a, Name))
    _short(program, known, found)
    return found


def _short(program: Program, known: Bindings, found: Carried) -> None:
    for value in _operations(program):
        match value:
            case Operation("fused", (Name(r), error, Name(again))) if r == again:
                exponent = _exponent(known.get(r), "exp", known)
                if exponent is not None:
                    found.exponents.add(exponent)
                    if isinstance(error, Name):
                        found.errors.add(error.text)
    found.exact.update(found.exponents)
    for value in _operations(program):
        if not _is_correction(value, known, found):
            _refuse_bare(value, known, found)
    for output in program.outputs.values():
        _refuse_bare(Operation("neg", (output,)), known, found)


def _is_correction(value: Operation, known: Bindings, found: Carried) -> bool:
    """Whether an operation adds the correction to an exponential, or to expm1."""
    match value:
        case Operation("fused", (Name(r), _, Name(again))) if r == again:
            return _exponent(known.get(r), "exp", known) in found.exponents
        case Operation("fused", (Name(e), _, minus)):
            match known.get(e):
                case Operation("fused", (Name(r), _, Name(again))) if r == again:
                    exponent = _exponent(known.get(r), "exp", known)
                    of = _exponent(minus, "expm1", known)
                    return exponent in found.exponents and of == exponent
    return False


def _refuse_bare(value: Operation, known: Bindings, found: Carried) -> None:
    for each in value.args:
        for kind in ("exp", "expm1"):
            if _exponent(each, kind, known) in found.exponents:
                raise UnsupportedError(
                    "accurate mode: an exponential lacks the error of its exponent"
                )


def _exponent(value: Expression | None, kind: str, known: Bindings) -> str | None:
    """The name of z where a value is exp(z), or the name of that."""
    if isinstance(value, Name):
        value = known.get(value.text)
    match value:
        case Operation(found, (Name(z),)) if found == kind:
            return z
    return None


def _operations(program: Program) -> Iterator[Operation]:
    """All operations of a program, those inside of others too."""
    waiting: list[Expression] = [b.value for b in program.bindings]
    waiting += program.outputs.values()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Operation):
            yield value
            waiting += value.args
