"""The text of generated Triton code; nothing in this file needs Triton itself."""

from __future__ import annotations

import ast
import builtins
from fractions import Fraction

import pytest

from mila_analysis.backends import triton
from mila_analysis.backends._python_reading import ReadingError
from mila_analysis.backends.triton import TRITON, NoTritonError
from mila_analysis.backends.triton.spelling import spell
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.kernels import generate_code
from mila_analysis.program import NAN, Name, number, op
from mila_analysis.stability import stabilize
from mila_analysis.verification.identity import IdentityError, prove_readings

A, B, C = Name("a"), Name("b"), Name("c")
OFFSET = define("offset", "x / (1 + exp(-x / 3 - 1 / 7))")
OWN = (
    define("constant", "3"),
    define("linear", "a * x + b", a=2, b=1),
    define("pole", "1 / x"),
    define("bell", "x * exp(-x^2 / 2) + abs(x)"),
    define("elu", "where(x > 0, x, a * (exp(x) - 1))", a=1),
    define("chosen", "where(beta > 0, x, 2)", beta=1),
    define("wave", "a * sin(x) + cos(x) * atan(x)", a=1),
    define("number", "exp(1) * x"),
    OFFSET,
)
ALL = pytest.mark.parametrize(
    "activation",
    [*CATALOG, *OWN],
    ids=lambda a: a.name,
)


def text_of(activation, order=2):
    return generate_code(activation, "triton", order=order).text


@pytest.mark.parametrize("name", ["mila", "relu"])
def test_golden(name, golden):
    golden(f"triton/{name}.py.txt", text_of(get(name)))


@ALL
def test_it_imports_torch_triton_and_nothing_else_of_others(activation):
    tree = ast.parse(text_of(activation))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(n) for n in imports] == [
        "import contextlib",
        "import warnings",
        "import torch",
        "import triton",
        "import triton.language as tl",
    ]


@ALL
def test_every_name_it_uses_is_defined_and_once(activation):
    tree = ast.parse(text_of(activation))
    kinds = ast.FunctionDef | ast.ClassDef
    tops = [n.name for n in tree.body if isinstance(n, kinds)]
    tops += [ast.unparse(n.targets[0]) for n in tree.body if isinstance(n, ast.Assign)]
    assert len(set(tops)) == len(tops)
    nodes = list(ast.walk(tree))
    defined = {*tops, "contextlib", "warnings", "torch", "triton", "tl", "__name__"}
    defined |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
    defined |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    names = [n for n in nodes if isinstance(n, ast.Name)]
    defined |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    used = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    assert used <= defined | set(dir(builtins))


@pytest.mark.parametrize("name", ["triton", "tl"])
def test_names_that_are_taken(name):
    with pytest.raises(UnsupportedError, match=f"no room for a parameter '{name}'"):
        text_of(define("mine", f"x * {name}", **{name: 1}))


class TestSpelling:
    @pytest.mark.parametrize(
        ("expression", "text"),
        [
            (op("sub", A, op("sub", B, C)), "a - (b - c)"),
            (op("fade", op("add", A, B), C), "(a + b) * c"),
            (op("div", A, op("mul", B, C)), "_over(a, b * c)"),
            (op("div", number(1), A), "_over(_full(x, 1.0), a)"),
            (op("neg", op("mul", A, B)), "_minus(a * b)"),
            (op("mul", number(-2), A), "(-2.0) * a"),
            (op("mul", number(Fraction(1, 10)), A), "(1 / 10) * a"),
            (op("select", op(">", A, B), number(1), C), "tl.where(a > b, 1.0, c)"),
            (
                op("select", op(">", A, B), number(1), NAN),
                "tl.where(a > b, 1.0, _undefined(x))",
            ),
            (op("fused", A, B, number(2)), "_fused(a, b, _full(x, 2.0))"),
            (op("<", number(-1), number(0)), "_full(x, -1.0) < 0.0"),
        ],
    )
    def test_the_order_of_rounding_is_kept(self, expression, text):
        assert spell(expression) == text

    def test_what_it_has_no_spelling_for_is_refused(self):
        with pytest.raises(UnsupportedError, match="triton has no spelling for cosh"):
            spell(op("cosh", A))


