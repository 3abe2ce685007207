"""Style and number of activations to colours, dashes, markers and Matplotlib settings.

Hues are ordered by luminance, in steps that grey printing keeps, and were chosen so
that no two come close under protanopia, deuteranopia or tritanopia either. Each has a
contrast of at least 3 to its background.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle, islice

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

__all__ = [
    "DASHES",
    "DOUBLE",
    "SINGLE",
    "THEMES",
    "WIDER",
    "Look",
    "Theme",
    "context",
    "looks",
]

SINGLE = 3.5  # inches: one column of a two-column page
WIDER = 4.9  # a column and a half
DOUBLE = 7.16  # both columns
HAIRLINE, THIN, THICK = 0.5, 0.9, 1.3  # points
LEADING = 1.0  # of lines of a small text
SMALL, NORMAL = 7.0, 8.5  # points; journals ask for 6 or more after reduction

Dash = str | tuple[float, tuple[float, ...]]

# In units of the line's width. Each is told from the others by its rhythm.
DASHES: tuple[Dash, ...] = (
    "solid",
    (0, (4.5, 1.6)),
    (0, (1.1, 1.3)),
    (0, (6, 1.5, 1.1, 1.5)),
    (0, (9, 2)),
    (0, (4, 1.3, 1, 1.3, 1, 1.3)),
    (0, (2.4, 1.2)),
    (0, (9, 1.5, 2.4, 1.5)),
)
FIELD = ("#0f2d5c", "#33689f", "#a3c4e3", "#e9b872", "#f6d976", "#fffbd2")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a style.

    Attributes:
        ground: behind everything.
        ink: text and frames.
        faint: lines through zero.
        accent: of a line that is alone.
        few: of up to four lines, by luminance.
        many: of up to eight.
        sheet: stops of the colours of a field on which arrows are seen.
        level: of the lines of levels under arrows.
    """

    ground: str
    ink: str
    faint: str
    accent: str
    few: tuple[str, ...]
    many: tuple[str, ...]
    sheet: tuple[str, ...]
    level: str

    def hues(self, count: int) -> tuple[str, ...]:
        """Hues spread over the luminance that there is; past eight, the same again."""
        if count == 1:
            return (self.accent,)
        hues = self.few if count <= len(self.few) else self.many
        if count > len(hues):
            return tuple(islice(cycle(hues), count))
        last = len(hues) - 1
        return tuple(hues[round(i * last / (count - 1))] for i in range(count))


THEMES = {
    "light": Theme(
        ground="#ffffff",
        ink="#000000",
        faint="#b8b8b8",
        accent="#1c4f9c",
        few=("#211242", "#8b2733", "#0976d0", "#b38f00"),
        many=(
            "#001538", "#5a2338", "#3637a2", "#3f6641",
            "#824f91", "#b75525", "#3e85d3", "#c28000",
        ),
        sheet=("#6f9fd2", "#9dbfe2", "#c3d9ee", "#f6d3a0", "#fbe6b4", "#fffbe2"),
        level="#6d7480",
    ),
    "dark": Theme(
        ground="#101318",
        ink="#f2f2f2",
        faint="#4c525c",
        accent="#6cb8f5",
        few=("#e7f6f7", "#f5c439", "#69acea", "#d05b6e"),
        many=(
            "#fbf3db", "#f0dc46", "#02e5dd", "#ffa3c5",
            "#ee9636", "#5a9fe8", "#3f9a58", "#b45bbb",
        ),
        sheet=("#0a1626", "#10233d", "#183355", "#4a3714", "#6b5220", "#8d7233"),
        level="#9aa3b0",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """How one activation is told from the others, in colour and without it."""

    colour: str
    dash: Dash = "solid"
    marker: str = ""
    width: float = THICK
    alpha: float = 1.0

    def faint(self) -> Look:
        """The same look for a curve that only goes with another."""
        return replace(self, width=THIN, alpha=0.75)


def looks(theme: Theme, activations: int, partials: int = 1) -> list[list[Look]]:
    """Look of each partial (column) of each activation (row).

    Where there are several of one sort only, hue and dash both tell them apart. Where
    there are several of both, a dash is a partial; hue and marker are an activation.
    """
    if activations > 1 and partials > 1:
        hues = zip(theme.hues(activations), MARKERS, strict=False)
        return [[Look(h, d, m) for d in DASHES[:partials]] for h, m in hues]
    each = zip(theme.hues(activations * partials), DASHES, strict=False)
    flat = [Look(h, d) for h, d in each]
    return [[look] for look in flat] if activations > 1 else [flat]


def colormap(stops: tuple[str, ...]) -> LinearSegmentedColormap:
    """An even number of stops to a colormap whose two halves meet at zero.

    The sign of a value turns the hue at once; luminance rises from end to end, so
    that in grey, too, lighter is higher.
    """
    half = len(stops) // 2
    below, above = np.linspace(0, 0.5, half), np.linspace(0.5, 1, half)
    places = zip((*below, *above), stops, strict=True)
    return LinearSegmentedColormap.from_list("mila", list(places), N=1024)


def current() -> Theme:
    """Theme of the context that is open."""
    ground = str(mpl.rcParams["figure.facecolor"])
    return next(t for t in THEMES.values() if t.ground == ground)


@contextmanager
def context(style: str) -> Iterator[Theme]:
    """Matplotlib's settings for one style, put back at the end.

    They start from Matplotlib's defaults, so what a user's matplotlibrc says does not
    show, and name only fonts that come with Matplotlib.
    """
    theme = THEMES[style]
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_settings(theme))
        yield theme


def _settings(theme: Theme) -> dict[str, object]:
    return _INK | {
        "figure.facecolor": theme.ground,
        "axes.facecolor": theme.ground,
        "axes.edgecolor": theme.ink,
        "axes.labelcolor": theme.ink,
        "text.color": theme.ink,
        "xtick.color": theme.ink,
        "ytick.color": theme.ink,
        "hatch.color": theme.ink,
    }


_INK: dict[str, object] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": NORMAL,
    "axes.labelsize": NORMAL,
    "axes.titlesize": NORMAL,
    "figure.titlesize": NORMAL + 1,
    "legend.fontsize": NORMAL - 0.5,
    "xtick.labelsize": NORMAL - 0.5,
    "ytick.labelsize": NORMAL - 0.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlepad": 4,
    "axes.labelpad": 2.5,
    "axes.xmargin": 0,
    "axes.formatter.use_mathtext": True,
    "lines.linewidth": THICK,
    "lines.dash_capstyle": "butt",
    "lines.solid_capstyle": "round",
    "xtick.direction": "out",
    "ytick.direction": "out",
    "xtick.major.size": 2.8,
    "ytick.major.size": 2.8,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.pad": 2.2,
    "ytick.major.pad": 2.2,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.3,
    "legend.borderaxespad": 0.2,
    "legend.borderpad": 0.2,
    "legend.labelspacing": 0.25,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "text.hinting": "none",
}
