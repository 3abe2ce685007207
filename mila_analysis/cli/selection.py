"""What `-a`, `--beta` and `--param` say to activations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice, product
from typing import Annotated

import typer

from mila_analysis.activation import Activation
from mila_analysis.cli.remarks import remark
from mila_analysis.errors import ParameterError
from mila_analysis.letters import spelled

__all__ = [
    "Acts",
    "Betas",
    "Json",
    "Params",
    "Tex",
    "bound",
    "fixed",
    "given",
    "names",
    "read",
    "several",
    "single",
]

DEFAULT = "mila"
ENOUGH = 100  # members of a family; no figure takes as many

_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[^\W\d_](?:_\w+|[0-9]+)?")
FEW = 4  # of a family that are looked at
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
        help="A name (see: mila-analysis list), name:beta=1, or a formula or LaTeX in "
        "quotes; "
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
        help="Value of a parameter, also of one in your own formula: b=-0.25.",
    ),
]
Tex = Annotated[
    bool,
    typer.Option(
        "--latex",
        help="Formulas of -a are LaTeX, even without a backslash or a brace.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Say what was written as JSON on stdout.")
]


def several(
    texts: Sequence[str] | None,
    betas: Sequence[str] | None,
    params: Sequence[str] | None,
    *,
    tex: bool = False,
) -> list[Activation]:
    """Activations that options name, each with each of the values given for it.

    A value goes to all activations that have the parameter, save those whose own text
    sets it: `-a relu -a mila --beta -0.25` compares the two. What is worth knowing of
    a formula of the user's own is said.

    Raises:
        ParameterError: a value that no activation takes.
    """
    from mila_analysis import catalog

    values = _values(betas, params)
    plain = [_plain(text, tex=tex) for text in texts or [DEFAULT]]
    chosen = [(text, read(text, values)) for text in plain]
    taken = [_taken(text, activation, values) for text, activation in chosen]
    for name in values:
        if not any(name in taking for taking in taken):
            raise _untaken(name, values, chosen)
    found = [
        member
        for (_, activation), taking in zip(chosen, taken, strict=True)
        for member in _family(activation, taking)
    ]
    unique = list(dict.fromkeys(found))
    remark(unique[:FEW], catalog.OWN)
    return unique


def single(
    command: str,
    texts: Sequence[str] | None,
    betas: Sequence[str] | None,
    params: Sequence[str] | None,
    *,
    tex: bool = False,
) -> Activation:
    """The one activation that options name."""
    found = several(texts, betas, params, tex=tex)
    if len(found) > 1:
        raise ParameterError(f"{command} takes one activation, not {len(found)}")
    return found[0]


def bound(
    texts: Sequence[str] | None,
    betas: Sequence[str] | None,
    params: Sequence[str] | None,
) -> bool:
    """Whether a parameter was given a value."""
    return bool(betas or params or any(map(fixed, texts or ())))


def given(texts: Sequence[str] | None, params: Sequence[str] | None) -> set[str]:
    """Names of the parameters that texts and `--param` give a value."""
    named = {spelled(item.partition("=")[0]) for item in params or ()}
    return named.union(*map(fixed, texts or ()))


def fixed(text: str) -> set[str]:
    """Parameters that a text such as `mila:beta=1` sets itself."""
    from mila_analysis import catalog

    return set(catalog.divided(text)[1])


def _plain(text: str, *, tex: bool) -> str:
    """A formula in LaTeX as plain text; all else as it is."""
    from mila_analysis import catalog

    formula, _ = catalog.divided(text)
    if catalog.is_name(formula) or not (tex or catalog.is_latex(formula)):
        return text
    from mila_analysis.notation.plain import from_latex

    return from_latex(formula) + text[len(formula) :]


def _values(
    betas: Sequence[str] | None, params: Sequence[str] | None
) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {"beta": list(betas)} if betas else {}
    for text in params or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise ParameterError(f"--param takes NAME=VALUE, not '{text[:40]}'")
        values.setdefault(spelled(name), []).append(value)
    return values


def read(text: str, values: Values) -> Activation:
    """Activation of a text; a formula may speak of parameters that have a value."""
    from mila_analysis import catalog

    if catalog.is_name(catalog.divided(text)[0]):
        return catalog.resolve(text)
    words = {spelled(word) for word in _WORDS.findall(text)} - fixed(text)
    return catalog.resolve(
        text, **{name: given[0] for name, given in values.items() if name in words}
    )


def _taken(text: str, activation: Activation, values: Values) -> Values:
    names = set(activation.values) - fixed(text)
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
    if any(name in fixed(text) for text, _ in chosen):
        return ParameterError(f"{name} is given twice")
    if len(chosen) > 1:
        return ParameterError(f"none of these activations has a parameter '{name}'")
    try:
        chosen[0][1].bind(**{name: values[name][0]})
    except ParameterError as error:
        return ParameterError(str(error).replace("custom has", "the formula has", 1))
    raise AssertionError(name)
