"""Any text of the grammar, and any text at all: read or refused, within the budget."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mila_analysis import derivation
from mila_analysis.activation import Activation, Parameter, exact
from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.formula import Case, Formula, parse
from mila_analysis.formula.floats import value_of
from mila_analysis.notation.plain import from_latex

NAMES = ("x", "beta", "b")
SLOWLY = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    one = ("exp", "log", "tanh", "sqrt", "erf", "sin", "atan", "abs", "sign", "sigmoid")
    signs, powers = "+-*/·−", ("**2", "^3", "²", "^-1", "^(1/2)", "^b")
    return st.one_of(
        st.tuples(inner, st.sampled_from(signs), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(st.sampled_from(one), inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, st.sampled_from(powers)).map(lambda t: f"({t[0]}){t[1]}"),
        pair.map(lambda t: f"max({t[0]}, {t[1]})"),
        pair.map(lambda t: f"where({t[0]} > {t[1]}, x, {t[0]})"),
        inner.map(lambda t: f"|{t}|"),
        inner.map(lambda t: f"-{t}"),
    )


texts = st.recursive(
    st.sampled_from(("x", "β", "b", "pi", "1", "2", "1/2", "0.25", "1e-3", "e^x")),
    _larger,
    max_leaves=7,
)


def refusal(text: str, read: Callable[[str], object]) -> FormulaError | None:
    """What is said of a text that is refused; nothing else may be raised."""
    start = time.process_time()
    try:
        read(text)
    except FormulaError as error:
        return error
    finally:
        assert time.process_time() - start < 1
    return None


def cases_of(text: str) -> tuple[Case, ...]:
    return () if refusal(text, formula) else formula(text).cases


def formula(text: str) -> Formula:
    return parse(text, NAMES)


@SLOWLY
@given(texts)
def test_a_text_of_the_grammar_is_read_or_refused_at_once(text):
    error = refusal(text, formula)
    if error is not None and error.column is not None:
        assert 1 <= error.column <= len(text) + 1
    for case in cases_of(text):
        assert not case.expression.has(sympy.I, sympy.nan, sympy.zoo, sympy.oo)


@SLOWLY
@given(texts)
def test_what_was_read_reads_back_as_the_same(text):
    for case in cases_of(text):
        for part in (case.expression, *(r.difference for r in case.conditions)):
            error = refusal(str(part), formula)
            if error is None:
                (again,) = formula(str(part)).cases
                assert near(again.expression, part)
            else:
                assert any(word in str(error) for word in ("nested", "exponent"))


def near(one: sympy.Expr, other: sympy.Expr) -> bool:
    """The same value at a point, as SymPy may order and spell them otherwise."""
    names = {s: 0.7 + n / 9 for n, s in enumerate(sympy.symbols(NAMES))}
    values = [value_of(e, names) for e in (one, other)]
    return not all(map(math.isfinite, values)) or math.isclose(*values, rel_tol=1e-9)


@SLOWLY
@given(texts)
def test_it_is_derived_within_the_budget_or_refused(text):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(derivation, "MAX_SECONDS", 2)
        parameters = tuple(Parameter(name, exact(1)) for name in NAMES[1:])
        start = time.monotonic()
        with suppress(FormulaError, UnsupportedError):
            found = derivation.derive(Activation("any", text, parameters=parameters), 2)
            assert found.names[0] == "f"
        assert time.monotonic() - start < 20


PIECES = [*"xβ2()|^+-,<.{}e²=[]:'х \0\n", "**", "__", "where", "max", "if", "else"]
PIECES += [
    "lambda",
    "for",
    "exp",
    "9e39",
    "1e999",
    "\\frac",
    "\\left",
    "\\begin{cases}",
]
words = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), words))
def test_any_text_is_read_or_refused(text):
    for read in (formula, from_latex):
        error = refusal(text, read)
        assert error is None or "\n" not in str(error)
        assert error is None or len(str(error)) < 400


formulas = st.sampled_from(
    [
        r"\frac{x}{1+e^{-\beta x}}",
        r"x \tanh\left(\ln(1+e^{x+\beta})\right)",
        r"\begin{cases} x & x > 0 \\ b(e^{x}-1) & \text{otherwise} \end{cases}",
        r"\frac{b}{2}\left|x\right|^{3} - \sqrt{x^{2}+1}",
    ]
)


@settings(deadline=None, max_examples=100)
@given(formulas, st.data())
def test_latex_with_a_piece_cut_out_is_read_or_refused(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 6)))
    refusal(text[:start] + text[end:], lambda cut: formula(from_latex(cut)))
