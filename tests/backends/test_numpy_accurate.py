"""Correctly rounded NumPy code, against balls rounded in exact arithmetic."""

from __future__ import annotations

import ast
import subprocess
import sys
from fractions import Fraction
from functools import lru_cache

import flint
import numpy as np
import pytest

from mila_analysis.backends.header import parse
from mila_analysis.backends.numpy import NUMPY
from mila_analysis.balls import enclose_all
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import MilaAnalysisError, UnsupportedError
from mila_analysis.kernels import generate_code, load
from mila_analysis.stability import stabilize
from mila_analysis.verification.condition import size_of_terms
from mila_analysis.verification.identity import prove_readings

MILA = get("mila")
FLOATS = (np.float16, np.float32, np.float64)
BETAS = ("-0.25", "0", "0.5", "1", "1.5", "-20", "10")


@lru_cache
def accurate(activation, order=2):
    return load(generate_code(activation, "numpy", order=order, accuracy="accurate"))


@lru_cache
def namespace(activation):
    """All names of a generated module, those of its arithmetic too."""
    code = generate_code(activation, "numpy", accuracy="accurate")
    scope = {"__name__": "generated"}
    exec(compile(code.text, "generated", "exec"), scope)
    return scope


# The judge: a rational number to the nearest float, in exact arithmetic


def ulp(value: Fraction, dtype) -> Fraction:
    info, top, bottom = np.finfo(dtype), abs(value.numerator), value.denominator
    exponent = int(info.minexp)
    if value:
        exponent = max(exponent, top.bit_length() - bottom.bit_length() - 1)
        exponent += abs(value) >= Fraction(2) ** (exponent + 1)
    return Fraction(2) ** (exponent - int(info.nmant))


def nearest(value: Fraction, dtype):
    """Float nearest to a number, ties to even; a zero has the sign of the number."""
    info = np.finfo(dtype)
    unit = ulp(value, dtype)
    rounded = round(value / unit) * unit
    if abs(rounded) > Fraction(float(info.max)):
        return dtype(np.inf if value > 0 else -np.inf)
    return dtype(np.copysign(float(rounded), float(value > 0) - 0.5))


def test_the_judge_knows_its_floats():
    rng = np.random.default_rng(0)
    for value in [*rng.normal(size=50), 1e-320, -3e-324, 1e300]:
        thirds = Fraction(float(value)) / 3
        assert nearest(thirds, np.float64) == float(thirds)
    assert nearest(1 + Fraction(1, 1 << 11), np.float16) == 1
    assert nearest(1 + Fraction(3, 1 << 11), np.float16) == 1 + 2 * 2**-10
    assert nearest(Fraction(65520), np.float16) == np.inf


def right(activation, name, x, exact, dtype):
    """The float nearest to a value, by as many bits as it takes; of ties, the even."""
    for bits in (80, 400, 4000, 8000):  # e^-3926 decides a tie of xIELU
        if bits > 80:
            exact = enclose_all(activation, float(x), bits=bits)[name]
        low, high = nearest(exact.low, dtype), nearest(exact.high, dtype)
        if low == high:
            return low
    middle = (Fraction(float(low)) + Fraction(float(high))) / 2
    assert exact.low <= middle <= exact.high
    return nearest(middle, dtype)


def misrounded(activation, points, computed, betas=None, order=2):
    """(partial, x, computed, right) of every result that is not the nearest float."""
    dtype = points.dtype.type
    found = []
    for i, x in enumerate(points):
        at = activation if betas is None else activation.bind(beta=float(betas[i]))
        for name, exact in enclose_all(at, float(x), order=order).items():
            value, wanted = computed[name][i], right(at, name, x, exact, dtype)
            signed = wanted or not exact.low <= 0 <= exact.high
            is_right = value == wanted and value.dtype == dtype
            if not is_right or (signed and np.signbit(value) != np.signbit(wanted)):
                found.append((name, float(x), float(value), float(wanted)))
    return found


