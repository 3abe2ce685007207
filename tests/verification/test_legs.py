"""The parts of the legs: formats, exact values, limits at infinity, definitions."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from mila_analysis.balls import enclose
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import UnknownNameError
from mila_analysis.functions import lambdify
from mila_analysis.kernels import generate_code
from mila_analysis.verification.accuracy import Measured, errors_of, measure, ulp
from mila_analysis.verification.autograd import autograd, definition
from mila_analysis.verification.closeup import closeup
from mila_analysis.verification.edges import edges, limit
from mila_analysis.verification.every import every_number
from mila_analysis.verification.formats import FORMATS, of_dtype
from mila_analysis.verification.points import binades, crossings, places, roots
from mila_analysis.verification.promises import is_known, promised
from mila_analysis.verification.reference import Reference, reference
from mila_analysis.verification.search import accuracy

MILA = get("mila").bind(beta="-0.25")
SIXTEEN = ("float16", "bfloat16")


def quiet(_: str) -> None:
    pass


@pytest.mark.parametrize("kind", FORMATS.values(), ids=lambda k: k.name)
class TestFormats:
    def test_it_is_torchs(self, kind):
        info = torch.finfo(getattr(torch, kind.name))
        assert kind.max == info.max
        assert kind.tiny == info.tiny
        assert kind.least == info.tiny * info.eps
        assert 2.0**-kind.digits == info.eps

    def test_it_rounds_as_torch_does(self, kind):
        rng = np.random.default_rng(0)
        x = rng.normal(0, 1, 4000) * 10.0 ** rng.uniform(-45, 45, 4000)
        wanted = torch.from_numpy(x).to(getattr(torch, kind.name)).double().numpy()
        assert np.array_equal(kind.near(x), wanted)

    def test_steps_are_those_of_nextafter(self, kind):
        x = kind.near(np.array([1.0, -1.0, 1.5, 3.14, -1e-3, kind.tiny]))
        one = kind.stepped(x, np.ones(x.size, np.int64))
        dtype = getattr(torch, kind.name)
        top = torch.tensor(9.0, dtype=dtype)
        up = torch.nextafter(torch.tensor(x, dtype=dtype), top)
        assert np.array_equal(one, up.double().numpy())
        assert np.array_equal(kind.stepped(one, -np.ones(x.size, np.int64)), x)

    def test_steps_cross_zero_and_stop_at_the_ends(self, kind):
        least = kind.least
        found = kind.stepped(
            np.array([-least, 0.0, -0.0, kind.max]), np.array([2, 1, -1, 3])
        )
        assert found.tolist() == [least, least, -least, kind.max]

    def test_every_binade_has_its_points(self, kind):
        x = binades(kind)
        assert {kind.max, -kind.max, kind.least, -kind.least, 0.0} <= set(x.tolist())
        assert np.array_equal(kind.near(x), x)
        exponents = {math.frexp(v)[1] for v in x if v > 0}
        assert len(exponents) == kind.highest - kind.lowest + kind.digits


@pytest.mark.parametrize("name", SIXTEEN)
def test_all_numbers_of_sixteen_bits(name):
    kind = FORMATS[name]
    every = kind.all()
    assert every.size == 65_536
    finite = every[np.isfinite(every)]
    assert finite.max() == kind.max
    assert np.array_equal(kind.near(finite), finite)


def test_an_unknown_format():
    with pytest.raises(UnknownNameError, match="did you mean 'float32'"):
        of_dtype("flaot32")


class TestExactValues:
    X = (-800.0, -3.5, -1e-300, -0.0, 0.0, 0.7, 20.0, 1e300)

    def test_they_are_those_of_enclosures(self):
        found = Reference(MILA, 2)(self.X)
        for name, exact in found.items():
            for i, x in enumerate(self.X):
                ball = enclose(MILA, name, x)
                wide = Fraction(1, 1 << 1300)
                assert abs(exact.at(i) - ball.mid) <= abs(ball.mid) / (1 << 78) + wide

    def test_errors_are_those_of_exact_arithmetic(self):
        rng = np.random.default_rng(1)
        x = np.concatenate([rng.normal(0, 9, 60), rng.uniform(-745, 700, 60)])
        kernel = lambdify(MILA, "numpy")
        for name, exact in Reference(MILA, 2)(x).items():
            kind = FORMATS["float64"]
            computed = kernel[name](x)
            errors = exact.errors(computed, kind)
            for i in range(x.size):
                value = exact.at(i)
                wanted = abs(Fraction(computed[i]) - value) / ulp(value, kind)
                assert errors[i] == pytest.approx(float(wanted), rel=1e-9, abs=1e-25)

    def test_what_is_not_finite_is_infinitely_wrong(self):
        exact = Reference(MILA, 0)([1.0, 1.0, 1.0])["f"]
        found = exact.errors(np.array([np.nan, np.inf, -np.inf]), FORMATS["float64"])
        assert np.isinf(found[0])
        assert (found[1:] > 1e15).all()

    def test_an_overflow_in_its_place_is_right(self):
        cube = define("cube", "x^3")
        exact = Reference(cube, 0)([50.0, -50.0, 50.0, 50.0])["f"]
        computed = np.array([np.inf, -np.inf, -np.inf, 65504.0])
        found = exact.errors(computed, FORMATS["float16"])
        assert found[:2].tolist() == [0, 0]
        assert found[2] > 1000
        assert found[3] == 1

    def test_a_point_without_a_value_is_not_counted(self):
        inverse = define("inverse", "1 / x")
        exact = reference(inverse, 0)([0.0, 2.0])["f"]
        assert exact.known.tolist() == [False, True]
        found = exact.errors(np.array([np.nan, 0.5]), FORMATS["float64"])
        assert found.tolist() == [0, 0]

    def test_each_point_is_enclosed_once(self, monkeypatch):
        own = Reference(MILA, 0)
        own([1.0, 2.0, 0.0])
        monkeypatch.setattr("mila_analysis.verification.reference.enclose_all", None)
        assert own([2.0, 1.0, -0.0])["f"].at(0) == own([2.0])["f"].at(0)


class TestPlaces:
    def test_where_the_exponent_passes_zero_and_the_caps(self):
        found = places(derive(MILA), MILA)
        for x in (0.25, -79.75, 80.25, -699.75, 700.25):
            assert min(abs(x - at) for at in found) < 1e-9

    def test_where_cases_meet(self):
        steps = define("steps", "max(0, min(1, x / 6 + 1/2))")
        found = places(derive(steps), steps)
        for x in (-3, 3):
            assert min(abs(x - at) for at in found) < 1e-9

    def test_roots_of_the_partials(self):
        found = roots(lambdify(MILA, "numpy").partials)
        for x in (-1.150592209382104, -2.203234127296236, 1.597759840718660):
            assert min(abs(x - at) for at in found) < 1e-9

    def test_crossings_are_few(self):
        assert len(crossings(lambda x: np.sin(40 * x))) <= 12
        assert crossings(lambda x: x * 0) == []


def test_a_climb_finds_worse_than_the_sample():
    kernel = lambdify(MILA, "numpy")
    kind = FORMATS["float64"]
    found = {
        f.subject: f for f in accuracy(kernel, kind, points=60, seed=0, progress=quiet)
    }
    x = binades(kind)
    plain = measure(kernel.partials, MILA, x)
    worse = [found[n].error > 1.2 * plain[n].max_ulp for n in plain]
    assert all(found[n].error >= plain[n].max_ulp for n in plain)
    assert any(worse)


class TestErrors:
    def test_a_worse_measurement_wins(self):
        kind = FORMATS["float64"]
        partial = Measured(derive(MILA), "f", MILA, kind)
        x = np.array([1.0, 2.0])
        exact = Reference(MILA, 0)(x)["f"]
        right = exact.rounded()
        good = errors_of(partial, x, right, exact)
        bad = errors_of(partial, x, right * [1, 1 + 2e-15], exact)
        assert good.max_ulp <= 0.5
        assert bad.max_ulp > 5
        assert bad.worst_at == 2.0
        for merged in (good.worse(bad), bad.worse(good)):
            assert (merged.max_ulp, merged.worst_at) == (bad.max_ulp, 2.0)
            assert merged.points == 4

    def test_beyond_the_reach_counts_apart(self):
        kind = FORMATS["float64"]
        partial = Measured(derive(MILA), "f", MILA, kind)
        x = np.array([1.0, 1e300])
        exact = Reference(MILA, 0)(x)["f"]
        found = errors_of(partial, x, exact.rounded() * [1, 2], exact, reach=1e200)
        assert found.max_ulp <= 0.5
        assert found.max_beyond > 1e15
        assert found.beyond_at == 1e300

    def test_near_a_root_terms_are_the_measure(self):
        root = -1.150592209382104
        found = measure(lambdify(MILA, "numpy").partials, MILA, np.array([root]))["f_x"]
        assert found.max_ulp == 0
        assert 0 < found.max_ulp_of_terms < 12


class TestPromises:
    def test_of_the_catalog(self):
        code = generate_code(MILA)
        limits = {n: promised(code, n, "float64").ulp for n in derive(MILA).names}
        assert limits == {
            "f": 5, "f_x": 40, "f_beta": 8.5, "f_xx": 40, "f_xbeta": 40,
            "f_betabeta": 40,
        }  # fmt: skip

    def test_of_a_formula_of_ones_own(self):
        own = define("own", "x * sigmoid(3 * x)")
        assert promised(generate_code(own), "f", "float64").ulp == 1000
        assert not is_known(own)
        assert is_known(define("own", get("mish").formula))

    def test_none_where_the_strategy_has_none(self, direct):
        code = generate_code(define("o", "log(2 + exp(x))"))
        assert code.strategy == "direct"
        assert promised(code, "f", "float64") is None

    def test_wide_numbers_promise_as_much_of_a_formula_of_ones_own(self):
        code = generate_code(define("o", "log(2 + exp(x))"))
        assert code.strategy == "wide"
        assert promised(code, "f", "float64").ulp == 1000

    def test_of_correct_rounding(self):
        code = replace(generate_code(MILA), accuracy="accurate")
        assert promised(code, "f_xx", "float32").ulp == pytest.approx(0.5, abs=1e-14)
        found = promised(code, "f_xx", "float64")
        assert (found.ulp, found.condition, found.excess) == (0.501, 2**40, 2**-96)


class TestLimits:
    @pytest.mark.parametrize(
        ("text", "name", "low", "high"),
        [
            ("x * tanh(log(1 + exp(x)))", "f", "-0.0", "inf"),
            ("x * tanh(log(1 + exp(x)))", "f_x", "-0.0", "1.0"),
            ("x * tanh(log(1 + exp(x)))", "f_xx", "-0.0", "-0.0"),
            ("tanh(x)", "f", "-1.0", "1.0"),
            ("tanh(x)", "f_x", "0.0", "0.0"),
            ("log(1 + x^2)", "f", "inf", "inf"),
            ("log(1 + x^2)", "f_x", "-0.0", "0.0"),
            ("exp(x)", "f", "0.0", "inf"),
            ("-exp(x)", "f", "-0.0", "-inf"),
            ("x^3", "f", "-inf", "inf"),
            ("1 / (1 + x^2)", "f", "0.0", "0.0"),
            ("x / (1 + abs(x))", "f", "-1.0", "1.0"),
            ("where(x > 0, x, 0)", "f_xx", "0.0", "0.0"),
        ],
    )
    def test_they_come_from_enclosures(self, text, name, low, high):
        activation = define("own", text)
        for side, said in ((-1, low), (1, high)):
            assert str(limit(activation, name, side)) == said

    @pytest.mark.parametrize(
        ("text", "status"),
        [(get("mish").formula, "failed"), ("x * sigmoid(3 * x)", "reserved")],
    )
    def test_a_wrong_sign_of_zero_fails_in_the_catalog_only(self, text, status):
        kernel = lambdify(define("own", text), "numpy")

        def unsigned(x):
            return {n: v + 0.0 for n, v in kernel.partials(x).items()}

        wrong = replace(kernel, functions={**kernel.functions, "partials": unsigned})
        found = edges(wrong, FORMATS["float64"], progress=quiet)
        assert {f.subject: f.status for f in found}["f"] == status


@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_the_definition_in_torch_is_the_function(activation):
    x = np.linspace(-6, 6, 41) + 1 / 64
    # Balls take partials in two variables at once.
    order = 3 if len(activation.parameters) < 2 else 2
    found = definition(activation, x, order)
    exact = Reference(activation, order)(x)
    for name, values in found.items():
        wanted = exact[name].rounded()
        assert values == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_a_definition_of_cases_and_parameters():
    own = define("own", "where(x > 1, a * x^2, b * sqrt(4 - x)) / 3", a=2, b=3)
    x = np.array([-1.0, 0.5, 2.0])
    found = definition(own, x)
    assert found["f"] == pytest.approx([math.sqrt(5), math.sqrt(3.5), 8 / 3])
    assert found["f_a"] == pytest.approx([0, 0, 4 / 3])
    assert found["f_xx"][2] == pytest.approx(4 / 3)


def test_autograd_of_code_for_torch_is_checked_in_float64_whatever_is_asked_for():
    kernel = lambdify(get("silu"), "torch")
    findings = autograd(kernel, of_dtype("float32"), progress=quiet)
    assert [f.detail for f in findings if not f.passed] == []


def test_autograd_finds_another_function():
    kind, mish = FORMATS["float64"], lambdify(get("mish"), "numpy")
    same = replace(mish, functions=lambdify(get("mila"), "numpy").functions)
    assert all(f.passed for f in autograd(same, kind, progress=quiet))
    other = replace(mish, functions=lambdify(get("silu"), "numpy").functions)
    assert not any(f.passed for f in autograd(other, kind, progress=quiet))


def test_a_closeup():
    kernel, kind = lambdify(MILA, "numpy"), FORMATS["float64"]
    rows = {c.partial: c for c in closeup(kernel, kind, 1.5)}
    exact = enclose(MILA, "f", 1.5).mid
    assert abs(Fraction(rows["f"].exact) / exact - 1) < Fraction(1, 10**19)
    assert rows["f"].computed == kernel(1.5)
    assert rows["f_x"].ulp <= 40
    assert rows["f"].condition == 1
    assert math.isnan(closeup(kernel, kind, math.inf)[0].ulp)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_every_float16_of_numpy_code(activation):
    found = every_number(
        lambdify(activation, "numpy"), FORMATS["float16"], progress=quiet
    )
    assert found
    for finding in found:
        assert finding.passed, finding
        if finding.error is not None:
            assert finding.error <= 0.51 or finding.more["ulp of Σ|terms|"] <= 0.51
