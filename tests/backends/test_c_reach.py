"""C for wide forms: plain arithmetic in a box, wide numbers for what is out of it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from mila_analysis import native
from mila_analysis.backends.backend import Source
from mila_analysis.backends.c import C
from mila_analysis.backends.c.arithmetic import F32
from mila_analysis.backends.c.close import close
from mila_analysis.balls import enclose_all
from mila_analysis.catalog import define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError
from mila_analysis.stability import stabilize
from mila_analysis.verification.identity import IdentityError, prove_readings

pytestmark = pytest.mark.skipif(not native.available(), reason="no C compiler here")

NAMES = ("gelu", "softsign", "tanhexp", "celu", "tanhshrink", "wave", "arc")
OWN = {"wave": "x + sin(x) ** 2", "arc": "x * atan(x)"}


@lru_cache
def source_of(name):
    activation = define(name, OWN[name]) if name in OWN else get(name)
    derivation = derive(activation, 2)
    return Source(activation, derivation, stabilize(derivation), "fast")


@lru_cache
def text_of(name):
    return C.emit(source_of(name))


@lru_cache
def functions(name):
    return C.load(text_of(name))


def inputs(dtype):
    rng = np.random.default_rng(7)
    usual = rng.normal(size=300) * 4
    tiny = np.ldexp(rng.normal(size=40), rng.integers(-140, -5, size=40))
    large = np.ldexp(rng.normal(size=40), rng.integers(3, 60, size=40))
    found = np.concatenate([usual, tiny, large, [0.0, 1.0, -1.0]])
    most = float(np.finfo(dtype).max)
    return np.clip(found, -most, most).astype(dtype)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_are_right_in_the_box_and_beyond(name, dtype):
    x = inputs(dtype)
    found = functions(name)["f"](x).astype(np.float64)
    tolerance = 16 * np.finfo(dtype).eps
    exact = np.array([_exact(name, float(v)) for v in x])
    least = float(np.finfo(dtype).smallest_subnormal)
    normal = np.abs(exact) < float(np.finfo(dtype).max)
    off = np.abs(found - exact)[normal]
    assert (off <= tolerance * np.abs(exact[normal]) + 4 * least).all()


def _exact(name, x):
    return float(enclose_all(source_of(name).activation, x, order=0)["f"].low)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_a_value_does_not_depend_on_its_neighbours(name, dtype):
    x = inputs(dtype)
    together = functions(name)["partials"](x)
    for part, values in together.items():
        alone = np.array(
            [functions(name)[part](x[i : i + 1])[0] for i in range(len(x))]
        )
        np.testing.assert_array_equal(alone, values)


@pytest.mark.parametrize("name", NAMES)
def test_ends_of_the_floats(name):
    f = functions(name)["f_x"]
    x = np.array([np.nan, 1.0, np.inf, -np.inf], np.float32)
    found = f(x)
    assert np.isnan(found[0])
    assert not np.isnan(found[1])
    alone = np.concatenate([f(x[i : i + 1]) for i in range(4)])
    np.testing.assert_array_equal(found, alone)


@pytest.mark.parametrize("name", NAMES)
def test_plain_programs_are_proved_like_all_others(name):
    source = source_of(name)
    readings = C.read(text_of(name))
    assert any("_near_" in reading.title for reading in readings)
    prove_readings(source.derivation, source.form, readings)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cuts[i] = ", "cuts[i] = 0 & "),
        ("ma_exp_near_f32(z_3)", "ma_exp_near_f32(z_2)"),
        ("count += !cuts || cuts[i] < 0;", "count += !cuts;"),
    ],
)
def test_changed_files_are_refused(old, new):
    source, text = source_of("gelu"), text_of("gelu")
    assert old in text
    with pytest.raises((FormulaError, IdentityError)):
        _prove(source, text.replace(old, new))


def _prove(source, text):
    prove_readings(source.derivation, source.form, C.read(text))


def test_floats_are_computed_as_floats_where_they_have_room():
    for name, kind in (("gelu", "float"), ("tanhexp", "double")):
        found = close(source_of(name).form, F32)
        assert found is not None
        assert found.arithmetic.type == kind


def test_parameters_out_of_the_box():
    f = functions("celu")["f"]
    x = np.array([-1.0, 2.0, -3.0] * 100, np.float32)
    alpha = np.where(np.arange(300) % 2, 1.0, 3000.0).astype(np.float32)
    found = f(x, alpha)
    exact = np.where(x > 0, x, alpha * np.expm1(x.astype(float) / alpha))
    np.testing.assert_allclose(found, exact, rtol=1e-6)
