"""Generated torch code: it stands alone, is what was committed, and is read back."""

from __future__ import annotations

import ast
import builtins
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from mila_analysis.backends._python_reading import ReadingError
from mila_analysis.backends.torch import TORCH, layer
from mila_analysis.backends.torch.shell import RESERVED, Shell
from mila_analysis.backends.torch.spelling import single_residue, spell
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import NAN, Name, number, op
from mila_analysis.stability import StableForm, stabilize
from mila_analysis.verification.identity import IdentityError, prove, prove_readings

EVERY = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
A, B, C = Name("a"), Name("b"), Name("c")
OWN = (
    define("constant", "3"),
    define("identity", "x"),
    define("linear", "a * x + b", a=2, b=1),
    define("same", "exp(x + b)", b=0),
    define("pole", "1 / x"),
    define("number", "exp(1) * x"),
    define("third", "x / 3 + 0.1 * x^2"),
    define("bell", "x * exp(-x^2 / 2) + abs(x)"),
    define("slope", "x / (1 + exp(-17 / 10 * x))"),
    define("offset", "x / (1 + exp(-x / 3 - 1 / 7))"),
    define("elu", "where(x > 0, x, a * (exp(x) - 1))", a=1),
    define("chosen", "where(beta > 0, x, 2)", beta=1),
    define("clipped", "x * max(0, min(1, x / 6 + 1 / 2))"),
    define("product", "tanh(x) * sigmoid(b * x)", b=0.5),
    define("softer", "x * tanh(log(1 + exp(x / 3 + beta)))", beta=0),
)
ALL = pytest.mark.parametrize("activation", [*CATALOG, *OWN], ids=lambda a: a.name)

ALONE = """
import importlib.util, json, sys
import torch
spec = importlib.util.spec_from_file_location("copied", sys.argv[1])
copied = importlib.util.module_from_spec(spec)
spec.loader.exec_module(copied)
x = torch.tensor(json.loads(sys.argv[2]), dtype=torch.float64)
found = {n: v.tolist() for n, v in copied.partials(x).items()}
foreign = [m for m in sys.modules if m.split(".")[0] == "mila_analysis"]
print(json.dumps([found, foreign]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mila", "swish", "relu"])
def test_a_copied_file_runs_alone(name, imported, generated, tmp_path):
    path = tmp_path / "copied.py"
    path.write_text(generated(get(name)), encoding="utf-8")
    x = [-1e300, -800.0, -1.25, -0.0, 0.5, 30.0, 1e300]
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(path), json.dumps(x)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found, foreign = json.loads(done.stdout)
    assert foreign == []
    wanted = imported(get(name)).partials(torch.tensor(x, dtype=torch.float64))
    assert found == {n: v.tolist() for n, v in wanted.items()}


@ALL
def test_it_imports_torch_and_nothing_else(activation, generated):
    tree = ast.parse(generated(activation))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(n) for n in imports] == ["import torch"]


@ALL
def test_every_name_it_uses_is_defined(activation, generated):
    nodes = list(ast.walk(ast.parse(generated(activation))))
    defined = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    defined |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    names = [n for n in nodes if isinstance(n, ast.Name)]
    defined |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    used = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    assert used <= defined | {"torch"} | set(dir(builtins))


@EVERY
def test_what_it_offers_is_listed_and_documented(activation, imported):
    module = imported(activation)
    names = [*derive(activation, 2).names, "partials", activation.name]
    assert module.__all__[:-1] == names
    assert issubclass(getattr(module, module.__all__[-1]), torch.nn.Module)
    for name in module.__all__:
        assert getattr(module, name).__doc__
    assert getattr(module, activation.name) is module.f
    assert set(TORCH.load(Path(module.__file__).read_text())) == set(names[:-1])


def test_the_layer_is_called_as_torch_calls_its_own():
    titles = {"mila": "Mila", "silu": "SiLU", "relu": "ReLU", "tanh": "Tanh"}
    for name, wanted in titles.items():
        assert Shell(get(name), 2).class_name == wanted
    assert Shell(define("custom", "x"), 2).class_name == "Custom"
    assert Shell(define("my_own", "x"), 2).class_name == "MyOwn"
    assert Shell(define("exception", "x"), 2).class_name == "ExceptionLayer"


@pytest.mark.parametrize("name", ["f", "f_x", "partials", "torch", "max", "Custom"])
def test_no_name_hides_another(name, imported):
    module = imported(define(name, "x * exp(-x^2)"))
    x = torch.linspace(-3, 3, 7, dtype=torch.float64)
    assert torch.equal(module.partials(x)["f"], module.f(x))
    assert torch.equal(getattr(module, module.__all__[-1])()(x), module.f(x))
    assert len(set(module.__all__)) == len(module.__all__)


@EVERY
def test_lines_are_not_absurdly_long(activation, generated):
    for line in generated(activation).splitlines():
        assert len(line) <= 240, line  # exact quotients, sums of six terms


def test_a_title_cannot_break_out_of_a_docstring(generated):
    from dataclasses import replace

    awkward = 'a """ + "\\" + \\N'
    mine = replace(define("mine", "x"), title=awkward, source=awkward)
    assert TORCH.load(generated(mine))["f"](torch.tensor(2.0)) == 2.0
    assert TORCH.read(generated(mine))


