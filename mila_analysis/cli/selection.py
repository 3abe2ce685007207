"""What `-a`, `--beta` and `--param` say to activations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice, product
from typing import Annotated

import typer

from mila_analysis.activation import Activation
from mila_analysis.errors import FormulaError, ParameterError

__all__ = ["Acts", "Betas", "Json", "Params", "bound", "names", "several", "single"]

DEFAULT = "mila"
ENOUGH = 100  # members of a family; no figure takes as many

Values = Mapping[str, Sequence[str]]


def names(incomplete: str) -> list[str]:
    """Names of the catalog that begin so, for a shell to complete."""
    from mila_analysis import catalog

    return [name for name in catalog.names() if name.startswith(incomplete)]


Acts = Annotated[
    list[str] | None,
    typer.Option(
        "--activation",
        "-a",
        metavar="ACT",
        autocompletion=names,
        help="A name (see: mila-analysis list), name:beta=1, or a formula in quotes; "
        f"{DEFAULT} unless given.",
    ),
]
Betas = Annotated[
    list[str] | None,
    typer.Option("--beta", metavar="B", help="Value of β; repeated, a family."),
]
Params = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="Value of another parameter, also of one in your own formula.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Say what was written as JSON on stdout.")
]


def several(
    texts: Sequence[str] | None,
    betas: Sequence[str] | None,
    params: Sequence[str] | None,
) -> list[Activation]:
    """Activations that options name, each with each of the values given for it.

    A value goes to all activations that have the parameter, save those whose own text
    sets it: `-a relu -a mila --beta -0.25` compares the two.

    Raises:
        ParameterError: a value that no activation takes.
    """
    values = _values(betas, params)
    chosen = [(text, _read(text, values)) for text in texts or [DEFAULT]]
    taken = [_taken(text, activation, values) for text, activation in chosen]
    for name in values:
        if not any(name in taking for taking in taken):
            raise _untaken(name, values, chosen)
    found = [
        member
        for (_, activation), taking in zip(chosen, taken, strict=True)
        for member in _family(activation, taking)
    ]
    return list(dict.fromkeys(found))


def single(
    command: str,
    texts: Sequence[str] | None,
    betas: Sequence[str] | None,
    params: Sequence[str] | None,
) -> Activation:
    """The one activation that options name."""
    found = several(texts, betas, params)
    if len(found) > 1:
        raise ParameterError(f"{command} takes one activation, not {len(found)}")
    return found[0]


def bound(
    texts: Sequence[str] | None,
    betas: Sequence[str] | None,
    params: Sequence[str] | None,
) -> bool:
    """Whether a parameter was given a value."""
    return bool(betas or params or any(map(_fixed, texts or ())))


def _values(
    betas: Sequence[str] | None, params: Sequence[str] | None
) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {"beta": list(betas)} if betas else {}
    for text in params or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise ParameterError(f"--param takes NAME=VALUE, not '{text[:40]}'")
        values.setdefault(name.replace("β", "beta"), []).append(value)
    return values


def _read(text: str, values: Values) -> Activation:
    """Activation of a text; a formula may speak of parameters that have a value."""
    from mila_analysis import catalog

    try:
        return catalog.resolve(text)
    except FormulaError:
        words = re.findall(r"\w+", text.replace("β", "beta"))
        known = {name: given[0] for name, given in values.items() if name in words}
        if not known:
            raise
        return catalog.titled(catalog.define("custom", text.strip(), **known))


def _fixed(text: str) -> set[str]:
    """Parameters that a text such as `mila:beta=1` sets itself."""
    _, _, bindings = text.replace("β", "beta").partition(":")
    return {item.partition("=")[0].strip() for item in bindings.split(",")} - {""}


def _taken(text: str, activation: Activation, values: Values) -> Values:
    names = set(activation.values) - _fixed(text)
    return {name: given for name, given in values.items() if name in names}


def _family(activation: Activation, values: Values) -> list[Activation]:
    every = islice(product(*values.values()), ENOUGH)
    return [
        activation.bind(**dict(zip(values, chosen, strict=True))) for chosen in every
    ]


def _untaken(
    name: str, values: Values, chosen: Sequence[tuple[str, Activation]]
) -> ParameterError:
    """What to say of a value that nothing takes."""
    if any(name in _fixed(text) for text, _ in chosen):
        return ParameterError(f"{name} is given twice")
    if len(chosen) > 1:
        return ParameterError(f"none of these activations has a parameter '{name}'")
    try:
        chosen[0][1].bind(**{name: values[name][0]})
    except ParameterError as error:
        return error
    raise AssertionError(name)
