"""A stage and an order of its frames to the bytes of a film."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.animation import FFMpegWriter
from PIL import Image  # which Matplotlib requires, and writes its own films with

from mila_analysis.errors import UnsupportedError
from mila_analysis.plotting.rendering import SETTINGS

if TYPE_CHECKING:
    from mila_analysis.plotting.film import Stage, Watch

__all__ = ["check_encoder", "record"]

COLOURS = 128  # two hues, ink and ground, and what lies between any two of them
TICK = 10  # milliseconds, in which a GIF counts
X264 = ["-crf", "18", "-preset", "slow", "-movflags", "+faststart"]
SAME = ["-fflags", "+bitexact", "-flags:v", "+bitexact"]  # no version is written


def check_encoder() -> None:
    """Look for what MP4 is written with.

    Raises:
        UnsupportedError: there is no ffmpeg.
    """
    if not FFMpegWriter.isAvailable():
        raise UnsupportedError("MP4 needs ffmpeg: install it, or write a GIF")


def record(
    stage: Stage, order: Sequence[int], fps: float, suffix: str, watch: Watch
) -> bytes:
    """Draw the frames of a film one after the other, and encode them."""
    with mpl.rc_context(SETTINGS):
        if suffix == "mp4":
            return _by_ffmpeg(stage, order, fps, watch)
        return _by_pillow(stage, order, fps, suffix, watch)


def _by_pillow(
    stage: Stage, order: Sequence[int], fps: float, suffix: str, watch: Watch
) -> bytes:
    """A picture of each value, drawn once however often it is shown."""
    pictures = {i: _picture(stage, i) for i in watch(sorted(set(order)), "Drawing")}
    pictures = _in_few_colours(pictures)
    shown = [(i, len(list(same))) for i, same in groupby(order)]
    unit = TICK * round(1000 / fps / TICK) if suffix == "gif" else round(1000 / fps)
    first, *others = (pictures[i] for i, _ in shown)
    stream = BytesIO()
    first.save(
        stream, format=suffix, save_all=True, append_images=others, loop=0,
        duration=[unit * often for _, often in shown],
    )  # fmt: skip
    return stream.getvalue()


def _picture(stage: Stage, i: int) -> Image.Image:
    stage.show(i)
    canvas = stage.figure.canvas
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _in_few_colours(pictures: dict[int, Image.Image]) -> dict[int, Image.Image]:
    """Pictures with one palette, that of three of them: what stands still stays so."""
    places = sorted(pictures)
    some = [pictures[i] for i in (places[0], places[len(places) // 2], places[-1])]
    sheet = Image.new("RGB", (some[0].width, sum(p.height for p in some)))
    for row, picture in enumerate(some):
        sheet.paste(picture, (0, row * picture.height))
    palette = sheet.quantize(COLOURS, dither=Image.Dither.NONE)
    return {i: _on_its_ground(p, palette) for i, p in pictures.items()}


def _on_its_ground(picture: Image.Image, palette: Image.Image) -> Image.Image:
    """A picture in the colours of a palette, the ground's made exact.

    That is the colour of a corner; Pillow's nearest one is only near.
    """
    few = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    colours = np.reshape(few.getpalette() or [], (-1, 3))
    colours[np.asarray(few)[0, 0]] = np.asarray(picture)[0, 0]
    few.putpalette(colours.ravel().tolist())
    return few


def _by_ffmpeg(stage: Stage, order: Sequence[int], fps: float, watch: Watch) -> bytes:
    writer = FFMpegWriter(fps=fps, codec="h264", extra_args=[*X264, *SAME])
    try:
        with TemporaryDirectory() as folder:
            film = Path(folder, "film.mp4")
            with writer.saving(stage.figure, film, stage.figure.dpi):
                for i in watch(order, "Drawing"):
                    stage.show(i)
                    writer.grab_frame()
            return film.read_bytes()
    except (subprocess.CalledProcessError, OSError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise UnsupportedError(
            f"ffmpeg writes no MP4 here ({said[-1] if said else 'it says nothing'}); "
            "write a GIF"
        ) from None
