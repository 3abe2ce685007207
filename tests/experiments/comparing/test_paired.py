"""Differences: against scipy, worked examples, and what must hold of any numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mila_analysis.experiments.comparing.estimate import estimate
from mila_analysis.experiments.comparing.paired import (
    corrected,
    difference,
    hedges,
    sign_flip,
)

# Hours of sleep gained with two drugs: Student, Biometrika 6, 1908.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# Darwin's maize, crossed less self-fertilized, in eighths of an inch: R. A. Fisher, The
# Design of Experiments, 1935, §21, who counted the sums of all 2¹⁵ choices of signs.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]

numbers = st.integers(0, 1000).map(lambda n: n / 1000)
rows = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=9)


class TestWorkedExamples:
    def test_students_sleep(self):
        found = difference(SECOND, FIRST)
        assert found.mean.mean == pytest.approx(1.58)
        assert found.mean.t == pytest.approx(4.0621, abs=5e-5)
        assert found.p == pytest.approx(0.002833, abs=5e-7)
        ends = (found.mean.low, found.mean.high)
        assert ends == pytest.approx((0.7001142, 2.4598858), abs=5e-8)
        assert (found.higher, found.equal, found.lower) == (9, 1, 0)

    def test_fishers_signs_of_darwins_maize(self):
        assert sign_flip(MAIZE) == 1726 / 32768

    def test_fishers_t_of_darwins_maize(self):
        found = difference(MAIZE, [0] * 15)
        assert found.mean.t == pytest.approx(2.148, abs=5e-4)
        assert found.p == pytest.approx(0.0497, abs=5e-5)

    def test_holm(self):
        # R's p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
        given = [_with_p(p) for p in (0.03, 0.01, 0.05, 0.02, 0.04)]
        adjusted = [d.adjusted for d in corrected(given)]
        assert adjusted == pytest.approx([0.09, 0.05, 0.09, 0.08, 0.09])

    def test_holm_does_not_count_what_was_not_tested(self):
        adjusted = [
            d.adjusted for d in corrected(list(map(_with_p, (0.02, math.nan, 0.5))))
        ]
        assert adjusted[0] == 0.04
        assert math.isnan(adjusted[1])
        assert adjusted[2] == 0.5


def _with_p(p):
    return replace(difference([1.0, 2.0], [0.0, 0.0]), p=p)


class TestAgainstScipy:
    @given(rows)
    def test_paired_t(self, pairs):
        first, second = zip(*pairs, strict=True)
        found = difference(first, second)
        if len({round(a - b, 9) for a, b in pairs}) > 1:
            theirs = stats.ttest_rel(first, second)
            assert found.p == pytest.approx(theirs.pvalue, rel=1e-6)
            interval = theirs.confidence_interval(0.95)
            assert (found.mean.low, found.mean.high) == pytest.approx(
                (interval.low, interval.high), abs=1e-9
            )

    def test_sign_flip(self):
        pairs = (np.array(SECOND[:7]), np.array(FIRST[:7]))
        theirs = stats.permutation_test(
            pairs, lambda a, b: np.mean(a - b),
            permutation_type="samples", n_resamples=np.inf,
        )  # fmt: skip
        assert difference(*pairs).signs == pytest.approx(theirs.pvalue)

    def test_many_signs_are_drawn(self):
        wide = np.random.default_rng(1).normal(0.5, 1, 40)
        exact = 2 * stats.t.sf(abs(estimate(wide).t), 39)
        assert sign_flip(wide) == pytest.approx(exact, rel=0.2)
        assert sign_flip(wide) == sign_flip(wide)

    @pytest.mark.parametrize("freedom", [2, 4, 9, 50])
    def test_hedges_frees_from_bias(self, freedom):
        assert hedges(freedom) * stats.nct.mean(freedom, 1.3) == pytest.approx(1.3)

    def test_ends_of_the_effect_are_where_t_is_in_a_tail(self):
        found = difference(SECOND, FIRST)
        low, high = (
            end * math.sqrt(10) for end in (found.effect_low, found.effect_high)
        )
        assert stats.nct.sf(found.mean.t, 9, low) == pytest.approx(0.025, abs=1e-5)
        assert stats.nct.cdf(found.mean.t, 9, high) == pytest.approx(0.025, abs=1e-5)
        plain = found.mean.mean / found.mean.deviation
        assert found.effect == pytest.approx(plain * hedges(9))


class TestWhatMustHold:
    @given(rows)
    def test_the_other_way_round_signs_turn_and_p_stays(self, pairs):
        first, second = zip(*pairs, strict=True)
        one, other = difference(first, second), difference(second, first)
        assert one.p == pytest.approx(other.p, rel=1e-9)
        assert one.signs == other.signs
        assert one.mean.mean == -other.mean.mean
        assert one.effect == pytest.approx(-other.effect, nan_ok=True)
        assert one.effect_low == pytest.approx(
            -other.effect_high, rel=1e-6, nan_ok=True
        )
        assert (one.higher, one.lower) == (other.lower, other.higher)

    @given(rows, st.randoms())
    def test_the_order_of_seeds_is_irrelevant(self, pairs, shuffler):
        mixed = list(pairs)
        shuffler.shuffle(mixed)
        one, other = (difference(*zip(*row, strict=True)) for row in (pairs, mixed))
        assert one.p == pytest.approx(other.p, rel=1e-9)
        assert one.signs == other.signs

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
    def test_holm_keeps_the_order_and_only_raises(self, values):
        adjusted = [d.adjusted for d in corrected(list(map(_with_p, values)))]
        assert all(p <= a <= 1 for p, a in zip(values, adjusted, strict=True))
        ordered = [a for _, a in sorted(zip(values, adjusted, strict=True))]
        assert all(a <= b for a, b in pairwise(ordered))

    @given(rows)
    def test_p_is_a_probability(self, pairs):
        found = difference(*zip(*pairs, strict=True))
        assert 0 <= found.p <= 1
        assert 2 ** (1 - len(pairs)) <= found.signs <= 1

    def test_under_no_difference_one_in_twenty_is_shown(self):
        draws = np.random.default_rng(0).normal(size=(500, 2, 8))
        shown = np.mean([difference(a, b).p < 0.05 for a, b in draws])
        assert shown == pytest.approx(0.05, abs=0.03)


class TestEdges:
    def test_equal_in_every_seed(self):
        found = difference([0.9, 0.8], [0.9, 0.8])
        assert (found.p, found.signs, found.equal) == (1, 1, 2)
        assert not found.is_shown

    def test_what_rounding_adds_is_no_difference(self):
        found = difference([0.1 + 0.2, 0.7], [0.3, 0.1 + 0.6])
        assert found.equal == 2

    @pytest.mark.parametrize(("count", "p"), [(5, 0.0625), (6, 0.03125)])
    def test_one_difference_in_all_seeds_is_judged_by_signs(self, count, p):
        found = difference([0.9] * count, [0.8] * count)
        assert found.p == found.signs == p
        assert found.is_shown == (p < 0.05)
        assert math.isnan(found.effect)

    def test_one_seed_has_no_test(self):
        found = difference([0.9], [0.8])
        assert found.mean.mean == pytest.approx(0.1)
        assert all(
            map(math.isnan, (found.p, found.signs, found.mean.low, found.effect))
        )
        assert not found.is_shown

    def test_no_seed(self):
        found = difference([math.nan], [0.8])
        assert found.count == 0
        assert math.isnan(found.mean.mean)
        assert not found.is_shown

    def test_a_seed_without_both_is_left_out(self):
        found = difference([0.9, math.nan, 0.7, 0.8], [0.8, 0.5, 0.5, math.inf])
        assert found.count == 2

    def test_a_great_effect_has_ends(self):
        found = difference([0.9, 0.901, 0.899, 0.9], [0.1, 0.1, 0.1, 0.1])
        assert 0 < found.effect_low < found.effect < found.effect_high < math.inf
