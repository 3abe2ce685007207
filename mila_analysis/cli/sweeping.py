"""What happens in a sweep to bars on a terminal, or to a line a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mila_analysis.cli.output import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from mila_analysis.experiments.sweeping import Update

__all__ = ["watching"]


@contextmanager
def watching() -> Iterator[Callable[[Update], None]]:
    """A function that is told of updates and shows them on stderr."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _spoken
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[more]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bars(progress).show


def _spoken(update: Update) -> None:
    """An update as a line; steps are too many for that."""
    if text := _text(update):
        say(text)


def _text(update: Update) -> str:
    """A run that has ended, or what is remarked on one that is under way."""
    event = update.event
    if event is not None and event.kind == "note":
        return f"note: {_title(update)}: {event.text}"
    if update.kind in {"start", "step"}:
        return ""
    return f"{update.ended} of {update.total}: {_title(update)}: {_outcome(update)}"


def _outcome(update: Update) -> str:
    from mila_analysis.experiments.results import RunResult

    outcome = update.outcome
    if not isinstance(outcome, RunResult):
        return f"failed: {getattr(outcome, 'reason', '')}"
    when = "was finished" if update.kind == "found" else "finished"
    if outcome.diverged:
        return f"{when}, diverged in epoch {outcome.last.number}"
    return f"{when}, top-1 {100 * outcome.last.validation.top1:.2f} %"


def _title(update: Update) -> str:
    config = update.config
    return f"{config.model} {config.activation} seed {config.seed}"


def duration(seconds: float) -> str:
    """Seconds as `about 5 min left`; nothing where nobody knows."""
    if not (math.isfinite(seconds) and seconds > 0):
        return ""
    minutes = seconds / 60
    if minutes < 1:
        return "under a minute left"
    if minutes < 90:
        return f"about {minutes:.0f} min left"
    return f"about {minutes / 60:.1f} h left"


class _Bars:
    """A bar for all runs, and one for each that is under way."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.parts: dict[int, float] = {}
        self.all: TaskID = progress.add_task("runs", total=None, more="")
        self.runs: dict[int, TaskID] = {}

    def show(self, update: Update) -> None:
        """Move the bars; what is worth keeping is a line above them."""
        if text := _text(update):
            self.progress.console.print(text, highlight=False, markup=False)
        self.parts[update.number] = update.part
        left = duration(update.left)
        self.progress.update(
            self.all,
            total=update.total,
            completed=sum(self.parts.values()),
            more=f"{update.ended} of {update.total}" + (f", {left}" if left else ""),
        )
        self._move(update)

    def _move(self, update: Update) -> None:
        """The bar of one run, which is gone when that has ended."""
        number = update.number
        if update.kind == "start":
            task = self.progress.add_task(_title(update), total=1.0, more="starting")
            self.runs[number] = task
        elif update.kind != "step":
            if number in self.runs:
                self.progress.remove_task(self.runs.pop(number))
        elif (event := update.event) is not None and event.kind != "note":
            more = f"epoch {event.epoch} of {event.epochs}"
            self.progress.update(self.runs[number], completed=update.part, more=more)
