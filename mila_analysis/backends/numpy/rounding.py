"""The accurate mode of the NumPy backend: its programs, and the runtime they need.

Of every partial, and of all together, there is a `_double_` function with float64
values and bounds, and a `_wide_` one that pairs of floats run as well as decimals; the
values where the exponent is 0 are in `_origin`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction

from mila_analysis.backends._copied import copied
from mila_analysis.backends.numpy.inplace import statements
from mila_analysis.backends.numpy.spelling import INFIX, spell
from mila_analysis.derivation import Derivation
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Binding, Constant, Expression, Name, Number
from mila_analysis.stability import Program, StableForm
from mila_analysis.stability.origin import EXPONENT, origin
from mila_analysis.stability.rounding import DOUBLE_DOUBLE, Bounded, bounded
from mila_analysis.stability.uncompensated import uncompensated

__all__ = ["IMPORTS", "arithmetic", "rows", "runtime"]

IMPORTS = """\
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from fractions import Fraction

import numpy as np"""
UNITS = replace(DOUBLE_DOUBLE, unit=Fraction(1))
"""Bounds in units of whatever arithmetic runs the text."""


def arithmetic(derivation: Derivation, form: StableForm) -> list[str]:
    """Functions of all programs, and the tables of them.

    Raises:
        UnsupportedError: the form is not homogeneous, or has no error bound.
    """
    if form.strategy != "homogeneous":
        raise UnsupportedError(
            f"accurate mode needs a homogeneous form, and this one is {form.strategy}"
        )
    names = list(derivation.names)
    double = bounded(form.whole, form.variables)
    wide = bounded(uncompensated(form.whole), form.variables, UNITS)
    groups = {**{n: [n] for n in names}, "partials": names}
    tables = [
        f"{table} = {{\n"
        + "".join(f'    "{key}": {kind}_{key},\n' for key in groups)
        + "}"
        for table, kind in (("_DOUBLE", "_double"), ("_WIDE", "_wide"))
    ]
    return [
        *(_double(key, form, double, group) for key, group in groups.items()),
        *(_wide(key, form, wide.program, group) for key, group in groups.items()),
        *_origin(derivation, form.variables),
        "\n".join([*tables, _signed(double, names)]),
    ]


def _signed(double: Bounded, names: Sequence[str]) -> str:
    listed = "".join(f'"{n}", ' for n in names if n in double.signed)
    return (
        f"_SIGNED = ({listed.rstrip()})  # of these, a double has the right sign\n"
        f"_CANCELS = {double.guarded}  # whether the exponent is a sum that may"
    )


def _double(key: str, form: StableForm, double: Bounded, names: Sequence[str]) -> str:
    wanted = rows(names, double.signed)
    arguments = ", ".join([*form.variables, "_k", *wanted])
    lines = statements(double.program, wanted, spell)
    return _function(f"_double_{key}", arguments, lines)


def rows(names: Sequence[str], signed: Collection[str]) -> list[str]:
    """What a `_double_` function gives: values, bounds, and both for signs in doubt."""
    unsure = [n for n in names if n not in signed]
    return [
        *names,
        *(f"{n}_bound" for n in names),
        *(f"{n}_inner" for n in unsure),
        *(f"{n}_inner_bound" for n in unsure),
    ]


def _wide(key: str, form: StableForm, program: Program, names: Sequence[str]) -> str:
    outputs = program.outputs
    rows = [[outputs[n + s] for s in ("", "_bound", "_tail")] for n in names]
    kept = program.needed(e for row in rows for e in row)
    found = [f"({', '.join(spell_wide(e) for e in row)})" for row in rows]
    lines = [*map(_statement, kept), "return [", *(f"    {f}," for f in found), "]"]
    return _function(f"_wide_{key}", ", ".join([*form.variables, "_k"]), lines)


def _origin(derivation: Derivation, variables: Sequence[str]) -> list[str]:
    """z, and the partials where it is 0, of exact numbers."""
    found = origin(derivation)
    if found is None:
        return ["_exponent = _origin = None"]
    arguments = ", ".join(variables)
    z, program = found.exponent, found.program
    rows = [f'    "{n}": {spell_wide(e)},' for n, e in program.outputs.items()]
    return [
        _function(
            "_exponent",
            arguments,
            [
                *map(_statement, z.bindings),
                f"return {spell_wide(z.outputs[EXPONENT])}",
            ],
        ),
        _function(
            "_origin",
            arguments,
            [*map(_statement, program.bindings), "return {", *rows, "}"],
        ),
    ]


def _statement(binding: Binding) -> str:
    return f"{binding.name} = {spell_wide(binding.value)}"


def _function(name: str, arguments: str, lines: Sequence[str]) -> str:
    return "\n".join([f"def {name}({arguments}):", *(f"    {line}" for line in lines)])


def spell_wide(expression: Expression, level: int = 0) -> str:
    """Expression in Python for any kind of number: operators, and methods of `_k`."""
    match expression:
        case Name(text):
            return text
        case Constant(text):
            return f"_k.{text}"
        case Number(value) if value.denominator == 1:
            return f"({value})" if value < 0 and level > 0 else f"{value}"
        case Number(value):
            return f"_k.number({value.numerator}, {value.denominator})"
    kind, args = expression.kind, expression.args
    if kind in INFIX:
        sign, own = INFIX[kind]
        text = f"{spell_wide(args[0], own)} {sign} {spell_wide(args[1], own + 1)}"
        return f"({text})" if own < level else text
    if kind == "neg":
        return f"-{spell_wide(args[0], 3)}"
    spelled = ", ".join(spell_wide(a) for a in args)
    return f"abs({spelled})" if kind == "abs" else f"_k.{kind}({spelled})"


def runtime() -> list[str]:
    """The text that is the same in all accurate modules."""
    fast = copied("numpy", "_runtime.py").split("\n\n\n")
    rare = next(i for i, part in enumerate(fast) if part.startswith("# What is rare"))
    shared = [p for p in fast[:rare] if p.startswith(("def _flat(", "def _dtype("))]
    return [
        *(copied("numpy", f) for f in ("_pairs.py", "_kits.py", "_accurate.py")),
        *shared,
        *fast[rare:],
    ]
