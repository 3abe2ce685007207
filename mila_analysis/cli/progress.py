"""What happens in several runs to a bar on a terminal, or to a line a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mila_analysis.cli.output import say

if TYPE_CHECKING:
    from mila_analysis.experiments.sweeping import Update

__all__ = ["watching_runs"]


@contextmanager
def watching_runs() -> Iterator[Callable[[Update], None]]:
    """A function that is told of runs and shows them on stderr."""
    from rich.console import Console

    console = Console(stderr=True)
    counted = _Counted()
    if not console.is_terminal:
        yield counted.tell
        counted.end()
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}")
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("runs", total=None, left="")

        def show(update: Update) -> None:
            counted.count(update)
            progress.update(
                task, description=f"runs {update.ended}/{update.total}",
                total=update.total, completed=_done(update), left=_left(update.left),
            )  # fmt: skip

        yield show
    counted.end()


def _done(update: Update) -> float:
    return update.ended + (update.part if update.kind == "step" else 0.0)


class _Counted:
    """Runs that were there before, said once; others as they end."""

    def __init__(self) -> None:
        self.before = self.total = 0

    def count(self, update: Update) -> None:
        """Note a run that was there before."""
        self.before += update.kind == "found"
        self.total = update.total

    def tell(self, update: Update) -> None:
        """The same, and say what ended."""
        self.count(update)
        if update.kind in ("done", "failed"):
            c = update.config
            left = f", {text}" if (text := _left(update.left)) else ""
            say(
                f"{update.ended} of {update.total}: {c.activation}, seed {c.seed} "
                f"{update.kind}{left}"
            )

    def end(self) -> None:
        """Say how much was there."""
        if self.before:
            say(f"{self.before} of {self.total} runs were there already")


def _left(seconds: float) -> str:
    """Time until the end, about."""
    if not math.isfinite(seconds) or seconds <= 0:
        return ""
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    return f"about {seconds / 60:.0f} min left"
