"""JavaScript code: its text, what reading lets through, and what Node.js computes."""

from __future__ import annotations

import gc
import json
import math
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from random import Random

import numpy as np
import pytest
import typer

from mila_analysis.backends import javascript
from mila_analysis.backends._python_reading import ReadingError
from mila_analysis.backends.javascript import NoNodeError, bundle, node
from mila_analysis.backends.javascript.reading import _Reader, read
from mila_analysis.backends.javascript.spelling import (
    DOUBLES,
    WIDE,
    identifier,
    literal,
    original,
)
from mila_analysis.backends.javascript.syntax import parsed
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.cli import app
from mila_analysis.cli.exits import run as run_command
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError, ParameterError, UnsupportedError
from mila_analysis.kernels import generate_code, load, read_code
from mila_analysis.program import NAN, Name, Number, Operation, op
from mila_analysis.stability import stabilize
from mila_analysis.verification import verify
from mila_analysis.verification.identity import IdentityError, prove_readings

MILA = get("mila").bind(beta="-0.25")
TEXT = generate_code(MILA, "javascript").text
GELU = generate_code(get("gelu"), "javascript").text
NODE = pytest.mark.skipif(not javascript.available(), reason="there is no Node.js")
MANY = pytest.mark.catalog
EDGES = np.array(
    [-np.inf, -1.7e308, -5e-324, -0.0, 0.0, 5e-324, 1.7e308, np.inf, np.nan]
)


def run(script: str) -> object:
    """What a script writes as JSON."""
    done = subprocess.run(
        ["node", "-e", script], capture_output=True, check=True, encoding="utf-8"
    )
    return json.loads(done.stdout)


def main(arguments):
    """Exit code of a command line that runs in this process."""
    return run_command(typer.main.get_command(app), arguments)


class TestText:
    @pytest.mark.parametrize("name", ["mila", "gelu"])
    def test_it_is_the_one_that_was_looked_at(self, golden, name):
        golden(f"javascript/{name}.js", generate_code(get(name), "javascript").text)

    def test_it_is_small(self):
        assert len(TEXT) < 5_000
        assert len(GELU) < 10_000

    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    def test_all_that_is_called_is_there_once_and_nothing_else(self, activation):
        text = generate_code(activation, "javascript").text
        code = re.sub(r"//[^\n]*|/\*.*?\*/|\"\w*\"", "", text, flags=re.DOTALL)
        top = re.findall(r"^const (_\w+) =", code, re.MULTILINE)
        top += re.findall(r"^const _.*, (_[A-Z]+) =", code, re.MULTILINE)
        assert len(set(top)) == len(top)
        used = set(re.findall(r"(?<![\w.])_[a-zA-Z]\w*", code)) - {"_count", "_v"}
        assert used == set(top)
        for name in top:
            assert len(re.findall(rf"(?<![\w.]){name}\b", code)) > 1, name

    def test_later_partials_add_only_what_they_need(self):
        first = generate_code(MILA, "javascript", order=0).text
        body = first.partition("=> {\n  const z")[2].partition("  return [f]")[0]
        assert body in TEXT

    def test_a_head_ends_neither_comment_nor_script(self):
        awkward = replace(MILA, source="*/ a </script> <!-- <script> b")
        code = generate_code(awkward, "javascript")
        assert code.text.count("*/") == 1
        assert "</" not in code.text
        assert "<!" not in code.text
        assert read_code(code.text).activation.source == awkward.source
        assert [reading.title for reading in read(code.text)] == ["_whole"]

    def test_an_operation_that_it_lacks(self):
        form = stabilize(derive(get("gelu")), strategy="direct")
        with pytest.raises(UnsupportedError, match="no erf of doubles"):
            DOUBLES.spell(next(b.value for b in form.whole.bindings if "erf" in str(b)))

    @pytest.mark.parametrize("value", [Fraction(10) ** 400, Fraction(1, 10**400)])
    def test_a_number_beyond_the_doubles(self, value):
        with pytest.raises(UnsupportedError, match="the range of float64"):
            literal(value)

    @pytest.mark.parametrize("name", ["x", "new", "new_", "all", "_a", "Math", "lambd"])
    def test_names_that_javascript_has_taken(self, name):
        assert original(identifier(name)) == name
        assert identifier(identifier(name)) != identifier(name) or name in "x lambd"


