"""A configuration to a trained network's scores: the whole run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from signal import SIGINT
from typing import Any

import torch

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.data import Dataset, load
from mila_analysis.experiments.models import summarize
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.training.checking import (
    check,
    check_parts,
    lost,
    remarks,
)
from mila_analysis.experiments.training.devices import chosen, repeatable, versions
from mila_analysis.experiments.training.epochs import Halted, run_epoch
from mila_analysis.experiments.training.events import Event, Watch
from mila_analysis.experiments.training.folder import AGAIN, CHECKPOINT, Folder
from mila_analysis.experiments.training.memory import saved_bytes
from mila_analysis.experiments.training.processes import Team, joined, local_rank
from mila_analysis.experiments.training.randomness import guarded
from mila_analysis.experiments.training.run import Run
from mila_analysis.experiments.training.stopping import Interrupted, Stop
from mila_analysis.experiments.training.summary import summary

__all__ = ["train"]


def train(
    config: RunConfig,
    folder: Path | str | None = None,
    *,
    data: Dataset | Callable[[], Dataset] | None = None,
    watch: Watch | None = None,
    overwrite: bool = False,
) -> RunResult:
    """Train a network and judge it after each epoch.

    Equal configurations give equal numbers, bit for bit, on one machine and number of
    threads, whether or not a run was interrupted. The global generators of torch are
    left as they were. A run whose loss is no number any more ends after that epoch;
    its result says `diverged`.

    Args:
        config: what is trained.
        folder: where to keep the run; after each epoch all of it is there. A run of the
            same configuration that is there goes on, or is read if it is finished.
        data: instead of the dataset that the configuration names; or what loads it,
            called unless the run is finished.
        watch: is told what happens.
        overwrite: whether to begin anew over a run that is in the folder.

    Returns:
        Scores of all epochs, of training (means while the weights changed) and of
        validation.

    Raises:
        ParameterError: the folder holds another run, or a damaged checkpoint.
        WriteError: the folder cannot be written to; what was there is there; or
            another program trains in it.
        Interrupted: Ctrl-C, or SIGTERM. The folder holds the run up to this step.
    """
    device = chosen(config.device, local_rank())
    with joined(device) as team, guarded(device), repeatable():
        return _lead(config, folder, data, watch or _nobody, device, team, overwrite)


def _nobody(_: Event) -> None:
    """Nobody watches."""


def _lead(
    config: RunConfig,
    folder: Path | str | None,
    data: Dataset | Callable[[], Dataset] | None,
    watch: Watch,
    device: torch.device,
    team: Team,
    overwrite: bool,
) -> RunResult:
    """Open the folder in one process, and train in all."""
    kept = team.lead(lambda: _found(config, folder, overwrite=overwrite))
    try:
        return _go(config, kept, data, watch if team.leads else _nobody, device, team)
    finally:
        if kept is not None:
            kept.release()


def _go(
    config: RunConfig,
    kept: Folder | None,
    data: Dataset | Callable[[], Dataset] | None,
    watch: Watch,
    device: torch.device,
    team: Team,
) -> RunResult:
    """Read a finished run, or train what is left of it."""
    finished = team.told(team.lead(lambda: kept and kept.result()))
    if finished is not None:
        if kept is not None:
            place = f"the run in {kept.path} is finished"
            watch(_note(config, f"{place}: this is its result"))
            kept.complete(finished, summary(finished))
        return finished
    data = _loaded(config.dataset, data)
    check(config, data)
    run = Run(config, data, device, team)
    check_parts(run.model, run.batches(), team)
    state = team.lead(lambda: _opened(run, kept))
    for text in remarks(run, state):
        watch(_note(config, text))
    run.join()
    _finish_epochs(run, kept, watch)
    result = _result(run)
    if kept is not None:
        kept.finish(result, summary(result))
    return result


def _loaded(name: str, data: Dataset | Callable[[], Dataset] | None) -> Dataset:
    if data is None:
        return load(name)
    return data if isinstance(data, Dataset) else data()


def _note(config: RunConfig, text: str) -> Event:
    return Event("note", 0, config.epochs, text=text)


def _found(
    config: RunConfig, folder: Path | str | None, *, overwrite: bool
) -> Folder | None:
    return None if folder is None else Folder(folder, config, overwrite=overwrite)


def _opened(run: Run, kept: Folder | None) -> dict[str, Any] | None:
    """Bring a run to where its folder says that it stands; what the folder says."""
    if kept is None:
        return None
    kept.claim()
    state = kept.state()
    if state is not None:
        _restore(run, state)
    kept.open()
    return state


def _restore(run: Run, state: dict[str, Any]) -> None:
    try:
        run.restore(state)
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError):
        raise ParameterError(
            f"cannot go on: {CHECKPOINT} is not of this run; {AGAIN}"
        ) from None


def _finish_epochs(run: Run, kept: Folder | None, watch: Watch) -> None:
    """All epochs that are left, each kept as it ends."""
    steps = len(run.batches())
    if not run.is_over:
        watch(Event("start", run.epoch, run.config.epochs, run.step, steps))
    with Stop() as stop:
        while not run.is_over:
            try:
                done = run_epoch(run, lambda: stop.asked, watch)
            except Halted:
                _put_away(run, kept, stop.signal or SIGINT)
            except RuntimeError as error:
                raise (lost(run, error) or error) from error
            _keep(run, kept)
            watch(Event("epoch", done.number, run.config.epochs, done=done))


def _put_away(run: Run, kept: Folder | None, signal: int) -> None:
    """Save a run in the middle of an epoch."""
    run.team.add(run.counted)
    if kept is not None:
        kept.save(run.state())
        kept.save_metrics(run.epochs)
    raise Interrupted(kept.path if kept else None, run.epoch, run.step, signal)


def _keep(run: Run, kept: Folder | None) -> None:
    """Save a run between two epochs.

    The best weights come first: if all ends between the two, they are found again.
    """
    if kept is None:
        return
    best = max(run.epochs, key=lambda e: (e.validation.top1, -e.number))
    if best is run.epochs[-1]:
        kept.save_best(run.weights())
    kept.save(run.state())
    kept.save_metrics(run.epochs)


def _result(run: Run) -> RunResult:
    images, labels = run.train.take(torch.arange(min(len(run.train), 4)))
    return RunResult(
        config=run.config,
        layers=summarize(run.model, run.data.shape),
        epochs=tuple(run.epochs),
        confusion=tuple(map(tuple, run.confusion.tolist())),
        classes=run.data.classes,
        saved_bytes=saved_bytes(run.model, images, labels, amp=run.config.amp),
        versions=versions(run.device, run.team.size),
    )
