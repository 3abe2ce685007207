"""Comparisons: what fits together, pairs, JSON, and sentences."""

from __future__ import annotations

import csv
import io
import json
import math
from itertools import permutations

import pytest

from mila_analysis.errors import ParameterError, UnknownNameError, UnsupportedError
from mila_analysis.experiments.comparing import FORMATS, Comparison, write
from mila_analysis.experiments.comparing.measures import MEASURES, measure
from mila_analysis.experiments.comparing.sentences import caveats, conclusions

TOP1, MACRO, LOSS = MEASURES
NAN = math.nan
EVEN = [0.90, 0.92, 0.91, 0.93, 0.90, 0.94]
APART = [0.95, 0.96, 0.95, 0.97, 0.96, 0.97]
NEAR = [0.91, 0.91, 0.92, 0.92, 0.91, 0.93]
THREE = {"relu": EVEN, "mish": APART, "mila:beta=-0.25": NEAR}


class TestPairs:
    def test_all_pairs_unless_there_is_a_baseline(self, compared):
        pairs = compared(THREE).pairs(TOP1, "last")
        assert [(p.first, p.second) for p in pairs] == [
            ("mish", "relu"), ("mila:beta=-0.25", "relu"), ("mila:beta=-0.25", "mish"),
        ]  # fmt: skip

    def test_others_less_the_baseline(self, compared):
        pairs = compared(THREE, "mish").pairs(TOP1, "last")
        assert [(p.first, p.second) for p in pairs] == [
            ("relu", "mish"), ("mila:beta=-0.25", "mish"),
        ]  # fmt: skip

    def test_the_order_of_activations_is_irrelevant(self, compared):
        found = set()
        for order in permutations(THREE):
            pairs = compared({name: THREE[name] for name in order}).pairs(TOP1, "last")
            found.add(
                frozenset(
                    (frozenset((p.first, p.second)), round(p.difference.adjusted, 12))
                    for p in pairs
                )
            )
        assert len(found) == 1

    def test_the_order_of_runs_is_irrelevant(self, compared):
        made = compared(THREE)
        turned = Comparison(made.runs[:1] + made.runs[:0:-1])
        assert turned.seeds == made.seeds
        values = {a: turned.values(a, TOP1, "last") for a in turned.activations}
        assert values == THREE

    def test_the_best_epoch_is_beside_the_last(self, compared):
        made = compared(THREE)
        last, best = (made.score("relu", TOP1, when).mean for when in ("last", "best"))
        assert best == pytest.approx(last + 1)


class TestWhatDoesNotFit:
    def test_nothing(self):
        with pytest.raises(ParameterError, match="nothing to compare"):
            Comparison(())

    def test_a_missing_run(self, compared):
        with pytest.raises(ParameterError, match="mish has no seed 5"):
            compared({"relu": EVEN, "mish": APART[:5]})

    def test_a_run_twice(self, run):
        with pytest.raises(ParameterError, match="twice"):
            Comparison((run("relu", 0, 0.9), run("relu", 0, 0.9)))

    def test_other_settings(self, run):
        runs = (run("relu", 0, 0.9), run("mish", 0, 0.9, batch_size=32))
        with pytest.raises(ParameterError, match="batch_size 32, not 64"):
            Comparison(runs)

    def test_a_foreign_baseline(self, compared):
        with pytest.raises(ParameterError, match="did you mean 'mish'"):
            compared(THREE, "mihs")


