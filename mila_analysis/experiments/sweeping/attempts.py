"""A run to its result, or to the reason why it has none."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from mila_analysis import files
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.experiments.data import Dataset, load
from mila_analysis.experiments.locking import BusyError
from mila_analysis.experiments.sweeping.outcomes import Failure, Outcome, Task

if TYPE_CHECKING:
    from mila_analysis.experiments.training import Watch

__all__ = ["FAILED", "Data", "attempt", "note_failure", "once"]

FAILED = "failed.txt"
Data = Callable[[str], Dataset]
"""Name of a dataset to the dataset."""


def once(data: Dataset | None) -> Data:
    """Datasets by name, each loaded once; or always the one that is given."""
    if data is not None:
        return lambda _: data
    loaded: dict[str, Dataset] = {}

    def get(name: str) -> Dataset:
        if name not in loaded:
            loaded[name] = load(name)
        return loaded[name]

    return get


def attempt(task: Task, data: Data, watch: Watch) -> Outcome:
    """Train, or go on with a run; what goes wrong becomes a failure, noted there.

    Raises:
        KeyboardInterrupt: somebody stopped it; the folder holds it up to there.
    """
    from mila_analysis.experiments.training import train

    config, folder = task.config, task.folder
    try:
        result = train(config, folder, data=lambda: data(config.dataset), watch=watch)
    except BusyError as error:  # it is well, elsewhere
        return Failure(config, folder, str(error), elsewhere=True)
    except MilaAnalysisError as error:
        failure = Failure(config, folder, str(error))
    except Exception as error:  # noqa: BLE001 - one run must not end the others
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        failure = Failure(config, folder, reason, traceback.format_exc())
    else:
        with contextlib.suppress(OSError):
            (folder / FAILED).unlink(missing_ok=True)
        return result
    note_failure(failure)
    return failure


def note_failure(failure: Failure) -> None:
    """Keep the reason in the folder, if that is possible."""
    text = f"{failure.reason}\n\n{failure.details}".rstrip() + "\n"
    with contextlib.suppress(OSError):  # a WriteError among them
        failure.folder.mkdir(parents=True, exist_ok=True)
        files.write(failure.folder / FAILED, text)
