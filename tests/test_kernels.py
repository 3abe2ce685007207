"""The one path from an activation to running code, and what it is loaded from."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import sympy

from mila_analysis import files, kernels
from mila_analysis.backends.numpy import NUMPY
from mila_analysis.catalog import define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import (
    ParameterError,
    PartialError,
    UnknownNameError,
    UnsupportedError,
    WriteError,
)
from mila_analysis.kernels import BACKENDS, GeneratedCode, generate_code, lambdify
from mila_analysis.partials import up_to

MILA = get("mila")


class TestLambdify:
    def test_it_is_f(self):
        kernel = lambdify(MILA)
        assert kernel(1.0) == kernel["f"](1.0) == kernel.partials(1.0)["f"]
        assert kernel(1.0) == pytest.approx(0.8650983882673103, rel=1e-15)

    def test_it_is_made_once(self):
        assert lambdify(MILA) is lambdify(MILA)
        assert lambdify(MILA) is lambdify(get("MILA"))
        assert lambdify(MILA, order=3) is not lambdify(MILA)
        assert lambdify(MILA.bind(beta=1)) is not lambdify(MILA)

    def test_values_are_default_arguments(self):
        cold = lambdify(MILA.bind(beta="-0.25"))
        assert cold(1.5) == lambdify(MILA)(1.5, beta=-0.25)
        assert cold(1.5, beta=0) == lambdify(MILA)(1.5)
        assert cold["f_x"](1.5, 2.0) == lambdify(MILA)["f_x"](1.5, beta=2.0)

    def test_it_is_loaded_from_its_text_and_nothing_else(self):
        kernel = lambdify(MILA)
        again = NUMPY.load(kernel.code.text)
        assert set(again) == set(kernel.functions)
        assert again["f"].__code__.co_filename == "<generated numpy code>"
        changed = NUMPY.load(
            kernel.code.text.replace("def f(x, beta=0.0)", "def f(x, beta=1.0)")
        )
        assert changed["f"](1.5) == kernel(1.5, beta=1.0)

    @pytest.mark.parametrize("order", [0, 1, 2, 3, 4])
    def test_the_order_says_what_it_holds(self, order):
        kernel = lambdify(MILA, order=order)
        names = [p.name for p in up_to(order, MILA.variables)]
        assert list(kernel.partials(1.0)) == names
        assert set(kernel.functions) == {*names, "partials"}

    @pytest.mark.parametrize("name", [p.name for p in up_to(4, MILA.variables)])
    def test_higher_orders_are_the_derived_ones(self, name):
        x = sympy.Rational(3, 4)
        at = {sympy.Symbol("x"): x, sympy.Symbol("beta"): sympy.Rational(-1, 4)}
        exact = float(derive(MILA, 4)[name].subs(at).evalf(30))
        found = lambdify(MILA, order=4)[name](0.75, beta=-0.25)
        assert found == pytest.approx(exact, rel=1e-13)

    def test_a_partial_it_lacks_is_said(self):
        with pytest.raises(UnknownNameError, match="no f_xxx; give a higher order"):
            lambdify(MILA)["f_xxx"]
        with pytest.raises(PartialError):
            lambdify(MILA)["f_y"]
        with pytest.raises(UnsupportedError):
            lambdify(MILA, order=5)

    def test_partials_are_found_under_any_order_of_variables(self):
        kernel = lambdify(MILA)
        assert kernel["f_betax"] is kernel["f_xbeta"] is kernel["f_βx"]

    def test_an_unknown_parameter_is_an_error(self):
        with pytest.raises(TypeError):
            lambdify(MILA)(1.0, gamma=1)


class TestParametersOfAnyName:
    """A name in a formula must not meet one in the generated code."""

    WORDS = """
        k np a e E z t w w1 p q out names form factor weight term one step partials f_x
        dict beta K zip x_ lost error tail given float abs
    """

    @pytest.mark.parametrize("word", WORDS.split())
    def test_it_works_and_is_right_or_is_taken(self, word):
        try:
            activation = define("mine", f"x * tanh({word} * x) + {word}", **{word: 2})
            kernel = lambdify(activation)
        except (ParameterError, UnsupportedError):
            if word in ("k", "a", "beta", "p", "z", "t", "w"):
                raise  # too good a name to take
            return
        x = np.array([-800.0, -1.5, 0.0, 0.3, 800.0])
        found = kernel.partials(x)
        assert found["f"] == pytest.approx(x * np.tanh(2 * x) + 2, rel=1e-15)
        plain = lambdify(define("mine", "x * tanh(c * x) + c", c=2)).partials(x)
        for name, values in plain.items():
            assert np.array_equal(found[name.replace("c", word)], values)


class TestGenerateCode:
    def test_an_unknown_backend(self):
        with pytest.raises(UnknownNameError, match="did you mean 'numpy'"):
            generate_code(MILA, "nunpy")
        with pytest.raises(UnknownNameError, match=r"no backend 'zzz'.*numpy"):
            generate_code(MILA, "zzz")

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_it_says_what_it_is(self, backend):
        code = generate_code(MILA, backend)
        assert code.activation is MILA
        assert code.backend == backend == BACKENDS[backend].name
        assert code.strategy == "homogeneous"

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_it_is_the_same_every_time(self, backend):
        first = generate_code(MILA, backend).text
        kernels.lambdify.cache_clear()
        assert generate_code(MILA, backend).text == first


class TestDigest:
    CODE = GeneratedCode(MILA, "numpy", "homogeneous", '"""Head."""\n\nbody = 1\n')

    def test_it_covers_the_body(self):
        other = replace(self.CODE, text=self.CODE.text.replace("1", "2"))
        assert other.digest != self.CODE.digest

    def test_it_does_not_cover_the_header_that_may_cite_it(self):
        cited = self.CODE.text.replace(
            "Head.", f"Head.\n\nDigest: {self.CODE.digest}\n"
        )
        assert replace(self.CODE, text=cited).digest == self.CODE.digest

    def test_it_is_that_of_the_text_after_the_header(self):
        wanted = hashlib.sha256(b"\nbody = 1\n").hexdigest()
        assert self.CODE.digest == wanted

    def test_real_code_has_a_body(self):
        code = generate_code(MILA)
        assert code.digest != hashlib.sha256(b"").hexdigest()
        assert code.digest != generate_code(MILA.bind(beta=1)).digest
        assert code.digest == generate_code(replace(MILA, title="Other")).digest


class TestSave:
    def test_the_whole_file(self, tmp_path):
        code = generate_code(MILA)
        path = code.save(tmp_path / "mila.py")
        assert path.read_text(encoding="utf-8") == code.text
        assert [p.name for p in tmp_path.iterdir()] == ["mila.py"]

    def test_or_nothing(self, tmp_path, monkeypatch):
        target = tmp_path / "mila.py"
        target.write_text("old")

        def full(*args: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(files.os, "fsync", full)
        with pytest.raises(WriteError, match="no space"):
            generate_code(MILA).save(target)
        assert target.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["mila.py"]
