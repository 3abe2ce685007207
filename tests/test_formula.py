"""Text to an exact expression: the grammar, the refusals, and the limits."""

from __future__ import annotations

import re
import time
import tracemalloc
from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from mila_analysis import formula
from mila_analysis.balls import enclose
from mila_analysis.catalog import define
from mila_analysis.errors import FormulaError
from mila_analysis.formula import Relation, parse
from mila_analysis.stability.terms import rational

X, BETA = sympy.symbols("x beta")
HALF = sympy.Rational(1, 2)


def expression(text: str, *variables: str):
    """The one case of a formula."""
    (case,) = parse(text, variables or ("x", "beta")).cases
    assert case.conditions == ()
    return case.expression


def value_at(text: str, x: Fraction) -> Fraction:
    """A piecewise formula that is rational, at a point: its one case that holds."""
    tests = {
        ">": lambda v: v > 0,
        ">=": lambda v: v >= 0,
        "<": lambda v: v < 0,
        "<=": lambda v: v <= 0,
    }
    at = {X: sympy.Rational(x.numerator, x.denominator)}
    held = [
        case.expression.subs(at)
        for case in parse(text).cases
        if all(tests[r.comparison](r.difference.subs(at)) for r in case.conditions)
    ]
    assert len(held) == 1, f"{len(held)} cases of {text} hold at {x}"
    return rational(held[0])


class TestGrammar:
    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("x + beta - 2 * x / 3", X + BETA - 2 * X / 3),
            ("-x ** 2", -(X**2)),
            ("(-x) ** 2", X**2),
            ("+x", X),
            ("x ** -2", X**-2),
            ("2 ** x ** 2", sympy.exp(X**2 * sympy.log(2))),
            ("x ** 3 ** 2", X**9),
            ("x / 2 / 3", X / 6),
            ("x - 1 - 1", X - 2),
            ("(1 + x) ** (1/2)", sympy.sqrt(1 + X)),
            ("x ** 0.5", sympy.sqrt(X)),
            ("x ** 2.0", X**2),
            ("exp(x) * log(x) + tanh(x)", sympy.exp(X) * sympy.log(X) + sympy.tanh(X)),
            ("   x ", X),
            ("((x))", X),
        ],
    )
    def test_operators_bind_as_in_python(self, text, meant):
        assert expression(text) == meant

    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("x^2", "x**2"),
            ("-x^2", "-x**2"),
            ("x²", "x**2"),
            ("x³", "x**3"),
            ("β·x", "beta*x"),
            ("β × x", "beta*x"),
            ("x − β", "x-beta"),
            ("−x²", "-x**2"),
            ("ln(1 + exp(x))", "log(1 + exp(x))"),
            ("x¹²", "x**12"),
            ("x⁻²", "x**-2"),
            ("x⋅β÷2", "x*beta/2"),
            ("|x|·|β|", "abs(x)*abs(beta)"),
            ("||x| − 1|", "abs(abs(x) - 1)"),
            ("e^(x + 1)", "exp(x + 1)"),
            ("2·e**-x²", "2*exp(-x**2)"),
            ("x if x > 1 else -x", "where(x > 1, x, -x)"),
            ("where(x ≥ 1, x, 1)", "where(x >= 1, x, 1)"),
            ("clip(x, -1, 1)", "min(max(x, -1), 1)"),
        ],
    )
    def test_mathematical_signs_are_other_spellings(self, text, plain):
        names = ("x", "beta")
        assert parse(text, names).cases == parse(plain, names).cases

    @pytest.mark.parametrize(
        ("sign", "name"),
        [
            ("α", "alpha"),
            ("γ", "gamma"),
            ("ϑ", "theta"),
            ("λ", "lambda_"),
            ("lambda", "lambda_"),
            ("β_1", "beta_1"),
            ("μ2", "mu2"),
        ],
    )
    def test_a_greek_letter_is_its_name(self, sign, name):
        assert expression(f"{sign} * x", "x", name) == sympy.Symbol(name) * X

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("sqrt(1 + x)", sympy.sqrt(1 + X)),
            ("sinh(x)", (sympy.exp(X) - sympy.exp(-X)) / 2),
            ("cosh(x)", (sympy.exp(X) + sympy.exp(-X)) / 2),
            ("sigmoid(x + beta)", 1 / (1 + sympy.exp(-X - BETA))),
            ("softplus(2 * x)", sympy.log(1 + sympy.exp(2 * X))),
        ],
    )
    def test_defined_functions_are_spelled_out(self, text, meant):
        assert sympy.expand(expression(text) - meant) == 0

    @pytest.mark.parametrize(
        ("text", "exactly"),
        [
            ("0.1", Fraction(1, 10)),
            (".5", Fraction(1, 2)),
            ("1e-3", Fraction(1, 1000)),
            ("1.", Fraction(1)),
            ("1_000", Fraction(1000)),
            ("1.0507009873554804934193349852946", None),
        ],
    )
    def test_decimals_are_exact(self, text, exactly):
        wanted = exactly if exactly is not None else Fraction(text)
        assert rational(expression(text)) == wanted

    @pytest.mark.parametrize("text", ["pi * x", "π·x", "x * pi"])
    def test_pi_is_a_number_unless_it_is_a_parameter(self, text):
        assert expression(text) == sympy.pi * X
        assert expression(text, "x", "pi") == sympy.Symbol("pi") * X

    @pytest.mark.parametrize("text", ["x ** 1.5", "x ** (3/2)", "sqrt(x) ** 3"])
    def test_half_powers_are_roots(self, text):
        assert expression(text) == sympy.sqrt(X) ** 3

    def test_the_variables_are_those_given(self):
        parsed = parse("x + beta", ("x", "beta"))
        assert parsed.variables == (X, BETA)
        assert parsed.text == "x + beta"

    @pytest.mark.parametrize("sign", ["σ(x)", "2 * σ(x)"])
    def test_sigma_of_something_is_the_sigmoid(self, sign):
        assert expression(sign) == expression(sign.replace("σ", "sigmoid"))