def binades(dtype, rng):
    """A point of every binade and both signs."""
    info = np.finfo(dtype)
    exponents = np.arange(int(info.minexp) - int(info.nmant), int(info.maxexp))
    with np.errstate(over="ignore"):
        sizes = np.ldexp(rng.uniform(1, 2, exponents.size), exponents).astype(dtype)
    return np.concatenate([-sizes[np.isfinite(sizes)], sizes[np.isfinite(sizes)]])


def hard_points(dtype, beta, count, seed=1):
    """Every binade, the bulk, the roots, the branch, the edge of underflow."""
    rng = np.random.default_rng(seed)
    deepest = float(np.log(float(np.finfo(dtype).smallest_subnormal)))
    centres = [0, -1.2, -2.3, 1.5, -beta, -beta - 0.1174, -beta - 18, -beta + 18]
    edge = -beta + deepest
    line = binades(dtype, rng)
    parts = [rng.normal(c, 1, count) for c in centres]
    parts += [rng.uniform(-40, 40, count) - beta]
    parts += [rng.uniform(edge - 10, edge + 45, 2 * count)]
    parts += [-rng.uniform(edge - 10, edge + 45, 2 * count) - 2 * beta]
    parts += [-beta + rng.normal(0, 1, count) * 10 ** rng.uniform(-9, 0, count)]
    parts += [rng.permutation(line)[: 4 * count], [-beta]]
    return np.concatenate(parts).astype(dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("beta", BETAS)
def test_mila_is_correctly_rounded(dtype, beta):
    points = hard_points(dtype, float(beta), 20)
    computed = accurate(MILA).partials(points, beta=float(beta))
    assert misrounded(MILA.bind(beta=beta), points, computed) == []


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "activation", [a for a in CATALOG if a.name != "mila"], ids=lambda a: a.name
)
def test_the_rest_of_the_catalog_is_correctly_rounded(activation, dtype):
    points = hard_points(dtype, 0.0, 20)
    computed = accurate(activation).partials(points)
    rounded = {p.name: float(dtype(float(p.value))) for p in activation.parameters}
    assert misrounded(activation.bind(**rounded), points, computed) == []


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("beta", [0.0, -0.25, 3.0, 1e-5, 1e-30])
def test_swish_with_any_slope(dtype, beta):
    """Products of a huge x with a tiny slope included."""
    points = np.concatenate([hard_points(dtype, 0.0, 12), [np.finfo(dtype).max]])
    points = points.astype(dtype)
    computed = accurate(get("swish")).partials(points, beta=beta)
    bound = get("swish").bind(beta=float(dtype(beta)))
    assert misrounded(bound, points, computed) == []


@pytest.mark.parametrize("dtype", FLOATS)
def test_random_parameters_beside_each_x(dtype):
    rng = np.random.default_rng(7)
    points = (rng.normal(0, 1, 400) * 10 ** rng.uniform(-4, 2, 400)).astype(dtype)
    betas = (rng.normal(0, 1, 400) * 10 ** rng.uniform(-4, 2, 400)).astype(dtype)
    betas[::4] = -points[::4]
    computed = accurate(MILA).partials(points, betas)
    assert misrounded(MILA, points, computed, betas) == []


@lru_cache
def root(name, beta):
    """A float64 next to a root of a partial."""
    activation = MILA.bind(beta=beta)
    grid = np.linspace(-30, 30, 6001)
    values = accurate(MILA)[name](grid, float(beta))
    (first, *_) = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    low, high = grid[first], grid[first + 1]
    sign = np.sign(values[first])
    for _ in range(60):
        middle = (low + high) / 2
        exact = enclose_all(activation, float(middle))[name].mid
        low, high = (middle, high) if (exact > 0) == (sign > 0) else (low, middle)
    return low


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("beta", ["-0.25", "0", "1.5"])
@pytest.mark.parametrize("name", ["f_x", "f_xx", "f_xbeta", "f_betabeta"])
def test_next_to_roots(name, beta, dtype):
    """Where κ is beyond all bounds: only correct rounding is right there."""
    at = dtype(root(name, beta))
    steps = np.arange(-6, 7) * np.spacing(at)
    points = (at + steps).astype(dtype)
    computed = accurate(MILA).partials(points, float(beta))
    assert misrounded(MILA.bind(beta=beta), points, computed) == []


