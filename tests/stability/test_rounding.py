"""Bounds of rounding errors: never too small, and not much too large."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from mila_analysis.backends.c.near import fused
from mila_analysis.backends.numpy import _runtime as runtime
from mila_analysis.backends.numpy.spelling import spell
from mila_analysis.balls import enclose_all
from mila_analysis.catalog import define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Binding, Name, Operation, number, op
from mila_analysis.stability import Program, StableForm, stabilize
from mila_analysis.stability.rounding import DOUBLE, DOUBLE_DOUBLE, bounded
from mila_analysis.stability.uncompensated import uncompensated
from mila_analysis.verification.identity import prove

BETAS = ("-20", "-0.25", "0", "1.5", "10")
POINTS = 120


def run(program, **variables):
    """Outputs of a program in float64, by the text and the runtime of the backend."""
    scope = {**vars(runtime), "np": np, "_k": runtime._LIMITS, **variables}
    with np.errstate(all="ignore"):
        for binding in program.bindings:
            scope[binding.name] = eval(spell(binding.value), scope)
        outputs = program.outputs.items()
        found = {n: eval(spell(e), scope) for n, e in outputs}
    size = variables["x"].size
    return {n: np.broadcast_to(np.asarray(v, float), size) for n, v in found.items()}


@lru_cache
def with_bounds(activation, arithmetic=DOUBLE):
    form = stabilize(derive(activation))
    return bounded(form.whole, form.variables, arithmetic)


@lru_cache
def roots(activation):
    """Where a partial changes its sign, to the last float, for its own parameters."""
    x = np.linspace(-40, 40, 4001)
    values = run(with_bounds(activation).program, x=x, **floats(activation))
    found = []
    for name in derive(activation).names:
        signs = np.sign(values[name])
        changes = np.flatnonzero(signs[:-1] * signs[1:] < 0)
        found += [_bisected(activation, name, x[i], x[i + 1]) for i in changes]
    return tuple(found)


def _bisected(activation, name, low, high):
    def sign(x):
        values = run(
            with_bounds(activation).program, x=np.array([x]), **floats(activation)
        )
        return values[name][0] > 0

    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sign(middle) == sign(low) else (low, middle)
    return low


def floats(activation):
    return {name: float(value) for name, value in activation.values.items()}


def hard_points(activation, seed=3, count=POINTS):
    """The bulk, the tails, and the neighbours of every root."""
    rng = np.random.default_rng(seed)
    parts = [
        rng.normal(0, 3, count),
        rng.uniform(-90, 90, count),
        10.0 ** rng.uniform(-40, 38, count // 2),
        -(10.0 ** rng.uniform(-40, 38, count // 2)),
    ]
    for root in roots(activation):
        steps = rng.integers(-4, 5, 8) * np.spacing(root)
        parts += [root + steps, root * (1 + rng.normal(0, 1, 8) * 1e-9)]
    return np.concatenate(parts)


@lru_cache
def measured(activation, seed=3):
    """Errors of the doubles and their bounds, by partial, at the hard points."""
    points = hard_points(activation, seed)
    values = run(with_bounds(activation).program, x=points, **floats(activation))
    found = {name: ([], []) for name in derive(activation).names}
    for i, x in enumerate(points):
        for name, exact in enclose_all(activation, float(x)).items():
            error = abs(Fraction(float(values[name][i])) - exact.mid)
            found[name][0].append(error - (exact.high - exact.low))
            found[name][1].append(Fraction(float(values[f"{name}_bound"][i])))
    return found


FIRST = ("mish", "swish", "silu", "softplus", "sigmoid", "tanh")
EACH = [get("mila").bind(beta=beta) for beta in BETAS] + [get(name) for name in FIRST]


@pytest.mark.parametrize("activation", EACH, ids=str)
def test_the_error_is_within_its_bound_and_the_bound_is_not_silly(activation):
    for name, (errors, bounds) in measured(activation).items():
        assert all(e <= b for e, b in zip(errors, bounds, strict=True)), name
        pairs = zip(errors, bounds, strict=True)
        tightest = max(float(e / b) for e, b in pairs)
        if any(e > 0 for e in errors):
            assert tightest > 1 / 200, (name, tightest)


def test_there_is_a_bound_of_use_next_to_a_root():
    """There the value is small, and its error is that of the terms that cancel."""
    mila = get("mila")
    root = next(r for r in roots(mila) if -1.3 < r < -1.1)
    found = run(with_bounds(mila).program, x=np.array([root]), beta=0.0)
    assert abs(found["f_x"][0]) < 1e-15
    assert 1e-16 < found["f_x_bound"][0] < 1e-14


@pytest.mark.parametrize("divisor", [200, 1000])
def test_a_bound_too_small_is_found_out(divisor):
    """The measure itself: bounds with a smaller unit do not hold."""
    caught = set()
    for activation in EACH[:3]:
        for name, (errors, bounds) in measured(activation).items():
            if any(e > b / divisor for e, b in zip(errors, bounds, strict=True)):
                caught.add(name)
    assert {"f_x", "f_xx", "f_xbeta"} <= caught


def test_the_size_of_the_value_is_no_bound_next_to_a_root():
    """The twin without cancellation is what makes the bound one."""
    mila = get("mila")
    root = next(r for r in roots(mila) if -1.3 < r < -1.1)
    points = root + np.spacing(root) * np.arange(-4, 5)
    values = run(with_bounds(mila).program, x=points, beta=0.0)
    worst = max(
        abs(Fraction(float(v)) - enclose_all(mila, float(x))["f_x"].mid)
        / abs(Fraction(float(v)))
        for x, v in zip(points, values["f_x"], strict=True)
    )
    assert worst > 1000 * 2**-53


@pytest.mark.parametrize("activation", [*EACH, define("own", "x*log(1+exp(b*x))", b=1)])
def test_the_values_are_bit_for_bit_those_of_the_form(activation):
    form = stabilize(derive(activation))
    rng = np.random.default_rng(8)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e308]
    points = np.concatenate([rng.normal(0, 50, 200), special])
    plain = run(form.whole, x=points, **floats(activation))
    found = run(with_bounds(activation).program, x=points, **floats(activation))
    for name, values in plain.items():
        assert values.tobytes() == found[name].tobytes(), name


def test_products_keep_their_sign_and_sums_do_not():
    assert with_bounds(get("mila")).signed == {"f_beta"}
    assert with_bounds(get("sigmoid")).signed == {"f", "f_x", "f_xx"}
    assert with_bounds(get("swish")).signed == {"f", "f_beta", "f_betabeta"}


def test_a_sum_that_may_cancel_guards_the_bound():
    """x + a + b loses all when a is huge; else the guard costs nothing."""
    own = define("own", "x*tanh(log(1+exp(x+a+b)))", a=1, b=0)
    program = with_bounds(own).program
    assert any(b.name.startswith("guard") for b in program.bindings)
    mila = with_bounds(get("mila")).program
    assert not any(b.name.startswith("guard") for b in mila.bindings)
    x = np.array([0.3, -0.2])
    lost = run(program, x=x, a=1e17, b=-1e17)
    assert np.all(lost["f_x_bound"] > 1)
    moderate = run(program, x=x, a=0.5, b=0.25)
    assert np.all(moderate["f_x_bound"] < 1e-13)
    assert np.all(moderate["f_x_bound"] < 1.01 * run(mila, x=x, beta=0.75)["f_x_bound"])


def test_exact_arithmetic_has_no_error():
    found = run(with_bounds(get("relu")).program, x=np.array([-1.5, 0.0, 2.5]))
    tiny = float(DOUBLE.tiny)
    for name in ("f", "f_x", "f_xx"):
        assert set(found[f"{name}_bound"]) == {tiny}


def test_a_worse_library_has_larger_bounds():
    mila = get("mila")
    points = np.linspace(-3, 3, 8)
    worse = replace(DOUBLE, exp=800)
    good = run(with_bounds(mila).program, x=points, beta=0.0)
    bad = run(with_bounds(mila, worse).program, x=points, beta=0.0)
    for name in derive(mila).names:
        assert np.all(bad[f"{name}_bound"] > 5 * good[f"{name}_bound"])


# Short programs


def in_two_roundings(value):
    """An expression without fused operations, as machines without them compute it."""
    match value:
        case Operation(kind, args):
            args = tuple(map(in_two_roundings, args))
            if kind == "fused":
                return op("add", op("mul", args[0], args[1]), args[2])
            if kind == "exp_sum":
                return op("mul", op("exp", args[0]), op("exp", args[1]))
            return Operation(kind, args)
    return value


@lru_cache
def short_with_bounds(activation):
    form = stabilize(derive(activation))
    return bounded(fused(form.near.program), form.variables)


SHORT = EACH


@pytest.mark.parametrize("activation", SHORT, ids=str)
def test_bounds_of_short_programs_hold_and_are_not_silly(activation):
    known = short_with_bounds(activation).program
    bindings = [Binding(b.name, in_two_roundings(b.value)) for b in known.bindings]
    outputs = {n: in_two_roundings(e) for n, e in known.outputs.items()}
    points = hard_points(activation)
    reach = 100 / max(1, max(map(abs, floats(activation).values()), default=1))
    points = points[np.abs(points) < reach]
    values = run(Program(tuple(bindings), outputs), x=points, **floats(activation))
    tightest = dict.fromkeys(derive(activation).names, 0.0)
    for i, x in enumerate(points):
        for name, exact in enclose_all(activation, float(x)).items():
            error = abs(Fraction(float(values[name][i])) - exact.mid)
            error -= exact.high - exact.low
            bound = Fraction(float(values[f"{name}_bound"][i]))
            assert error <= bound, (name, x)
            tightest[name] = max(tightest[name], float(error / bound))
    assert all(found > 1 / 200 or found <= 0 for found in tightest.values()), tightest


def test_the_sign_of_a_product_and_of_a_corrected_difference_is_sure():
    assert short_with_bounds(get("mila")).signed == {"f", "f_beta"}
    assert short_with_bounds(get("swish")).signed == {"f", "f_beta", "f_betabeta"}
    assert short_with_bounds(get("tanh")).signed == {"f", "f_x", "f_xx"}


def test_a_fused_operation_costs_what_two_roundings_do():
    values = {"x": np.array([1.25]), "b": -3.0}
    bounds = []
    for last in (
        op("fused", Name("e"), X, B),
        op("add", B, op("mul", Name("e"), X)),
    ):
        known = program(("e", op("exp", X)), ("s", last), f=Name("s"))
        found = bounded(known, ("x", "b")).program
        steps = [Binding(b.name, in_two_roundings(b.value)) for b in found.bindings]
        bounds.append(run(Program(tuple(steps), found.outputs), **values)["f_bound"])
    assert bounds[0] == bounds[1] > 0


def test_an_exponential_must_be_corrected_wherever_it_stands():
    z, lost = op("mul", X, B), op("product_error", X, B, Name("z"))
    known = [("z", z), ("lost", lost), ("r", op("exp", Name("z")))]
    right = [*known, ("e", op("fused", Name("r"), Name("lost"), Name("r")))]
    assert bounded(program(*right, f=Name("e")), ("x", "b")).signed == {"f"}
    bare = op("mul", Name("e"), Name("r"))
    with pytest.raises(UnsupportedError, match="lacks"):
        bounded(program(*right, f=bare), ("x", "b"))
    minus = op("expm1", Name("z"))
    with pytest.raises(UnsupportedError, match="lacks"):
        bounded(program(*right, f=op("mul", Name("e"), minus)), ("x", "b"))
    whole = op("fused", Name("e"), Name("lost"), minus)
    assert bounded(program(*right, f=whole), ("x", "b")).signed == {"f"}
    signed = op("copysign", whole, Name("z"))
    assert bounded(program(*right, f=signed), ("x", "b")).signed == {"f"}
    with pytest.raises(UnsupportedError, match="sign"):
        bounded(program(*right, f=op("copysign", whole, X)), ("x", "b"))


def test_a_corrected_exponent_that_cancels_has_no_bound():
    square = [("a", op("mul", X, X)), ("c", op("mul", B, B))]
    z = [*square, ("z", op("sub", Name("a"), Name("c"))), ("r", op("exp", Name("z")))]
    lost = op("product_error", X, X, Name("a"))
    value = op("fused", Name("r"), lost, Name("r"))
    with pytest.raises(UnsupportedError, match="cancels"):
        bounded(program(*z, f=value), ("x", "b"))
    with pytest.raises(UnsupportedError, match="rounded"):
        bounded(program(*square, f=op("exp_sum", Name("a"), B)), ("x", "b"))


# Pairs of floats


@pytest.mark.parametrize("activation", EACH[-6:], ids=str)
def test_a_program_without_compensation_is_the_derivative_yet(activation):
    derivation = derive(activation)
    form = stabilize(derivation)
    shorter = uncompensated(form.whole)
    assert "tame" not in str(shorter.bindings)
    assert prove(derivation, StableForm(form.variables, shorter, None, form.strategy))


def test_a_program_without_compensation_is_shorter():
    form = stabilize(derive(get("mila")))
    names = {b.name for b in uncompensated(form.whole).bindings}
    assert {"part", "lost", "error", "t_2"} & names == set()
    assert len(names) < len(form.whole.bindings)


def test_pairs_leave_the_last_decay_to_the_end():
    form = stabilize(derive(get("mila")))
    found = bounded(uncompensated(form.whole), form.variables, DOUBLE_DOUBLE)
    outputs = found.program.outputs
    names = derive(get("mila")).names
    assert set(outputs) == {n + s for n in names for s in ("", "_bound", "_tail")}
    by_name = {b.name: b.value for b in found.program.bindings}
    assert by_name[outputs["f_xx_tail"].text].kind == "tail"
    assert by_name[outputs["f_tail"].text].kind == "select"


def test_bounds_of_pairs_prove_what_is_promised():
    """Units of 2^-102, at most 2^6 of them: within 2^-96 of the terms."""
    for activation in EACH[-7:]:
        form = stabilize(derive(activation))
        counting = replace(DOUBLE_DOUBLE, unit=Fraction(1))
        found = bounded(uncompensated(form.whole), form.variables, counting)
        by_name = {b.name: b.value for b in found.program.bindings}
        for name in derive(activation).names:
            bound = found.program.outputs[f"{name}_bound"]
            if isinstance(bound, Name):
                scale = by_name[bound.text].args[0].value
                assert scale <= 2**7, (activation.name, name, scale)


# What has no bound


def program(*bindings, **outputs):
    return Program(tuple(Binding(n, v) for n, v in bindings), outputs)


X, B = Name("x"), Name("b")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (op("div", number(1), X), "denominator"),
        (op("div", number(1), op("sub", op("mul", X, X), number(1))), "denominator"),
        (op("exp", op("sub", op("mul", X, X), op("mul", B, B))), "cancels"),
        (op("log1p", X), "log1p"),
        (op("expm1", op("mul", X, B)), "expm1"),
        (op("copysign", X, B), "sign"),
        (op("log", X), "log"),
        (
            op("select", op(">", op("mul", X, B), number(1)), X, B),
            "rounded number",
        ),
    ],
)
def test_what_has_no_bound_is_refused(value, reason):
    with pytest.raises(UnsupportedError, match=reason):
        bounded(program(f=value), ("x", "b"))


def test_a_sum_of_exact_numbers_is_rounded_once():
    found = bounded(program(f=op("sub", X, B)), ("x", "b"))
    values = run(found.program, x=np.array([1.0]), b=1 - 2**-30)
    assert values["f_bound"][0] < 8 * 2**-83


def test_without_its_correction_an_exponent_costs_more():
    """The bound says so, and it holds; the rounding of x + beta is in it."""
    mila = get("mila").bind(beta=0.3)
    form = stabilize(derive(mila))
    points = np.linspace(-30, 3, 80)
    found = run(bounded(uncompensated(form.whole), form.variables).program,
                x=points, beta=0.3)  # fmt: skip
    corrected = run(with_bounds(mila).program, x=points, beta=0.3)
    for i, x in enumerate(points):
        for name, exact in enclose_all(mila, float(x)).items():
            error = abs(Fraction(float(found[name][i])) - exact.mid)
            assert error <= Fraction(float(found[f"{name}_bound"][i]))
            assert found[f"{name}_bound"][i] > 10 * corrected[f"{name}_bound"][i]
