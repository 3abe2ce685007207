"""The one path from an activation to running code, and what it is loaded from."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import sympy
import torch

from mila_analysis import files, kernels, native, operators
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
from mila_analysis.functions import lambdify
from mila_analysis.kernels import BACKENDS, backend_of, generate_code, read_code
from mila_analysis.partials import up_to

MILA = get("mila")


class TestLambdify:
    def test_it_is_f(self):
        kernel = lambdify(MILA, "numpy")
        assert kernel(1.0) == kernel["f"](1.0) == kernel.partials(1.0)["f"]
        assert kernel(1.0) == pytest.approx(0.8650983882673103, rel=1e-15)

    def test_it_is_made_once(self):
        assert lambdify(MILA, "numpy") is lambdify(MILA, "numpy")
        assert lambdify(MILA, "numpy") is lambdify(get("MILA"), "numpy")
        assert lambdify(MILA, order=3, backend="numpy") is not lambdify(MILA, "numpy")
        assert lambdify(MILA.bind(beta=1), "numpy") is not lambdify(MILA, "numpy")

    def test_without_a_backend_it_is_compiled(self):
        if not native.available():
            pytest.skip("no C compiler here")
        assert lambdify(MILA).code.backend == "c"
        assert lambdify(MILA) is lambdify(MILA, "c")

    def test_or_numpy_where_there_is_no_compiler(self, monkeypatch):
        monkeypatch.setenv("CC", "no-such-compiler")
        unheard_of = define("unheard_of", "x * tanh(3 * exp(x))")
        assert lambdify(unheard_of).code.backend == "numpy"
        with pytest.raises(native.NoCompilerError):
            lambdify(unheard_of, compiled=True)

    def test_functions_of_torch_are_compiled_too(self):
        if not operators.available():
            pytest.skip("no C++ compiler here")
        x = torch.linspace(-3, 3, 101)
        written = lambdify(MILA, "torch", compiled=False)
        for kernel in (lambdify(MILA, "torch"), lambdify(MILA, "torch", compiled=True)):
            assert kernel.code == written.code
            assert torch.allclose(kernel(x, beta=0.5), written(x, beta=0.5), rtol=1e-6)
            assert set(kernel.functions) == set(written.functions)

    def test_what_a_backend_is_cannot_be_chosen(self):
        with pytest.raises(ParameterError, match="leave out compiled"):
            lambdify(MILA, "numpy", compiled=True)

    def test_or_where_the_compiler_fails(self, monkeypatch, tmp_path, caplog):
        broken = tmp_path / "cc"
        broken.write_text(
            '#!/bin/sh\n[ "$1" = --version ] && echo broken 1 && exit\nexit 1\n'
        )
        broken.chmod(0o755)
        monkeypatch.setenv("CC", str(broken))
        kernel = lambdify(define("unheard_of", "x * tanh(2 * exp(x))"))
        assert kernel.code.backend == "numpy"
        assert "without compiled C" in caplog.text

    def test_values_of_parameters_need_no_new_compilation(self, monkeypatch):
        if not native.available():
            pytest.skip("no C compiler here")
        texts = []
        load = native.load
        monkeypatch.setattr(
            native, "load", lambda text, **k: texts.append(text) or load(text, **k)
        )
        for beta in ("0.123", "0.456"):
            lambdify(MILA.bind(beta=beta), "c")
        assert len(texts) == 2
        assert len(set(texts)) == 1

    def test_values_are_default_arguments(self):
        cold = lambdify(MILA.bind(beta="-0.25"), "numpy")
        assert cold(1.5) == lambdify(MILA, "numpy")(1.5, beta=-0.25)
        assert cold(1.5, beta=0) == lambdify(MILA, "numpy")(1.5)
        assert cold["f_x"](1.5, 2.0) == lambdify(MILA, "numpy")["f_x"](1.5, beta=2.0)

    def test_it_is_loaded_from_its_text_and_nothing_else(self):
        kernel = lambdify(MILA, "numpy")
        again = NUMPY.load(kernel.code.text)
        assert set(again) == set(kernel.functions)
        assert again["f"].__code__.co_filename == "<generated numpy code>"
        changed = NUMPY.load(
            kernel.code.text.replace("def f(x, beta=0.0)", "def f(x, beta=1.0)")
        )
        assert changed["f"](1.5) == kernel(1.5, beta=1.0)

    @pytest.mark.parametrize("order", [0, 1, 2, 3, 4])
    def test_the_order_says_what_it_holds(self, order):
        kernel = lambdify(MILA, order=order, backend="numpy")
        names = [p.name for p in up_to(order, MILA.variables)]
        assert list(kernel.partials(1.0)) == names
        assert set(kernel.functions) == {*names, "partials"}

    @pytest.mark.parametrize("name", [p.name for p in up_to(4, MILA.variables)])
    def test_higher_orders_are_the_derived_ones(self, name):
        x = sympy.Rational(3, 4)
        at = {sympy.Symbol("x"): x, sympy.Symbol("beta"): sympy.Rational(-1, 4)}
        exact = float(derive(MILA, 4)[name].subs(at).evalf(30))
        found = lambdify(MILA, order=4, backend="numpy")[name](0.75, beta=-0.25)
        assert found == pytest.approx(exact, rel=1e-13)

    def test_a_partial_it_lacks_is_said(self):
        with pytest.raises(UnknownNameError, match="no f_xxx; give a higher order"):
            lambdify(MILA, "numpy")["f_xxx"]
        with pytest.raises(PartialError):
            lambdify(MILA, "numpy")["f_y"]
        with pytest.raises(UnsupportedError):
            lambdify(MILA, order=5, backend="numpy")

    def test_partials_are_found_under_any_order_of_variables(self):
        kernel = lambdify(MILA, "numpy")
        assert kernel["f_betax"] is kernel["f_xbeta"] is kernel["f_βx"]

    def test_an_unknown_parameter_is_an_error(self):
        with pytest.raises(TypeError):
            lambdify(MILA, "numpy")(1.0, gamma=1)


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
            kernel = lambdify(activation, "numpy")
        except (ParameterError, UnsupportedError):
            if word in ("k", "a", "beta", "p", "z", "t", "w"):
                raise  # too good a name to take
            return
        x = np.array([-800.0, -1.5, 0.0, 0.3, 800.0])
        found = kernel.partials(x)
        assert found["f"] == pytest.approx(x * np.tanh(2 * x) + 2, rel=1e-15)
        plain = lambdify(define("mine", "x * tanh(c * x) + c", c=2), "numpy").partials(
            x
        )
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
        assert code.backend == backend == backend_of(backend).name
        assert code.strategy == "homogeneous"

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_it_is_the_same_every_time(self, backend):
        first = generate_code(MILA, backend)
        assert generate_code(MILA, backend) == first
        assert generate_code(MILA, backend) is not first


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
    AWKWARD = define("mine", "x * tanh(k * x)", k="1/3")
    WIDE = define("mine", "x * tanh(k * x) / (1 + k*k)", k="1/3")

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_what_was_generated(self, backend):
        known = (MILA.bind(beta="-0.1"), get("relu"), self.AWKWARD, self.WIDE)
        for activation in known:
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
        if backend not in ("triton", "javascript"):  # which do not run everywhere
            plain = generate_code(MILA, backend, order=0)
            assert kernels.load(code)(1.0) == kernels.load(plain)(1.0)

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