@pytest.mark.parametrize(
    "name", ["mila", "mish", "swish", "silu", "softplus", "sigmoid", "tanh", "relu"]
)
def test_golden(name, golden, generated):
    golden(f"torch/{name}.py.txt", generated(get(name)))


def test_golden_of_order_three(golden, generated):
    golden("torch/mila_order_3.py.txt", generated(get("mila"), 3))


def test_golden_of_a_users_formula(golden, generated):
    mine = define("mine", "x * exp(-x^2 / 2) + abs(x)")
    golden("torch/mine.py.txt", generated(mine))


class TestSpelling:
    @pytest.mark.parametrize(
        ("expression", "text"),
        [
            (op("sub", A, op("sub", B, C)), "a - (b - c)"),
            (op("sub", op("sub", A, B), C), "a - b - c"),
            (op("fade", op("add", A, B), C), "(a + b) * c"),
            (op("div", A, op("mul", B, C)), "a / (b * c)"),
            (op("neg", op("mul", A, B)), "-(a * b)"),
            (op("mul", number(-2), A), "(-2.0) * a"),
            (op("mul", number(Fraction(1, 10)), A), "(1 / 10) * a"),
            (op("select", op(">", A, B), number(1), C), "torch.where(a > b, 1.0, c)"),
            (op("exp", number(1)), "torch.exp(torch.full_like(x, 1.0))"),
            (op("maximum", A, number(0)), "_at_least(a, 0.0)"),
            (op("<", number(-1), number(0)), "torch.full_like(x, -1.0) < 0.0"),
            (NAN, "_NAN"),
        ],
    )
    def test_parentheses_keep_the_order_of_rounding(self, expression, text):
        assert spell(expression) == text

    def test_two_numbers_to_choose_from_have_the_dtype_of_x(self):
        text = spell(op("select", op("==", A, A), number(0), NAN))
        assert text == "torch.where(a == a, torch.full_like(x, 0.0), _NAN)"

    def test_what_it_has_no_spelling_for_is_refused(self):
        with pytest.raises(UnsupportedError, match="torch has no spelling for cosh"):
            spell(op("cosh", A))

    def test_a_coefficient_beyond_float64_is_refused(self):
        with pytest.raises(UnsupportedError, match="beyond the range"):
            spell(number(10**400))

    def test_the_residue_of_a_constant(self):
        third = Fraction(1, 3)
        assert single_residue(third) == float(
            third - Fraction(float(np.float32(1 / 3)))
        )
        assert single_residue(Fraction(3, 2)) == 0


class TestNamesThatAreTaken:
    def test_all_that_a_module_has_is_refused(self):
        attributes = {n for n in dir(torch.nn.Module()) if not n.startswith("_")}
        assert attributes <= RESERVED

    @pytest.mark.parametrize("name", ["torch", "learnable", "train", "dtype"])
    def test_with_a_message(self, name, generated):
        mine = define("mine", f"x * {name}", **{name: 1})
        with pytest.raises(UnsupportedError, match=f"no room for a parameter '{name}'"):
            generated(mine)

    @pytest.mark.parametrize("name", ["grad", "values", "names", "ctx", "mine", "k"])
    def test_other_names_are_free(self, name, imported):
        module = imported(define("mine", f"x * exp(-{name} * x^2)", **{name: 1}))
        made = module.Mine(**{name: 0.5, "learnable": True})
        x = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
        made(x).sum().backward()
        assert getattr(made, name).grad is not None
        assert torch.equal(x.grad, module.f_x(x, 0.5).detach())


