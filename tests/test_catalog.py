"""The built-in activations, and how a name or a text becomes one."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from mila_analysis import catalog, formula
from mila_analysis.catalog import CATALOG, define, get, names, resolve
from mila_analysis.errors import (
    FormulaError,
    MilaAnalysisError,
    ParameterError,
    UnknownNameError,
)

pytestmark = pytest.mark.cheap

ENTRIES = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)


class TestEntries:
    @ENTRIES
    def test_its_formula_is_one(self, activation):
        parsed = formula.parse(activation.formula, activation.variables)
        used = set().union(
            *(c.expression.free_symbols for c in parsed.cases),
            *(r.difference.free_symbols for c in parsed.cases for r in c.conditions),
        )
        assert used == set(parsed.variables), "a parameter that plays no part"

    @ENTRIES
    def test_it_says_what_it_is_and_where_it_comes_from(self, activation):
        assert activation.source
        assert activation.title
        for parameter in activation.parameters:
            assert parameter.meaning
            assert parameter.latex

    @ENTRIES
    def test_a_piecewise_one_states_its_convention(self, activation):
        parsed = formula.parse(activation.formula, activation.variables)
        assert bool(activation.convention) == (len(parsed.cases) > 1)

    @ENTRIES
    def test_every_name_finds_it_in_any_case_of_letters(self, activation):
        for word in (activation.name, *activation.aliases):
            assert get(word) is activation
            assert get(f"  {word.upper()} ") is activation

    @ENTRIES
    def test_its_specification_reads_back(self, activation):
        assert resolve(activation.spec) == activation

    @ENTRIES
    def test_its_name_is_an_identifier_and_its_words_are_plain(self, activation):
        assert activation.name.isidentifier()
        assert activation.name == activation.name.lower()
        told = (activation.title, activation.source, activation.convention)
        meanings = [p.meaning for p in activation.parameters]
        assert all(text.isascii() for text in (*told, *meanings))  # LaTeX and C too

    @ENTRIES
    def test_its_defaults_are_in_their_domains(self, activation):
        assert activation.bind(**activation.values) == activation

    def test_mila_comes_first(self):
        assert names()[:2] == ("mila", "mish")

    def test_names_and_aliases_are_all_different(self):
        words = [
            "".join(c for c in word.lower() if c not in " -_")
            for a in CATALOG
            for word in (a.name, *a.aliases)
        ]
        assert len(set(words)) == len(words)

    def test_titles_are_all_different(self):
        assert len({a.title for a in CATALOG}) == len(CATALOG)

    def test_mila_is_mish_by_default(self):
        assert get("mila").values == {"beta": Fraction(0)}
        assert get("mila").formula == "x * tanh(log(1 + exp(x + beta)))"

    def test_the_catalog_is_data_and_needs_no_heavy_library(self):
        # SymPy and python-flint belong to the formula; nothing else may come along.
        code = (
            "import sys, mila_analysis.catalog;"
            "print([m for m in ('numpy', 'torch', 'matplotlib', 'typer')"
            " if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "[]"


class TestGet:
    @pytest.mark.parametrize(
        ("word", "name"),
        [
            ("LeakyReLU", "leaky_relu"),
            ("leaky-relu", "leaky_relu"),
            ("Leaky ReLU", "leaky_relu"),
            ("hardswish", "hard_swish"),
            ("hard_shrink", "hardshrink"),
            ("soft-plus", "softplus"),
            ("ReLU 6", "relu6"),
            ("ARiA-2", "aria2"),
            ("swish1", "silu"),
        ],
    )
    def test_what_parts_a_name_does_not_count(self, word, name):
        assert get(word).name == name

    @pytest.mark.parametrize(
        ("word", "nearest"),
        [("mlia", "mila"), ("mishh", "mish"), ("softpluss", "softplus")],
    )
    def test_a_misspelt_name_gets_the_nearest(self, word, nearest):
        with pytest.raises(UnknownNameError, match=f"did you mean '{nearest}'"):
            get(word)

    def test_a_strange_name_gets_the_way_to_the_list(self):
        with pytest.raises(UnknownNameError, match="mila-analysis list"):
            get("quaternion-of-doom")

    def test_a_long_name_is_not_repeated(self):
        with pytest.raises(UnknownNameError) as caught:
            get("m" * 100_000)
        assert len(str(caught.value)) < 200


class TestResolve:
    def test_a_name(self):
        assert resolve("mila") is get("mila")
        assert resolve(" Swish-1 ") is get("silu")

    @pytest.mark.parametrize(
        ("text", "beta"),
        [
            ("mila:beta=-0.25", Fraction(-1, 4)),
            ("mila: beta = 1e-3 ", Fraction(1, 1000)),
            ("mila:β=1/3", Fraction(1, 3)),
            ("MILA:beta=2", Fraction(2)),
            ("mila:beta=0.1", Fraction(1, 10)),
        ],
    )
    def test_a_name_with_values_which_are_exact(self, text, beta):
        resolved = resolve(text)
        assert resolved.values == {"beta": beta}
        assert resolved == get("mila").bind(beta=beta)

    @pytest.mark.parametrize("text", ["x * tanh(x)", "x", "1", "where(x > 0, x, 0)"])
    def test_a_formula(self, text):
        resolved = resolve(f"  {text} ")
        assert resolved.formula == text
        assert resolved.variables == ("x",)

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("mila:beta", ParameterError),
            ("mila:beta=", ParameterError),
            ("mila:=3", ParameterError),
            ("mila:gamma=1", ParameterError),
            ("mila:beta=nan", ParameterError),
            ("mila:beta=inf", ParameterError),
            ("mila:beta=1e999", ParameterError),
            ("mila:beta=1e99999999", ParameterError),
            ("mila:beta=1,beta=2", ParameterError),
            ("mila:beta=1,", ParameterError),
            ("relu:beta=1", ParameterError),
            ("mlia:beta=1", UnknownNameError),
            ("mlia", UnknownNameError),
            ("x * y", FormulaError),
            ("x * tanh(x", FormulaError),
            ("", FormulaError),
            (":", FormulaError),
            ("x" * 10**6 + "+x", FormulaError),
        ],
    )
    def test_what_it_cannot_mean_is_an_error_of_one_line(self, text, error):
        with pytest.raises(error) as caught:
            resolve(text)
        assert isinstance(caught.value, MilaAnalysisError)
        assert caught.value.exit_code == 2
        assert len(str(caught.value)) < 300
        assert "\n" not in str(caught.value)


class TestDefine:
    def test_a_formula_with_parameters(self):
        mine = define("mine", "x * tanh(exp(k * x))", k="0.1")
        assert mine.variables == ("x", "k")
        assert mine.values == {"k": Fraction(1, 10)}
        assert mine.source

    @pytest.mark.parametrize(
        "name", ["", "2x", "a b", "a-b", "_a", "__class__", "class", "ｆ", "a.b"]
    )
    def test_a_name_must_be_a_plain_identifier(self, name):
        with pytest.raises(FormulaError, match="is not a name"):
            define(name, "x")
        with pytest.raises(FormulaError, match="is not a name"):
            define("mine", "x", **{name: 1})

    @pytest.mark.parametrize("word", ["x", "f"])
    def test_the_variable_and_the_function_are_taken(self, word):
        with pytest.raises(ParameterError, match="is taken"):
            define("mine", "x", **{word: 1})

    @pytest.mark.parametrize("value", ["nan", "1e999", float("inf"), None, "a", True])
    def test_a_value_must_be_a_finite_number(self, value):
        with pytest.raises(ParameterError, match="k"):
            define("mine", "k * x", k=value)

    def test_an_error_in_the_formula_comes_now_and_not_later(self):
        with pytest.raises(FormulaError, match="'k' has no value"):
            define("mine", "k * x")

    def test_a_greek_name_is_written_with_its_letter(self):
        (parameter,) = define("mine", "alpha * x", alpha=1).parameters
        assert parameter.label == r"\alpha = 1"

    def test_the_catalog_stays_as_it_is(self):
        before = catalog.CATALOG
        define("mila", "x")
        assert catalog.CATALOG is before
        assert get("mila").formula != "x"