def test_float64_keeps_its_promise_in_ulp():
    """0.5 ulp wherever there are terms to speak of, subnormal results included."""
    derivation = derive(MILA)
    points = hard_points(np.float64, 0.0, 12)
    computed = accurate(MILA).partials(points)
    worst = 0.0
    for i, x in enumerate(points):
        for name, exact in enclose_all(MILA, float(x)).items():
            error = abs(Fraction(float(computed[name][i])) - exact.mid)
            point = {"x": Fraction(float(x)), "beta": Fraction(0)}
            terms = size_of_terms(derivation, name, point)
            unit = ulp(exact.mid, np.float64)
            assert error <= unit / 2 + terms / 2**96
            worst = max(worst, float(error / unit))
    assert 0.49 < worst <= 0.5


# What is exact


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("name", "x", "beta"),
    [("f_xx", 20, -20), ("f_x", -1.875, 1.875), ("f_xbeta", 10, -10)],
)
def test_exact_zeros(name, x, beta, dtype):
    value = accurate(MILA)[name](dtype(x), dtype(beta))
    assert value == 0
    assert not np.signbit(value)
    assert value.dtype == dtype
    beside = accurate(MILA)[name](np.nextafter(dtype(x), dtype(99)), dtype(beta))
    assert beside != 0


