"""The proof that stable forms are the derivative: it holds, and it can fail."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mila_analysis import catalog
from mila_analysis.activation import Activation
from mila_analysis.derivation import derive
from mila_analysis.program import Binding, Expression, Name, Number, Operation, op
from mila_analysis.stability import Program, StableForm, stabilize
from mila_analysis.verification.identity import IdentityError, prove

pytestmark = pytest.mark.cheap

USERS = (
    catalog.define("gated", "x * tanh(exp(k * x))", k=1),
    catalog.define("shifted", "tanh(x + b)", b=1),
    catalog.define("quick", "x * sigmoid(1.702 * x)"),
    catalog.define("elu", "where(x > 0, x, exp(x) - 1)"),
    catalog.define("bump", "x * exp(-x^2)"),
)


@pytest.mark.parametrize("activation", [*catalog.CATALOG, *USERS], ids=lambda a: a.name)
def test_every_stable_form_is_proved_to_be_the_derivative(
    activation: Activation,
) -> None:
    derivation = derive(activation)
    form = stabilize(derivation)
    signed = sum(g.function in ("exp", "erf") for g in derivation.generators)
    programs = 1 + (form.near is not None)
    branches = len(derivation.cases) * 2**signed
    expected = programs * branches * len(derivation.names)
    assert prove(derivation, form) == expected


def test_mila_is_proved_to_the_fourth_order() -> None:
    derivation = derive(catalog.get("mila"), 4)
    assert prove(derivation, stabilize(derivation)) == 2 * 2 * 15


def rewritten(program: Program, change: dict[Expression, Expression]) -> Program:
    """Program with every occurrence of some expressions replaced."""

    def walk(e: Expression) -> Expression:
        if e in change:
            return change[e]
        if isinstance(e, Operation):
            return Operation(e.kind, tuple(walk(a) for a in e.args))
        return e

    bindings = tuple(Binding(b.name, walk(b.value)) for b in program.bindings)
    return Program(bindings, {n: walk(e) for n, e in program.outputs.items()})


def sums(program: Program) -> list[Operation]:
    """Every sum and difference in a program, the error of rounding apart."""
    found: list[Operation] = []

    def walk(e: Expression) -> None:
        if isinstance(e, Operation):
            if e.kind in ("add", "sub"):
                found.append(e)
            for a in e.args:
                walk(a)

    for binding in program.bindings:
        walk(binding.value)
    for value in program.outputs.values():
        walk(value)
    return found


FORM = stabilize(derive(catalog.get("mila")))


def planted(form: StableForm, whole: Program) -> StableForm:
    return replace(form, whole=whole, near=None)


def caught(program: Program) -> bool:
    try:
        prove(derive(catalog.get("mila")), planted(FORM, program))
    except IdentityError:
        return True
    return False


def test_every_flipped_sign_is_caught() -> None:
    assert FORM.near is not None
    program = FORM.near.program
    swap = {"add": "sub", "sub": "add"}
    used = {b.name for b in program.trimmed(list(program.outputs))}
    kept = Program(program.trimmed(list(program.outputs)), program.outputs)
    assert used
    flipped = [rewritten(kept, {s: op(swap[s.kind], *s.args)}) for s in sums(kept)]
    assert flipped
    assert all(caught(program) for program in flipped)


def test_every_dropped_term_is_caught() -> None:
    assert FORM.near is not None
    program = FORM.near.program
    kept = Program(program.trimmed(list(program.outputs)), program.outputs)
    dropped = [rewritten(kept, {s: s.args[0]}) for s in sums(kept)]
    assert all(caught(program) for program in dropped)


def test_a_wrong_constant_is_caught() -> None:
    wrong = rewritten(FORM.whole, {Number(Fraction(4)): Number(Fraction(3))})
    assert caught(wrong)


def test_an_inverted_quotient_is_caught() -> None:
    name, value = next(
        (b.name, b.value)
        for b in FORM.whole.bindings
        if isinstance(b.value, Operation) and b.value.kind == "div"
    )
    inverted = op("div", *reversed(value.args))
    assert name
    assert caught(rewritten(FORM.whole, {value: inverted}))


def test_a_wrong_side_is_caught() -> None:
    swapped = {Name("p"): Name("q"), Name("q"): Name("p")}
    assert caught(rewritten(FORM.whole, swapped))
