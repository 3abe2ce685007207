"""Generated text read back: what it computes, and that nothing else is let through."""

from __future__ import annotations

import ast
import re

import pytest

from mila_analysis import catalog
from mila_analysis.backends._python_reading import (
    Dialect,
    ReadingError,
    functions,
    read_function,
    same_text,
)
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.kernels import BACKENDS, backend_of, generate_code
from mila_analysis.program import Expression, Name, Number, Operation
from mila_analysis.stability import Program, stabilize
from mila_analysis.verification.identity import IdentityError, prove_readings

MILA = get("mila").bind(beta="-0.25")
OWN = (
    define("gated", "x * tanh(exp(k * x))", k=1),
    define("steps", "x * max(0, min(1, x / 6 + 1/2))"),
    define("thirds", "x * tanh(log(1 + exp(x / 3))) / 7"),
    define("quick", "x * sigmoid(1.702 * x)"),
    define("long", "x * log(1 + exp(x))"),
    define("plain", "log(2 + exp(x))"),
)
DIALECT = Dialect(
    calls={"np.add": "add", "np.multiply": "mul", "_same": "capped", "_pair": "fade"},
    in_place=frozenset({"np.add", "np.multiply"}),
    may_return={"_same": 0, "_pair": 0},
    ignored=frozenset({"_k"}),
)


def read(body: str, arguments: str = "x, b, _k, f") -> Program:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    tree = ast.parse(f"def one({arguments}):\n{lines}\n")
    return read_function(functions(tree)["one"], DIALECT, ["x", "b"], ["f"])


def shown(program: Program) -> str:
    """The output as one expression."""
    known = {b.name: b.value for b in program.bindings}

    def walk(e: Expression) -> str:
        match e:
            case Name(text):
                return walk(known[text]) if text in known else text
            case Number(value):
                return str(value)
            case Operation(kind, args):
                return f"{kind}({', '.join(map(walk, args))})"
        raise AssertionError(e)

    return walk(program.outputs["f"])


class TestArrays:
    def test_a_call_without_a_place_makes_a_new_array(self):
        body = "a = np.add(x, b)\nc = np.add(a, 1.0)\nf[...] = np.multiply(a, c)"
        assert shown(read(body)) == "mul(add(x, b), add(add(x, b), 1))"

    def test_a_result_takes_the_array_of_its_operand(self):
        body = "a = np.add(x, b)\na = np.multiply(a, 2.0, a)\nnp.add(a, x, f)"
        assert shown(read(body)) == "add(mul(add(x, b), 2), x)"

    def test_another_name_of_the_array_changes_with_it(self):
        body = "a = np.add(x, b)\nc = np.multiply(a, 2.0, a)\nnp.add(a, c, f)"
        assert shown(read(body)) == "add(mul(add(x, b), 2), mul(add(x, b), 2))"

    def test_a_result_may_be_read_again(self):
        body = "np.add(x, b, out=f)\nnp.multiply(f, f, f)"
        assert shown(read(body)) == "mul(add(x, b), add(x, b))"

    def test_what_may_share_an_array_is_not_read_once_that_is_written(self):
        body = "a = np.add(x, b)\nc = _same(a)\na = np.add(a, 1.0, a)\n"
        assert "add" in shown(read(body + "f[...] = a"))
        with pytest.raises(ReadingError, match="line 5: c has no known value"):
            read(body + "f[...] = c")

    def test_nor_over_two_steps_or_the_other_way(self):
        body = "a = np.add(x, b)\nc = _same(a)\nd = _pair(c, x)\n"
        with pytest.raises(ReadingError, match="no known value"):
            read(body + "e = np.add(d, 1.0, d)\nf[...] = a")

    @pytest.mark.parametrize(
        "body",
        ["np.add(x, b, x)\nf[...] = x", "a = _same(b)\nnp.add(x, x, a)\nf[...] = a"],
    )
    def test_an_argument_is_not_written_into(self, body):
        with pytest.raises(ReadingError, match="writes into its argument"):
            read(body)

    def test_it_may_return_its_results(self):
        assert shown(read("return x * b + 1", "x, b")) == "add(mul(x, b), 1)"
        assert shown(read("c = x / b\nreturn c", "x, b")) == "div(x, b)"


@pytest.mark.parametrize(
    "body",
    [
        "f[...] = unknown",
        "f[...] = np.add(x)",
        "f[...] = np.subtract(x, b)",
        "f[...] = np.add(x, b, where=x)",
        "f[0] = x",
        "f = x",
        "a = x if b else x\nf[...] = a",
        "import os\nf[...] = x",
        "for i in x:\n    pass\nf[...] = x",
        "f[...] = x ** b",
        "f[...] = True",
        "f[...] = 'x'",
        "f[...] = __import__('os')",
        "a = x",
        "x += b\nf[...] = x",
        "a, c = x, b\nf[...] = a",
    ],
)
def test_what_we_do_not_write_is_not_read(body: str) -> None:
    with pytest.raises(ReadingError):
        read(body)


