"""A stable form to a NumPy module that stands alone."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mila_analysis.activation import Activation
from mila_analysis.backends._copied import copied
from mila_analysis.backends.backend import Backend, Reading, Source
from mila_analysis.backends.header import docstring, parse
from mila_analysis.backends.numpy import wide, wide_reading
from mila_analysis.backends.numpy.accurate_reading import is_accurate, read_accurate
from mila_analysis.backends.numpy.inplace import statements
from mila_analysis.backends.numpy.reading import read as read_fast
from mila_analysis.backends.numpy.rounding import IMPORTS, arithmetic, runtime
from mila_analysis.backends.numpy.spelling import spell
from mila_analysis.derivation import Derivation, derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Binding
from mila_analysis.stability import Near, Program, StableForm, stabilize

__all__ = ["NUMPY"]

RESERVED = {"fast": ("np",), "accurate": ("np", "abs"), "wide": ("np", "abs")}


def emit(source: Source) -> str:
    """Source text: public functions first, then the arithmetic of each."""
    activation, derivation, form = source.activation, source.derivation, source.form
    names = list(derivation.names)
    kind = "wide" if form.strategy == "wide" else source.accuracy
    for taken in set(RESERVED[kind]) & set(activation.variables):
        raise UnsupportedError(f"NumPy code has no room for a parameter '{taken}'")
    if form.strategy == "wide":
        kind = source.accuracy
        rest = [*wide.arithmetic(form, names, kind), wide.runtime(kind)]
        *first, last = wide.imports(kind)
        imports = "\n".join([*first, *([""] if first else []), last])
    elif source.accuracy == "accurate":
        imports, *rest = [IMPORTS, *arithmetic(derivation, form), *runtime()]
    else:
        rest = [*_bodies("whole", form.whole, form.variables, names)]
        rest += [*_near(form, names), copied("numpy", "_runtime.py")]
        imports = "import numpy as np"
    parts = [
        f"{docstring(source, 'numpy')}\n\n{imports}",
        _all(names),
        *(_public(activation, derivation, name) for name in names),
        _public_partials(activation),
        *rest,
    ]
    return "\n\n\n".join(parts) + "\n"


def _all(names: list[str]) -> str:
    quoted = ", ".join(f'"{n}"' for n in [*names, "partials"])
    return "\n".join(
        textwrap.wrap(f"__all__ = [{quoted}]", 88, subsequent_indent="    ")
    )


def _signature(activation: Activation) -> str:
    return ", ".join(
        ["x", *(f"{p.name}={float(p.value)!r}" for p in activation.parameters)]
    )


def _public(activation: Activation, derivation: Derivation, name: str) -> str:
    arguments = ", ".join(activation.variables)
    mathematics = textwrap.wrap(f"{name} = {derivation.tower(name)}", 80)
    lines = [
        f"def {name}({_signature(activation)}):",
        f'    """{_title(name)}, elementwise and broadcast like a ufunc.',
        "",
        *(f"    {'    ' if i else ''}{line}" for i, line in enumerate(mathematics)),
        '    """',
        f'    return _elementwise("{name}", ("{name}",), {arguments})[0]',
    ]
    return "\n".join(lines)


def _title(name: str) -> str:
    return "The function" if name == "f" else f"The partial derivative {name}"


def _public_partials(activation: Activation) -> str:
    return "\n".join(
        [
            f"def partials({_signature(activation)}):",
            '    """All of them by name; they share their exponentials."""',
            f"    return _together({', '.join(activation.variables)})",
        ]
    )


def _bodies(
    title: str, program: Program, variables: tuple[str, ...], names: list[str]
) -> list[str]:
    """Arithmetic of each partial and of all together, into given arrays."""
    return [
        _body(f"_{title}_{name}", program, variables, wanted)
        for name, wanted in [*((n, [n]) for n in names), ("partials", names)]
    ]


def _body(
    name: str, program: Program, variables: tuple[str, ...], wanted: list[str]
) -> str:
    lines = statements(program, wanted, spell)
    arguments = ", ".join([*variables, "_k", *wanted])
    return "\n".join([f"def {name}({arguments}):", *(f"    {line}" for line in lines)])


def _near(form: StableForm, names: list[str]) -> list[str]:
    """The shorter arithmetic, the exponents that say where it holds, and the choice."""
    keys = [*names, "partials"]
    whole = ["_WHOLE = {", *(f'    "{n}": _whole_{n},' for n in keys), "}"]
    if form.near is None:
        return ["\n".join(whole), "_NEAR, _REACH, _exponents = {}, (1, 1), None"]
    bodies = _bodies("near", form.near.program, form.variables, names)
    near = ["_NEAR = {", *(f'    "{n}": _near_{n},' for n in keys), "}"]
    reach = f"_REACH = ({form.near.deepest}, {form.near.highest})"
    choice = [*whole, *near, f"{reach}  # powers of the exponentials that occur"]
    return [*bodies, _exponents(form.near, form.variables), "\n".join(choice)]


def _exponents(near: Near, variables: tuple[str, ...]) -> str:
    lines = [f"def _exponents({', '.join(variables)}):"]
    lines += [
        _statement(b) for b in near.program.needed(z for s in near.exponents for z in s)
    ]
    sums = [
        f"({', '.join(spell(z) for z in summands)},)" for summands in near.exponents
    ]
    lines += [f"    return ({', '.join(sums)},)  # of each exponential, as summands"]
    return "\n".join(lines)


def _statement(binding: Binding) -> str:
    return f"    {binding.name} = {spell(binding.value)}"


def load(text: str) -> Mapping[str, Callable[..., Any]]:
    """Functions of generated source, by name; nothing but that text is run."""
    namespace: dict[str, Any] = {"__name__": "mila_analysis_generated"}
    exec(compile(text, "<generated numpy code>", "exec"), namespace)  # noqa: S102
    return {name: namespace[name] for name in namespace["__all__"]}


def read(text: str) -> Sequence[Reading]:
    """Programs of a generated module, by the function that each stands in.

    Raises:
        ReadingError: something in it is not what this program writes; names the line.
    """
    if wide_reading.is_wide(text):
        return wide_reading.read(text)
    if not is_accurate(text):
        return read_fast(text)
    head = parse(text)
    derivation = derive(head.activation, head.order)
    form = stabilize(derivation)
    wanted = emit(Source(head.activation, derivation, form, "accurate"))
    return read_accurate(text, wanted, derivation.names, form.variables)


NUMPY = Backend("numpy", ".py", ("fast", "accurate"), emit, load, read)
