"""The sweep over float32: it passes what is right, and finds planted faults."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from mila_analysis import native
from mila_analysis.catalog import get
from mila_analysis.errors import UnsupportedError
from mila_analysis.verification import sweep as module
from mila_analysis.verification import sweep_run
from mila_analysis.verification.sweep import judge_text, sweep

pytestmark = pytest.mark.skipif(not native.available(), reason="no C compiler here")

MILA = get("mila")


@pytest.fixture(autouse=True)
def few_balls(monkeypatch):
    monkeypatch.setattr(module, "BALLS", 80)


def block_at(x, size=1 << 14):
    """Bit patterns around a number."""
    middle = int(np.array([x], np.float32).view(np.uint32)[0])
    start = min(max(middle - size // 2, 0), (1 << 32) - size) // 256 * 256
    return range(start, start + size)


PLACES = {
    "zero": 0.0, "minus zero": -0.0, "a root of f_x": -1.19, "a root of f_xx": 1.49,
    "z = 0": 0.25, "a root of f_betabeta": 0.13, "subnormal results": -100.0,
    "underflow": -104.0, "half of it": 52.0, "below 1e-120": -276.0, "the cap": -230.0,
    "its half": 115.0, "out of reach": -116.0, "no double": -745.0,
    "the largest, infinity, NaN": 3.4e38, "the other end": -3.4e38,
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "beta", ["-0.25", pytest.param("1.5", marks=pytest.mark.catalog)]
)
def test_accurate_code_is_correctly_rounded_there(place, beta):
    found = sweep(MILA.bind(beta=beta), patterns=block_at(PLACES[place]))
    assert found.passed
    assert not found.wrong
    assert found.inputs == 1 << 14
    for partial in found.partials:
        assert partial.wrong == partial.undecided == 0
        assert 0 < partial.worst <= 0.5


@pytest.mark.parametrize(
    "name", ["mish", "softplus", "tanh", "sigmoid", "relu", "swish"]
)
def test_other_activations_are_swept_too(name):
    for x in (1.5, -3.0, -88.0, 1e30):
        assert sweep(get(name), patterns=block_at(x)).passed


@pytest.mark.parametrize("x", [-1.19, 0.3, -60.0, 20.0, -87.0, 1e30])
def test_errors_of_fast_code_are_measured(x):
    found = sweep(MILA, accuracy="fast", patterns=block_at(x))
    assert found.passed
    errors = [p.worst for p in found.partials]
    assert max(errors) < 40
    if x == 0.3:
        assert min(errors) > 0.4


def test_the_numbers_of_a_sweep_are_right():
    """Fallbacks and the distance to a midpoint, counted again in exact arithmetic."""
    from fractions import Fraction

    from mila_analysis.balls import enclose_all

    found = sweep(MILA, patterns=block_at(-1.19, 256))
    distances = {p.partial: 1.0 for p in found.partials}
    for pattern in block_at(-1.19, 256):
        x = float(np.array([pattern], np.uint32).view(np.float32)[0])
        for name, ball in enclose_all(MILA, x, bits=120).items():
            value = abs(ball.mid)
            exponent = value.numerator.bit_length() - value.denominator.bit_length()
            exponent -= Fraction(2) ** exponent > value
            part = value / Fraction(2) ** (exponent - 23) % 1
            distances[name] = min(distances[name], float(abs(part - Fraction(1, 2))))
    for partial in found.partials:
        assert partial.worst == pytest.approx(distances[partial.partial], rel=1e-9)


def strewn(activation, text, blocks=300, seed=0):
    """What is found in blocks from all over the floats."""
    judge = sweep_run.Judge(activation, "accurate", text)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 1 << 24, blocks) * 256
    near = [block_at(x, 256).start for x in rng.normal(0, 4, blocks)]
    far = [block_at(x, 256).start for x in rng.uniform(-400, 400, blocks)]
    tallies = [judge.count(range(s, s + 256)) for s in [*starts.tolist(), *near, *far]]
    return {
        name: sum(int(t.arrays[name].sum()) for t in tallies)
        for name in ("wrong", "beyond", "fallbacks")
    }


FLOATS = ("mila", "mish", "swish", "silu", "softplus", "sigmoid", "tanh", "relu")


@pytest.mark.parametrize("activation", [get(n) for n in FLOATS], ids=lambda a: a.name)
def test_doubles_are_within_their_bounds_all_over_the_floats(activation):
    found = strewn(activation, judge_text(activation, "accurate"))
    assert found["beyond"] == found["wrong"] == 0
    assert found["fallbacks"] < 100_000


@pytest.mark.parametrize("name", ["mila", "swish", "softplus"])
def test_they_are_on_machines_without_fused_operations(name):
    text = judge_text(get(name), "accurate")
    text = changed(text, "#define MA_HAS_FMA 1", "")
    found = strewn(get(name), text, seed=1)
    assert found["beyond"] == found["wrong"] == 0


# Faults


def test_bounds_that_are_too_small_are_found_where_all_results_are_right():
    text = judge_text(get("tanh"), "accurate")
    text = changed(text, r"(bound\w* =\s+ma_fused_f64\(0\.0)0", r"\g<1>000")
    assert strewn(get("tanh"), text)["beyond"]


def changed(text, pattern, by):
    found = re.sub(pattern, by, text)
    assert found != text
    return found


def test_a_bound_that_is_too_small_is_found():
    """The double exponential is wrong by more than its bound says."""
    text = changed(
        judge_text(MILA, "accurate"), "0.0013888888917213834", "0.0013889888917213834"
    )
    found = sweep(MILA, patterns=block_at(0.3), text=text)
    assert not found.passed
    assert any(p.wrong for p in found.partials)
    assert not found.broken
    worst = found.wrong[0]
    assert repr(worst.computed) != worst.expected
    assert "is right" in next(f.detail for f in found if f.subject == worst.partial)


@pytest.mark.parametrize(
    "fault",
    [
        (r"(?<!#define )MA_LOG_2_THIRD", "0.0"),
        (r"(?<!#define )MA_INVERSE_FACTORIAL_4", "1.0 / 24.0, 0.0"),
        (r"(?<!#define )MA_INVERSE_FACTORIAL_8", "(1.0 / 40321.0)"),
    ],
)
def test_a_wrong_constant_of_the_wide_numbers_is_found_by_balls(fault):
    text = changed(judge_text(MILA, "accurate"), *fault)
    found = sweep(MILA, patterns=block_at(3.0), text=text)
    assert found.broken
    assert not found.passed


def test_a_wrong_final_rounding_is_found():
    text = judge_text(MILA, "accurate")
    text = changed(text, "MA_DIGITS_f32 24", "MA_DIGITS_f32 23")
    text = changed(
        text, r"return ma_bits_f32\(\(float\)\(value - bound\).*;", "return 1;"
    )
    assert not sweep(MILA, patterns=block_at(0.3, 256), text=text).passed


def test_a_wrong_sign_of_an_underflowed_zero_is_found():
    text = judge_text(MILA, "accurate")
    text = changed(text, r"return value \* tail;", "return fabs(value * tail);")
    assert not sweep(MILA, patterns=block_at(-1000.0, 256), text=text).passed


def test_what_wide_numbers_leave_open_is_decided_by_balls(monkeypatch):
    """With bounds far too large many results are open; balls find them right."""
    text = changed(
        judge_text(MILA, "accurate"),
        r"ma_size_number\((\d\.\d+e-(?:29|30))\)",
        r"ma_size_number(1e22 * \1)",
    )
    found = sweep(MILA, patterns=block_at(0.3, 512), text=text)
    assert not found.wrong
    assert all(p.undecided == p.wrong == 0 for p in found.partials)
    monkeypatch.setattr(sweep_run, "ROOM", 3)  # more than the list holds stay open
    few = sweep(MILA, patterns=block_at(0.3, 512), text=text)
    assert any(p.undecided for p in few.partials)
    assert not few.passed


@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        (r"(const float nested\w* = 1\.0f) \+", r"\1 -"),
        (r"1\.0f / 24\.0f \+", "1.0f / 25.0f +"),
        (r"return value \* tail;", "return value / tail;"),
    ],
)
def test_faults_of_fast_code_are_found(pattern, by):
    text = changed(judge_text(MILA, "fast"), pattern, by)
    ranges = (block_at(0.3), block_at(-90.0), block_at(-200.0))
    assert not all(
        sweep(MILA, accuracy="fast", patterns=r, text=text).passed for r in ranges
    )


# Runs


@pytest.fixture
def small(monkeypatch):
    """Chunks of 1024 bit patterns."""
    monkeypatch.setattr(sweep_run, "CHUNK", 1024)
    return block_at(-2.0, 8192)


def test_an_interrupted_run_goes_on(small, tmp_path):
    kept = tmp_path / "kept.json"

    def interrupted(done, _):
        if done >= 3072:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(MILA, patterns=small, resume=kept, progress=interrupted)
    known = json.loads(kept.read_text())
    assert 3 <= len(known["done"]) < 8
    seen = []
    again = sweep(MILA, patterns=small, resume=kept, progress=lambda *p: seen.append(p))
    assert seen[0] == (1024 * len(known["done"]), 8192)
    assert seen[-1] == (8192, 8192)
    whole = sweep(MILA, patterns=small)
    assert again.partials == whole.partials


@pytest.mark.parametrize("damage", ["{", '{"digest": 1}', "[]"])
def test_a_damaged_or_foreign_file_is_not_taken_up(small, tmp_path, damage):
    kept = tmp_path / "kept.json"
    kept.write_text(damage)
    seen = []
    sweep(MILA, patterns=small, resume=kept, progress=lambda *p: seen.append(p))
    assert seen[0] == (0, 8192)
    seen.clear()
    sweep(MILA, patterns=small, resume=kept, progress=lambda *p: seen.append(p))
    assert seen == [(8192, 8192)]
    seen.clear()
    other = MILA.bind(beta=1)
    sweep(other, patterns=small, resume=kept, progress=lambda *p: seen.append(p))
    assert seen[0] == (0, 8192)


def test_what_is_no_sweep_is_refused():
    with pytest.raises(UnsupportedError, match="float32"):
        sweep(MILA, dtype="float64")
    with pytest.raises(UnsupportedError, match="256"):
        sweep(MILA, patterns=range(1, 257))


@pytest.mark.exhaustive
@pytest.mark.parametrize("beta", ["-0.25", "0", "0.5", "1", "1.5"])
def test_every_float32_is_correctly_rounded(beta):
    found = sweep(MILA.bind(beta=beta))
    assert found.passed
    assert found.inputs == 1 << 32