class TestCases:
    POINTS = (-3, -1, Fraction(-1, 7), 0, Fraction(1, 7), 1, 2, 3)

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("where(x > 1, x, 2)", lambda x: x if x > 1 else 2),
            ("where(x >= 1, x, 2)", lambda x: x if x >= 1 else 2),
            ("where(x < 1, x, 2)", lambda x: x if x < 1 else 2),
            ("where(x <= 1, x, 2)", lambda x: x if x <= 1 else 2),
            ("where(1 < x, x, 2)", lambda x: x if x > 1 else 2),
            ("where(x*x > x, 1, 2)", lambda x: 1 if x * x > x else 2),
            ("where(0 < x <= 1, x, 5)", lambda x: x if 0 < x <= 1 else 5),
            ("where(1 > x >= -1, 3, 4)", lambda x: 3 if 1 > x >= -1 else 4),
            ("max(x, 0)", lambda x: max(x, 0)),
            ("min(x, 0)", lambda x: min(x, 0)),
            (
                "max(0, min(1, x / 4 + 1/2))",
                lambda x: max(0, min(1, x / 4 + Fraction(1, 2))),
            ),
            ("max(x, 1, 2 * x)", lambda x: max(x, 1, 2 * x)),
            ("abs(x)", abs),
            ("abs(abs(x) - 1)", lambda x: abs(abs(x) - 1)),
            ("sign(x)", lambda x: (x > 0) - (x < 0)),
            ("relu(x)", lambda x: max(x, 0)),
            ("x * relu(x - 1) + abs(x)", lambda x: x * max(x - 1, 0) + abs(x)),
            ("where(x > 0, where(x > 1, 3, 2), 1)", lambda x: 1 + (x > 0) + (x > 1)),
            ("-abs(x) ** 3", lambda x: -(abs(x) ** 3)),
        ],
    )
    def test_exactly_one_case_holds_and_is_right(self, text, meant):
        for x in map(Fraction, self.POINTS):
            assert value_at(text, x) == Fraction(meant(x)), (text, x)

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("abs(x) + abs(x) + abs(x)", 2),
            ("min(max(x, 0), 6)", 3),
            ("clip(2 * x, -1, 1)", 3),
            ("where(x > 1, where(x < 0, 1, 2), 3)", 2),
            ("where(x > 0, where(-x > 0, 1, 2), where(x > 3, 4, 5))", 2),
            ("where(2 > 1, x, log(x))", 1),
            ("abs(x) + abs(x - 1) + abs(x - 2)", 4),
        ],
    )
    def test_contradictory_cases_are_dropped(self, text, count):
        assert len(parse(text).cases) == count

    def test_two_ends_of_one_point_are_kept(self):
        relations = {r for c in parse("abs(x) + sign(x)").cases for r in c.conditions}
        assert Relation(X, ">=") in relations or Relation(X, "<=") in relations
        assert value_at("abs(x) + sign(x)", Fraction(0)) == 0

    @pytest.mark.parametrize(
        ("comparison", "opposite"), [(">", "<="), (">=", "<"), ("<", ">="), ("<=", ">")]
    )
    def test_a_relation_and_its_negation_are_opposites(self, comparison, opposite):
        relation = Relation(X, comparison)
        assert relation.negated() == Relation(X, opposite)
        assert relation.negated().negated() == relation


