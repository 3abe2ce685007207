"""Training runs to what tells them from each other, and what they have alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields

from matplotlib.figure import Figure

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.results import RunResult
from mila_analysis.plotting._drawing import sheet
from mila_analysis.plotting._labels import full_label, symbol
from mila_analysis.plotting._style import context
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import check_dpi, check_style

__all__ = ["MOST", "labels", "paper", "subject"]

MOST = 8  # runs that lines can be told apart of
NAMED = ("dataset", "model", "activation")  # settings that are named by their value


def labels(results: Sequence[RunResult]) -> list[str]:
    """What tells each run from the others: the settings in which they differ."""
    configs = [result.config for result in results]
    differing = [
        f.name
        for f in fields(RunConfig)
        if len({getattr(c, f.name) for c in configs}) > 1
    ]
    said = ([_said(c, name) for name in differing] for c in configs)
    return [", ".join(filter(None, words)) for words in said]


def subject(results: Sequence[RunResult]) -> str:
    """Dataset, network and activation, as far as all runs have the same."""
    configs = [result.config for result in results]
    same = [n for n in NAMED if len({getattr(c, n) for c in configs}) == 1]
    return ", ".join(_said(configs[0], name) for name in same)


def _said(config: RunConfig, name: str) -> str:
    value = getattr(config, name)
    if name == "activation":
        return full_label(config.function)
    if name in NAMED:
        return str(value)
    if isinstance(value, bool):
        return name if value else f"no {name}"
    if isinstance(value, tuple):
        return f"learned {', '.join(_symbols(config, value))}" if value else ""
    return f"{name.replace('_', ' ')} {value}"


def _symbols(config: RunConfig, names: Sequence[str]) -> list[str]:
    return [f"${symbol(config.function, name)}$" for name in names]


@contextmanager
def paper(
    results: Sequence[RunResult], size: Range, style: str, dpi: float
) -> Iterator[Figure]:
    """A new figure for some runs, in a style.

    Raises:
        ParameterError: no run, or more than lines can be told apart of.
    """
    check_style(style)
    if not 0 < len(results) <= MOST:
        raise ParameterError(f"a figure shows 1 to {MOST} runs, not {len(results)}")
    with context(style), sheet(size, "") as figure:
        yield figure
    figure.set_dpi(check_dpi(dpi, size))
