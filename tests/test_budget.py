"""Work that is stopped when its time is over, in any thread, and work that is not."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest

from mila_analysis import derivation
from mila_analysis.budget import within
from mila_analysis.catalog import define
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError

LATE = UnsupportedError("late")


def forever() -> None:
    while True:
        sum(range(100))


def caught(seconds: float) -> Exception | None:
    try:
        within(seconds, forever, LATE)
    except UnsupportedError as error:
        return error
    return None


def test_work_that_ends_gives_its_result():
    assert within(60, lambda: 7, LATE) == 7


def test_work_that_does_not_end_is_stopped():
    start = time.monotonic()
    assert caught(0.1) is LATE
    assert time.monotonic() - start < 5


def test_an_interruption_that_nobody_hears_is_repeated():
    class Deaf:
        def __del__(self) -> None:
            end = time.monotonic() + 0.2
            while time.monotonic() < end:
                sum(range(100))

    def work() -> None:
        Deaf()  # what is raised meanwhile is printed, and forgotten
        forever()

    start = time.monotonic()
    with pytest.raises(UnsupportedError, match="late"):
        within(0.1, work, LATE)
    assert time.monotonic() - start < 5


def test_it_works_in_several_threads_at_once():
    found: list[Exception | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(caught(0.1))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [LATE] * 3


def test_an_error_of_the_work_goes_up_as_it_is():
    def fails() -> None:
        raise KeyError("own")

    with pytest.raises(KeyError):
        within(60, fails, LATE)


def test_no_except_clause_keeps_it():
    def stubborn() -> None:
        while True:
            try:
                forever()
            except Exception:  # noqa: BLE001 - what others write
                continue

    with pytest.raises(UnsupportedError, match="late"):
        within(0.1, stubborn, LATE)


def test_nothing_is_interrupted_later():
    for _ in range(50):
        with suppress(UnsupportedError):
            within(0.002, lambda: time.sleep(0.0019), LATE)
    before = threading.active_count()
    time.sleep(0.05)
    assert sum(range(10**5)) == 4999950000
    assert threading.active_count() <= before


def test_inner_work_shares_the_time_of_the_outer():
    with pytest.raises(UnsupportedError, match="late"):
        within(0.1, lambda: within(60, forever, UnsupportedError("inner")), LATE)
    assert within(60, lambda: within(60, lambda: 1, LATE), LATE) == 1


MONSTERS = {
    "(x + a + b + c + d + exp(x))**32 * exp(a*x)": "multiplied out",
    "(1 + exp(x))**32 * (1 + exp(-b*x))**32 * x**32": "terms; at most 3000",
    "1 / (x + a + b + c + d + exp(x))**10": "terms; at most 3000",
}


@pytest.mark.parametrize("text", MONSTERS)
def test_a_derivation_has_a_budget_of_terms(text):
    monster = define("monster", text, a=1, b=1, c=1, d=1)
    start = time.process_time()
    with pytest.raises(UnsupportedError, match=MONSTERS[text]):
        derive(monster)
    assert time.process_time() - start < 5


def test_a_derivation_has_a_budget_of_time(monkeypatch):
    monkeypatch.setattr(derivation, "MAX_SECONDS", 1)
    text = "tanh(a*x**9 + tanh(b*x**8 + tanh(x**7 + tanh(x**6 + a*b))))"
    monster = define("monster", text, a=1, b=1)
    found: list[BaseException] = []

    def work() -> None:
        try:
            derive(monster, 4)
        except UnsupportedError as error:
            found.append(error)

    thread = threading.Thread(target=work)
    start = time.monotonic()
    thread.start()
    thread.join(60)
    assert time.monotonic() - start < 30
    (error,) = found
    assert "order 4 take more than 1 s to derive" in str(error)


def test_after_a_stop_all_is_as_before(monkeypatch):
    monkeypatch.setattr(derivation, "MAX_SECONDS", 0.05)
    text = "tanh(x + tanh(x + tanh(x + tanh(x))))"
    with pytest.raises(UnsupportedError):
        derive(define("monster", text), 4)
    monkeypatch.setattr(derivation, "MAX_SECONDS", 60)
    assert derive(define("tame", "x * tanh(x)"), 2).names == ("f", "f_x", "f_xx")