def tied(dtype):
    """Odd numbers whose square is a midpoint: one digit longer than a float."""
    digits = int(np.finfo(dtype).nmant) + 2
    squares = ((x, x * x) for x in range(3, 1 << digits // 2 + 1, 2))
    return [x for x, square in squares if square.bit_length() == digits][:40]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_ties_go_to_even(dtype):
    """f_beta of Swish is x²/4 at beta = 0, and f is x/2, subnormals included."""
    assert tied(dtype)
    points = np.array(tied(dtype), dtype)
    values = accurate(get("swish"))["f_beta"](points, 0.0)
    exact = [nearest(Fraction(x * x, 4), dtype) for x in tied(dtype)]
    assert values.tolist() == exact
    units = np.arange(-9, 10)
    least = float(np.finfo(dtype).smallest_subnormal)
    halves = accurate(get("swish"))((units * least).astype(dtype), 0.0)
    assert (halves / least).tolist() == [round(Fraction(int(n), 2)) for n in units]


@pytest.mark.parametrize("dtype", FLOATS)
def test_zeros_keep_their_sign(dtype):
    points = np.array([0.0, -0.0], dtype)
    for activation in CATALOG:
        fast = load(generate_code(activation)).partials(points.astype(float))
        for name, values in accurate(activation).partials(points).items():
            zero = (values == 0) & (fast[name] == 0)
            assert np.array_equal(values == 0, fast[name] == 0), name
            assert np.array_equal(
                np.signbit(values[zero]), np.signbit(fast[name][zero])
            )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_limits_are_those_of_the_fast_mode(activation, dtype):
    points = np.array([np.inf, -np.inf, np.nan], dtype)
    fast = load(generate_code(activation)).partials(points)
    for name, values in accurate(activation).partials(points).items():
        assert values.tobytes() == fast[name].tobytes() or np.array_equal(
            values, fast[name], equal_nan=True
        )


def test_the_sign_of_what_vanishes_is_that_of_the_value():
    """At x = -2, beta = -1000 the terms of f_xx cancel to the last bit, twice."""
    points = np.array([-2.0, -2.0, -2.0])
    betas = np.array([-100.0, -400.0, -1000.0])
    for dtype in FLOATS:
        x, beta = points.astype(dtype), betas.astype(dtype)
        values = accurate(MILA)["f_xx"](x, beta)
        assert not np.signbit(values).any()
    values = accurate(MILA)["f_xx"](points, betas)
    exact = [enclose_all(MILA.bind(beta=float(b)), -2.0)["f_xx"].mid for b in betas]
    assert [float(v) for v in values] == [float(e) for e in exact]


def test_subnormal_results_are_rounded_once():
    rng = np.random.default_rng(2)
    for activation in (MILA, get("silu"), get("softplus"), get("tanh")):
        points = np.concatenate(
            [rng.uniform(-746, -708, 60), rng.uniform(340, 380, 30)]
        )
        computed = accurate(activation).partials(points)
        assert misrounded(activation, points, computed) == []


@pytest.mark.parametrize("dtype", FLOATS)
def test_sizes_at_the_end_of_the_floats(dtype):
    info = np.finfo(dtype)
    sizes = [info.max, info.max / 2, info.tiny, info.smallest_subnormal]
    points = np.array([*sizes, *(-s for s in sizes)], dtype)
    for activation in (MILA, get("swish"), get("softplus")):
        computed = accurate(activation).partials(points)
        assert misrounded(activation, points, computed) == []
    betas = -points
    computed = accurate(MILA).partials(points, betas)
    assert misrounded(MILA, points, computed, betas) == []


# Whole formats


def half_floats(step=1):
    bits = np.arange(0, 1 << 16, step, dtype=np.uint16)
    points = bits.view(np.float16)
    return points[np.isfinite(points)]


def test_a_part_of_float16():
    points = half_floats(step=23)
    computed = accurate(MILA).partials(points, beta=-0.25)
    assert misrounded(MILA.bind(beta="-0.25"), points, computed) == []


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("beta", BETAS)
def test_the_whole_of_float16(beta):
    points = half_floats()
    computed = accurate(MILA).partials(points, beta=float(beta))
    assert misrounded(MILA.bind(beta=beta), points, computed) == []


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("beta", BETAS)
def test_many_of_float32(beta):
    points = hard_points(np.float32, float(beta), 1000)
    computed = accurate(MILA).partials(points, beta=float(beta))
    assert misrounded(MILA.bind(beta=beta), points, computed) == []


# Use


def test_orders_and_activations_of_ones_own():
    points = hard_points(np.float32, 0.0, 4)
    third = accurate(MILA, order=3).partials(points)
    assert misrounded(MILA, points, third, order=3) == []
    mine = define("mine", "x*log(1+exp(b*x))", b=0.7)
    own = accurate(mine).partials(points)
    rounded = mine.bind(b=float(np.float32(0.7)))
    assert misrounded(rounded, points, own) == []


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("formula", ["x+a+b", "a*x+b"])
def test_an_exponent_that_cancels(formula, dtype):
    """No rounding error of it is small against it then; a guard finds that out."""
    activation = define("own", f"x*tanh(log(1+exp({formula})))", a=1, b=0)
    rng = np.random.default_rng(1)
    top = np.log10(float(np.finfo(dtype).max)) / 3
    x = rng.normal(size=40).astype(dtype)
    a = (rng.normal(size=40) * 10 ** rng.uniform(-2, top, 40)).astype(dtype)
    b = -a if formula == "x+a+b" else (-a.astype(float) * x).astype(dtype)
    computed = accurate(activation).partials(x, a, b)
    for i in range(40):
        at = activation.bind(a=float(a[i]), b=float(b[i]))
        alone = {name: values[i : i + 1] for name, values in computed.items()}
        assert misrounded(at, x[i : i + 1], alone) == []
    easy = accurate(activation).partials(x, dtype(0.5), dtype(0.25))
    assert misrounded(activation.bind(a=0.5, b=0.25), x, easy) == []


def test_shapes_and_dtypes_are_those_of_a_ufunc():
    kernel = accurate(MILA)
    x = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)
    beta = np.array([[0.5], [1.0], [-2.0]], np.float32)
    together = kernel.partials(x, beta)
    assert {v.shape for v in together.values()} == {(3, 4)}
    for name, values in together.items():
        alone = kernel[name](x[::-1, ::2], beta[::-1])
        assert np.array_equal(alone, values[::-1, ::2])
    assert kernel(np.float16(1.0)).dtype == np.float16
    assert kernel(1).dtype == np.float64
    assert kernel(np.empty((0, 2))).shape == (0, 2)
    assert kernel(np.array(1.5)).shape == ()
    with pytest.raises(TypeError):
        kernel(np.array([1j]))


def test_a_value_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(6)
    x = rng.normal(0, 200, 30_000)
    whole = accurate(MILA).partials(x, 0.3)
    for i in (0, 8191, 8192, 17, 29_999):
        alone = accurate(MILA).partials(x[i], 0.3)
        assert all(alone[name] == whole[name][i] for name in whole)


def test_what_occurs_often_is_settled_once():
    """Zeros and exact zeros in an array are one hard input, with either sign."""
    rng = np.random.default_rng(4)
    x = rng.choice(np.array([0.0, -0.0, 20.0, 1.5], np.float32), 5000)
    beta = rng.choice(np.array([-20.0, 0.5], np.float32), 5000)
    whole = accurate(MILA).partials(x, beta)
    for i in range(40):
        alone = accurate(MILA).partials(x[i], beta[i])
        for name, values in whole.items():
            assert values[i] == alone[name]
            assert np.signbit(values[i]) == np.signbit(alone[name])


def test_the_arguments_stay_as_they_are():
    x = np.linspace(-800, 800, 50)
    before = x.copy()
    x.flags.writeable = False
    accurate(MILA).partials(x, beta=x)
    assert np.array_equal(x, before)


def test_the_text_needs_numpy_alone_and_says_what_it_is(tmp_path):
    code = generate_code(MILA, "numpy", accuracy="accurate")
    assert parse(code.text).accuracy == "accurate"
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(code.text))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported == {"decimal", "fractions", "numpy"}
    (tmp_path / "mila.py").write_text(code.text, encoding="utf-8")
    program = "import numpy as np, mila; print(mila.f_xx(np.float32(20), -20.0))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("0.0\n", "")