REFUSED = {
    "empty": "",
    "blank": "   ",
    "attribute": "x.real",
    "dunder attribute": "x.__class__.__mro__",
    "unknown call": "print(x)",
    "eval": "eval(x)",
    "import": "__import__(x)",
    "import of a text": "__import__('os').system('true')",
    "method call": "exp.mro()",
    "call of a call": "exp(x)(x)",
    "dunder name": "__builtins__",
    "unknown name": "y",
    "bare function": "exp",
    "lambda": "lambda: x",
    "called lambda": "(lambda: x)()",
    "comprehension": "[x for x in x]",
    "generator": "max(x for x in x)",
    "subscript": "x[0]",
    "string": "'x'",
    "bytes": "b'x'",
    "f-string": "f'{x}'",
    "walrus": "(x := 1)",
    "assignment": "x = 1",
    "keyword argument": "log(x=1)",
    "double starred": "log(**x)",
    "starred": "log(*x)",
    "conditional": "x if x else 1",
    "boolean": "x and x",
    "not": "not x",
    "invert": "~x",
    "floor division": "x // 2",
    "modulo": "x % 2",
    "matrix product": "x @ x",
    "shift": "x << 2",
    "bare comparison": "x < 1",
    "tuple": "x,",
    "empty tuple": "()",
    "dict": "{}",
    "ellipsis": "...",
    "true": "True",
    "none": "None",
    "await": "await x",
    "yield": "(yield x)",
    "two statements": "x; x",
    "two lines": "x\nx",
    "comment": "x # and what else",
    "null byte": "x\0",
    "huge power tower": "9**9**9",
    "power tower in x": "x**9**9**9",
    "huge exponent": "x**1000000",
    "negative huge exponent": "x**-1000000",
    "huge number": "1" * 500,
    "huge decimal exponent": "1e99999999",
    "tiny decimal": "1e-99999999",
    "hexadecimal": "0xff",
    "nested parentheses": "(" * 10_000 + "x" + ")" * 10_000,
    "short nested parentheses": "(" * 450 + "x" + ")" * 450,
    "long text": "x" * 1_000_000,
    "long sum": "x+" * 1_000_000 + "x",
    "long legal sum": "x+" * 499 + "x",
    "many signs": "-" * 900 + "x",
    "cyrillic look-alike": "х",
    "cyrillic in a function": "tаnh(x)",
    "power of a power of a logarithm": "exp(1000000000*log(2))",
    "the same by another name": "sinh(10**9*log(2))",
    "power that is hidden": "(2**x)**(10**9)",
    "numbers that grow": "((((9e39*exp(x))**32)**32)**32)**32",
    "huge exponent that is no rational": "(x**(1e-300-(pi-9e39)))**atan(sqrt(1/x)-2)",
    "the same in a logarithm": "exp((9e39 - pi)*log(x))",
    "tower of numbers": "(x/exp(exp(exp(exp(1)))))**(9e39**exp(exp(9)))",
    "tower of powers": "**".join(["x"] * 30),
    "bars that overlap": "|(x|)",
    "bar that closes nothing": "x|",
    "half a bar": "|x",
    "sign of equality": "x = 1",
    "keyword": "x for x in x",
    "parameter called": "beta(x)",
    "surrogate": "x\udcff",
    "euler's number": "e",
    "full-width look-alike": "ｘ",
    "mathematical bold": "𝐱",
    "zero-width space": "x\u200b",
    "right-to-left override": "x\u202e",
    "superscript alone": "⁴",
    "division by zero": "1/0",
    "hidden division by zero": "1/(x-x)",
    "negative power of zero": "0**-1",
    "log of minus one": "log(-1)",
    "log of zero": "log(0)",
    "root of minus one": "sqrt(-1)",
    "imaginary": "1j * x",
    "complex in a case": "where(x > 0, log(-1), x)",
    "complex in a condition": "where(log(-1) > 0, x, 1)",
    "long chain": "where(0 < x < 1 < 2, x, 1)",
    "chain with an equality": "where(0 < x == 1, x, 1)",
    "equality": "where(x == 0, 1, x)",
    "condition that is none": "where(x, 1, 2)",
    "too few arguments": "log()",
    "too many arguments": "exp(x, x)",
    "max of one": "max(x)",
    "where of two": "where(x > 0, x)",
    "implicit product": "2x",
    "too many cases": "abs(abs(abs(abs(abs(abs(abs(x)))))))",
    "many independent cases": "+".join(f"abs(x**2 + {n}*x - 1)" for n in range(12)),
}