class TestReadingBack:
    @ALL
    def test_what_is_read_is_the_derivative(self, activation, generated):
        derivation = derive(activation, 2)
        readings = TORCH.read(generated(activation))
        proved = {name for r in readings for name in r.program.outputs}
        assert proved == set(derivation.names)
        wanted = sum(len(r.program.outputs) for r in readings)
        assert prove_readings(derivation, stabilize(derivation), readings) >= wanted

    def test_of_order_three(self, generated):
        derivation = derive(get("mila"), 3)
        for reading in TORCH.read(generated(get("mila"), 3)):
            prove(derivation, StableForm(("x", "beta"), reading.program, None, "read"))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("f = term * p * tail_p", "f = term + p * tail_p"),
            ("torch.exp(-capped)", "torch.exp(capped)"),
            ("ratio = 1.0 + ", "ratio = 1.0 - "),
            ("torch.maximum(t_2, above)", "torch.maximum(t_2, below)"),
            ("form_2 + 4.0 * (", "form_2 + 3.0 * ("),
            ("_modest(x, tail_p, _k)", "_modest(beta, tail_p, _k)"),
            ("return f_x, f_beta", "return f_beta, f_x"),
            ("torch.add(_n[2.0], e, out=", "torch.sub(_n[2.0], e, out="),
            ("torch.add(_n[2.0], e, out=", "torch.add(_n[3.0], e, out="),
            ("torch.mul(e, nested, out=f)", "torch.mul(e, nested, out=_room_1)"),
            ("torch.mul(x, quotient, out=f)", "torch.mul(e, quotient, out=f)"),
        ],
    )
    def test_changed_arithmetic_is_not_the_derivative(self, old, new, generated):
        text = generated(get("mila"))
        assert old in text
        derivation = derive(get("mila"), 2)
        changed = TORCH.read(text.replace(old, new, 1))
        with pytest.raises(IdentityError):  # noqa: PT012
            for reading in changed:
                form = StableForm(("x", "beta"), reading.program, None, "read")
                prove(derivation, form)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("beta=0.0):", "beta=0.5):"),
            ('_evaluate(("f_x",), x, beta)', '_evaluate(("f",), x, beta)'),
            ('"f_x": _whole_f_x', '"f_x": _whole_f_xx'),
            ('"f": ("f_x", "f_beta")', '"f": ("f_beta", "f_x")'),
            ("80.0", "90.0"),
            ("torch.exp(capped - size)", "torch.exp(size - capped)"),
            ("(z > 0.0).to", "(z >= 0.0).to"),
            ("_whole_f(x, beta, _k):\n", "_whole_f(x, beta, _k):\n    x += 1.0\n"),
            ("_whole_f(x, beta, _k):\n", "_whole_f(x, beta, _k):\n    print(x)\n"),
            ("torch.exp(-capped)", "torch.sinh(-capped)"),
            ("\n\n\ndef f_x(", "\n\n\nimport os\n\n\ndef f_x("),
            ("class Mila(_Activation)", "class Mila(torch.nn.Mish)"),
            ("    return f_x\n", "    return f_x, f_x\n"),
            ("    return f_x, f_beta\n", "    return f_beta\n"),
            ("_REACH = (1, 3)", "_REACH = (1, 2)"),
            ("return ((x, beta),)", "return ((x,),)"),
            ('("f",): (_near_f, 1)', '("f",): (_near_f_x, 1)'),
            ('("f",): (_near_f, 1)', '("f",): (_near_f, 2)'),
            ("_n, f, _room_1)", "_n, f, _room_1, _room_2)"),
            ("torch.exp(x, out=f)", "torch.exp(x, out=x)"),
            ("torch.mul(x, quotient, out=f)", "torch.mul(x, quotient)"),
            ("high <= _k.cut", "high <= 2 * _k.cut"),
        ],
    )
    def test_whatever_else_is_changed_is_refused(self, old, new, generated):
        text = generated(get("mila"))
        assert old in text
        with pytest.raises((ReadingError, ValueError)):
            TORCH.read(text.replace(old, new, 1))

    def test_a_wrong_residue_is_refused(self, generated):
        text = generated(define("offset", "x / (1 + exp(-x / 3 - 1 / 7))"))
        assert TORCH.read(text)
        first = text.index("_residue(")
        call = text[first : text.index(")", first)]
        high, low, single, k = call.removeprefix("_residue(").split(", ")
        wrong = f"_residue({high}, {low}, {float(single) * 2!r}, {k}"
        with pytest.raises(ReadingError, match="no residue"):
            TORCH.read(text.replace(call, wrong, 1))

    def test_other_docstrings_are_no_matter(self, generated):
        text = generated(get("mila"))
        assert TORCH.read(text.replace("The function, elementwise", "It", 1))


def test_one_text_has_one_layer(generated):
    text = generated(get("mila"))
    assert layer(text) is layer(text)
    assert layer(text).__name__ == "Mila"
