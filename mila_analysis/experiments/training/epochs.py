"""A run to one more epoch: all its steps, then validation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from mila_analysis.experiments.metrics import Tally
from mila_analysis.experiments.results import Epoch
from mila_analysis.experiments.training.batches import Examples
from mila_analysis.experiments.training.devices import autocast
from mila_analysis.experiments.training.events import Event, Watch
from mila_analysis.experiments.training.run import Run

__all__ = ["Halted", "run_epoch"]

OFTEN = 0.1  # seconds between two events, about
MOST = 256  # steps whose answers wait to be counted
LOOK = 16  # steps from one look of a team at whether one of it was stopped to the next
CHUNK = 1000  # examples of validation that are computed at once


class Halted(Exception):  # noqa: N818 - it is no error
    """Someone asked to stop; the run stands between two steps."""


def run_epoch(run: Run, stop: Callable[[], bool], watch: Watch) -> Epoch:
    """Train for what is left of an epoch, then validate; the run has one epoch more.

    Raises:
        Halted: if `stop` says so.
    """
    rate = run.set_rate()
    _train(run, stop, watch)
    validated = _validate(run, stop, watch)
    counted = run.counted
    run.team.add(counted)
    run.team.add(validated)
    done = Epoch(
        number=run.epoch,
        learning_rate=rate,
        seconds=run.seconds,
        train=counted.scores,
        validation=validated.scores,
        parameters=run.parameters(),
    )
    run.epochs.append(done)
    run.confusion = validated.confusion
    run.begin()
    return done


def _train(run: Run, stop: Callable[[], bool], watch: Watch) -> None:
    """The steps that are left, their answers counted now and then."""
    batches = run.batches()
    waiting: list[tuple[Tensor, Tensor, Tensor]] = []
    began = told = time.perf_counter()
    run.wrapped.train()
    try:
        while run.step < len(batches):
            if _halts(run, stop):
                raise Halted
            waiting.append(run.take_step(batches[run.step]))
            now = time.perf_counter()
            if now - told > OFTEN or len(waiting) >= MOST:
                told = now
                _count(run.counted, waiting)
                watch(_event(run, "step", len(batches), run.counted))
    finally:
        _count(run.counted, waiting)
        run.seconds += time.perf_counter() - began


def _halts(run: Run, stop: Callable[[], bool]) -> bool:
    """Whether to stop here; a team stops at the same step."""
    if run.team.size > 1 and run.step % LOOK:
        return False
    return run.team.any(stop(), run.device)


def _count(tally: Tally, waiting: list[tuple[Tensor, Tensor, Tensor]]) -> None:
    if not waiting:
        return
    logits, labels, losses = zip(*waiting, strict=True)
    waiting.clear()
    sums = torch.stack(losses).cpu().double().tolist()
    tally.add(torch.cat(logits), torch.cat(labels), sums)


@torch.no_grad()
def _validate(run: Run, stop: Callable[[], bool], watch: Watch) -> Tally:
    """What the network says to this process's part of the validation set."""
    tally = run.tally()
    places = torch.split(run.team.part(torch.arange(len(run.validation))), CHUNK)
    run.team.agree(run.model)
    run.model.eval()
    for done, part in enumerate(places):
        if run.team.size == 1 and stop():
            raise Halted
        _judge(run, run.validation, part, tally)
        watch(_event(run, "validation", len(places), tally, step=done + 1))
    return tally


def _judge(run: Run, examples: Examples, places: Tensor, tally: Tally) -> None:
    images, labels = examples.take(places)
    with autocast(run.device, amp=run.config.amp):
        logits = run.model(images)
    loss = nn.functional.cross_entropy(logits.float(), labels, reduction="sum")
    tally.add(logits, labels, [loss.item()])


def _event(
    run: Run, kind: str, steps: int, tally: Tally, step: int | None = None
) -> Event:
    n = tally.examples
    return Event(
        kind,
        run.epoch,
        run.config.epochs,
        step=run.step if step is None else step,
        steps=steps,
        loss=tally.loss / n if n else math.nan,
        top1=tally.hits[0].item() / n if n else math.nan,
    )