class TestReadingBack:
    @ALL
    def test_what_is_read_is_the_derivative(self, activation):
        derivation = derive(activation, 2)
        form = stabilize(derivation)
        readings = TRITON.read(text_of(activation))
        titles = {r.title for r in readings}
        kinds = ("near", "whole") if form.near else ("whole",)
        assert titles >= {f"_{k}_{n}" for k in kinds for n in derivation.names}
        assert prove_readings(derivation, form, readings) >= len(readings)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("f = term * p * tail_p", "f = term + p * tail_p"),
            ("_exp_normal(_minus(capped))", "_exp_normal(capped)"),
            ("_maximum(t_2, above)", "_maximum(t_2, below)"),
            ("_modest(x, tail_p)", "_modest(beta, tail_p)"),
            ("_exp_sum(x, beta)", "_exp_sum(x, x)"),
            ("_over(_full(x, 1.0), nested_2)", "_over(nested_2, _full(x, 1.0))"),
            ("_fused(e, nested, _full(x, 2.0))", "_fused(e, nested, _full(x, 3.0))"),
            ("return f_x, f_beta", "return f_beta, f_x"),
        ],
    )
    def test_changed_arithmetic_is_not_the_derivative(self, old, new):
        text = text_of(get("mila"))
        assert old in text
        derivation = derive(get("mila"), 2)
        with pytest.raises(IdentityError):
            prove_readings(
                derivation, stabilize(derivation), TRITON.read(text.replace(old, new))
            )

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("beta=0.0):", "beta=0.5):"),
            ("_beyond(x + beta, 3)", "_beyond(x + beta, 1)"),
            (
                "tl.where(_is_far > 0, _other_f, f)",
                "tl.where(_is_far > 0, f, _other_f)",
            ),
            ("size > 80.0, 80.0", "size > 90.0, 90.0"),
            ("return tl.div_rn(a, b)", "return a / b"),
            ("enable_fp_fusion=False", "enable_fp_fusion=True"),
            ("_grad * f_beta)", "_grad * f_x)"),
            ('("f_xx",): _kernel_f_xx', '("f_xx",): _kernel_f_xbeta'),
            ("@triton.jit\ndef _near_f(", "def _near_f("),
            (
                "    nested = 2.0 + e\n",
                "    nested = 2.0 + e\n    tl.debug_barrier()\n",
            ),
            ("\n\n\n@triton.jit\ndef _near_f(", "\n\n\nimport os\n\n\ndef _near_f("),
            ("class Mila(_Activation)", "class Mila(torch.nn.Mish)"),
        ],
    )
    def test_whatever_else_is_changed_is_refused(self, old, new):
        text = text_of(get("mila"))
        assert old in text
        with pytest.raises((ReadingError, ValueError)):
            TRITON.read(text.replace(old, new, 1))

    def test_a_wrong_residue_is_refused(self):
        text = text_of(OFFSET)
        first = text.index("_residue(x, ")
        call = text[first : text.index(")", first)]
        *kept, single = call.split(", ")
        wrong = ", ".join([*kept, repr(float(single) * 2)])
        with pytest.raises(ReadingError, match="no residue"):
            TRITON.read(text.replace(call, wrong, 1))


class TestWhereItCannotRun:
    TEXT = text_of(get("relu"))

    def test_without_triton(self, monkeypatch):
        monkeypatch.setattr(triton, "find_spec", lambda _: None)
        assert not triton.available()
        with pytest.raises(
            NoTritonError, match=r"not installed: pip install triton"
        ) as e:
            triton.namespace(self.TEXT)
        assert e.value.exit_code == 2
        assert "\n" not in str(e.value)

    def test_without_a_gpu(self, monkeypatch):
        monkeypatch.setattr(triton, "find_spec", lambda _: object())
        monkeypatch.setattr(triton, "_has_gpu", lambda: False)
        monkeypatch.delenv(triton.INTERPRET, raising=False)
        assert not triton.available()
        with pytest.raises(NoTritonError, match="TRITON_INTERPRET=1"):
            triton.namespace(self.TEXT)
