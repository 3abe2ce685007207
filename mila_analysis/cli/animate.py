"""`animate`: an activation and a range of its parameter to a film."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from mila_analysis import plotting
from mila_analysis.activation import exact
from mila_analysis.cli.output import STDOUT, deliver
from mila_analysis.cli.plot import Numbers
from mila_analysis.cli.selection import Acts, Json, Params, Tex, single
from mila_analysis.errors import ParameterError, UnsupportedError

__all__ = ["Animate", "animate"]

RANGES = ("--beta", "--sweep")
BOTH = 2
_OPTION = re.compile(r"-+(?![\d.]|inf|nan)")  # and no number


class Animate(TyperCommand):
    """A command whose ranges are two numbers, however they are given.

    `--beta -3 3` is read as `--beta -3 --beta 3`, which is how the other commands
    have several values; so what is missing can be said in our own words.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Arguments with the name of a range before each of its numbers."""
        return super().parse_args(ctx, list(_named(args)))


def _named(args: Sequence[str]) -> Iterable[str]:
    option = value = ""
    for word in args:
        if option in RANGES and value and not _OPTION.match(word):
            yield option
        elif option in RANGES and not value:
            value = word
        else:
            option, value = word.partition("=")[::2]
        yield word


def _ends(meaning: str) -> Any:
    return typer.Option(metavar="LO HI", help=meaning)


def animate(  # noqa: PLR0913 - an option is an argument
    *,
    activation: Acts = None,
    beta: Annotated[
        list[str] | None, _ends("From and to which β; -3 3 unless given.")
    ] = None,
    sweep: Annotated[
        list[str] | None, _ends("The same of --parameter, or of the first one.")
    ] = None,
    parameter: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What moves; the first unless given."),
    ] = None,
    param: Params = None,
    tex: Tex = False,
    x: Annotated[
        Numbers | None, typer.Option(metavar="LO HI", help="Range of x.")
    ] = None,
    partial: Annotated[
        list[str] | None,
        typer.Option(
            "--partial", "-p", metavar="PARTIAL",
            help="Partial to show with f, f_x unless given; can be repeated.",
        ),
    ] = None,
    frames: Annotated[
        int, typer.Option(metavar="N", help="Values of the parameter, ends included.")
    ] = 61,
    fps: Annotated[float, typer.Option(metavar="N", help="Frames a second.")] = 20,
    bounce: Annotated[
        bool,
        typer.Option("--bounce/--once", help="Back again, a loop; or one way only."),
    ] = True,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Heading above the film.")
    ] = None,
    size: Annotated[
        tuple[float, float] | None, typer.Option(metavar="W H", help="Size in inches.")
    ] = None,
    dpi: Annotated[float, typer.Option(metavar="N", help="Dots an inch.")] = 150,
    style: Annotated[
        str, typer.Option(metavar="STYLE", help="light or dark.")
    ] = "light",
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE",
            help="GIF, MP4 (by ffmpeg) or moving PNG by its suffix; - is a GIF on "
            "stdout. In this folder, and named after the activation, unless given.",
        ),
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Film an activation while a parameter moves, its minima marked.

    Try: mila-analysis animate --beta -3 3 -o mila.gif
    """
    name, ends = _range(beta, sweep, parameter)
    suffix = _suffix(output)
    start = [f"{name}={ends[0]}"] if name and ends else []
    one = single("animate", activation, None, [*(param or ()), *start], tex=tex)
    film = plotting.animate(
        one, ends, parameter=name, x=x, partials=partial, frames=frames, fps=fps,
        bounce=bounce, title=title, size=size, dpi=dpi, style=style, watch=_watched,
    )  # fmt: skip
    target = output or f"{one.name}-film.gif"
    deliver(
        film.encode(suffix, watch=_watched), target, command="animate",
        activations=[one], as_json=json, frames=len(film.order), fps=film.fps,
    )  # fmt: skip


def _range(
    beta: Sequence[str] | None, sweep: Sequence[str] | None, parameter: str | None
) -> tuple[str | None, tuple[str, str] | None]:
    """What moves, where that is said, and both ends, where these are.

    Raises:
        ParameterError: one end, three of them, no numbers, or two ranges.
    """
    if beta and sweep:
        raise ParameterError("--beta and --sweep both say what moves; give one")
    if beta and parameter not in (None, "beta", "β"):
        raise ParameterError(f"--beta moves beta; of {parameter} say --sweep LO HI")
    option, given = ("--beta", beta) if beta else ("--sweep", sweep)
    if not given:
        return parameter, None
    if len(given) != BOTH:
        count = "one" if len(given) == 1 else len(given)
        raise ParameterError(
            f"{option} takes two numbers here, from and to, such as "
            f"{option} -3 3; not {count}"
        )
    low, high = given
    for end in given:
        exact(end, option)
    return ("beta" if beta else parameter), (low, high)


def _suffix(output: str | None) -> str:
    """Format that a file's suffix says, checked before anything is computed."""
    if output == STDOUT and sys.stdout is not None and sys.stdout.isatty():
        raise UnsupportedError("a terminal cannot show a film; name a file with -o")
    if output in (None, STDOUT):
        return "gif"
    suffix = Path(output or "").suffix
    if not suffix:
        better = (output or "").rstrip("./") or "film"
        raise ParameterError(f"no film format in '{output}'; name it {better}.gif")
    return plotting.film_format(suffix)


def _watched(steps: Sequence[Any], what: str) -> Iterable[Any]:
    """Steps, with a bar on stderr where a person watches."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(
        steps, what, len(steps), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
