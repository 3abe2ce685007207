"""A training run to the pictures of its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mila_analysis.experiments.results import RunResult

__all__ = ["draw"]


def draw(result: RunResult, folder: Path) -> None:
    """Write curves, confusion matrix and, if some were learned, parameters as PNG."""
    from mila_analysis import files
    from mila_analysis.plotting import render
    from mila_analysis.plotting.confusion import confusion
    from mila_analysis.plotting.parameters import parameters
    from mila_analysis.plotting.training import training

    figures = {"curves": training([result]), "confusion": confusion(result)}
    if result.last.parameters:
        figures["parameters"] = parameters(result)
    for name, figure in figures.items():
        files.write(folder / f"{name}.png", render(figure, "png"))
