"""Generated NumPy code: it stands alone, compiles, and is what was committed."""

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

from mila_analysis.backends.backend import Source
from mila_analysis.backends.numpy import NUMPY, spell
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.functions import lambdify
from mila_analysis.kernels import generate_code
from mila_analysis.program import NAN, Name, number, op
from mila_analysis.stability import stabilize

EVERY = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
A, B, C = Name("a"), Name("b"), Name("c")

ALONE = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("copied", sys.argv[1])
copied = importlib.util.module_from_spec(spec)
spec.loader.exec_module(copied)
found = {n: v.tolist() for n, v in copied.partials(json.loads(sys.argv[2])).items()}
foreign = [m for m in sys.modules if m.split(".")[0] in ("mila_analysis", "sympy")]
print(json.dumps([found, foreign, importlib.util.find_spec("mila_analysis") is None]))
"""


@EVERY
def test_a_copied_file_runs_alone(activation, tmp_path):
    path = generate_code(activation).save(tmp_path / "copied.py")
    only_numpy = f"import sys; sys.path.append({numpy_alone(tmp_path)!r})\n"
    x = [-1e300, -800.0, -1.25, -0.0, 0.5, 30.0, 1e300]
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            only_numpy + ALONE,
            str(path),
            json.dumps(x),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found, foreign, absent = json.loads(done.stdout)
    assert absent, "the package can be imported there: the test shows nothing"
    assert foreign == []
    for name, values in lambdify(activation, "numpy").partials(np.array(x)).items():
        assert found[name] == values.tolist()


def numpy_alone(folder: Path) -> str:
    """A folder that holds NumPy and nothing else."""
    packages = folder / "only-numpy"
    packages.mkdir()
    installed = Path(np.__file__).parent
    for part in (installed, installed.with_name("numpy.libs")):
        if part.exists():
            (packages / part.name).symlink_to(part)
    return str(packages)


@EVERY
def test_the_text_is_a_module_of_documented_functions(activation):
    tree = ast.parse(generate_code(activation).text)
    assert ast.get_docstring(tree).startswith(activation.title)
    assert activation.formula in ast.get_docstring(tree)
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    public = {name for name in functions if not name.startswith("_")}
    assert public == set(lambdify(activation, "numpy").functions)
    for name in public:
        assert ast.get_docstring(functions[name])


@EVERY
def test_it_imports_numpy_and_nothing_else(activation):
    tree = ast.parse(generate_code(activation).text)
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(n) for n in imports] == ["import numpy as np"]


@EVERY
def test_every_name_it_uses_is_defined(activation):
    tree = ast.parse(generate_code(activation).text)
    nodes = list(ast.walk(tree))
    defined = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    defined |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    names = [n for n in nodes if isinstance(n, ast.Name)]
    defined |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    used = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    assert used <= defined | {"np"} | set(dir(builtins))


@EVERY
def test_lines_are_not_absurdly_long(activation):
    for line in generate_code(activation).text.splitlines():
        assert len(line) <= 200, line


@pytest.mark.parametrize(
    "name", ["mila", "mish", "swish", "silu", "softplus", "sigmoid", "tanh", "relu"]
)
def test_golden(name, golden):
    golden(f"numpy/{name}.py.txt", generate_code(get(name)).text)


def test_golden_of_order_three(golden):
    golden("numpy/mila_order_3.py.txt", generate_code(get("mila"), order=3).text)


def test_golden_of_a_users_formula(golden):
    mine = define("mine", "x * exp(-x^2 / 2) + abs(x)")
    golden("numpy/mine.py.txt", generate_code(mine).text)


def test_a_title_or_source_cannot_break_out_of_the_header():
    mine = define("mine", "x")
    assert NUMPY.load(generate_code(mine).text)["f"](2.0) == 2.0


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (op("sub", A, op("sub", B, C)), "a - (b - c)"),
        (op("sub", op("sub", A, B), C), "a - b - c"),
        (op("add", A, op("add", B, C)), "a + (b + c)"),
        (op("mul", op("add", A, B), C), "(a + b) * c"),
        (op("div", A, op("mul", B, C)), "a / (b * c)"),
        (op("div", op("mul", A, B), C), "a * b / c"),
        (op("neg", op("add", A, B)), "-(a + b)"),
        (op("neg", op("mul", A, B)), "-(a * b)"),
        (op("mul", op("neg", A), B), "-a * b"),
        (op("sub", A, op("neg", B)), "a - -b"),
        (op("mul", number(-2), A), "(-2.0) * a"),
        (op("mul", number(Fraction(1, 10)), A), "0.1 * a"),
        (op("exp", op("neg", A)), "np.exp(-a)"),
        (op("==", A, A), "a == a"),
        (NAN, "np.nan"),
    ],
)
def test_parentheses_keep_the_order_of_rounding(expression, text):
    assert spell(expression) == text
    names = {"a": 3.0, "b": 5.0, "c": 7.0, "np": np}
    eval(compile(text, "<spelled>", "eval"), names)


def test_what_it_has_no_spelling_for_is_refused():
    with pytest.raises(UnsupportedError, match="numpy has no spelling for cosh"):
        spell(op("cosh", A))


def test_a_direct_kernel_says_that_it_promises_nothing():
    mine = define("mine", "1 / x")
    derivation = derive(mine, 1)
    direct = stabilize(derivation, "direct")
    text = NUMPY.emit(Source(mine, derivation, direct))
    assert "Strategy: direct" in text
    assert "promises nothing" in " ".join(text.split('"""')[1].split())


def test_numbers_with_an_exponent_of_their_own_where_floats_promise_nothing():
    code = generate_code(define("mine", "1 / x"))
    assert code.strategy == "wide"
    assert "class _Wide:" in code.text