class TestReading:
    @pytest.mark.parametrize("text", [TEXT, GELU], ids=["mila", "gelu"])
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("const f = (x", "const g = 1;\nconst f = (x"),
            ("[1];", "[0];"),
            ("{ f: _v[0]", "{ f: _v[1]"),
            ("export { f,", "export { f as g,"),
            ("_count === 2", "_count === 3"),
            ("return [f];", "return [f_x];"),
            ("  const f_x =", "  fetch(x);\n  const f_x ="),
            ("  const f_x =", "  let f_x ="),
            ("// So many", "alert(1); // So many"),
            ("const _whole =", "var _whole ="),
            ("\n};\n", "\n}\n"),
        ],
    )
    def test_what_stands_beside_the_arithmetic(self, text, old, new):
        assert old in text
        with pytest.raises((ReadingError, FormulaError)):
            read(text.replace(old, new))

    @pytest.mark.parametrize(
        ("text", "old", "new"),
        [
            (TEXT, "z > 0 ?", "z >= 0 ?"),
            (TEXT, "_CUT = 700", "_CUT = 760"),
            (GELU, "2 ** 52", "2 ** 51"),
            (GELU, "-0.3761263890318375", "-0.3761263890318376"),
            (GELU, "_step", "_other"),
        ],
    )
    def test_the_runtime(self, text, old, new):
        if old == "_step":
            assert old not in text
            return
        assert old in text
        with pytest.raises(ReadingError, match=r"line \d+ is "):
            read(text.replace(old, new, 1))

    @pytest.mark.parametrize(
        ("activation", "text"), [(MILA, TEXT), (get("gelu"), GELU)], ids=["m", "g"]
    )
    def test_every_number_in_the_arithmetic_matters(self, activation, text):
        derivation = derive(activation)
        form = stabilize(derivation)
        start, end = text.index("const _whole"), text.index("const f = ")
        found = list(re.compile(r"(?<![\w.])\d+(\.\d+)?").finditer(text, start, end))
        assert len(found) > 7
        for match in found:
            other = repr(float(match[0]) + 1)
            changed = f"{text[: match.start()]}{other}{text[match.end() :]}"
            line = changed[: match.start()].rpartition("\n")[2]
            # A step is 0 or 1, and what multiplies a rounding error is not exact.
            if any(word in line for word in ("> ", "_compare", "below =", "lost")):
                continue
            with pytest.raises((IdentityError, ReadingError, FormulaError)):
                prove_readings(derivation, form, read(changed))

    @pytest.mark.parametrize(
        "expression",
        [
            "", "x +", "x x", "(x", "x)", "x ** 2", "--x", "x = 1", "x == x", "f(x",
            "f()", "x ? 1", "x[0]", "'x'", "x; y", "1e999", "x > 1 > 2", "`x`", "1x",
            "x => x", "x.y.z", "/x/", "f(x)(x)", "x, x", "0x1f", "\u0661",
            "(" * 300 + "x" + ")" * 300,
        ],
    )  # fmt: skip
    def test_expressions_that_we_do_not_write(self, expression):
        with pytest.raises(ReadingError):
            _Reader(DOUBLES, ["x"]).expression(parsed(expression))

    @pytest.mark.parametrize("spelling", [DOUBLES, WIDE], ids=lambda s: s.name)
    def test_what_is_spelled_is_read_back(self, spelling):
        rng = Random(5)
        for _ in range(500):
            tree = grown(rng, 5)
            text = spelling.spell(tree)
            found = _Reader(spelling, ["x", "new"]).expression(parsed(text))
            assert spelling.spell(found) == text
            assert plain(found, spelling) == plain(tree, spelling)


def grown(rng, depth):
    """A random expression."""
    kind = rng.choice(("leaf", "one", "two", "two", "choice")) if depth else "leaf"

    def inner():
        return grown(rng, depth - 1)

    if kind == "one":
        return op(rng.choice(("neg", "abs", "exp", "expm1", "log1p", "step")), inner())
    if kind == "two":
        return op(rng.choice(("add", "sub", "mul", "div")), inner(), inner())
    if kind == "choice":
        condition = op(rng.choice((">", ">=", "<", "<=", "==")), inner(), inner())
        return op("select", condition, inner(), inner())
    number = Number(Fraction(rng.gauss(0, 1) * 10.0 ** rng.randint(-40, 40)))
    return rng.choice((Name("x"), Name("new"), NAN, Number(Fraction(-1)), number))


def plain(tree, spelling):
    """A tree as it is read: numbers first in products, or minus a number as one."""
    if not isinstance(tree, Operation):
        return tree
    args = tuple(plain(a, spelling) for a in tree.args)
    numbers = [isinstance(a, Number) for a in args]
    if spelling.scale and tree.kind == "mul" and numbers == [False, True]:
        args = args[::-1]
    if not spelling.scale and tree.kind == "neg" and numbers == [True]:
        return Number(-args[0].value)
    return Operation(tree.kind, args)


