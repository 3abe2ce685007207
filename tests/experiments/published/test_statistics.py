"""Tests of ranks against SciPy, brute force, and the worked examples of the papers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mila_analysis.experiments.published.statistics import (
    critical_difference,
    friedman,
    holm,
    indistinct,
    wilcoxon,
)

# Demšar 2006, table 6: ranks of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 data sets.
DEMSAR = [
    (4, 3, 2, 1), (1, 2, 3, 4), (4, 1, 2, 3), (4, 1, 3, 2), (4, 2, 3, 1),
    (1, 2.5, 4, 2.5), (3, 2, 4, 1), (2.5, 2.5, 4, 1), (4, 3, 2, 1),
    (2.5, 2.5, 2.5, 2.5), (4, 2.5, 1, 2.5), (3, 2, 4, 1), (4, 1, 2, 3), (3, 1, 4, 2),
]  # fmt: skip


def test_average_ranks_of_demsar():
    means = np.mean(DEMSAR, axis=0)
    assert np.round(means, 3).tolist() == [3.143, 2.0, 2.893, 1.964]


def test_friedman_of_demsar():
    """His 9.28 and 3.69 are without the correction for ties, which can be undone."""
    found = friedman(DEMSAR)
    ties = 3 * (2**3 - 2) + 4**3 - 4  # three pairs, and one row of four
    plain = found.chi2 * (1 - ties / (14 * (4**3 - 4)))
    assert plain == pytest.approx(9.28, abs=0.05)
    f = 13 * plain / (14 * 3 - plain)
    assert f == pytest.approx(3.69, abs=0.03)
    assert (found.freedom, found.freedom2) == (3, 39)
    assert found.f_p < 0.05


@pytest.mark.parametrize(("alpha", "expected"), [(0.05, 1.25), (0.10, 1.12)])
def test_critical_difference_of_demsar(alpha, expected):
    assert critical_difference(4, 14, alpha) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("methods", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (7, 2.949), (10, 3.164)]
)
def test_critical_values_of_his_table(methods, q):
    scale = np.sqrt(methods * (methods + 1) / 6)
    assert critical_difference(methods, 1, 0.05) / scale == pytest.approx(q, abs=1e-3)


@given(st.integers(3, 6), st.integers(2, 9), st.integers(0, 10**6))
def test_friedman_is_that_of_scipy(methods, blocks, seed):
    values = np.random.default_rng(seed).integers(0, 5, (blocks, methods)).astype(float)
    if np.all(values == values[:, :1]):
        return
    ranks = [stats.rankdata(row).tolist() for row in values]
    found, expected = friedman(ranks), stats.friedmanchisquare(*values.T)
    assert found.chi2 == pytest.approx(expected.statistic, abs=1e-9)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-9)


def test_where_all_are_equal_nothing_is_shown():
    found = friedman([[2, 2, 2], [2, 2, 2]])
    assert (found.chi2, found.f) == (0, 0)
    assert found.cautious == 1


def test_two_blocks_that_agree_show_nothing():
    found = friedman([[1, 2], [1, 2]])
    assert found.f == np.inf
    assert found.cautious == pytest.approx(stats.chi2.sf(2, 1))


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9))
def test_wilcoxon_is_the_share_of_signs_that_lie_as_far_out(differences):
    sizes = [abs(d) for d in differences if d]
    ranks = stats.rankdata(sizes) if sizes else []
    total = sum(ranks)
    seen = sum(
        r for r, d in zip(ranks, filter(None, differences), strict=True) if d > 0
    )
    sums = [np.dot(signs, ranks) for signs in product((0, 1), repeat=len(sizes))]
    far = [abs(2 * s - total) >= abs(2 * seen - total) for s in sums]
    assert wilcoxon(differences) == pytest.approx(np.mean(far))


@given(st.lists(st.integers(1, 10**6), min_size=3, max_size=13, unique=True), st.data())
def test_wilcoxon_without_ties_is_that_of_scipy(sizes, data):
    signs = data.draw(st.lists(st.sampled_from((-1, 1)), min_size=13, max_size=13))
    values = [s * d for s, d in zip(signs, sizes, strict=False)]
    expected = stats.wilcoxon(values, method="exact").pvalue
    assert wilcoxon(values) == pytest.approx(expected)


def test_what_binary_fractions_add_is_no_difference():
    assert wilcoxon([91.9 - 91.8, 0.1 - 0.2]) == 1  # 0.10000000000000853 and -0.1
    assert wilcoxon([0.1 + 0.2 - 0.3]) == 1


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_groups_of_demsar():
    """At α = 0.1 both C4.5 with m are better than C4.5, and no others differ."""
    averages = [1.964, 2.0, 2.893, 3.143]
    assert indistinct(averages, 1.12) == ((0, 2), (2, 3))


def test_groups_lie_in_no_other():
    assert indistinct([1, 2, 3], 5) == ((0, 2),)
    assert indistinct([1, 2, 3], 0.5) == ()
    assert indistinct([1, 1.5, 3, 3.2], 1.6) == ((0, 1), (1, 2), (2, 3))
    assert indistinct([2, 2, 2], 0.1) == ((0, 2),)