class TestSentences:
    def test_of_a_difference(self, compared):
        (said,) = conclusions(compared({"relu": EVEN, "mish": APART}), TOP1, "last")
        assert said.startswith("Mish does better than ReLU (difference +4.33 points, ")
        assert "p = 0.0" in said or "p < 0.0001" in said
        assert ", 6 seeds, g = " in said

    def test_a_lower_loss_is_better(self, compared):
        (said,) = conclusions(compared({"relu": EVEN, "mish": APART}), LOSS, "last")
        assert said.startswith("Mish does better than ReLU (difference -0.0433 nats")

    def test_of_none(self, compared):
        made = compared({"mish": EVEN, "mila:beta=-0.25": NEAR})
        [said] = conclusions(made, TOP1, "last")
        assert said == (
            "Mila (β = -0.25) and Mish: no difference shown (difference +0.00 points, "
            "95 % CI -1.15 to +1.15, p = 1, 6 seeds)."
        )

    def test_of_none_at_all(self, compared):
        made = compared({"relu": EVEN, "mish": NEAR, "swish": EVEN[::-1]})
        assert conclusions(made, TOP1, "last")[-1] == (
            "These data support no difference in top-1 of the last epoch between any "
            "two of these."
        )

    def test_a_pair_that_only_the_correction_turns(self, compared):
        nearly = [0.92, 0.925, 0.925, 0.935, 0.925, 0.945]
        tops = {"relu": EVEN, "mish": nearly, "gelu": NEAR, "selu": EVEN[::-1]}
        said = conclusions(compared(tops), TOP1, "last")
        [turned] = [line for line in said if "alone but" in line]
        assert turned.startswith("Mish and ReLU: no difference shown")

    def test_of_equal_numbers(self, compared):
        (said,) = conclusions(compared({"relu": EVEN, "mish": EVEN}), TOP1, "last")
        assert said == "Mish and ReLU: equal in all 6 seeds."

    def test_of_one_seed(self, compared):
        made = compared({"relu": [0.9], "mish": [0.8]})
        assert conclusions(made, TOP1, "last") == (
            "Mish and ReLU: no test with one seed (difference -10.00 points).",
        )
        assert any("One seed has no spread" in line for line in caveats(made, TOP1))

    def test_of_runs_that_diverged(self, compared):
        made = compared({"relu": EVEN, "mish": [NAN, *APART[1:]]})
        (said,) = conclusions(made, TOP1, "last")
        assert "5 seeds; 1 seed left out, as a run diverged" in said
        [line] = [line for line in caveats(made, TOP1) if "Diverged" in line]
        assert "Mish in 1 of 6 seeds" in line

    def test_of_runs_that_all_diverged(self, compared):
        made = compared({"relu": EVEN, "mish": [NAN] * 6})
        (said,) = conclusions(made, TOP1, "last")
        assert "no seed in which neither diverged" in said
        assert "nan" not in write(made).lower()

    def test_what_the_validation_images_alone_leave_open(self, compared):
        lines = caveats(compared({"relu": [0.9] * 3, "mish": [0.9] * 3}), TOP1)
        assert any("error of about 1.6 points" in line for line in lines)  # √(.09/360)

    def test_how_much_the_best_epoch_flatters(self, compared):
        lines = caveats(compared(THREE), TOP1)
        assert any("by 1.00 points over the last" in line for line in lines)


class TestFormats:
    def test_json_goes_round(self, compared):
        made = compared(THREE, "relu")
        assert Comparison.from_json(write(made, "json")) == made

    def test_json_of_what_diverged_is_valid_and_goes_round(self, compared):
        made = compared({"relu": EVEN, "mish": [NAN, *APART[1:]]})
        text = write(made, "json")
        json.loads(text, parse_constant=pytest.fail)
        assert write(Comparison.from_json(text), "json") == text

    @pytest.mark.parametrize(
        "text", ["", "{}", "[]", "3", '{"format": 1}', '{"format": 2, "runs": []}',
                 '{"format": 1, "baseline": "", "runs": []}',
                 '{"format": 1, "baseline": "", "runs": [{}]}', "[" * 100_000],
    )  # fmt: skip
    def test_what_is_no_comparison_is_refused(self, text):
        with pytest.raises(ParameterError):
            Comparison.from_json(text)

    def test_csv_has_a_row_a_run_with_all_digits(self, compared):
        rows = list(csv.DictReader(io.StringIO(write(compared(THREE), "csv"))))
        assert len(rows) == 18
        assert [float(r["last_top1"]) for r in rows[:6]] == EVEN
        assert rows[0]["best_epoch"] == "1"

    @pytest.mark.parametrize("form", FORMATS)
    def test_every_format_ends_a_line_and_has_no_nan(self, compared, form):
        text = write(compared({"relu": [0.9], "x*tanh(b*x):b=1/3": [NAN]}), form)
        assert text.endswith("\n")
        assert "nan" not in text.lower().replace("tanh", "")

    def test_markdown_of_a_hostile_formula(self, compared):
        text = write(compared({"relu": EVEN, "abs(x)*x**2": APART}), "markdown")
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert any(r"abs(x)\*x\*\*2" in row for row in rows)

    def test_latex_has_mathematics_and_no_bare_percent(self, compared):
        text = write(compared(THREE), "latex")
        assert r"Mila ($\beta = -0.25$) $-$ ReLU" in text
        body = [line for line in text.splitlines() if not line.startswith("%")]
        assert all("%" not in line.replace(r"\%", "") for line in body)
        assert "±" not in "".join(body)

    def test_an_unknown_format_or_score(self, compared):
        with pytest.raises(UnsupportedError, match="did you mean 'latex'"):
            write(compared(THREE), "latx")
        with pytest.raises(UnknownNameError, match="did you mean 'macro-f1'"):
            measure("macrof1")
