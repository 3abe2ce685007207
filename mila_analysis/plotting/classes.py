"""A dataset to bars: how many examples of each class it has, in both of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.data import DATASETS, Dataset
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import header
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

__all__ = ["ClassesData", "Part", "compute", "draw", "size"]

ROW = ((20, 0.165), (1000, 0.115))  # up to so many classes: so many inches each
AROUND = 0.85  # inches above and below the bars
BAR = 0.72  # of a row
DIGIT = 0.5 * _style.SMALL + 0.6  # points that a digit takes, and some more
BEYOND = 1.03  # of the longest bar


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a dataset: what it is called, and examples of each class."""

    name: str
    counts: tuple[int, ...]

    @property
    def share(self) -> float:
        """Examples of a class, if all had as many."""
        return sum(self.counts) / len(self.counts)


@dataclass(frozen=True, slots=True)
class ClassesData:
    """A dataset's name, its classes in order of their labels, and its parts."""

    title: str
    classes: tuple[str, ...]
    parts: tuple[Part, ...]


def compute(request: Request) -> ClassesData:
    """Count the examples of each class.

    Raises:
        ParameterError: there are none, or too many classes for a figure.
    """
    dataset = request.dataset
    if dataset is None or not 0 < len(dataset.classes) <= ROW[-1][0]:
        raise ParameterError(f"a figure shows 1 to {ROW[-1][0]} classes")
    return ClassesData(
        _title(dataset),
        dataset.classes,
        tuple(
            Part(name, split.counts(len(dataset.classes)))
            for name, split in (
                ("training", dataset.train),
                ("validation", dataset.validation),
            )
        ),
    )


def _title(dataset: Dataset) -> str:
    """As authors write it, or the name of a dataset of the user's own."""
    known = DATASETS.get(dataset.name)
    return known.title if known else dataset.name


def size(data: ClassesData) -> Range:
    """A column and a half wide, and a row a class."""
    row = next(inches for most, inches in ROW if len(data.classes) <= most)
    return _style.WIDER, AROUND + row * len(data.classes)


def draw(figure: Figure, data: ClassesData) -> None:
    """A panel a part, each with its own scale, class names at the left."""
    panels = figure.subplots(1, len(data.parts), sharey=True)
    for axes, part in zip(panels, data.parts, strict=True):
        _bars(axes, part)
    _names(panels[0], data.classes)
    colour = _style.current().ink
    line = Line2D([], [], color=colour, linewidth=_style.THIN, linestyle=_SHARE)
    header(figure, [line], ["equal share"], f"{data.title}: examples of each class")


_SHARE = _style.DASHES[2]


def _bars(axes: Axes, part: Part) -> None:
    theme = _style.current()
    rows = range(len(part.counts))
    axes.barh(rows, part.counts, BAR, color=theme.accent, linewidth=0)
    axes.axvline(
        part.share, color=theme.ink, linewidth=_style.THIN, linestyle=_SHARE, zorder=3
    )
    axes.set_xlim(0, max(*part.counts, 1) * BEYOND)
    axes.set_ylim(len(part.counts) - 0.45, -0.55)
    axes.set_title(f"{part.name} set, {_spaced(sum(part.counts))}")
    axes.set_xlabel("examples")
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.tick_params(axis="y", length=0)
    _numbers(axes, part.counts)


def _numbers(axes: Axes, counts: Sequence[int]) -> None:
    """A column right of the axes, where neither a bar nor the line passes."""
    width = max(len(str(count)) for count in counts)
    for row, count in enumerate(counts):
        axes.annotate(
            str(count), (1, row), (DIGIT * width, 0), ha="right", va="center_baseline",
            xycoords=axes.get_yaxis_transform(), textcoords="offset points",
            fontsize=_style.SMALL, annotation_clip=False,
        )  # fmt: skip


def _names(axes: Axes, classes: Sequence[str]) -> None:
    axes.set_yticks(range(len(classes)), classes, fontsize=_style.SMALL)
    if all(name.isdecimal() for name in classes):
        axes.set_ylabel("class")


def _spaced(count: int) -> str:
    """Digits in groups of three where there are five or more."""
    return f"{count:,}".replace(",", " ") if count >= 10_000 else str(count)
