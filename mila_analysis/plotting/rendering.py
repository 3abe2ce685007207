"""Figure and format to bytes: the same ones every time."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from mila_analysis.errors import UnsupportedError, suggestion

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "SETTINGS", "render"]

# What would differ between two runs is left out: dates and versions.
FORMATS: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": "mila-analysis"},
    "pdf": {"CreationDate": None, "Creator": "mila-analysis", "Producer": None},
}
SETTINGS = {
    "svg.hashsalt": "mila-analysis",  # else identifiers are drawn at random
    "svg.fonttype": "path",  # mathematics looks alike whatever fonts a viewer has
    "pdf.fonttype": 42,  # TrueType: text can be searched, and journals take it
    "savefig.bbox": "standard",
    "savefig.facecolor": "auto",
    "savefig.edgecolor": "auto",
    "path.simplify": True,
    "path.simplify_threshold": 1 / 9,
    "agg.path.chunksize": 0,
    "text.hinting": "none",
    "text.usetex": False,
}


def render(figure: Figure, format: str) -> bytes:  # noqa: A002 - Matplotlib's own word
    """Encode a figure as PNG, SVG or PDF.

    Two calls give the same bytes, in any process, for one version of Matplotlib.

    Raises:
        UnsupportedError: another format; names the nearest.
    """
    import matplotlib as mpl

    suffix = format.lower().removeprefix(".")
    if suffix not in FORMATS:
        hint = suggestion(suffix, FORMATS) or f"; choose from {', '.join(FORMATS)}"
        raise UnsupportedError(f"no figure format '{format}'{hint}")
    stream = BytesIO()
    with mpl.rc_context(SETTINGS):
        figure.savefig(stream, format=suffix, dpi=figure.dpi, metadata=FORMATS[suffix])
    return stream.getvalue()
