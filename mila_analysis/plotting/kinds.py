"""Kind of figure, by name, to what it shows and its default ranges: imports no more."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from mila_analysis.errors import UnknownNameError, suggestion

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mila_analysis.plotting.request import Request

__all__ = ["FILM", "KINDS", "Draughtsman", "Kind", "get"]

Range = tuple[float, float]


class Draughtsman(Protocol):
    """What the module of a kind has: numbers first, then a size, then ink."""

    def compute(self, request: Request) -> Any:
        """Request to a frozen dataclass of sampled arrays."""

    def size(self, data: Any) -> Range:
        """Sampled arrays to the width and height, in inches, that they need."""

    def draw(self, figure: Figure, data: Any) -> None:
        """Sampled arrays to artists on a figure."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of figure; `name` is also that of its module in this package.

    Attributes:
        name: as users type it.
        description: one line for `list` and `--help`.
        x: default range of x.
        samples: what `points` counts: along a line, or along a side of a grid.
        max_points: the most of them that can be asked for.
        chooses: whether partials can be chosen.
        most: activations that one figure can tell apart.
        whole: whether it shows the whole catalog unless activations are named.
        usual: what it shows of the catalog unless activations or values are named.
        seeded: whether it draws random numbers, and takes a seed.
        subject: what it is of; a figure of a dataset takes no other options.
        sweep: default range of the parameter, where that is an axis; elsewhere a
            sweep is a family of activations, and there is none until it is asked for.
    """

    name: str
    description: str
    x: Range
    samples: Literal["line", "grid"] = "line"
    max_points: int = 1_000_000
    sweep: Range | None = None
    chooses: bool = True
    most: int = 8
    whole: bool = False
    usual: tuple[str, ...] = ()
    seeded: bool = False
    subject: Literal["activations", "dataset"] = "activations"

    def load(self) -> Draughtsman:
        """Its module, imported only now: it imports Matplotlib and NumPy."""
        return cast("Draughtsman", import_module(f"{__package__}.{self.name}"))


ORIGINAL = ("relu", "swish", "mila:beta=-0.25")


def _table(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS = _table(
    Kind("function", "f of one or several activations, minima marked", x=(-5, 5)),
    Kind("derivatives", "f and its partials up to the second order", x=(-5, 5)),
    Kind(
        "family",
        "f, both x-derivatives, and the first one further out",
        x=(-3, 3),
        chooses=False,
    ),
    Kind(
        "contour",
        "levels of f and of partials over x and a parameter",
        x=(-3, 3),
        samples="grid",
        max_points=2_000,
        sweep=(-3, 3),
    ),
    Kind(
        "gradient",
        "arrows of the gradient in x and a parameter, over levels of f",
        x=(-10, 10),
        samples="grid",
        max_points=2_000,
        sweep=(-10, 10),
        chooses=False,
    ),
    Kind(
        "features",
        "least value, its curvature and the bounds of slopes over a parameter, proven",
        x=(-5, 5),
        max_points=1_000,
        sweep=(-3, 3),
        chooses=False,
        most=4,
    ),
    Kind(
        "grid",
        "f and its slope, a small panel an activation, of the whole catalog",
        x=(-4, 4),
        chooses=False,
        most=64,
        whole=True,
    ),
    Kind(
        "landscape",
        "output of one random network over a plane, a panel an activation",
        x=(-5, 5),
        samples="grid",
        max_points=1_000,
        chooses=False,
        most=9,
        usual=ORIGINAL,
        seeded=True,
    ),
    Kind(
        "noise",
        "an image of normal noise beside its images under f",
        x=(-3, 3),
        samples="grid",
        max_points=2_000,
        chooses=False,
        usual=ORIGINAL,
        seeded=True,
    ),
    Kind(
        "histogram",
        "histograms of normal noise and of f of it, with sampled and proven moments",
        x=(-4, 4),
        chooses=False,
        most=9,
        usual=ORIGINAL,
        seeded=True,
    ),
    Kind(
        "classes",
        "examples of each class of a dataset (--dataset)",
        x=(0, 1),
        subject="dataset",
    ),
)

# What moves is no figure to `plot`, but takes the same options.
FILM = Kind(
    "film",
    "f and partials while a parameter moves",
    x=(-5, 5),
    max_points=100_000,
    sweep=(-3, 3),
    most=1,
)


def get(name: str) -> Kind:
    """Kind of a name.

    Raises:
        UnknownNameError: no such kind; names the nearest.
    """
    found = KINDS.get(name.strip().lower())
    if found is None:
        hint = suggestion(name, KINDS) or f"; choose from {', '.join(KINDS)}"
        raise UnknownNameError(f"no figure '{name}'{hint}")
    return found
