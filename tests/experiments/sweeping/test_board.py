import math

import pytest

from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.sweeping import board as module
from mila_analysis.experiments.sweeping.board import Board, done_part
from mila_analysis.experiments.sweeping.outcomes import Failure, Task, Update
from mila_analysis.experiments.training import Event


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    return now


def task(number: int, tmp_path) -> Task:
    return Task(number, RunConfig(seed=number), tmp_path)


def step(epoch: int, done: int) -> Event:
    return Event("step", epoch, 4, step=done, steps=10)


def test_parts_of_a_run():
    assert done_part(step(1, 0)) == 0
    assert done_part(step(3, 5)) == pytest.approx(2.5 / 4)
    assert done_part(Event("validation", 2, 4, step=1, steps=9)) == 0.5
    assert done_part(Event("epoch", 4, 4)) == 1


def test_time_left_is_that_of_the_pace(tmp_path, clock):
    seen: list[Update] = []
    board = Board(2, seen.append)
    board.tell(task(0, tmp_path), None)
    assert math.isnan(seen[-1].left)
    board.tell(task(0, tmp_path), step(1, 0))
    clock[0] += 30
    board.tell(task(0, tmp_path), step(3, 0))  # half a run in 30 s, 1.5 are ahead
    assert seen[-1].left == pytest.approx(90)
    assert (seen[-1].kind, seen[-1].ended, seen[-1].total) == ("step", 0, 2)
    assert seen[-1].part == 0.5


def test_what_earlier_sessions_did_says_nothing_of_the_pace(tmp_path, clock):
    seen: list[Update] = []
    board = Board(1, seen.append)
    board.tell(task(0, tmp_path), None)
    board.tell(task(0, tmp_path), step(3, 0))
    clock[0] += 10
    board.tell(task(0, tmp_path), step(4, 0))  # a quarter in 10 s, a quarter is ahead
    assert seen[-1].left == pytest.approx(10)


def test_failures_end_a_run(tmp_path, clock):
    seen: list[Update] = []
    board = Board(2, seen.append)
    failure = Failure(RunConfig(), tmp_path, "no")
    board.tell(task(1, tmp_path), failure)
    assert (seen[-1].kind, seen[-1].ended, seen[-1].outcome) == ("failed", 1, failure)
    assert board.listed() == [None, failure]
