"""Activations as data: exact numbers, bound parameters, labels that read back."""

from __future__ import annotations

import copy
import dataclasses
import decimal
import math
import pickle
import subprocess
import sys
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mila_analysis.activation import Activation, Parameter, exact, numeral
from mila_analysis.errors import ParameterError

GATE = Activation(
    name="gate",
    formula="x / (1 + exp(-beta * x)) + k",
    title="Gate",
    parameters=(
        Parameter("beta", Fraction(1), r"\beta", low=Fraction(0), high=Fraction(8)),
        Parameter("k", Fraction(0)),
    ),
)
PLAIN = Activation("plain", "x", title="Plain")

finite = st.floats(allow_nan=False, allow_infinity=False)
rationals = st.fractions(
    min_value=-(10**9), max_value=10**9, max_denominator=10**9
).filter(lambda value: value == 0 or abs(value) > Fraction(1, 10**300))


class TestExact:
    @pytest.mark.parametrize(
        ("value", "fraction"),
        [
            (3, Fraction(3)),
            (-0.25, Fraction(-1, 4)),
            (Fraction(1, 3), Fraction(1, 3)),
            (decimal.Decimal("0.1"), Fraction(1, 10)),
            ("0.1", Fraction(1, 10)),
            ("-1/3", Fraction(-1, 3)),
            ("+.5", Fraction(1, 2)),
            ("5.", Fraction(5)),
            (" -2E-3 ", Fraction(-1, 500)),
            ("-0", Fraction(0)),
            (0.1, Fraction(3602879701896397, 36028797018963968)),
            (5e-324, Fraction(1, 2**1074)),
            (sys.float_info.max, Fraction(sys.float_info.max)),
        ],
    )
    def test_a_number_is_what_it_stands_for(self, value, fraction):
        assert exact(value) == fraction

    @pytest.mark.parametrize(
        ("value", "fraction"),
        [
            (np.float64(0.1), Fraction(0.1)),
            (np.float32(0.1), Fraction(13421773, 134217728)),
            (np.float16(-0.25), Fraction(-1, 4)),
            (np.int64(2**62), Fraction(2**62)),
            (np.uint8(200), Fraction(200)),
        ],
    )
    def test_numbers_of_numpy_become_plain_ones(self, value, fraction):
        result = exact(value)
        assert result == fraction
        assert type(result.numerator) is int
        assert type(result.denominator) is int

    @pytest.mark.parametrize(
        "value",
        [
            "",
            " ",
            "nan",
            "NaN",
            "-nan",
            "inf",
            "-Infinity",
            "one",
            "1e",
            "1e+",
            "--1",
            "1_000",
            "0x10",
            "1,5",
            "1 2",
            "1e5/3",
            "1/-3",
            "1/",
            "/3",
            "1/3/4",
            "٣",  # a digit, in Arabic
            "１",  # a digit, full width
            "²",
            "1+1",
            "1\n2",
            math.nan,
            math.inf,
            -math.inf,
            decimal.Decimal("nan"),
            decimal.Decimal("sNaN"),
            decimal.Decimal("-inf"),
            np.float32("nan"),
            1j,
            None,
            True,
            False,
            np.True_,
            b"1",
            [1],
            np.array([0.5, 1.0]),
        ],
        ids=repr,
    )
    def test_what_is_no_finite_number_is_refused(self, value):
        with pytest.raises(ParameterError, match=r"^beta must be a") as caught:
            exact(value, "beta")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "value",
        ["1e309", "1e999", "-1e999", "1e-400", "1e-999", "1e400", 10**400, -(10**400)],
        ids=lambda value: str(value)[:8],
    )
    def test_what_float64_cannot_hold_is_refused(self, value):
        with pytest.raises(
            ParameterError, match=r"^beta .*beyond the range of float64"
        ):
            exact(value, "beta")

    @pytest.mark.parametrize("value", ["1/0", "0/0", "-1/000"])
    def test_division_by_zero_is_refused(self, value):
        with pytest.raises(ParameterError, match="divides by zero"):
            exact(value)

    @pytest.mark.parametrize(
        "value",
        [
            "1e99999999",
            "-1e-99999999",
            "1e999999999999999999999",
            "1" * 100_000,
            "9" * 400 + "e400",
            "1/" + "3" * 100_000,
            "(" * 100_000,
            " " * 100_000 + "e",
            decimal.Decimal("1e99999999"),
            decimal.Decimal("1e-99999999"),
            10**100_000,
            Fraction(1, 10**100_000),
            Fraction(10**100_000 + 1, 10**100_000),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_a_hostile_number_is_refused_at_once_and_briefly(self, value):
        start = time.perf_counter()
        with pytest.raises(ParameterError) as caught:
            exact(value)
        assert time.perf_counter() - start < 0.1
        assert len(str(caught.value)) < 120

    @given(finite)
    def test_a_float_stands_for_itself(self, value):
        assert exact(value) == Fraction(value)

    @given(finite)
    def test_the_shortest_numeral_of_a_float_leads_back_to_it(self, value):
        assert float(exact(repr(value))) == value

    @given(rationals)
    def test_a_quotient_reads_back(self, value):
        assert exact(str(value)) == value


class TestNumeral:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (Fraction(0), "0"),
            (Fraction(-2), "-2"),
            (Fraction(-1, 4), "-0.25"),
            (Fraction("0.1"), "0.1"),
            (Fraction(0.1), "0.1"),
            (Fraction(1, 3), "1/3"),
            (Fraction(100), "100"),
        ],
    )
    def test_the_shortest_that_stands_for_the_value(self, value, text):
        assert numeral(value) == text

    @given(st.one_of(finite.map(Fraction), rationals))
    def test_reads_back_to_the_same_float(self, value):
        assert float(exact(numeral(value))) == float(value)

    @given(rationals.filter(lambda value: Fraction(float(value)) != value))
    def test_a_value_that_is_no_float_reads_back_exactly(self, value):
        assert exact(numeral(value)) == value