def test_the_same_names_and_signatures_as_the_fast_mode():
    fast, slow = (
        generate_code(MILA, "numpy", accuracy=a).text for a in ("fast", "accurate")
    )

    def public(text):
        return {
            node.name: ast.unparse(node.args)
            for node in ast.parse(text).body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        }

    assert public(fast) == public(slow)
    assert NUMPY.accuracies == ("fast", "accurate")


@pytest.mark.parametrize(
    "formula",
    ["x*exp(x)/(exp(x)+exp(b)+1)", "1/(1+x**2)", "x*exp(-x**4*b**2/(1+x**2))"],
)
def test_what_needs_wide_numbers_is_correctly_rounded(formula):
    other = define("other", formula, b=1)
    assert generate_code(other, "numpy", accuracy="accurate").strategy == "wide"
    rng = np.random.default_rng(11)
    points = rng.choice(binades(np.float32, rng), 60)
    computed = accurate(other).partials(points)
    assert misrounded(other, points, computed) == []


# Reading it back


@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_its_arithmetic_is_proved_from_its_text(activation):
    derivation = derive(activation)
    text = generate_code(activation, "numpy", accuracy="accurate").text
    readings = NUMPY.read(text)
    form = stabilize(derivation)
    assert prove_readings(derivation, form, readings)
    titles = {reading.title for reading in readings}
    if form.strategy == "wide":
        assert {"_whole_f", "_whole_f_x", "_whole_partials"} <= titles
        return
    assert {"_double_partials", "_wide_f_x", "_wide_partials"} <= titles
    one = len(derivation.cases) == 1
    assert ("_origin" in titles) == (one and bool(derivation.generators))


def test_a_changed_character_is_found():
    text = generate_code(MILA, "numpy", accuracy="accurate").text
    start = text.index("import numpy")
    rng = np.random.default_rng(3)
    for place in rng.integers(start, len(text) - 1, 12):
        other = "7" if text[place] != "7" else "8"
        with pytest.raises(MilaAnalysisError):
            NUMPY.read(text[:place] + other + text[place + 1 :])