@pytest.mark.parametrize("arguments", ["x, b=1, _k, f", "x, *b", "b, x, _k, f", "x"])
def test_other_arguments_are_not_read(arguments: str) -> None:
    if arguments == "x, b=1, _k, f":
        arguments = "x, b, _k=1, f=2"
    with pytest.raises(ReadingError):
        read("f[...] = x", arguments)


def test_same_text_says_which_line_differs() -> None:
    same_text("a\nb", "a\nb", 7)
    with pytest.raises(ReadingError, match="line 8 is 'c', not 'b'"):
        same_text("a\nc", "a\nb", 7)
    with pytest.raises(ReadingError, match="line 8: 1 lines where 2 belong"):
        same_text("a", "a\nb", 7)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("activation", [*CATALOG, *OWN], ids=lambda a: a.name)
def test_every_text_is_proved_to_be_the_derivative(activation, backend):
    derivation = derive(activation)
    form = stabilize(derivation)
    text = generate_code(activation, backend).text
    readings = backend_of(backend).read(text)
    proved = prove_readings(derivation, form, readings)
    assert proved >= len(derivation.names)
    titles = [reading.title for reading in readings]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_text_to_the_fourth_order(backend):
    activation = catalog.get("mila")
    derivation = derive(activation, 4)
    readings = backend_of(backend).read(
        generate_code(activation, backend, order=4).text
    )
    programs = 1 if backend == "javascript" else 2  # its functions share one
    proved = prove_readings(derivation, stabilize(derivation), readings)
    assert proved >= programs * 2 * 15


def test_a_partial_that_is_nowhere_is_missed():
    derivation = derive(MILA)
    readings = backend_of("numpy").read(generate_code(MILA).text)
    kept = [r for r in readings if "f_xx" not in r.program.outputs]
    with pytest.raises(IdentityError, match="nothing in the text computes f_xx"):
        prove_readings(derivation, stabilize(derivation), kept)


NUMPY = generate_code(MILA).text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("import numpy as np", "import numpy as np\nimport os", "'import os'"),
        ('_elementwise("f_x", ("f_x",)', '_elementwise("f", ("f_x",)', "def f_x"),
        ('"f_xx": _whole_f_xx', '"f_xx": _whole_f_xbeta', "_WHOLE"),
        ('"f_xx": _near_f_xx', '"f_xx": _near_f_xbeta', "_NEAR"),
        ("_together(x, beta)", "_together(beta, x)", "def partials"),
        ("self.cut = 700.0", "self.cut = 701.0", "line .* is '.*701.0"),
        ("return (z > 0.0)", "return (z >= 0.0)", "z >= 0.0"),
        ("def f_x(x, beta=-0.25)", "def f_x(x, beta=-0.5)", "f_x takes"),
        ("_block = ", "_block = ", ""),
        ("\n\n\ndef _whole_f(", "\nx = 1\n\n\ndef _whole_f(", "'x = 1'"),
        ("\n\n\ndef _whole_f(", "\n\n\ndef _whole_f(x):\n  pass\n\n\ndef _whole_f(",
         "defined twice"),
        ("z = np.add(x, beta)", "z = np.add(x, beta", "no Python"),
    ],
)  # fmt: skip
def test_what_stands_beside_the_arithmetic_is_checked(old, new, said):
    if not said:
        assert old not in NUMPY
        return
    assert old in NUMPY
    with pytest.raises(ReadingError, match=said):
        backend_of("numpy").read(NUMPY.replace(old, new, 1))


def numbers(text: str) -> list[re.Match[str]]:
    """Literals in the arithmetic."""
    start, end = text.index("def _whole_f("), text.index("_BLOCK")
    return list(re.compile(r"(?<![\w.])\d+\.\d+").finditer(text, start, end))


def test_every_number_in_the_arithmetic_matters():
    derivation = derive(MILA)
    form = stabilize(derivation)
    found = numbers(NUMPY)
    assert len(found) > 100
    for match in found[::9]:
        other = repr(float(match[0]) + 1)
        text = f"{NUMPY[: match.start()]}{other}{NUMPY[match.end() :]}"
        line = text[: match.start()].rpartition("\n")[2]
        # A step is 0 or 1: any limit between is the same choice. What multiplies a
        # rounding error only has no exact meaning.
        if ">" in line or "below =" in line:
            continue
        with pytest.raises(IdentityError):
            prove_readings(derivation, form, backend_of("numpy").read(text))