class TestRefusals:
    @pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
    def test_what_is_no_formula_is_refused_at_once(self, text):
        parse.cache_clear()
        parse("abs(sqrt(sinh(x)))")  # what the first use of SymPy costs is not counted
        start = time.process_time()
        with pytest.raises(FormulaError) as caught:
            parse(text)
        assert time.process_time() - start < 0.1
        message = str(caught.value)
        assert len(message) < 300, "the message repeats a long text"
        assert message.isprintable(), "the message repeats control characters"

    @pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
    def test_nothing_is_executed(self, text, monkeypatch):
        def called(*args: object, **kwargs: object) -> None:
            raise AssertionError("the parser ran what it read")

        for module, name in [
            ("builtins", "eval"),
            ("builtins", "exec"),
            ("builtins", "print"),
            ("os", "system"),
            ("sympy", "sympify"),
            ("sympy", "parse_expr"),
        ]:
            monkeypatch.setattr(f"{module}.{name}", called)
        with pytest.raises(FormulaError):
            parse.__wrapped__(text)

    @pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
    def test_it_takes_no_memory(self, text):
        parse.cache_clear()
        tracemalloc.start()
        try:
            with pytest.raises(FormulaError):
                parse(text)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 50e6

    def test_the_place_and_the_nearest_name_are_said(self):
        with pytest.raises(FormulaError, match=r"did you mean 'tanh'.*column 5"):
            parse("x * tahn(x)")
        with pytest.raises(FormulaError, match=r"'exp' is a function: exp\(\.\.\.\)"):
            parse("x * exp")


POINTED = {
    "x * tahn(x)": ("no function 'tahn'; did you mean 'tanh'?", "    ^"),
    "x + γ": ("'γ' has no value: give --param γ=...", "    ^"),
    "βx": ("an operator is missing: such as * before 'x'", " ^"),
    "x + 2x": ("an operator is missing: write 2*x", "     ^"),
    "x(x + 1)": ("'x' is no function: write x*(...)", "^"),
    "x + (x": ("')' is missing for this one", "    ^"),
    "x + x)": ("')' closes nothing", "     ^"),
    "x² + х": (
        "'х' cannot stand in a formula: CYRILLIC SMALL LETTER HA",
        "     ^",
    ),
    "x + 𝛽": ("'𝛽' cannot stand in a formula: MATHEMATICAL ITALIC SMALL BETA", "    ^"),
    "x +": ("not a formula: it breaks off", "   ^"),
    "x + * x": ("not a formula", "    ^"),
    "x.real": ("'.' cannot stand in a formula", " ^"),
    "x == 1": ("'=' cannot stand in a formula; compare two values by", "  ^"),
    "·x": ("not a formula", "^"),
    "  x + y": ("'y' has no value", "      ^"),
    "1 + x/(2 - 2)": ("division by zero", "       ^"),
    "x + exp(x, x)": ("exp takes one argument", "    ^"),
    "x + x**33": ("an exponent above 32: 33", "       ^"),
    "x^(x^2)^33": ("an exponent", "        ^"),
    "log(-1)*x": ("the formula is not a real number anywhere", "^"),
    "x + e": ("'e' has no value: write exp(...) for e^...", "    ^"),
}


class TestPointing:
    @pytest.mark.parametrize(
        ("text", "like"), [("х", "x"), ("ｘ", "x"), ("𝛽", "β"), ("ο", "o"), ("∗", "*")]
    )
    def test_a_look_alike_is_named_with_what_it_looks_like(self, text, like):
        with pytest.raises(FormulaError, match=re.escape(f"looks like '{like}'")):
            parse(text)

    @pytest.mark.parametrize("text", POINTED)
    def test_a_caret_stands_below_the_place(self, text):
        said, caret = POINTED[text]
        with pytest.raises(FormulaError) as caught:
            parse(text)
        error = caught.value
        assert str(error).startswith(said)
        assert error.column == len(caret)
        assert str(error).endswith(f"(column {error.column})")
        assert error.__notes__ == [f"  {text}", f"  {caret}"]

    def test_only_the_surroundings_of_a_long_formula_are_shown(self):
        number = "0.123456789012345678901"
        text = f"{number} + " * 10 + "tna(x)" + f" + {number}" * 10
        with pytest.raises(FormulaError, match="column 261") as caught:
            parse(text)
        shown, caret = caught.value.__notes__
        assert len(shown) < 80
        assert shown.index("tna") == caret.index("^")
        assert shown.startswith("  ...")
        assert shown.endswith("...")

    def test_wide_characters_take_two_columns(self):
        with pytest.raises(FormulaError) as caught:
            parse("x + ｘ")
        assert caught.value.__notes__[1] == "      ^"
        error = FormulaError("wrong", "ｘｘ+y", 4)
        assert error.__notes__ == ["  ｘｘ+y", "       ^"]