@NODE
class TestValues:
    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    def test_what_is_promised(self, activation):
        code = generate_code(activation, "javascript")
        legs = ["identity", "accuracy", "edges"]
        found = verify(code, legs=legs, points=12)
        assert found.passed, found.failures
        assert found.dtypes == ("float64",)
        assert re.fullmatch(r"\d+\.\d+\.\d+", found.versions["node"])

    @pytest.mark.parametrize(
        ("formula", "values"),
        [
            ("x + sin(x)**2 / 3", {}),
            pytest.param("x*tanh(new*x) / 3 + v", {"v": "0.1", "new": 2}, marks=MANY),
            pytest.param("x*tanh(exp(a*x))", {"a": 2}, marks=MANY),
            pytest.param("atan(x**3)/sqrt(1 + b*b*x**2)", {"b": 3}, marks=MANY),
            pytest.param("erf(x)*abs(x)**p", {"p": "2.5"}, marks=MANY),
        ],
    )
    def test_formulas_of_ones_own(self, formula, values):
        code = generate_code(define("mine", formula, **values), "javascript")
        found = verify(code, legs=["identity", "accuracy", "edges"], points=3)
        assert found.passed, found.failures

    @MANY
    def test_to_the_fourth_order(self):
        code = generate_code(MILA, "javascript", order=4)
        legs = ["identity", "accuracy"]
        assert verify(code, legs=legs, points=20).passed

    @pytest.mark.parametrize("name", ["mila", "swish", "gelu", "snake", "tanhexp"])
    def test_at_the_edges_it_is_what_numpy_code_is(self, name):
        ours = load(generate_code(get(name), "javascript")).partials(EDGES)
        theirs = load(generate_code(get(name))).partials(EDGES)
        for partial, values in theirs.items():
            found = ours[partial]
            is_same = np.isclose(found, values, rtol=1e-15, atol=0, equal_nan=True)
            assert is_same.all(), partial
            known = ~np.isnan(values)
            assert (np.signbit(found) == np.signbit(values))[known].all(), partial

    def test_angles_beyond_the_doubles(self):
        kernel = load(generate_code(define("far", "sin(x**3)"), "javascript"))
        theirs = load(generate_code(define("far", "sin(x**3)")))
        x = np.array([1e10, -1e100, 3e200, 1.5e308])
        assert np.allclose(kernel(x), theirs(x), rtol=1e-14, atol=0)
        assert not np.isnan(kernel(x)).any()

    def test_a_partial_alone_is_the_one_among_all(self):
        kernel = load(generate_code(get("gelu"), "javascript"))
        x = np.random.default_rng(1).normal(0, 4, 1000)
        for name, values in kernel.partials(x).items():
            assert np.array_equal(kernel[name](x), values)


@NODE
class TestCalls:
    KERNEL = load(generate_code(MILA, "javascript")) if javascript.available() else None

    def test_they_broadcast(self):
        grid = self.KERNEL(np.ones((3, 1)), beta=[0, 1])
        assert grid.shape == (3, 2)
        assert grid[1, 1] == self.KERNEL(1, 1) == self.KERNEL(1.0, beta=1)
        assert self.KERNEL(1) == self.KERNEL(1, -0.25)

    def test_scalars_and_empty_arrays(self):
        assert isinstance(self.KERNEL(np.float32(0.5)), np.float64)
        assert self.KERNEL(np.empty((0, 2))).shape == (0, 2)
        assert self.KERNEL.partials([])["f_xx"].dtype == np.float64

    def test_any_layout(self):
        x = np.linspace(-3, 3, 24).reshape(4, 6)
        wanted = self.KERNEL(x)
        assert np.array_equal(self.KERNEL(x[::-2].T), wanted[::-2].T)
        assert np.array_equal(self.KERNEL(x.astype(">f8")), wanted)
        found = self.KERNEL(x)
        found[:] = 7
        assert np.array_equal(self.KERNEL(x), wanted)

    @pytest.mark.parametrize(
        "call",
        [
            lambda k: k("1"),
            lambda k: k(1, 2, 3),
            lambda k: k(1, gamma=2),
            lambda k: k(1, 2, beta=2),
            lambda k: k["f"](beta=2),
            lambda k: k(1j),
            lambda k: k(None),
        ],
    )
    def test_wrong_arguments(self, call):
        with pytest.raises(TypeError):
            call(self.KERNEL)

    def test_many_threads(self):
        x = np.linspace(-9, 9, 999)
        wanted = self.KERNEL(x)
        with ThreadPoolExecutor(8) as pool:
            for found in pool.map(self.KERNEL, [x] * 32):
                assert np.array_equal(found, wanted)

    def test_a_process_ends_with_its_functions(self):
        kernel = load(generate_code(MILA, "javascript"))
        kernel(1)
        process = kernel["f"].args[0].running
        assert process.poll() is None
        del kernel
        gc.collect()
        assert process.poll() == 0

    def test_a_process_that_was_ended(self):
        kernel = load(generate_code(MILA, "javascript"))
        kernel(1)
        kernel["f"].args[0].running.kill()
        with pytest.raises(node.NodeError, match="ended before it answered"):
            kernel(1)

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("const z", "const const z", "SyntaxError"),
            ("_step(z)", "_stp(z)", "_stp is"),
        ],
    )
    def test_a_text_that_does_not_run(self, old, new, said):
        code = generate_code(MILA, "javascript")
        kernel = load(replace(code, text=code.text.replace(old, new)))
        for _ in range(2):
            with pytest.raises(node.NodeError, match=said):
                kernel(1)


