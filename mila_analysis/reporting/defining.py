"""An activation to the sections on its definition, its derivatives and its figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mila_analysis.activation import Activation, Parameter, numeral
from mila_analysis.analysis import Features
from mila_analysis.backends.latex.document import without_definition
from mila_analysis.backends.latex.equations import System, system
from mila_analysis.backends.latex.layout import lines, plain
from mila_analysis.errors import MilaAnalysisError, UnsupportedError
from mila_analysis.letters import in_latex
from mila_analysis.partials import up_to
from mila_analysis.reporting.blocks import (
    Block,
    Code,
    Equations,
    Figure,
    Inline,
    Math,
    Paragraph,
    Rich,
    Section,
    Table,
)

__all__ = ["at_values", "definition", "derivatives", "figures"]

COLUMN = 41.0
"""Em of a line of equations: an A4 page with margins of 25 mm."""

FAR = 2
"""How far a family of figures goes to both sides of the value of a parameter."""


def at_values(activation: Activation) -> Rich:
    """Values of the parameters, as words in a sentence."""
    found: list[Inline] = []
    for p in activation.parameters:
        found += [", ", Math(f"{_symbol(p)} = {_value(p)}")]
    return tuple(found[1:])


def _symbol(parameter: Parameter) -> str:
    return parameter.latex or in_latex(parameter.name)


def _value(parameter: Parameter) -> str:
    top, stroke, bottom = numeral(parameter.value).partition("/")
    if stroke:
        return rf"{top} / {bottom}"
    mantissa, mark, exponent = top.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if mark else top


def definition(activation: Activation) -> Section:
    """The formula, what its letters mean, where it comes from."""
    blocks: list[Block] = []
    written = system(activation, ["f"])
    letters = "".join(f", {_symbol(p)}" for p in activation.parameters)
    left = f"f(x{letters.replace(',', ';', 1)})"
    blocks.append(Equations((plain(replace(written.definition, left=left)),)))
    if written.constants:
        blocks.append(_where(written))
    if activation.parameters:
        blocks.append(_parameters(activation))
    if activation.source:
        blocks.append(Paragraph((f"{activation.source}.",), "Source"))
    if activation.convention:
        said = activation.convention[:1].upper() + activation.convention[1:]
        blocks.append(Paragraph((f"{said}.",), "Convention"))
    if activation.aliases:
        blocks.append(Paragraph((f"{', '.join(activation.aliases)}.",), "Also called"))
    typed: Rich = (Code(activation.formula), ".")
    blocks.append(Paragraph(typed, "As plain text"))
    return Section("Definition", tuple(blocks))


def _where(written: System) -> Paragraph:
    parts: list[Inline] = []
    for constant in written.constants:
        parts += [" and " if parts else "where ", Math(constant)]
    return Paragraph((*parts, "."))


def _parameters(activation: Activation) -> Table:
    rows = tuple(
        (
            (Math(_symbol(p)),),
            (Math(_value(p)),),
            (p.domain or "any number",),
            (p.meaning,),
        )
        for p in activation.parameters
    )
    head = (("Parameter",), ("Value",), ("Domain",), ("Meaning",))
    return Table(head, rows)


def derivatives(activation: Activation) -> Section:
    """Partials up to the second order, in closed form and for the values given."""
    blocks: list[Block] = []
    general = system(activation)
    lead: Rich = ("Exact, for every value of the parameters:",)
    blocks.append(Paragraph(lead if activation.parameters else ("Exact:",)))
    blocks.append(Equations(tuple(_lines(general))))
    if general.constants:
        blocks.append(_where(general))
    if activation.parameters:
        blocks.append(Paragraph(("With ", *at_values(activation), ":")))
        blocks.append(_bound(activation))
    return Section("Derivatives", tuple(blocks))


def _bound(activation: Activation) -> Block:
    names = [p.name for p in up_to(2, ("x",))]
    try:
        found = system(activation, names, form="numeric", normalize=False)
    except UnsupportedError as error:
        return Paragraph((f"The closed form does not hold there: {error}.",))
    return Equations(tuple(_lines(found)))


def _lines(written: System) -> Iterator[str]:
    yield from lines(without_definition(written), COLUMN)


def figures(found: Features) -> Section:
    """The function and its derivatives; where there is a parameter, its influence."""
    activation = found.activation
    given = at_values(activation)
    at: Rich = (" with ", *given) if given else ()
    one = (activation,)
    shown = [
        Figure("function", ("The function", *at, "."), "function", one),
        Figure(
            "derivatives",
            ("The function and its partials up to the second order", *at, "."),
            "derivatives",
            one,
        ),
    ]
    if activation.parameters:
        shown += list(_swept(activation))[: 2 if _is_bounded(found) else 1]
    return Section("Figures", tuple(map(_drawable, shown)))


def _is_bounded(found: Features) -> bool:
    """Whether there is anything to show over a parameter."""
    return bool(found.minima) or found.lipschitz is not None


def _drawable(figure: Figure) -> Block:
    """The figure, or why there is none."""
    try:
        figure.draw("svg")
    except MilaAnalysisError as error:
        return Paragraph((*figure.caption, f" Not drawn: {error}."))
    return figure


def _swept(activation: Activation) -> Iterator[Figure]:
    first = activation.parameters[0]
    symbol = Math(_symbol(first))
    low, high = first.value - FAR, first.value + FAR
    low = low if first.low is None else max(low, first.low)
    high = high if first.high is None else min(high, first.high)
    ends = (("sweep", (low, high)),)
    yield Figure(
        "family",
        ("The family for five values of ", symbol, ", and its derivatives in ",
         Math("x"), "."),
        "family",
        (activation,),
        ends,
    )  # fmt: skip
    yield Figure(
        "features",
        ("Least value, curvature there and bounds of the slopes over ", symbol,
         ", each point proved; there is no curve where nothing is."),
        "features",
        (activation,),
        ends,
    )  # fmt: skip
