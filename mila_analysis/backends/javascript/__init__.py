"""A stable form to a JavaScript module that stands alone, for browsers and Node.js.

`spelling` is how programs are written, `frame` the functions around them, `runtime`
the pieces that these need, with `_plain`, `_wide` and `_wide_functions` as their text;
`reading` and `syntax` lead back to programs, `node` runs the text, `bundle` puts
several into one script, with one runtime.
"""

from __future__ import annotations

from mila_analysis.backends import header
from mila_analysis.backends.backend import Backend, Source
from mila_analysis.backends.javascript.bundle import bundle
from mila_analysis.backends.javascript.frame import Frame
from mila_analysis.backends.javascript.node import NoNodeError, available, load, version
from mila_analysis.backends.javascript.reading import read

__all__ = ["JAVASCRIPT", "NoNodeError", "available", "bundle", "version"]


def emit(source: Source) -> str:
    """Source text: the pieces of the runtime, the arithmetic, the functions.

    Raises:
        UnsupportedError: the program has an operation that JavaScript lacks.
    """
    form = source.form
    frame = Frame(
        source.activation, tuple(source.derivation.names), form.strategy == "wide"
    )
    head = map(_harmless, header.lines(source, "javascript"))
    return frame.text(list(head), frame.lines(form.whole))


def _harmless(line: str) -> str:
    """A line of the head that ends neither the comment nor a script in a page."""
    for awkward, escaped in (("*/", "* /"), ("</", r"<\/"), ("<!", r"<\u0021")):
        line = line.replace(awkward, escaped)
    return line


JAVASCRIPT = Backend("javascript", ".js", ("fast",), emit, load, read)
