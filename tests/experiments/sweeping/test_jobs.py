"""What a job does when it must go: Slurm's signals, one by one."""

import signal
from pathlib import Path
from types import FrameType

import pytest

from mila_analysis.experiments.sweeping import jobs
from mila_analysis.experiments.sweeping.jobs import _saved_before_requeue
from mila_analysis.experiments.training import Interrupted
from mila_analysis.experiments.training.stopping import Stop

pytest.importorskip("submitit")


class Requeued(BaseException):
    """What submitit's handler does at its end."""


@pytest.fixture
def submitit_handler(monkeypatch: pytest.MonkeyPatch):
    """Submitit's handler in this process, for a while."""

    def requeue(number: int, frame: FrameType | None) -> None:
        raise Requeued

    before = signal.signal(signal.SIGUSR2, requeue)
    monkeypatch.setattr(jobs, "PATIENCE", 0.0)
    yield requeue
    signal.signal(signal.SIGUSR2, before)


def train_until(*numbers: int) -> None:
    """A training that hears signals, and saves."""
    with Stop() as stop:
        for number in numbers:
            signal.raise_signal(number)
        if stop.asked:
            raise Interrupted(Path("run"), 1, 2, stop.signal)


def test_training_saves_before_it_is_requeued(submitit_handler):
    with pytest.raises(Requeued) as requeued, _saved_before_requeue():
        train_until(signal.SIGUSR2)
    assert isinstance(requeued.value.__context__, Interrupted)
    assert signal.getsignal(signal.SIGUSR2) is submitit_handler


def test_without_training_it_is_requeued_at_once(submitit_handler):
    with pytest.raises(Requeued) as requeued, _saved_before_requeue():
        signal.raise_signal(signal.SIGUSR2)
    assert requeued.value.__context__ is None


def test_preempted_and_then_asked_to_requeue(
    submitit_handler, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "PATIENCE", 60.0)
    monkeypatch.setattr(
        jobs.time, "sleep", lambda _: signal.raise_signal(signal.SIGUSR2)
    )
    with pytest.raises(Requeued), _saved_before_requeue():
        train_until(signal.SIGTERM)


def test_a_cancelled_job_does_not_come_back(submitit_handler):
    with pytest.raises(Interrupted), _saved_before_requeue():
        train_until(signal.SIGTERM)
    assert signal.getsignal(signal.SIGUSR2) is submitit_handler