class TestBundle:
    TEXTS = tuple(
        generate_code(get(n), "javascript").text for n in ("mila", "gelu", "mish")
    )

    @NODE
    def test_its_functions_are_those_of_the_modules(self):
        told = (
            "console.log(JSON.stringify(['mila', 'gelu', 'mish'].map(n => ours[n].all"
        )
        found = run(f"{bundle(self.TEXTS, 'ours')}\n{told}(0.7))))")
        for name, values in zip(("mila", "gelu", "mish"), found, strict=True):
            kernel = load(generate_code(get(name), "javascript"))
            assert kernel.partials(0.7) == values

    @NODE
    def test_it_is_strict_code_of_the_whole_catalog(self):
        names = [
            a.name for a in CATALOG if a.name in ("mila", "snake", "celu", "relu6")
        ]
        texts = [generate_code(get(n), "javascript").text for n in names]
        told = (
            "console.log(JSON.stringify(Object.values(activations).map(a => a.f(-2))))"
        )
        found = run(f"'use strict';\n{bundle(texts)}\n{told}")
        assert sorted(found) == sorted(
            float(load(generate_code(get(n), "javascript"))(-2)) for n in names
        )

    def test_what_they_share_is_there_once(self):
        text = bundle(self.TEXTS)
        assert text.count("const _capped = ") == text.count("const _wide = ") == 1
        assert len(text) < 0.8 * sum(map(len, self.TEXTS))
        code = [
            line
            for line in text.split("\n")
            if not re.search(r"// [0-9a-f]{64}$", line)
        ]
        assert not any("//" in line or not line for line in code[:-1])

    def test_names_are_not_given_twice(self):
        with pytest.raises(ParameterError, match="two modules are called 'mila'"):
            bundle([self.TEXTS[0], self.TEXTS[0]])

    def test_none(self):
        assert bundle([]) == "const activations = {\n};\n"


class TestWithoutNode:
    @pytest.fixture(autouse=True)
    def _no_node(self, monkeypatch):
        monkeypatch.setattr(node.shutil, "which", lambda _: None)

    def test_it_is_said(self):
        assert not javascript.available()
        assert not javascript.version()
        with pytest.raises(
            NoNodeError, match=r"run by Node.js, which is not installed"
        ):
            load(generate_code(MILA, "javascript"))

    def test_on_one_line_and_code_can_be_written_all_the_same(self, capsys):
        assert main(["verify", "-b", "javascript", "-a", "tanh"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "Node.js" in said
        assert main(["code", "-b", "javascript", "-a", "tanh"]) == 2
        assert "--no-verify writes it unverified" in capsys.readouterr().err
        assert main(["code", "-b", "javascript", "-a", "tanh", "--no-verify"]) == 0
        assert "export { f, f_x, f_xx, all };" in capsys.readouterr().out


@NODE
def test_a_file_is_verified_from_its_text(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["code", "-b", "javascript", "-a", "silu", "-o", "silu.js"]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {
        "silu.js",
        "silu.js.certificate.json",
    }
    assert main(["verify", "silu.js", "--leg", "text", "--leg", "identity"]) == 0
    path = tmp_path / "silu.js"
    path.write_text(
        path.read_text("utf-8").replace("_CUT = 700", "_CUT = 760"), "utf-8"
    )
    (tmp_path / "silu.js.certificate.json").unlink()
    capsys.readouterr()
    assert main(["verify", "silu.js"]) == 1
    assert "'const _CUT = 760;" in capsys.readouterr().err


def test_it_computes_in_doubles_only(capsys):
    assert main(["verify", "-b", "javascript", "--dtype", "float32"]) == 2
    assert "has no float32; it has float64" in capsys.readouterr().err
    with pytest.raises(UnsupportedError, match="no accuracy 'accurate'"):
        generate_code(MILA, "javascript", accuracy="accurate")


def test_the_least_number_of_a_text_is_no_zero():
    assert literal(Fraction(5e-324)) == "5e-324"
    assert math.copysign(1, float(literal(Fraction(0)))) == 1
