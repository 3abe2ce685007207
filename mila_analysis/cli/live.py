"""What happens in a run to bars on a terminal, or to a line an epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mila_analysis.cli.output import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from mila_analysis.experiments.training import Event

__all__ = ["watching"]


@contextmanager
def watching() -> Iterator[Callable[[Event], None]]:
    """A function that is told of events and shows them on stderr."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _spoken
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[scores]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bars(progress).show


def _spoken(event: Event) -> None:
    """An event as a line; steps are too many for that."""
    text = _text(event)
    if text:
        say(text)


def _text(event: Event) -> str:
    from mila_analysis.experiments.training import line

    if event.kind == "note":
        return f"note: {event.text}"
    if event.kind == "start" and (event.epoch > 1 or event.step):
        within = f", step {event.step + 1} of {event.steps}" if event.step else ""
        return f"going on with epoch {event.epoch} of {event.epochs}{within}"
    return line(event.done, event.epochs) if event.done is not None else ""


class _Bars:
    """A bar for all epochs and one for the steps of this one."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.all: TaskID | None = None
        self.one: TaskID | None = None

    def show(self, event: Event) -> None:
        """Move the bars; what is worth keeping is a line above them."""
        if text := _text(event):
            self.progress.console.print(text, highlight=False, markup=False)
        if event.kind == "note":
            return
        if self.all is None or self.one is None:
            self.all = self.progress.add_task("epochs", total=event.epochs, scores="")
            self.one = self.progress.add_task("", total=event.steps, scores="")
        ended = event.kind == "epoch"
        done = event.epoch if ended else event.epoch - 1 + self._part(event)
        self.progress.update(self.all, completed=done)
        if not ended:
            self._move(self.one, event)

    def _part(self, event: Event) -> float:
        """Part of the epoch that is done; validation is none of it."""
        return event.step / event.steps if event.kind == "step" else 0.999

    def _move(self, task: TaskID, event: Event) -> None:
        what = "validation" if event.kind == "validation" else f"epoch {event.epoch}"
        scores = f"loss {event.loss:.4f}  top-1 {100 * event.top1:.2f} %"
        self.progress.update(
            task,
            description=what,
            total=event.steps,
            completed=event.step,
            scores="" if math.isnan(event.loss) else scores,
        )