def test_a_parameter_that_would_hide_a_function_is_refused():
    activation = define("shadow", "x*tanh(log(1+exp(x+abs)))", abs=1)
    with pytest.raises(UnsupportedError, match="abs"):
        generate_code(activation, "numpy", accuracy="accurate")
    assert generate_code(activation, "numpy").text


# The arithmetic of pairs


def balls(pair):
    return [
        flint.arb(float(h)) + flint.arb(float(low))
        for h, low in zip(pair.h, pair.l, strict=True)
    ]


def worst_units(pair, exact):
    """Largest relative error in units of 2^-102."""
    return max(
        float(abs((a - b) / b).mid()) * 2.0**102
        for a, b in zip(balls(pair), exact, strict=True)
    )


def pairs(scope, high, seed=4):
    rng = np.random.default_rng(seed)
    return scope["_Pair"](high, high * rng.uniform(-1, 1, high.size) * 2.0**-54)


def test_functions_of_pairs():
    scope = namespace(MILA)
    rng = np.random.default_rng(5)
    ranges = [(-1e-5, 0), (-0.02, 0), (-0.4, 0), (-100, 0)]
    with flint.ctx.workprec(300):
        for low, high in ranges:
            x = pairs(scope, rng.uniform(low, high, 300))
            exact = balls(x)
            assert worst_units(scope["_exp"](x), [b.exp() for b in exact]) < 8
            assert worst_units(scope["_expm1"](x), [b.expm1() for b in exact]) < 8
        tiny = pairs(scope, 10 ** rng.uniform(-60, 0.5, 300))
        exact = [b.log1p() for b in balls(tiny)]
        assert worst_units(scope["_log1p"](tiny), exact) < 8
        m, k = scope["_exp_parts"](pairs(scope, -rng.uniform(0, 1999, 300)))
        x = balls(pairs(scope, -np.random.default_rng(5).uniform(0, 1, 1)))
        assert x
        assert np.all((m.h > 0.7) & (m.h < 1.5) & (k < 1))


def test_arithmetic_of_pairs():
    scope = namespace(MILA)
    rng = np.random.default_rng(9)
    size = 10 ** rng.uniform(-50, 50, (2, 500))
    a, b = (pairs(scope, s * rng.normal(size=500), seed=i) for i, s in enumerate(size))
    near = scope["_Pair"](*scope["_quick"](-a.h * (1 + 2.0**-30), a.l))
    plain = rng.normal(size=500)
    with flint.ctx.workprec(400):
        x, y, z = balls(a), balls(b), balls(near)
        w = [flint.arb(float(v)) for v in plain]
        cases = [
            (a * b, [p * q for p, q in zip(x, y, strict=True)]),
            (a / b, [p / q for p, q in zip(x, y, strict=True)]),
            (a + b, [p + q for p, q in zip(x, y, strict=True)]),
            (a + near, [p + q for p, q in zip(x, z, strict=True)]),
            (a - plain, [p - q for p, q in zip(x, w, strict=True)]),
            (plain * a, [p * q for p, q in zip(x, w, strict=True)]),
            (plain / a, [q / p for p, q in zip(x, w, strict=True)]),
            (3 * a, [3 * p for p in x]),
        ]
        for found, exact in cases:
            assert worst_units(found, exact) < 1


def pairs_off(activation, points):
    """Errors of the pairs in units of their bounds, by partial."""
    scope = namespace(activation)
    names = derive(activation).names
    values = [scope["_Pair"](np.float64(v)) for v in activation.values.values()]
    with np.errstate(all="ignore"):
        rows = scope["_WIDE"]["partials"](
            scope["_Pair"](points), *values, scope["_PAIRS"]
        )
    worst = dict.fromkeys(names, 0.0)
    for name, (value, bound, tail) in zip(names, rows, strict=True):
        for i, x in enumerate(points):
            exact = enclose_all(activation, float(x), bits=250)[name].mid
            if abs(exact) < Fraction(1, 1 << 1390):
                continue  # no ball is narrow there
            factor = Fraction(1)
            if not isinstance(tail, int):
                factor = Fraction(float(tail.m.h[i])) + Fraction(float(tail.m.l[i]))
                factor /= Fraction(2) ** int(tail.k[i])
            computed = Fraction(float(value.h[i])) + Fraction(float(value.l[i]))
            off = abs(computed - exact / factor)
            limit = Fraction(float(bound[i])) / (1 << 102)
            worst[name] = max(worst[name], float(off / limit))
    return worst