MONSTROUS = [
    "x**32**1",
    "(x + 1)**32 * (x - 1)**32",
    "x**x**x**x",
    "sigmoid(e^x*((tanh(x**32) + atan(32))/max(1/2, 16))^tanh(x))",
    "((x**(9*pi))**(9*pi))**(9*pi)",
    "exp(exp(exp(exp(x))))",
    "exp(10**30) * x",
    "9**9 * 9**9 * x",
    "(1 + 1e-39*x)**32",
]


class TestLimits:
    @pytest.mark.parametrize("text", MONSTROUS)
    def test_a_legal_monster_is_parsed_in_no_time(self, text):
        parse.cache_clear()
        start = time.process_time()
        parse(text)
        assert time.process_time() - start < 1

    @pytest.mark.parametrize(
        "text", ["(((x**32)**32)**32)**32", "((x + 1)**32)**32", "((2*x)**32)**32"]
    )
    def test_powers_of_powers_stay_within_the_limit(self, text):
        with pytest.raises(FormulaError, match="exponent"):
            parse(text)

    def test_the_limits_themselves_are_allowed(self):
        assert expression(f"x**{formula.MAX_EXPONENT}") == X**formula.MAX_EXPONENT
        with pytest.raises(FormulaError, match="exponent above 32: 33"):
            parse(f"x**{formula.MAX_EXPONENT + 1}")
        assert expression("x" + " " * (formula.MAX_LENGTH - 1)) == X
        with pytest.raises(FormulaError, match="longer than 1000"):
            parse("x" + " " * formula.MAX_LENGTH)


# A small grammar: text of a rational formula, and Python's own evaluation of it.


def sums(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(children, st.sampled_from(["+", "-", "*", "/"]), children)
    return st.one_of(
        joined.map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        children.map(lambda t: f"-{t}"),
        st.tuples(children, st.integers(0, 3)).map(lambda t: f"({t[0]})**{t[1]}"),
        st.tuples(children, st.integers(0, 3)).map(lambda t: f"({t[0]})^{t[1]}"),
    )


formulas = st.recursive(
    st.one_of(st.just("x"), st.just("beta"), st.integers(0, 99).map(str)),
    sums,
    max_leaves=8,
)


def python_value(text: str, **names: Fraction) -> Fraction:
    """Python's own value of a text of that grammar, its numbers read as fractions."""
    source = re.sub(r"\d+", r"F(\g<0>)", text.replace("^", "**"))
    return Fraction(eval(source, {"F": Fraction, "__builtins__": {}, **names}))


small = st.fractions(min_value=-9, max_value=9, max_denominator=9)


@given(formulas, small, small)
def test_a_formula_means_what_python_means(text, x, beta):
    try:
        parsed = expression(text)
    except FormulaError as refusal:
        if "division by zero" in str(refusal):
            with pytest.raises(ZeroDivisionError):
                python_value(text, x=x, beta=beta)
        assume(False)  # beyond a limit, or a divisor that is zero everywhere
    try:
        wanted = python_value(text, x=x, beta=beta)
    except ZeroDivisionError:
        assume(False)
    at = {
        X: sympy.Rational(*x.as_integer_ratio()),
        BETA: sympy.Rational(*beta.as_integer_ratio()),
    }
    assert rational(parsed.subs(at, simultaneous=True)) == wanted


def test_the_definition_is_evaluated_as_written():
    activation = define("mine", "x * tanh(exp(k * x))", k=2)
    assert float(enclose(activation, "f", 0.5).mid) == pytest.approx(
        0.5 * 0.9913289158, rel=1e-9
    )


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "sinh"])
def test_functions_in_functions_are_refused_before_they_explode(name: str) -> None:
    parse(f"{name}(" * 4 + "x" + ")" * 4)
    with pytest.raises(FormulaError, match="nested more than 4 deep"):
        parse(f"{name}(" * 12 + "x" + ")" * 12)
