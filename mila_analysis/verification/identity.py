"""Arithmetic to the proof that it is the derivative: exact, and not a sample.

Every program, of a stable form or read back out of generated text, is run over the
fraction field of the derivation instead of over floats, once for each sign of every
exponent and each case of the definition. What is there to save floats (caps, tails,
rounding errors) has an exact meaning and drops out; each output must then *equal* the
derived partial. A literal in text stands for the constant of the stable form that
rounds to it, and for nothing near it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from mila_analysis.backends.backend import Reading
from mila_analysis.derivation import Derivation
from mila_analysis.program import (
    Binding,
    Expression,
    Number,
    Operation,
)
from mila_analysis.stability import Program, StableForm
from mila_analysis.verification.branches import (
    Branch,
    IdentityError,
    holds,
    signed_arguments,
)
from mila_analysis.verification.interpreter import Interpreter

__all__ = ["Branch", "IdentityError", "prove", "prove_readings"]


def prove(derivation: Derivation, form: StableForm) -> int:
    """Prove that all programs of a form are the derived partials.

    Returns:
        How many identities were proved: programs × branches × partials.

    Raises:
        IdentityError: names the partial and the branch that differ.
    """
    return sum(
        _prove(derivation, form, title, program) for title, program in _programs(form)
    )


def prove_readings(
    derivation: Derivation, form: StableForm, readings: Iterable[Reading]
) -> int:
    """Prove that all arithmetic read back out of a text is the derived partials.

    Args:
        derivation: what it has to be.
        form: its constants are those that literals of the text stand for.
        readings: what `Backend.read` found; together they hold every partial.

    Returns:
        How many identities were proved.

    Raises:
        IdentityError: names the function of the text, the partial and the branch.
    """
    constants = _Constants(form)
    proved = 0
    held: set[str] = set()
    for reading in readings:
        program = constants.resolved(reading.program)
        proved += _prove(derivation, form, reading.title, program, reading.where)
        if reading.where == "everywhere":
            held.update(program.outputs)
    for name in derivation.names:
        if name not in held:
            raise IdentityError(f"nothing in the text computes {name}")
    return proved


def _prove(
    derivation: Derivation,
    form: StableForm,
    title: str,
    program: Program,
    where: str = "everywhere",
) -> int:
    proved = 0
    for branch in _branches(derivation):
        if where == "origin" and any(branch.positive):
            continue
        interpreter = Interpreter(derivation, branch, form.constants)
        for name, value in interpreter.run(program).items():
            exact = derivation.cases[branch.case].partials[name]
            is_equal = interpreter.is_equal(value, exact)
            if not is_equal and where == "origin":
                is_equal = interpreter.is_zero_at_origin(value, exact)
            if not is_equal:
                raise IdentityError(
                    f"{name} in {title} is not the derivative in "
                    f"{_described(derivation, branch)}: it is "
                    f"{_shortened(value.element)}"
                )
            proved += 1
    return proved


def _shortened(element: Any) -> str:
    text = str(element)
    return text if len(text) <= 200 else f"{text[:197]}..."


class _Constants:
    """The constants of a stable form, by the floats that stand for them."""

    def __init__(self, form: StableForm) -> None:
        self.known: dict[Fraction, Number] = {}
        self.residues: dict[tuple[float, float], Number] = {}
        for _, program in _programs(form):
            expressions = [b.value for b in program.bindings]
            for number in _numbers([*expressions, *program.outputs.values()]):
                self.known[Fraction(float(number.value))] = number
                self.residues[_parts(number.value)] = number

    def resolved(self, program: Program) -> Program:
        """A program that was read, with the constants that its literals stand for."""
        bindings = tuple(
            Binding(b.name, self._resolved(b.value)) for b in program.bindings
        )
        outputs = {n: self._resolved(e) for n, e in program.outputs.items()}
        return Program(bindings, outputs)

    def _resolved(self, expression: Expression) -> Expression:
        match expression:
            case Number(value):
                return self.known.get(value, expression)
            case Operation("residue", (Number(value),)):
                if _parts(value) not in self.residues:
                    raise IdentityError(f"{float(value)!r} is no constant of the form")
                return Operation("residue", (self.residues[_parts(value)],))
            case Operation(kind, args):
                return Operation(kind, tuple(map(self._resolved, args)))
        return expression


def _parts(value: Fraction) -> tuple[float, float]:
    """The float nearest to a constant, and that nearest to the rest."""
    return float(value), float(value - Fraction(float(value)))


def _numbers(expressions: Iterable[Expression]) -> Iterator[Number]:
    for expression in expressions:
        match expression:
            case Number():
                yield expression
            case Operation(_, args):
                yield from _numbers(args)


def _programs(form: StableForm) -> Iterator[tuple[str, Program]]:
    yield "the whole program", form.whole
    if form.near is not None:
        yield "the near program", form.near.program


def _branches(derivation: Derivation) -> Iterator[Branch]:
    signed = len(signed_arguments(derivation))
    for case in filter(lambda c: _exists(derivation, c), range(len(derivation.cases))):
        for signs in product((False, True), repeat=signed):
            yield Branch(case, signs)


def _exists(derivation: Derivation, case: int) -> bool:
    """Whether no condition of a case is plainly false, such as -1 > 0."""
    conditions = derivation.cases[case].conditions
    known = [r for r in conditions if r.difference.is_Rational]
    return all(holds(r.difference, r.comparison) for r in known)


def _described(derivation: Derivation, branch: Branch) -> str:
    signs = [
        f"{z} {'> 0' if positive else '<= 0'}"
        for z, positive in zip(
            signed_arguments(derivation), branch.positive, strict=True
        )
    ]
    return ", ".join([f"case {branch.case}", *signs])
