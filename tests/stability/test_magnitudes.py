"""Ranges of short programs: what they promise holds, in numbers without a range."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np
import pytest

from mila_analysis.backends.c.doubles import flat, room, short, values
from mila_analysis.backends.c.near import fused
from mila_analysis.catalog import get
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Binding, Name, Number, number, op
from mila_analysis.stability import Program, stabilize
from mila_analysis.stability.magnitudes import extent
from mila_analysis.stability.rounding import DOUBLE, bounded

FIRST = ("mila", "mish", "swish", "silu", "softplus", "sigmoid", "tanh")
SHORT = [get(name) for name in FIRST]
REACH = 100
X, B, E = Name("x"), Name("b"), Name("e")


def exactly(program, **variables):
    """All values of a program, as balls: their exponents have no end."""
    known = {n: flint.arb(v) for n, v in variables.items()}

    def value(expression):
        match expression:
            case Name(text):
                return known[text]
            case Number(exact):
                return flint.arb(flint.fmpq(exact.numerator, exact.denominator))
        kind, args = expression.kind, expression.args
        if kind in ("product_error", "residue"):
            return flint.arb(0)
        found = [value(a) for a in args]
        if kind == "select":
            return found[1] if found[0] else found[2]
        if kind == "copysign":
            return abs(found[0]) * (1 if found[1] > 0 else -1)
        return {
            "add": lambda a, b: a + b,
            "sub": lambda a, b: a - b,
            "mul": lambda a, b: a * b,
            "div": lambda a, b: a / b,
            "neg": lambda a: -a,
            "abs": abs,
            "fused": lambda a, b, c: a * b + c,
            "exp": lambda a: a.exp(),
            "exp_sum": lambda a, b: (a + b).exp(),
            "expm1": lambda a: a.expm1(),
            "log1p": lambda a: a.log1p(),
            "==": lambda a, b: True,
        }[kind](*found)

    for binding in program.bindings:
        known[binding.name] = value(binding.value)
    return known, {n: value(e) for n, e in program.outputs.items()}


def power(value):
    return float(abs(value).log() / math.log(2)) if value != 0 else -math.inf


def within(activation, seed):
    """x and parameters whose exponent is in reach."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(-REACH, REACH)
    if activation.name == "mila":
        beta = float(np.float32(rng.uniform(-REACH, REACH)))
        return {"x": z - beta, "beta": beta}
    if activation.name == "swish":
        beta = float(np.float32(10.0 ** rng.uniform(-36, 36)))
        return {"x": float(np.float32(z / beta)), "beta": beta}
    return {"x": z / 2}


@pytest.mark.parametrize("activation", SHORT, ids=lambda a: a.name)
def test_values_are_within_their_ranges(activation):
    form = stabilize(derive(activation))
    program = bounded(fused(form.near.program), form.variables).program
    found = extent(program, form.variables, Fraction(REACH))
    sizes = []
    with flint.ctx.workprec(600):
        for seed in range(200):
            known, outputs = exactly(program, **within(activation, seed))
            sizes += [power(v) for v in known.values()]
            for name, value in outputs.items():
                assert value == 0 or power(value) >= found.low[name], name
                assert value != 0 or name in found.zero
    assert max(sizes) <= found.high < max(sizes) + 700


def program(*bindings, **outputs):
    return Program(tuple(Binding(n, v) for n, v in bindings), outputs)


def of(value, reach=100):
    return extent(program(("e", op("exp", X)), f=value), ("x", "b"), Fraction(reach))


def test_what_underflows_is_told_and_grows_with_what_it_is_multiplied_with():
    product = op("mul", E, E)
    assert of(product).lost["f"] == pytest.approx(-1074, abs=1)
    assert of(op("mul", B, product)).lost["f"] == pytest.approx(-1074 + 128, abs=1)
    inverse = op("div", number(1), E)
    more = op("mul", inverse, op("mul", E, E))
    grown = -1074 + 200 / math.log(2)
    assert of(more).lost["f"] == pytest.approx(grown, abs=1)


def test_the_largest_value_is_told_wherever_it_stands():
    high = of(op("div", number(1), op("add", number(1), op("mul", E, E)))).high
    assert high == pytest.approx(200 / math.log(2), abs=1)


def test_sums_of_one_sign_do_not_vanish_and_others_may():
    found = of(op("add", number(1), E))
    assert found.low["f"] == pytest.approx(0, abs=0.1)
    assert "f" not in found.zero
    assert "f" in of(op("sub", number(1), E)).zero
    assert "f" not in of(op("sub", number(1), op("mul", E, number(0)))).zero


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (op("div", number(1), op("sub", number(1), E)), "vanish"),
        (op("mul", op("exp", B), E), "one exponent"),
        (op("capped", E), "how large"),
    ],
)
def test_what_has_no_range_is_refused(value, reason):
    bindings = (("e", op("exp", X)), ("f", value))
    if reason == "one exponent":
        bindings = (("e", op("exp", X)), ("d", op("exp", B)), ("f", value))
    with pytest.raises(UnsupportedError, match=reason):
        extent(program(*bindings, f=Name("f")), ("x", "b"), Fraction(100))


@pytest.mark.parametrize("activation", SHORT, ids=lambda a: a.name)
def test_short_programs_in_doubles_have_room(activation):
    form = stabilize(derive(activation))
    program = short(form.near, form.variables)
    found = room(form.near, program, form.variables)
    assert found.reach.power <= 7
    wider = extent(
        bounded(program, form.variables).program, form.variables, Fraction(700)
    )
    assert wider.high > 1000 or max(wider.lost.values()) > -400
    names = list(derive(activation).names)
    assert values(flat(program, form.variables), names).outputs.keys() == set(names)
    assert DOUBLE.unit == Fraction(1, 1 << 53)


def test_f_betabeta_of_mila_is_0_where_x_is():
    form = stabilize(derive(get("mila")))
    program = short(form.near, form.variables)
    assert room(form.near, program, form.variables).vanishing == {"f_betabeta"}
