"""A stable form to C99 that stands alone, compiled code on arrays, and the way back.

`arithmetic` is how programs are spelled, `bodies` the statements of an element, `near`
the short program for most elements, `choices` its pieces as masks, `loops` the
functions of a block, `fast` the rest of a file, `arrays` compiled functions on NumPy
arrays, `reading` a file to the programs in it. The C that is the same in all files
stands beside, as `_*.h`. `accurate` and `wide` (double-double with a wide exponent)
are the same for correctly rounded results, `doubles` what nearly all of these come
from, with bounds.

Forms of the strategy `wide` have files of their own. Fast ones are `boxed`: in a box
around 0 they compute in plain arithmetic, which `close` makes of the program, and
beyond it on `broad` numbers (doubles with exponents of their own). Accurate ones are
`unlimited`: on `extended` numbers (those of `wide` with limits). `series` computes the
coefficients of their functions, and `constants` tells which constant a literal means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mila_analysis.backends import header
from mila_analysis.backends.backend import Backend, Reading, Source
from mila_analysis.backends.c import accurate, boxed, reading, unlimited
from mila_analysis.backends.c.arrays import functions
from mila_analysis.backends.c.fast import FORMATS, FastFrame, bodies
from mila_analysis.backends.c.frame import frame_of
from mila_analysis.backends.c.reading import frame_in
from mila_analysis.derivation import derive
from mila_analysis.stability import stabilize

__all__ = ["C"]


def emit(source: Source) -> str:
    """Source text: head, prototypes, runtime, then the arithmetic of each dtype."""
    if source.form.strategy == "wide" and source.accuracy == "fast":
        return boxed.emit(source)
    if source.form.strategy == "wide":
        return unlimited.emit(source)
    if source.accuracy == "accurate":
        return accurate.emit(source)
    frame = FastFrame.of(
        frame_of(source.activation, source.derivation.names), source.form
    )
    return frame.text(header.lines(source, "c"), bodies(frame, source.form))


def load(text: str) -> Mapping[str, Callable[..., Any]]:
    """Functions of generated source, by name; nothing but that text is compiled."""
    is_accurate = header.parse(text).accuracy == "accurate"
    formats = {f.name: f.arithmetic.name for f in FORMATS}
    if is_accurate:
        formats = {name: name for name in accurate.FORMATS}
    return functions(text, frame_in(text), formats)


def read(text: str) -> Sequence[Reading]:
    """The arithmetic of a generated file."""
    known = header.parse(text)
    is_wide = stabilize(derive(known.activation, known.order)).strategy == "wide"
    if is_wide and known.accuracy == "fast":
        return boxed.read(text)
    if is_wide:
        return unlimited.read(text)
    if known.accuracy == "accurate":
        return accurate.read(text)
    return reading.read(text)


C = Backend("c", ".c", ("fast", "accurate"), emit, load, read)
