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
    FormulaError,
    ParameterError,
    PartialError,
    UnknownNameError,
    UnsupportedError,
    WriteError,
)
from mila_analysis.kernels import BACKENDS, generate_code, lambdify, read_code
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
    CODE = generate_code(MILA)

    def test_it_covers_every_character_but_itself(self):
        assert self.CODE.digest in self.CODE.text
        for old, new in (("np.exp", "np.cos"), ("Mila and", "mila and"), ("Un", "un")):
            other = replace(self.CODE, text=self.CODE.text.replace(old, new, 1))
            assert other.digest != self.CODE.digest
        unsealed = self.CODE.text.replace(self.CODE.digest, "0" * 64)
        assert replace(self.CODE, text=unsealed).digest == self.CODE.digest

    def test_it_is_that_of_the_text_without_it(self):
        bare = self.CODE.text.replace(self.CODE.digest, "")
        assert self.CODE.digest == hashlib.sha256(bare.encode()).hexdigest()

    def test_values_and_status_are_part_of_it(self):
        assert self.CODE.digest != generate_code(MILA.bind(beta=1)).digest
        verified = self.CODE.marked_verified()
        assert verified.digest != self.CODE.digest
        assert "Unverified" in self.CODE.text
        assert "Unverified" not in verified.text
        assert verified.digest in verified.text


class TestReadCode:
    AWKWARD = define("mine", "x * tanh(k * x) / (1 + k*k)", k="1/3")

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_what_was_generated(self, backend):
        for activation in (MILA.bind(beta="-0.1"), get("relu"), self.AWKWARD):
            code = generate_code(activation, backend, order=1)
            found = read_code(code.text)
            assert replace(found, activation=activation) == code
            assert found.activation.values == activation.values
            assert found.activation.formula == activation.formula

    @pytest.mark.parametrize(
        "text", ["two  blanks   here", "*/ ends", 'a "quoted" one']
    )
    @pytest.mark.parametrize("backend", BACKENDS)
    def test_awkward_words_of_a_source(self, backend, text):
        activation = replace(MILA, source=text)
        code = generate_code(activation, backend, order=0)
        assert read_code(code.text).activation.source == text
        assert kernels.load(code)(1.0) == kernels.lambdify(MILA, backend, order=0)(1.0)

    def test_a_file_of_another(self):
        with pytest.raises(FormulaError, match="no file of ours"):
            read_code("import numpy as np\n")

    def test_a_damaged_recipe(self):
        text = generate_code(MILA).text
        for old, new in (
            ('"order": 2', '"order": two'),
            ('"name": "mila"', '"nam": 1'),
        ):
            with pytest.raises(FormulaError, match="damaged"):
                read_code(text.replace(old, new))
        with pytest.raises(UnknownNameError, match="no backend"):
            read_code(text.replace('"backend": "numpy"', '"backend": "fortran"'))
        with pytest.raises(UnsupportedError, match="no accuracy 'splendid'"):
            read_code(text.replace('"accuracy": "fast"', '"accuracy": "splendid"'))


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
