"""Names of partial derivatives: f_xbeta to (x, β) and back, and to LaTeX."""

from __future__ import annotations

import dataclasses
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mila_analysis.errors import PartialError
from mila_analysis.partials import MAX_ORDER, Partial, parse, up_to

VARIABLES = ("x", "beta", "k")


class TestParse:
    @pytest.mark.parametrize(
        ("text", "variables"),
        [
            ("f", ()),
            ("f_x", ("x",)),
            ("f_beta", ("beta",)),
            ("f_xx", ("x", "x")),
            ("f_xbeta", ("x", "beta")),
            ("f_betax", ("x", "beta")),
            ("f_betabeta", ("beta", "beta")),
            ("f_kbetaxx", ("x", "x", "beta", "k")),
            ("f_β", ("beta",)),
            ("f_xβ", ("x", "beta")),
            (" f_x ", ("x",)),
        ],
    )
    def test_a_name_in_any_order_is_the_canonical_partial(self, text, variables):
        assert parse(text, VARIABLES) == Partial(variables)

    def test_the_order_of_the_parameters_is_the_activations(self):
        assert parse("f_ab", ("x", "b", "a")).variables == ("b", "a")

    @pytest.mark.parametrize(
        "text",
        [
            "f_",
            "_x",
            "x",
            "fx",
            "F_x",
            "f_y",
            "f_x_x",
            "f_bet",
            "g_x",
            "f_X",
            "f_xf",
            "f__x",
            "f_x'",
            "f_βeta",
            "f_1",
            "",
            " ",
            "f_x beta",
            "f_\0",
        ],
    )
    def test_what_is_no_partial_is_refused_in_one_line(self, text):
        with pytest.raises(PartialError, match=r"^no partial ") as caught:
            parse(text, VARIABLES)
        assert "\n" not in str(caught.value)

    def test_a_near_miss_names_the_nearest(self):
        with pytest.raises(PartialError, match=r"did you mean 'f_beta'\?$"):
            parse("f_bta", VARIABLES)

    def test_a_far_miss_lists_the_choice(self):
        with pytest.raises(PartialError, match=r"choose from f, f_x, f_xx$"):
            parse("?", ("x",))

    def test_a_parameter_of_another_activation_is_refused(self):
        with pytest.raises(PartialError):
            parse("f_beta", ("x",))

    def test_the_highest_order(self):
        assert parse("f_" + "x" * MAX_ORDER, VARIABLES).order == MAX_ORDER
        with pytest.raises(PartialError, match=f"at most {MAX_ORDER}$"):
            parse("f_" + "x" * (MAX_ORDER + 1), VARIABLES)

    @pytest.mark.parametrize(
        "text",
        [
            "f_" + "x" * 100_000,
            "f_" + "x" * 10_000_000,
            "f_" + "y" * 100_000,
            "f_" + "beta" * 100_000,
            "y" * 100_000,
            "β" * 50_000,
        ],
        ids=len,
    )
    def test_a_hostile_name_is_refused_at_once_and_briefly(self, text):
        start = time.perf_counter()
        with pytest.raises(PartialError) as caught:
            parse(text, VARIABLES)
        assert time.perf_counter() - start < 0.2
        assert len(str(caught.value)) < 200

    def test_names_that_begin_alike_are_refused_at_once(self):
        variables = ("x", *("a" * n for n in range(1, 9)))
        start = time.perf_counter()
        with pytest.raises(PartialError):
            parse("f_" + "a" * 63 + "y", variables)
        assert time.perf_counter() - start < 0.2

    def test_a_name_within_another_is_found(self):
        variables = ("x", "a", "ab", "c")
        assert parse("f_xab", variables).variables == ("x", "ab")
        assert parse("f_aab", variables).variables == ("a", "ab")

    def test_a_greedy_reading_that_fails_is_taken_back(self):
        assert parse("f_abc", ("x", "a", "ab", "bc")).variables == ("a", "bc")

    @given(st.data())
    def test_every_name_reads_back_from_any_order(self, data):
        chosen = data.draw(
            st.lists(st.sampled_from(VARIABLES), max_size=MAX_ORDER), label="variables"
        )
        partial = Partial(tuple(sorted(chosen, key=VARIABLES.index)))
        assert parse(partial.name, VARIABLES) == partial
        if chosen:
            assert parse("f_" + "".join(chosen), VARIABLES) == partial

    @given(st.text(max_size=40) | st.text("fx_betakβ", max_size=40))
    def test_any_text_is_a_partial_or_one_clear_error(self, text):
        try:
            partial = parse(text, VARIABLES)
        except PartialError:
            return
        assert parse(partial.name, VARIABLES) == partial


class TestUpTo:
    def test_lowest_order_first_and_canonical(self):
        assert [p.name for p in up_to(2, ("x", "beta"))] == [
            "f",
            "f_x",
            "f_beta",
            "f_xx",
            "f_xbeta",
            "f_betabeta",
        ]

    @pytest.mark.parametrize("order", range(MAX_ORDER + 1))
    def test_each_once_and_none_missing(self, order):
        partials = up_to(order, VARIABLES)
        assert len(set(partials)) == len(partials)
        assert len(partials) == math.comb(order + len(VARIABLES), order)

    def test_order_zero_is_the_function(self):
        assert up_to(0, VARIABLES) == (Partial(),)


class TestLatex:
    @pytest.mark.parametrize(
        ("name", "latex"),
        [
            ("f", "f"),
            ("f_x", r"\frac{\partial f}{\partial x}"),
            ("f_beta", r"\frac{\partial f}{\partial \beta}"),
            ("f_xx", r"\frac{\partial^{2} f}{\partial x^{2}}"),
            ("f_xbeta", r"\frac{\partial^{2} f}{\partial x\,\partial \beta}"),
            ("f_betabeta", r"\frac{\partial^{2} f}{\partial \beta^{2}}"),
            (
                "f_xxbetak",
                r"\frac{\partial^{4} f}{\partial x^{2}\,\partial \beta\,\partial k}",
            ),
        ],
    )
    def test_leibniz_notation(self, name, latex):
        assert parse(name, VARIABLES).latex({"beta": r"\beta"}) == latex

    def test_a_variable_without_a_symbol_is_its_name(self):
        assert Partial(("x", "k")).latex() == (
            r"\frac{\partial^{2} f}{\partial x\,\partial k}"
        )


def test_a_partial_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Partial(("x",)).variables = ("beta",)


@pytest.mark.parametrize("count", range(4))
def test_order_counts_the_differentiations(count):
    assert Partial(("x",) * count).order == count
