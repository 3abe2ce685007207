"""Straight-line arithmetic as data: building it, and what it reads."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mila_analysis.program import (
    NAN,
    Builder,
    Name,
    Number,
    Operation,
    add,
    mul,
    number,
    op,
    used_names,
)
from mila_analysis.stability import Program

A, B, C = Name("a"), Name("b"), Name("c")


class TestSpelling:
    def test_a_sum_is_taken_from_the_left(self):
        assert add(A, B, C) == op("add", op("add", A, B), C)
        assert add(A) is A

    def test_a_negative_multiple_is_subtracted(self):
        assert add(A, mul(number(-3), B)) == op("sub", A, op("mul", number(3), B))
        assert add(A, mul(number(-1), B)) == op("sub", A, B)

    def test_a_product_is_taken_from_the_left_without_ones(self):
        assert mul(A, number(1), B, C) == op("mul", op("mul", A, B), C)
        assert mul() == mul(number(1)) == number(1)

    def test_numbers_stay_exact(self):
        assert number(Fraction(1, 10)) == Number(Fraction(1, 10))
        assert number(3) == Number(Fraction(3))

    def test_names_are_read_in_order(self):
        expression = op("select", op(">", A, number(0)), mul(B, A), NAN)
        assert list(used_names(expression)) == ["a", "b", "a"]
        assert list(used_names(NAN)) == []

    def test_expressions_are_values(self):
        assert hash(op("add", A, B)) == hash(Operation("add", (Name("a"), Name("b"))))
        with pytest.raises(AttributeError):
            A.text = "b"


class TestBuilder:
    def test_equal_values_are_bound_once(self):
        builder = Builder()
        first = builder.bind("sum", op("add", A, B))
        assert builder.bind("other", op("add", A, B)) == first == Name("sum")
        assert len(builder.bindings) == 1

    def test_other_values_of_one_hint_get_numbers(self):
        builder = Builder()
        names = [builder.bind("t", op("add", A, n)) for n in (B, C, number(1))]
        assert names == [Name("t"), Name("t_2"), Name("t_3")]

    def test_reserved_names_are_left_alone(self):
        builder = Builder()
        builder.reserve("t", "t_2")
        assert builder.bind("t", op("add", A, B)) == Name("t_3")

    @pytest.mark.parametrize("plain", [A, number(2), NAN])
    def test_what_needs_no_name_gets_none(self, plain):
        builder = Builder()
        assert builder.bind("t", plain) is plain
        assert builder.bindings == []


class TestTrimming:
    @pytest.fixture
    def program(self) -> Program:
        builder = Builder()
        one = builder.bind("one", op("exp", A))
        two = builder.bind("two", op("mul", one, B))
        builder.bind("three", op("log", C))
        outputs = {"f": two, "f_x": one, "f_y": builder.bind("four", op("neg", C))}
        return Program(tuple(builder.bindings), outputs)

    @pytest.mark.parametrize(
        ("wanted", "kept"),
        [
            (["f"], ["one", "two"]),
            (["f_x"], ["one"]),
            (["f_y"], ["four"]),
            (["f", "f_y"], ["one", "two", "four"]),
            ([], []),
        ],
    )
    def test_only_what_is_needed_is_kept_in_order(self, program, wanted, kept):
        assert [b.name for b in program.trimmed(wanted)] == kept
