"""A stable form to a NumPy module that stands alone."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from importlib.resources import files
from typing import Any

from mila_analysis.activation import Activation
from mila_analysis.backends._inplace import statements
from mila_analysis.backends.backend import Backend, Reading, Source
from mila_analysis.backends.header import docstring
from mila_analysis.derivation import Derivation
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Binding, Constant, Expression, Name, Number
from mila_analysis.stability import Near, Program, StableForm

__all__ = ["NUMPY"]

_INFIX = {
    "add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2),
    ">": (">", 0), ">=": (">=", 0), "<": ("<", 0), "<=": ("<=", 0), "==": ("==", 0),
}  # fmt: skip
_CALLS = {
    "abs": "np.abs({})", "exp": "np.exp({})", "expm1": "np.expm1({})",
    "log": "np.log({})", "log1p": "np.log1p({})", "maximum": "np.maximum({}, {})",
    "copysign": "np.copysign({}, {})", "select": "_select({}, {}, {})",
    "step": "_step({})", "finite": "_finite({}, _k)", "capped": "_capped({}, _k)",
    "tail": "_tail({}, {}, _k)", "fade": "_fade({}, {}, _k)",
    "swell": "_swell({}, {}, _k)", "modest": "_modest({}, {}, _k)",
    "tame": "_tame({}, {}, {})", "product_error": "_product_error({}, {}, {})",
}  # fmt: skip
_CONSTANTS = {"nan": "np.nan"}
RESERVED = ("np",)


def spell(expression: Expression, level: int = 0) -> str:
    """Expression in Python, with the parentheses that keep its order of operations."""
    match expression:
        case Name(text):
            return text
        case Constant(text):
            return _CONSTANTS[text]
        case Number(value):
            return _literal(value, level)
    kind, args = expression.kind, expression.args
    if kind in _INFIX:
        sign, own = _INFIX[kind]
        text = f"{spell(args[0], own)} {sign} {spell(args[1], own + 1)}"
        return f"({text})" if own < level else text
    if kind == "neg":
        return f"-{spell(args[0], 3)}"
    if kind == "residue" and isinstance(args[0], Number):
        return _residue(args[0].value)
    if kind not in _CALLS:
        raise UnsupportedError(f"numpy has no spelling for {kind}")
    spelled = [spell(a) for a in args]
    if kind == "select":  # a number there takes the dtype of the rest
        spelled[1:] = ["_k.one" if s == "1.0" else s for s in spelled[1:]]
    return _CALLS[kind].format(*spelled)


def _literal(value: Fraction, level: int) -> str:
    try:
        text = repr(float(value))
    except OverflowError:
        raise UnsupportedError("a coefficient is beyond the range of float64") from None
    return f"({text})" if value < 0 and level > 0 else text


def _residue(value: Fraction) -> str:
    high = float(value)
    return f"_residue({high!r}, {float(value - Fraction(high))!r}, _k)"


def emit(source: Source) -> str:
    """Source text: public functions first, then the arithmetic of each."""
    activation, derivation, form = source.activation, source.derivation, source.form
    names = list(derivation.names)
    for taken in set(RESERVED) & set(activation.variables):
        raise UnsupportedError(f"NumPy code has no room for a parameter '{taken}'")
    runtime = files("mila_analysis.backends").joinpath("_numpy_runtime.py").read_text()
    parts = [
        f"{docstring(source, 'numpy')}\n\nimport numpy as np",
        _all(names),
        *(_public(activation, derivation, name) for name in names),
        _public_partials(activation),
        *_bodies("whole", form.whole, form.variables, names),
        *_near(form, names),
        runtime.partition("# --- runtime ---\n")[2].strip(),
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
    """Arithmetic in generated source."""
    raise UnsupportedError(f"not read yet: {len(text)}")  # until its reader is in


NUMPY = Backend("numpy", ".py", ("fast",), emit, load, read)
