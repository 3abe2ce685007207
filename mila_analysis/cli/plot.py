"""`plot`: activations, or a dataset, and a kind of figure to a picture."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from mila_analysis import plotting
from mila_analysis.activation import Activation
from mila_analysis.cli.datasets import DataDir, Download, GivenDataset, opened
from mila_analysis.cli.output import STDOUT, deliver
from mila_analysis.cli.selection import Acts, Betas, Json, Params, Tex, several
from mila_analysis.errors import ParameterError, UnsupportedError, suggestion
from mila_analysis.plotting import Kind, kinds

__all__ = ["plot"]

Numbers = tuple[str, str]  # as typed: -0.1 is the decimal, and 1e999 has a message

_KINDS = "; ".join(f"{k.name}: {k.description}" for k in plotting.KINDS.values())
EMBEDDED = "digits"
MANY = 8  # names; with more of them a file is named after the kind alone
_PARTIALS = ("f", "f_x", "f_beta", "f_xx", "f_xbeta", "f_betabeta")


def _choice(words: Sequence[str]) -> object:
    """Completion of one of several words."""
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


def plot(  # noqa: PLR0913 - an option is an argument
    *,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help=f"{_KINDS}.", autocompletion=_choice([*plotting.KINDS])
        ),
    ] = "function",
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    dataset: GivenDataset = None,
    data_dir: DataDir = None,
    download: Download = False,
    x: Annotated[
        Numbers | None, typer.Option(metavar="LO HI", help="Range of x.")
    ] = None,
    sweep: Annotated[
        Numbers | None,
        typer.Option(
            metavar="LO HI",
            help="Range of the parameter: an axis of contour and gradient; "
            "else a family of five values.",
        ),
    ] = None,
    over: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Parameter to sweep; the first unless given."
        ),
    ] = None,
    partial: Annotated[
        list[str] | None,
        typer.Option(
            "--partial",
            "-p",
            metavar="PARTIAL",
            autocompletion=_choice(_PARTIALS),
            help="Partial to show, such as f_x or f_xbeta; can be repeated.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Heading above the figure.")
    ] = None,
    size: Annotated[
        tuple[float, float] | None, typer.Option(metavar="W H", help="Size in inches.")
    ] = None,
    dpi: Annotated[
        float, typer.Option(metavar="N", help="Dots an inch, of a PNG.")
    ] = 300,
    style: Annotated[
        str,
        typer.Option(
            metavar="STYLE",
            autocompletion=_choice(plotting.STYLES),
            help="light or dark.",
        ),
    ] = "light",
    points: Annotated[
        int | None,
        typer.Option(metavar="N", help="Samples along a line, or a side of a field."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of random numbers: landscape, noise, histogram; 0 unless given.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="PNG, SVG or PDF by its suffix; - is stdout. In this folder, and "
            "named after the figure, unless given.",
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            autocompletion=_choice([*plotting.FORMATS]),
            help="png, svg or pdf, where no suffix says so.",
        ),
    ] = None,
    show: Annotated[
        bool,
        typer.Option("--show", help="Open a window; a file is written only with -o."),
    ] = False,
    json: Json = False,
) -> None:
    """Draw a figure of one activation or of several, or of a dataset.

    Try: mila-analysis plot --beta -0.25

    or:  mila-analysis plot -a relu -a mish -a mila --beta -0.25
    """
    chosen = kinds.get(kind)
    drawn: list[Activation] = []
    if chosen.subject == "dataset":
        _refuse(chosen, "an activation", activation, beta, param, tex)
        data = opened(dataset or EMBEDDED, data_dir, download=download)
        target = output or _file([data.name], chosen, format_)
    else:
        _refuse(chosen, "a dataset", dataset is not None, data_dir, download)
        data = None
        drawn = several(activation or _usual(chosen, beta, param), beta, param, tex=tex)
        target = output or _named(chosen, drawn, format_)
    encoding = _encoding(target, format_)
    figure = plotting.plot(
        data or drawn, kind, x=x, sweep=sweep, parameter=over, partials=partial,
        title=title, size=size, dpi=dpi, style=style, points=points, seed=seed,
    )  # fmt: skip
    if output or not show:
        picture = plotting.render(figure, encoding)
        more = {"dataset": data.name} if data else {}
        deliver(
            picture, target, command="plot", kind=kind, activations=drawn, as_json=json,
            **more,
        )  # fmt: skip
    if show:
        plotting.show(figure)


def _refuse(kind: Kind, what: str, *options: object) -> None:
    """Nothing, unless options were given that this kind has no use for."""
    if any(options):
        raise ParameterError(f"a {kind.name} figure takes no option for {what}")


def _usual(
    kind: Kind, betas: Sequence[str] | None, params: Sequence[str] | None
) -> Sequence[str] | None:
    """What a kind shows unless activations are named, be it the whole catalog."""
    from mila_analysis import catalog

    if kind.whole:
        return catalog.names()
    return None if betas or params else kind.usual


def _named(kind: Kind, activations: Sequence[Activation], format_: str | None) -> str:
    """Name of a file in the current folder, such as `relu-mila-function.png`."""
    names = dict.fromkeys(a.name for a in activations)
    return _file([] if len(names) > MANY else names, kind, format_)


def _file(names: Iterable[str], kind: Kind, format_: str | None) -> str:
    return f"{'-'.join([*names, kind.name])}.{_suffix(format_) or 'png'}"


def _suffix(format_: str | None) -> str:
    return (format_ or "").lower().removeprefix(".")


def _encoding(target: str, format_: str | None) -> str:
    """Format that the suffix of a file or `--format` says.

    Raises:
        ParameterError: they contradict each other, or neither says one.
        UnsupportedError: a terminal cannot show it.
    """
    suffix = "" if target == STDOUT else Path(target).suffix.lower().removeprefix(".")
    wanted = _suffix(format_)
    known = ", ".join(plotting.FORMATS)
    for word in filter(None, (wanted, suffix if not wanted else "")):
        if word not in plotting.FORMATS:
            hint = suggestion(word, plotting.FORMATS) or f"; choose from {known}"
            raise UnsupportedError(f"no figure format '{word}'{hint}")
    if wanted and suffix in plotting.FORMATS and suffix != wanted:
        raise ParameterError(f"'{target}' is no name for {wanted.upper()}")
    if target == STDOUT and (wanted or "png") != "svg" and _is_terminal():
        raise UnsupportedError("a terminal cannot show a picture; name a file with -o")
    if not (wanted or suffix or target == STDOUT):
        better = target.rstrip("./") or "figure"
        raise ParameterError(f"no figure format in '{target}'; name it {better}.png")
    return wanted or suffix or "png"


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