class TestBind:
    def test_another_value_of_the_same_function(self):
        bound = GATE.bind(beta=-0.0, k="1/3")
        assert bound.values == {"beta": 0, "k": Fraction(1, 3)}
        assert (bound.name, bound.formula) == (GATE.name, GATE.formula)

    def test_the_original_keeps_its_value(self):
        GATE.bind(beta=2)
        assert GATE.values == {"beta": 1, "k": 0}

    def test_what_is_not_named_stays(self):
        assert GATE.bind(k=5).bind(beta=2).values == {"beta": 2, "k": 5}

    def test_nothing_gives_an_equal_one(self):
        assert GATE.bind() == GATE

    def test_equal_values_make_equal_activations(self):
        assert GATE.bind(beta="0.5") == GATE.bind(beta=0.5)
        assert hash(GATE.bind(beta="0.5")) == hash(GATE.bind(beta=0.5))
        assert GATE.bind(beta=0.5) != GATE

    def test_an_unknown_parameter_names_the_nearest(self):
        with pytest.raises(ParameterError) as caught:
            GATE.bind(bta=1)
        assert str(caught.value) == (
            "gate has no parameter 'bta' (it has beta, k); did you mean 'beta'?"
        )

    def test_an_activation_without_parameters_says_so(self):
        with pytest.raises(ParameterError, match=r"'beta' \(it has none\)$"):
            PLAIN.bind(beta=1)

    @pytest.mark.parametrize("name", ["self", "value", "values", "name"])
    def test_a_parameter_may_have_any_name(self, name):
        activation = Activation("own", f"{name} * x", parameters=(Parameter(name, 1),))
        assert activation.bind(**{name: 2}).values == {name: 2}

    @pytest.mark.parametrize("value", [0, 8, "8.0"])
    def test_the_ends_of_the_domain_belong_to_it(self, value):
        assert GATE.bind(beta=value).values["beta"] == exact(value)

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (-1, "beta must be at least 0: -1"),
            ("8.0000000000000000001", "beta must be at most 8: 8.0000000000000000001"),
            ("nan", "beta must be a finite number, not 'nan'"),
            ("1e999", "beta 1e999 is beyond the range of float64"),
        ],
    )
    def test_a_value_that_cannot_be_is_refused_by_name(self, value, message):
        with pytest.raises(ParameterError) as caught:
            GATE.bind(beta=value)
        assert str(caught.value) == message


class TestText:
    def test_spec_names_every_value(self):
        assert GATE.bind(beta="0.5", k="-1/3").spec == "gate:beta=0.5,k=-1/3"

    def test_spec_without_parameters_is_the_name(self):
        assert PLAIN.spec == "plain"

    def test_label_is_the_title_and_the_mathematics(self):
        assert GATE.bind(beta="0.5").label == r"Gate ($\beta = 0.5$, $k = 0$)"

    def test_label_without_parameters_is_the_title(self):
        assert PLAIN.label == "Plain"

    def test_label_of_the_untitled_is_the_name(self):
        assert Activation("own", "x").label == "own"

    def test_variables_are_x_then_the_parameters_in_order(self):
        assert GATE.variables == ("x", "beta", "k")
        assert PLAIN.variables == ("x",)


class TestIsData:
    @pytest.mark.parametrize("field", ["name", "formula", "parameters"])
    def test_an_activation_cannot_be_changed(self, field):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(GATE, field, "other")

    def test_a_parameter_cannot_be_changed(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            GATE.parameters[0].value = Fraction(2)

    def test_a_changed_mapping_of_values_changes_nothing(self):
        dict(GATE.values)["beta"] = Fraction(7)
        getattr(GATE.values, "update", lambda _: None)({"beta": Fraction(7)})
        assert GATE.values["beta"] == 1

    @pytest.mark.parametrize(
        "twin", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
    )
    def test_it_survives_copies_and_processes(self, twin):
        assert twin(GATE) == GATE

    def test_its_module_imports_nothing_heavy(self):
        program = (
            "import sys, mila_analysis.activation, mila_analysis.partials\n"
            "print(*{'sympy', 'numpy', 'torch', 'matplotlib'} & set(sys.modules))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True
        )
        assert done.stdout.strip() == b""
