"""What a user asks of a film to that film, and a film to bytes or a file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mila_analysis import files
from mila_analysis.activation import Activation, Number, exact
from mila_analysis.errors import ParameterError, UnsupportedError, suggestion
from mila_analysis.plotting.kinds import FILM
from mila_analysis.plotting.request import check, check_dpi, check_size, check_style

if TYPE_CHECKING:
    from mila_analysis.plotting.film import Stage, Watch

__all__ = ["FILMS", "Film", "animate", "film_format"]

FILMS = ("gif", "mp4", "png")
FRAMES = 61  # sixty steps: of a whole range such as 6 each is a round decimal
MOST_FRAMES = 1000
FPS = (1, 50)  # a GIF counts in hundredths of a second, and browsers skip single ones
MAX_DOTS = 400_000_000  # of all frames
REST = 0.5  # seconds at each end


def _unwatched(steps: Sequence[Any], _: str) -> Iterable[Any]:
    return steps


@dataclass(frozen=True, eq=False, slots=True)
class Film:
    """A film that is computed but not drawn; a notebook shows it as a GIF.

    Attributes:
        stage: what is drawn on: `stage.show(i)` sets `stage.figure` to one value.
        order: which value each frame shows.
        fps: frames a second.
    """

    stage: Stage
    order: tuple[int, ...]
    fps: float

    def encode(self, format: str = "gif", *, watch: Watch = _unwatched) -> bytes:  # noqa: A002
        """Draw and encode it as `gif`, `mp4` or `png` (one that moves).

        Two calls give the same bytes, in any process, for one version of Matplotlib
        and of Pillow, or of ffmpeg.

        Raises:
            UnsupportedError: another format, or MP4 and no ffmpeg.
        """
        suffix = film_format(format)
        from mila_analysis.plotting.recording import record

        return record(self.stage, self.order, self.fps, suffix, watch)

    def save(self, path: Path | str) -> Path:
        """Write a file whole or not at all; its suffix says the format."""
        suffix = film_format(Path(path).suffix)
        return files.write(path, self.encode(suffix))

    def _repr_html_(self) -> str:
        data = b64encode(self.encode()).decode()
        return f'<img alt="film" src="data:image/gif;base64,{data}">'


def film_format(name: str) -> str:
    """A format that can be written on this machine.

    Raises:
        UnsupportedError: none, names the nearest; or MP4, and there is no ffmpeg.
    """
    suffix = name.lower().removeprefix(".")
    if suffix not in FILMS:
        hint = suggestion(suffix, FILMS) or f"; choose from {', '.join(FILMS)}"
        raise UnsupportedError(f"no film format '{name}'{hint}")
    if suffix == "mp4":
        from mila_analysis.plotting.recording import check_encoder

        check_encoder()
    return suffix


def animate(  # noqa: PLR0913 - an option is an argument
    activation: Activation,
    sweep: Sequence[Number] | None = None,
    *,
    parameter: str | None = None,
    x: Sequence[Number] | None = None,
    partials: Sequence[str] | None = None,
    frames: int = FRAMES,
    fps: float = 20,
    bounce: bool = True,
    title: str | None = None,
    size: Sequence[float] | None = None,
    dpi: float = 150,
    style: str = "light",
    points: int | None = None,
    watch: Watch = _unwatched,
) -> Film:
    """A film of an activation while one of its parameters moves.

    Args:
        activation: the function.
        sweep: from and to which value; down if the second is the lower one.
        parameter: name of what moves; the first unless given.
        x: both ends of the range of x.
        partials: names such as `f_xx`, shown with f; its slope unless given.
        frames: values of the parameter, evenly spaced, both ends among them.
        fps: frames a second.
        bounce: whether the film goes back as well; it is then a loop.
        title: a heading above the film.
        size: width and height in inches.
        dpi: dots an inch.
        style: `light` or `dark`.
        points: samples along a curve.
        watch: is given the steps and what they are, and gives them again: a
            progress bar.

    Raises:
        ParameterError: an option that cannot be; one line says which and why.
        PartialError: a partial that the activation does not have.
    """
    ends, down = _direction(sweep)
    request = check(FILM, activation, x, ends, parameter, partials, points)
    if len(request.activations) > 1:
        raise ParameterError("a film shows one activation")
    chosen = None if size is None else check_size(size)
    check_style(style)
    _check_speed(frames, fps)
    from mila_analysis.plotting import film
    from mila_analysis.plotting._drawing import sheet
    from mila_analysis.plotting._style import context

    _check_dots(check_dpi(dpi, chosen or film.SIZE), chosen or film.SIZE, frames)
    with context(style):
        data = film.compute(request, frames, watch)
        with sheet(chosen or film.SIZE, title or "") as figure:
            stage = film.Stage(figure, data)
    figure.set_dpi(dpi)
    return Film(stage, _order(frames, fps, down=down, bounce=bounce), fps)


def _direction(
    sweep: Sequence[Number] | None,
) -> tuple[Sequence[Number] | None, bool]:
    """Range from low to high, and whether it was given the other way round."""
    if sweep is None:
        return None, False
    try:
        start, end = (exact(value, "sweep") for value in sweep)
    except (TypeError, ValueError) as error:
        if isinstance(error, ParameterError):
            raise
        raise ParameterError(f"sweep must be two numbers, not {sweep}") from None
    if start == end:
        raise ParameterError(f"a film needs two different values, not {sweep[0]} twice")
    return sorted((start, end)), start > end


def _check_speed(frames: int, fps: float) -> None:
    if not 2 <= frames <= MOST_FRAMES:
        raise ParameterError(f"frames must be from 2 to {MOST_FRAMES}, not {frames}")
    low, high = FPS
    if not low <= fps <= high:
        raise ParameterError(f"fps must be from {low} to {high}, not {fps:g}")


def _check_dots(dpi: float, size: tuple[float, float], frames: int) -> None:
    if size[0] * size[1] * dpi**2 * frames > MAX_DOTS:
        raise ParameterError(
            f"{frames} frames of {size[0]:g} by {size[1]:g} inches at {dpi:g} dpi are "
            f"more than {MAX_DOTS // 10**6} million dots"
        )


def _order(frames: int, fps: float, *, down: bool, bounce: bool) -> tuple[int, ...]:
    """Values in the order in which they are shown; a film rests where it turns."""
    there = list(range(frames))[:: -1 if down else 1]
    rest = round(REST * fps)
    back = there[-2:0:-1] if bounce else []
    return (*[there[0]] * rest, *there, *[there[-1]] * rest, *back)
