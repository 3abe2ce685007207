"""The benchmark: how it times, what it compares, and what follows from the times.

No test asserts a time: clocks are injected, or only the presence of numbers is tested.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mila_analysis import catalog
from mila_analysis.benchmarking import PARTS, TARGETS, Results, check, running
from mila_analysis.benchmarking.accuracy import errors
from mila_analysis.benchmarking.calls import TorchCalls, UnavailableError
from mila_analysis.benchmarking.groups import (
    ACCURATE_ONES,
    SIZED,
    of_sizes,
    of_targets,
)
from mila_analysis.benchmarking.implementations import IMPLEMENTATIONS, made
from mila_analysis.benchmarking.machine import here
from mila_analysis.benchmarking.memory import held
from mila_analysis.benchmarking.results import Finding, Held, Pair, Speed
from mila_analysis.benchmarking.tables import count, markdown, tables
from mila_analysis.benchmarking.targets import BOTH, FORWARD, SIX, SMALL
from mila_analysis.benchmarking.timing import Budget, Timing, interleaved
from mila_analysis.benchmarking.titles import BRIEF, OURS, TITLES
from mila_analysis.errors import MilaAnalysisError, ParameterError, UnknownNameError

SAMPLE = Path(__file__).parent / "golden" / "bench" / "results.json"
MILA = catalog.get("mila")


@pytest.fixture
def sample() -> Results:
    return Results.from_json(SAMPLE.read_text(encoding="utf-8"))


class Clock:
    """Time that passes only where a call says so."""

    def __init__(self):
        self.now = 0.0
        self.order = []

    def __call__(self):
        return self.now

    def takes(self, name, *seconds):
        """A call that takes so long, the next time as long as the next of them."""
        spans = list(seconds)

        def call():
            self.order.append(name)
            self.now += spans.pop(0) if len(spans) > 1 else spans[0]

        return call


class TestTiming:
    def test_samples_are_taken_in_turns(self):
        clock = Clock()
        calls = {"a": clock.takes("a", 1.0), "b": clock.takes("b", 3.0)}
        found = interleaved(calls, Budget(12.0, least=1), clock)
        assert clock.order == ["a", "b"] * 4  # the first of each is to get warm
        assert found["a"] == Timing(1.0, 1.0, 1.0, samples=3)
        assert found["b"].median / found["a"].median == 3.0

    def test_the_first_call_does_not_count(self):
        clock = Clock()
        found = interleaved(
            {"a": clock.takes("a", 60.0, 1.0)}, Budget(5.0, least=1), clock
        )
        assert found["a"].high == 1.0

    def test_a_slow_moment_moves_a_quartile_and_not_the_median(self):
        clock = Clock()
        call = clock.takes("a", 1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 1.0, 1.0, 1.0)
        found = interleaved({"a": call}, Budget(1.0, least=8, most=8), clock)["a"]
        assert (found.low, found.median) == (1.0, 1.0)
        assert found.high > 1.0

    def test_a_short_call_is_repeated_and_a_time_is_that_of_one(self):
        clock = Clock()
        found = interleaved({"a": clock.takes("a", 1e-5)}, Budget(0.1), clock)["a"]
        assert found.calls == 200
        assert found.median == pytest.approx(1e-5)

    @pytest.mark.parametrize(("seconds", "samples"), [(0.0, 4), (1e9, 9)])
    def test_least_and_most_hold_whatever_the_time(self, seconds, samples):
        clock = Clock()
        budget = Budget(seconds or 1e-9, least=4, most=9)
        found = interleaved({"a": clock.takes("a", 1.0)}, budget, clock)
        assert found["a"].samples == samples

    def test_it_says_how_far_it_is(self):
        clock, parts = Clock(), []
        interleaved(
            {"a": clock.takes("a", 1.0)}, Budget(4.0, least=1), clock, parts.append
        )
        assert parts == [0.25, 0.5, 0.75, 1.0]

    def test_the_collector_rests_and_comes_back_even_after_an_error(self):
        seen = []

        def call():
            seen.append(gc.isenabled())
            if len(seen) > 6:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interleaved({"a": call}, Budget(60.0))
        assert not seen[-1]
        assert gc.isenabled()


class TestPlan:
    def test_everything_unless_something_is_asked(self):
        plan = check()
        assert plan.parts == tuple(PARTS)
        assert plan.targets == TARGETS
        assert plan.activation == MILA

    def test_a_target_alone(self):
        plan = check(only=["bfloat16"])
        assert plan.parts == ("targets",)
        assert [t.name for t in plan.targets] == ["bfloat16"]

    def test_parts_keep_their_order_and_bring_no_targets(self):
        plan = check(only=["accuracy", "sizes"])
        assert plan.parts == ("sizes", "accuracy")
        assert plan.targets == ()

    def test_a_size_is_of_the_sizes_alone(self):
        plan = check(sizes=[1000, 10, 1000], dtype="float64", threads=2)
        assert (plan.parts, plan.sizes) == (("sizes",), (10, 1000))
        assert {g.setting.dtype for g in of_sizes(plan)} == {"float64"}
        assert {g.setting.threads for g in of_sizes(plan)} == {2}

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"only": ["rely"]}, "did you mean 'relu'?"),
            ({"only": ["qqq"]}, "choose from targets, memory"),
            ({"dtype": "float23"}, "did you mean 'float"),
            ({"sizes": [0]}, "size must be from 1"),
            ({"threads": 0}, "threads must be from 1"),
            ({"only": ["relu"], "sizes": [10]}, "part 'sizes', which is not asked"),
        ],
    )
    def test_mistakes(self, options, said):
        with pytest.raises(MilaAnalysisError, match=r"^[^\n]+$") as caught:
            check(**options)
        assert said in str(caught.value)

    def test_bounds_are_milas(self):
        assert check(catalog.get("mish")).targets == TARGETS
        others = check(catalog.get("swish")).targets
        assert [t.name for t in others] == [t.name for t in TARGETS]
        assert {t.bound for t in others} == {None}

    def test_what_a_target_compares_is_timed_in_one_group(self):
        groups = of_targets(check())
        assert len({g.setting for g in groups}) == len(groups)
        for target in TARGETS:
            (group,) = (g for g in groups if g.setting == target.setting)
            assert {target.ours, target.peer} <= set(group.implementations)

    def test_memory_alone_is_shown_where_it_is_a_bound(self):
        for group in of_targets(check()):
            is_bound = group.setting.size > SMALL
            assert ("roofline" in group.implementations) == is_bound

    def test_quick_takes_less_of_everything(self):
        slow, quick = check(), check(quick=True)
        assert len(of_sizes(quick)) < len(of_sizes(slow))
        for ours, theirs in zip(of_targets(quick), of_targets(slow), strict=True):
            assert ours.setting == theirs.setting
            assert ours.budget.seconds < theirs.budget.seconds
            assert ours.budget.least < theirs.budget.least

    def test_targets_have_names_of_their_own(self):
        names = [t.name for t in TARGETS]
        assert len({*names, *PARTS}) == len(names) + len(PARTS)


class TestImplementations:
    def test_all_that_are_named_exist(self):
        wanted = {n for t in TARGETS for n in (t.ours, t.peer)}
        wanted |= {*SIZED, *ACCURATE_ONES, *running.KEEPING}
        assert wanted <= IMPLEMENTATIONS.keys()
        assert IMPLEMENTATIONS.keys() == TITLES.keys() == BRIEF.keys()
        assert OURS.keys() < TITLES.keys()

    @pytest.mark.parametrize(
        "name", ["plain", "numpy", "mish", "eager", "naive", "cse"]
    )
    def test_those_of_mila_agree(self, name):
        x = torch.linspace(-4, 4, 41)
        f, slope = made(name, MILA, "float32").values(x)
        leaf = x.double().requires_grad_()
        exact = leaf * torch.tanh(torch.nn.functional.softplus(leaf))
        exact.sum().backward()
        assert np.allclose(f, exact.detach(), atol=1e-5)
        assert np.allclose(slope, leaf.grad, atol=1e-5)

    def test_the_formulas_of_others_have_the_beta_that_was_asked_for(self):
        x = torch.tensor([1.0])
        cold = MILA.bind(beta=-0.25)
        for name in ("eager", "naive", "numpy"):
            f, _ = made(name, cold, "float32").values(x)
            assert f == pytest.approx(0.813357780291, abs=1e-6)

    def test_a_learned_parameter_wants_its_gradient_too(self):
        x = torch.randn(50)
        learnable = made("learnable", MILA, "float32").call(BOTH, x, x)()
        fixed = made("plain", MILA, "float32").call(BOTH, x, x)()
        assert [g.numel() for g in learnable] == [50, 1]
        assert [g.numel() for g in fixed] == [50]

    @pytest.mark.parametrize("name", ["copy", "roofline"])
    def test_a_copy_moves_the_bytes_of_both_passes(self, name):
        x, g = torch.randn(2, 9)
        copies = made(name, MILA, "float32")
        assert torch.equal(copies.call(FORWARD, x, g)(), x)
        copied, total = copies.call(BOTH, x, g)()
        assert torch.equal(copied, x)
        assert torch.equal(total, x + g)

    @pytest.mark.parametrize(
        ("name", "activation", "said"),
        [
            ("eager", "relu", "Mila's formula only"),
            ("naive", "swish", "Mila's formula only"),
            ("learnable", "relu", "nothing can be learned"),
        ],
    )
    def test_what_is_not_there_says_why(self, name, activation, said):
        with pytest.raises(UnavailableError, match=said):
            made(name, catalog.get(activation), "float32")

    def test_a_machine_without_jax_or_a_compiler_says_so(self, monkeypatch):
        made.cache_clear()
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(UnavailableError, match="JAX is not installed"):
            made("jax", MILA, "float32")
        monkeypatch.setattr("shutil.which", lambda *_, **__: None)
        with pytest.raises(UnavailableError, match=r"C\+\+ compiler"):
            made("compiled", MILA, "float32")

    def test_a_pass_that_there_is_not(self):
        x = torch.randn(3)
        with pytest.raises(UnavailableError, match="six partials"):
            made("mish", MILA, "float32").call(SIX, x, x)

    def test_memory_alone_writes_six_arrays_for_six_partials(self):
        x = torch.randn(3)
        copies = made("roofline", MILA, "float32").call(SIX, x, x)()
        assert len({each.data_ptr() for each in copies}) == 6
        assert all(torch.equal(each, x) for each in copies)

    def test_numpy_has_no_bfloat16(self):
        x = torch.randn(3, dtype=torch.bfloat16)
        with pytest.raises(UnavailableError, match="bfloat16"):
            made("numpy", MILA, "bfloat16").call(FORWARD, x, x)


class TestWhatIsHeld:
    @pytest.mark.parametrize(
        ("name", "bytes_"), [("relu", 4), ("mish", 4), ("eager", 12), ("plain", 4)]
    )
    def test_bytes_an_element(self, name, bytes_):
        calls = made(name, MILA, "float32")
        assert held(calls, torch.randn(5000)) == pytest.approx(bytes_, abs=0.01)

    def test_a_bound_is_on_what_grows_with_the_elements(self):
        assert Held("ours", 4.00004, 4.0).met
        assert Held("ours", 8.0, 4.0).met is False
        assert Held("eager", 12.0).met is None


class TestAccuracy:
    def test_errors_of_the_exact_function_are_small(self):
        found = errors("numpy", made("numpy", MILA, "float32"), MILA, 20)
        assert [e.partial for e in found] == ["f", "f_x"]
        assert all(0 < e.ulp <= 0.501 and e.is_finite for e in found)

    def test_another_function_is_far_off_and_nan_is_off_the_scale(self):
        wrong = TorchCalls(torch.nn.functional.silu)
        assert errors("relu", wrong, MILA, 10)[0].ulp > 1e5
        broken = TorchCalls(lambda x: x * torch.nan)
        assert not any(e.is_finite for e in errors("relu", broken, MILA, 10))


class Fake:
    """Calls that take a time of their own on a clock of theirs."""

    def __init__(self, clock, name, seconds, *, interrupt=None):
        self.clock, self.name, self.seconds = clock, name, seconds
        self.interrupt = interrupt

    def call(self, passes, x, g):
        if self.interrupt == (passes, x.numel()):
            raise KeyboardInterrupt
        return self.clock.takes(self.name, self.seconds)


@pytest.fixture
def timed(monkeypatch):
    """Function of seconds by name: run a plan with implementations that take them."""

    def run(plan, seconds, *, keeps=True, interrupt=None, watch=lambda *_: None):
        clock = Clock()

        def fake(name, activation, dtype):
            if name not in seconds:
                raise UnavailableError("not here")
            return Fake(clock, name, seconds[name], interrupt=interrupt)

        monkeypatch.setattr(running, "made", fake)
        monkeypatch.setattr(running, "keep_pages", lambda: keeps)
        monkeypatch.setattr(running, "_bandwidth", lambda *_: iter(()))
        return running.run(plan, watch, clock)

    return run


class TestRun:
    def test_a_ratio_is_that_of_the_times_under_both_allocators(self, timed):
        found = timed(
            check(only=["cached"]), {"ours": 1.0, "mish": 20.0, "roofline": 0.5}
        )
        (finding,) = found.findings
        assert [p.allocator for p in finding.pairs] == ["default", "kept"]
        assert finding.ratio == 0.05
        assert finding.met
        assert finding.pairs[-1].floor == 0.025
        assert found.is_complete

    def test_a_bound_that_is_not_reached(self, timed):
        (finding,) = timed(check(only=["cached"]), {"ours": 3.0, "mish": 20.0}).findings
        assert (finding.ratio, finding.met) == (0.15, False)
        assert finding.pairs[-1].floor is None

    def test_a_malloc_that_takes_no_advice_is_shown_once(self, timed):
        seconds = {"ours": 1.0, "mish": 2.0}
        (finding,) = timed(check(only=["cached"]), seconds, keeps=False).findings
        assert [p.allocator for p in finding.pairs] == ["default"]

    def test_what_is_not_here_is_left_out_with_its_reason(self, timed):
        found = timed(check(only=["cached", "sizes"], sizes=[10]), {"mish": 2.0})
        (finding,) = found.findings
        assert (finding.pairs, finding.met) == ((), None)
        assert finding.reason == "as_module: not here"
        assert {s.implementation for s in found.speeds} == {"mish"}
        assert {s.reason for s in found.skipped} == {"not here"}

    def test_an_interrupt_keeps_what_was_measured(self, timed):
        plan = check(sizes=[10, 20])
        found = timed(plan, {"relu": 1.0}, interrupt=(FORWARD, 20))
        assert not found.is_complete
        assert [s.setting.size for s in found.speeds] == [10]
        assert Results.from_json(found.to_json()) == found

    def test_it_says_what_it_does_and_never_goes_back(self, timed):
        told = []
        timed(check(only=["cached"]), {"ours": 1.0, "mish": 2.0},
              watch=lambda text, over: told.append((text, over)))  # fmt: skip
        overs = [over for _, over in told]
        assert overs == sorted(overs)
        assert 0 <= overs[0] < overs[-1] <= 1
        assert told[0][0] == "forward, 100,000 float32, default malloc"

    def test_more_threads_than_cores_are_not_measured(self, timed, monkeypatch):
        monkeypatch.setattr(running, "cores", lambda: 1)
        before = torch.get_num_threads()
        found = timed(check(only=["threads"]), {"ours": 1.0, "relu": 1.0})
        assert "2 threads need" in found.findings[0].reason
        assert torch.get_num_threads() == before

    def test_a_real_run_has_a_number_for_everything_that_is_here(self, monkeypatch):
        monkeypatch.setattr(running, "keep_pages", lambda: False)
        plan = replace(
            check(sizes=[100, 1000], only=["sizes", "memory", "overhead"], quick=True)
        )
        found = running.run(plan)
        assert found.findings[0].ratio > 0
        named = {(s.implementation, s.setting.passes) for s in found.speeds}
        for name in ("ours", "relu", "silu", "gelu", "mish", "eager", "roofline"):
            assert {(name, FORWARD), (name, BOTH)} <= named
        assert {h.implementation for h in found.held} >= {"ours", "learnable", "eager"}
        assert next(h.met for h in found.held if h.implementation == "ours")
        reasons = {s.implementation: s.reason for s in found.skipped}
        assert reasons["compiled"] == "left out by --quick"

    def test_settings_of_torch_are_left_as_they_were(self, monkeypatch):
        monkeypatch.setattr(running, "keep_pages", lambda: False)
        before = torch.get_num_threads()
        plan = check(sizes=[10], threads=1, quick=True)
        running.run(plan)
        assert torch.get_num_threads() == before


class TestResults:
    def test_json_holds_all_and_is_read_back(self, sample):
        assert Results.from_json(sample.to_json()) == sample
        assert sample.to_json() == SAMPLE.read_text(encoding="utf-8")

    def test_keys_that_programs_may_rely_on(self, sample):
        record = json.loads(sample.to_json())
        assert list(record) == [
            "format", "activation", "label", "quick", "complete", "machine", "method",
            "targets", "memory", "bandwidth", "sizes", "accuracy", "skipped",
        ]  # fmt: skip
        first = record["targets"][0]
        assert list(first) == [
            "name", "title", "ours", "peer", "setting", "bound", "measured", "ratio",
            "met", "reason",
        ]  # fmt: skip
        assert list(first["setting"]) == ["passes", "size", "dtype", "threads"]
        assert list(first["measured"][0]) == [
            "allocator", "ours", "peer", "roofline", "ratio", "floor",
        ]  # fmt: skip
        assert list(first["measured"][0]["ours"]) == [
            "median", "low", "high", "samples", "calls",
        ]  # fmt: skip
        assert list(record["machine"]) == [
            "processor", "cores", "caches", "capability", "system", "python",
            "packages", "compiler", "flags",
        ]  # fmt: skip

    def test_nan_is_null_and_not_a_word_that_json_lacks(self, sample):
        rows = json.loads(sample.to_json(), parse_constant=pytest.fail)["accuracy"]
        (row,) = (
            r for r in rows if (r["implementation"], r["partial"]) == ("naive", "f_x")
        )
        assert row["ulp"] is None

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '{"format": "another"}', '{"format": 1, "targets": 2}']
    )
    def test_another_text_is_refused(self, text):
        with pytest.raises(ParameterError):
            Results.from_json(text)

    def test_a_damaged_one_too(self, sample):
        record = sample.record()
        del record["targets"][0]["measured"][0]["ours"]["median"]
        with pytest.raises(ParameterError, match="no JSON of"):
            Results.from_json(json.dumps(record))

    def test_the_last_allocator_decides(self):
        slow, fast = (Pair(a, Timing(s, s, s, 1), Timing(1, 1, 1, 1))
                      for a, s in (("default", 2.0), ("kept", 1.0)))  # fmt: skip
        target = replace(TARGETS[0], bound=1.0)
        assert Finding(target, (slow, fast)).met
        assert not Finding(target, (fast, slow)).met

    def test_a_call_is_shown_where_only_the_call_counts(self, sample):
        overhead = next(f for f in sample.findings if f.target.name == "overhead")
        assert overhead.shown(overhead.pairs[0].peer) == (pytest.approx(24.0), "µs")
        large = sample.findings[0]
        assert large.shown(large.pairs[-1].ours) == (pytest.approx(1.0), "ns")

    def test_ns_are_of_an_element(self):
        setting = TARGETS[0].setting
        speed = Speed("ours", setting, "kept", Timing(1e-2, 0, 0, 1))
        assert speed.ns == 1.0


class TestTables:
    def test_every_target_has_a_row_and_every_row_every_column(self, sample):
        table = tables(sample)[0]
        assert [row[0] for row in table.rows] == [t.name for t in TARGETS]
        for table in tables(sample):
            assert {len(row) for row in table.rows} == {len(table.headings)}

    def test_a_row_says_both_times_the_ratio_and_the_verdict(self, sample):
        rows = {row[0]: row for row in tables(sample)[0].rows}
        assert rows["mish"] == (
            "mish", "10⁷", "forward+backward", "1.00 ns", "F.mish 10.0 ns", "0.10",
            "≤ 0.12", "yes", "0.13", "0.088",
        )  # fmt: skip
        assert rows["overhead"][5:8] == ("1.25", "≤ 1.00", "no")
        assert rows["compile"][3:] == ("-", "F.mish", "-", "≤ 0.20", *"---")
        assert rows["partials-cse"][6:8] == ("-", "-")

    def test_what_is_wrong_is_no_number(self, sample):
        (row,) = (r for r in tables(sample)[-1].rows if r[0] == "SymPy's lambdify")
        assert row[3] == "NaN or ∞"

    def test_parts_that_were_not_measured_have_no_table(self, sample):
        alone = replace(sample, findings=(), held=(), bandwidth=(), qualities=())
        assert [t.part for t in tables(alone)] == ["sizes"]
        assert tables(replace(alone, speeds=())) == []

    @pytest.mark.parametrize(
        ("size", "text"), [(10**7, "10⁷"), (100, "10²"), (1234, "1,234"), (1, "1"),
                           (10, "10"), (200_000, "200,000")]
    )  # fmt: skip
    def test_elements(self, size, text):
        assert count(size) == text

    def test_markdown_has_the_columns_that_were_asked_for(self, sample):
        lines = markdown(tables(sample)[0], ("work", "ratio")).splitlines()
        assert lines[:3] == [
            "| work | ratio |",
            "|---|---|",
            "| forward+backward | 1.05 |",
        ]
        assert len(lines) == len(TARGETS) + 2


def test_the_machine_is_described():
    machine = here()
    assert machine.processor
    assert machine.cores >= 1
    assert machine.packages["torch"] == torch.__version__
    assert machine.packages["numpy"] == np.__version__


def test_an_allocator_that_keeps_pages_has_no_page_faults():
    code = (
        "import resource, numpy as np\n"
        "from mila_analysis.benchmarking.allocator import keep_pages\n"
        "def faults():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    for _ in range(5): np.ones(10**7)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "first = faults()\n"
        "if not keep_pages(): raise SystemExit(7)\n"
        "faults()\n"
        "raise SystemExit(not faults() < first / 5)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    if done.returncode == 7:
        pytest.skip("this is not glibc")
    assert done.returncode == 0


def test_names_of_targets_cost_no_heavy_import():
    code = (
        "import sys; from mila_analysis.benchmarking import TARGETS, check; check();"
        "heavy = {'matplotlib', 'numpy', 'sympy', 'torch'} & set(sys.modules);"
        "raise SystemExit(bool(heavy))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_target_is_an_unknown_name():
    with pytest.raises(UnknownNameError):
        check(only=["nothing"])
