"""Torch beside ours: the measurement, its JSON, and what the page says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mila_analysis import catalog
from mila_analysis.auditing import beside, measurements, measuring, museum
from mila_analysis.auditing.implementation import ORDERS, Implementation, named
from mila_analysis.auditing.joints import joints
from mila_analysis.auditing.measurements import Measurement, Worst
from mila_analysis.auditing.pairs import PAIRS, Pair
from mila_analysis.errors import AccuracyError, ParameterError
from mila_analysis.verification.accuracy import Errors
from mila_analysis.verification.formats import FORMATS
from mila_analysis.verification.subject import Subject

PAGE = Path(__file__).resolve().parents[2] / "docs" / "museum.md"
WHERE, FOUND = museum.measured()
BY_NAME = {pair.activation: pair for pair in PAIRS}
IS_HERE = (WHERE["torch"], WHERE["capability"]) == (
    torch.__version__,
    torch.backends.cpu.get_cpu_capability(),
)


LOST = "below the normal numbers 8.4e+06 times the least, ours 0.5"


def kept(name: str, dtype: str) -> dict[str, Measurement]:
    return {m.partial: m for m in FOUND[BY_NAME[name]] if m.dtype == dtype}


def errors(name: str, dtype: str, points=None) -> tuple[dict[str, Errors], ...]:
    pair = BY_NAME[name]
    return measuring.errors(
        catalog.resolve(pair.activation), named(pair.candidate), ORDERS,
        FORMATS[dtype], points,
    )  # fmt: skip


class TestTheFile:
    def test_it_has_every_pair_and_nothing_else(self):
        assert list(FOUND) == list(PAIRS)
        for each in FOUND.values():
            found = [(m.dtype, m.partial) for m in each]
            assert found == [(d, p) for d in measuring.DTYPES for p in ORDERS]

    def test_every_number_of_16_bits_was_tried(self):
        for each in FOUND.values():
            for m in each:
                if m.dtype.endswith("16"):
                    assert m.points == {"float16": 63487, "bfloat16": 65279}[m.dtype]

    def test_it_is_what_is_written_of_it(self):
        text = measurements.written(WHERE, FOUND)
        assert measurements.read(text) == (WHERE, FOUND)
        assert json.loads(text)["where"] == WHERE

    def test_the_page_shows_it(self):
        assert beside.section(WHERE, FOUND) in PAGE.read_text(encoding="utf-8")


class TestMeasuringAgain:
    @pytest.mark.parametrize("name", ["mish", "leaky_relu:alpha=0.01"])
    def test_every_float16(self, name):
        ours, theirs = errors(name, "float16")
        for partial, m in kept(name, "float16").items():
            assert ours[partial].max_ulp == pytest.approx(m.ours.ulp, rel=0.1)
            if IS_HERE:
                worst = float("inf") if m.theirs.ulp is None else m.theirs.ulp
                assert theirs[partial].max_ulp == pytest.approx(worst, rel=1e-3)

    @pytest.mark.parametrize("name", ["mish", "gelu", "softplus", "sigmoid"])
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_the_worst_points(self, name, dtype):
        found = kept(name, dtype)
        at = [w.at for m in found.values() for w in (m.theirs, m.ours)]
        ours, theirs = errors(name, dtype, np.array(at))
        for partial, m in found.items():
            assert ours[partial].max_ulp <= 1.5 * m.ours.ulp + 1
            if IS_HERE:
                worst = float("inf") if m.theirs.ulp is None else m.theirs.ulp
                assert theirs[partial].max_ulp == pytest.approx(worst, rel=1e-3)

    def test_a_function_that_is_wrong_once_among_all_numbers_is_found(self):
        def wrong(x):
            return torch.where(x == 1.5, x * 2, torch.relu(x))

        wrongly = Implementation("torch", wrong)
        _, theirs = measuring.errors(
            catalog.get("relu"), wrongly, ["f"], FORMATS["bfloat16"]
        )
        assert theirs["f"].max_ulp == 1.5 * 2**7
        assert theirs["f"].worst_at == 1.5
        assert theirs["f"].points == 65279

    def test_doubles_that_the_balls_contradict_are_refused(self, monkeypatch):
        plain = Subject.values

        def off(self, points, **given):
            found = plain(self, points, **given)
            shift = 1 + 2.0**-12 if self.kind.name == "float64" else 1
            return {name: values * shift for name, values in found.items()}

        monkeypatch.setattr(Subject, "values", off)
        with pytest.raises(AccuracyError, match="by balls"):
            measuring.errors(
                catalog.get("sigmoid"), Implementation("torch", torch.sigmoid),
                ["f"], FORMATS["float16"], np.linspace(-4, 4, 65),
            )  # fmt: skip

    def test_the_command_measures_what_is_named_and_keeps_the_rest(
        self, tmp_path, monkeypatch
    ):
        target = tmp_path / "found.json"
        target.write_text(measurements.written(WHERE, FOUND), encoding="utf-8")
        made = replace(FOUND[PAIRS[0]][0], points=7)
        monkeypatch.setattr(measuring, "measure", lambda pair: (made,))
        said: list[str] = []
        measuring.main([str(target), "relu"], said.append)
        _, found = measurements.read(target.read_text(encoding="utf-8"))
        assert found[BY_NAME["relu"]] == (made,)
        assert {p: f for p, f in found.items() if p.activation != "relu"} == {
            p: f for p, f in FOUND.items() if p.activation != "relu"
        }
        assert said == ["relu: torch.nn.functional.relu"]

    def test_a_pair_that_there_is_not_is_a_mistake(self, tmp_path):
        with pytest.raises(ParameterError, match="no pair of mila"):
            measuring.main([str(tmp_path / "found.json"), "mila"])


def one(**changes) -> Measurement:
    fine = Worst(0.5, 1.0, 0.5)
    return replace(Measurement("float32", "f", 9, fine, fine, ()), **changes)


class TestWhereCasesMeet:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("mish", set()),
            ("elu", {0.0}),
            ("softsign", {0.0}),
            ("relu6", {0.0, 6.0}),
            ("softshrink:lambd=2", {-2.0, 2.0}),
        ],
    )
    def test_joints(self, name, expected):
        assert joints(catalog.resolve(name)) == expected

    @pytest.mark.parametrize(
        ("slope", "ulp"), [(0.0, 0), (0.5, 0), (1.0, 0), (1.5, 2.0**23)]
    )
    def test_a_slope_between_those_of_both_sides_is_right(self, slope, ulp):
        class Relu(torch.autograd.Function):
            @staticmethod
            def forward(context, x):
                context.save_for_backward(x)
                return torch.relu(x)

            @staticmethod
            def backward(context, gradient):
                (x,) = context.saved_tensors
                at_zero = torch.full_like(x, slope)
                return gradient * torch.where(x == 0, at_zero, (x > 0).to(x))

        points = np.array([-1.0, 0.0, 1.0])
        _, theirs = measuring.errors(
            catalog.get("relu"), Implementation("torch", Relu.apply), ["f", "f_x"],
            FORMATS["float32"], points,
        )  # fmt: skip
        found = theirs["f_x"]
        assert max(found.max_ulp, found.max_subnormal) >= ulp
        assert (max(found.max_ulp, found.max_subnormal) == 0) == (ulp == 0)


class TestThePage:
    def test_what_is_right_has_no_exhibit(self):
        text = beside.section(WHERE, {Pair("relu", "torch.relu"): (one(),)})
        assert "Nothing that is worse was found in `torch.relu`." in text
        assert "| relu | float32 | 0.5 / 0.5 |" in text
        assert "audit" not in text

    def test_what_is_wrong_is_shown_with_its_command(self):
        pair = Pair("mish", "torch.nn.functional.mish", "has a remark")
        wrong = one(
            said=("±inf from x = 3", "NaN from x = 4", "1 at ∞, where the limit is 2")
        )
        text = beside.section(WHERE, {pair: (wrong,)})
        assert "| mish | float32 | NaN / 0.5 |" in text
        assert (
            "    $ mila-analysis audit -a mish -- torch:torch.nn.functional.mish\n"
            "    # has a remark\n"
            "    f, float32: ±inf from x = 3; NaN from x = 4; "
            "1 at ∞, where the limit is 2"
        ) in text

    @pytest.mark.parametrize(
        ("theirs", "said"),
        [
            (Worst(4.0, 1.0, 0.5), []),
            (Worst(4.1, -1.0, 0.5), ["f, float32: 4.1 ulp at x = −1, ours 0.5"]),
            (Worst(None, 3.0, 0.5), ["f, float32: not finite at x = 3, ours 0.5 ulp"]),
            (
                Worst(1.0, 1.0, 2.0**23),
                [f"f, float32: {LOST}"],
            ),
        ],
    )
    def test_what_is_much_larger_is_shown(self, theirs, said):
        assert list(beside.exhibits([one(theirs=theirs)])) == said

    def test_the_limit_at_infinity_is_no_failure_of_a_cell(self):
        wrong = one(said=("NaN at ∞, where the limit is 0",))
        assert "0.5 / 0.5" in beside.table({Pair("tanh", "torch.tanh"): (wrong,)})

    def test_a_derivative_that_there_is_not(self):
        none = one(theirs=None, said=("f: the function fails: no derivative",))
        pair = Pair("tanh", "torch.tanh")
        assert "| raises / 0.5 |" in beside.table({pair: (none,)})
        assert list(beside.exhibits([none])) == [
            "f, float32: the function fails: no derivative"
        ]

    def test_where_ours_is_worse_it_says_so(self):
        larger = one(ours=Worst(30.0, 2.0, 0.5), ours_said=("1 at ∞, not so",))
        wrong = one(dtype="float64", ours_said=("NaN from x = 5",))
        text = beside.section(WHERE, {Pair("tanh", "torch.tanh"): (wrong, larger)})
        assert "| 0.5 / NaN |" in text
        assert "| 0.5 / 30 |" in text
        assert "- tanh: f, float64: NaN from x = 5\n" in text
        assert "- tanh: f, float32: 1 at ∞, not so; 30 ulp at x = 2, torch 0.5" in text

    def test_a_function_of_two_activations_is_shown_once(self):
        wrong = (one(said=("NaN from x = 4",)),)
        pairs = [Pair("silu", "torch.silu"), Pair("swish:beta=1", "torch.silu")]
        text = beside.section(WHERE, dict.fromkeys(pairs, wrong))
        assert text.count("### ") == 1
        assert "| swish:beta=1 | float32 | NaN / 0.5 |" in text