@pytest.mark.parametrize(
    "activation",
    [MILA.bind(beta="-0.25"), MILA.bind(beta=10), get("swish"), get("tanh")],
    ids=["mila", "mila at 10", "swish", "tanh"],
)
def test_bounds_of_pairs_hold(activation):
    """Everywhere, next to roots and deep in the tails; and they are not silly."""
    rng = np.random.default_rng(12)
    roots = [root(n, "-0.25") for n in ("f_x", "f_xx", "f_xbeta", "f_betabeta")]
    points = np.concatenate(
        [
            rng.normal(0, 4, 60),
            rng.uniform(-900, 450, 60),
            10 ** rng.uniform(-50, 50, 20),
            *(r + np.arange(-3, 4) * np.spacing(r) for r in roots),
        ]
    )
    for worst in pairs_off(activation, points).values():
        assert 0.0005 < worst <= 1


def test_rounding_a_pair_below_the_normal_floats():
    """Ties on the grid of subnormals are decided by the low part."""
    scope = namespace(MILA)
    least = Fraction(1, 1 << 1074)
    for units in (0.5, 1.5, 2.5, 2**20 + 0.5, 2**51 + 0.5, 2.0**52 - 0.5):
        for low in (-(2.0**-40), 0.0, 2.0**-40):
            for sign in (1, -1):
                for k in (400, 1000):
                    high = np.array([np.ldexp(sign * units, k - 1074)])
                    rest = sign * low * np.ldexp(1.0, k - 1074)
                    pair = scope["_Pair"](high, np.array([rest]))
                    found = scope["_rounded"](pair, np.array([k]), np.dtype(float))
                    exact = sign * (Fraction(units) + Fraction(low)) * least
                    assert found[0] == float(exact)
                    assert np.signbit(found[0]) == (sign < 0)


# Planted faults


@lru_cache
def hardest():
    """Inputs that some shorter way gets wrong: next to roots, exact zeros, ties."""
    swish, least = get("swish"), 2.0**-149
    found = [(MILA, np.float64, 20.0, -20.0), (swish, np.float32, 5 * least, 2.0**86)]
    found += [(swish, np.float32, n * least, 0.0) for n in range(1, 20, 2)]
    for beta in np.arange(-2, 2, 0.125):
        found += [(MILA, np.float32, root(n, str(beta)), beta) for n in ("f_x", "f_xx")]
    return found


def faults(change):
    """What is rounded wrongly at the hardest inputs, once the text is changed."""
    kernels = {}
    for activation in (MILA, get("swish")):
        text = generate_code(activation, "numpy", accuracy="accurate").text
        kernels[activation] = NUMPY.load(change(text))["partials"]
    found = []
    for activation, dtype, x, beta in hardest():
        points = np.array([x], dtype)
        at = activation.bind(beta=float(dtype(beta)))
        found += misrounded(at, points, kernels[activation](points, dtype(beta)))
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("low, high = values - bounds, values + bounds", "low = high = values"),
        ("80 - 4 * x", "81 - 4 * x"),
        ("_odd(value.h, value.l)", "value.h"),
    ],
)
def test_a_planted_fault_is_found(old, new):
    """Each guard is there for an input that these tests hold."""

    def planted(text):
        return text.replace(old, new)

    assert old in generate_code(MILA, "numpy", accuracy="accurate").text
    assert faults(planted)


def test_nothing_is_found_without_a_fault():
    assert faults(lambda text: text) == []
