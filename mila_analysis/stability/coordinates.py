"""An exponent to homogeneous coordinates of its exponential, and to how they decay."""

from __future__ import annotations

from dataclasses import dataclass

from mila_analysis.program import Builder, Expression, add, mul, number, op
from mila_analysis.stability.sums import Sum

__all__ = ["Coordinates", "Decay", "coordinates", "decay"]


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Names of the arithmetic of one exponential E = exp(z).

    `step` is 1 where z > 0 and 0 elsewhere; `error` is the rounding error of |z|;
    `tail` is what `t` lacks of exp(-|z|), and `tail_p`, `tail_q` what p and q lack.
    """

    z: Expression
    size: Expression
    error: Expression | None
    capped: Expression
    step: Expression
    t: Expression
    p: Expression
    q: Expression
    tail: Expression
    tail_p: Expression
    tail_q: Expression


@dataclass(frozen=True, slots=True)
class Decay:
    """p^k·q^l as a float that is normal, and what it lacks of the true value.

    `sides` says whether it decays where z ≤ 0 and where z > 0.
    """

    weight: Expression
    tail: Expression
    sides: tuple[bool, bool]


def coordinates(total: Sum, builder: Builder, suffix: str = "") -> Coordinates:
    """Arithmetic of the coordinates of exp(z), z given with its rounding error."""

    def bind(hint: str, value: Expression) -> Expression:
        return builder.bind(hint + suffix, value)

    z, one = total.value, number(1)
    step = bind("above", op("step", z))
    below = bind("below", op("sub", one, step))
    size = bind("size", op("abs", z))
    capped = bind("capped", op("capped", size))
    t = bind("t", op("exp", op("neg", capped)))
    error = None
    if total.error is not None:
        error = bind("error", op("tame", total.error, size, capped))
        error = bind("error", op("mul", op("sub", step, below), error))
        t = bind("t", op("sub", t, op("mul", t, error)))
    tail = bind("tail", op("tail", size, capped))
    positive = op(">", step, number(0))
    return Coordinates(
        z=z,
        size=size,
        error=error,
        capped=capped,
        step=step,
        t=t,
        p=bind("p", op("maximum", t, step)),
        q=bind("q", op("maximum", t, below)),
        tail=tail,
        tail_p=bind("tail_p", op("select", positive, one, tail)),
        tail_q=bind("tail_q", op("select", positive, tail, one)),
    )


def decay(at: Coordinates, k: int, n: int, builder: Builder) -> Decay:
    """p^k·q^n by one exponential, exp(-k·|z|) or exp(-n·|z|): one rounding of z."""
    if (k, n) == (1, 1):
        return Decay(at.t, at.tail, (True, True))
    if (k, n) == (1, 0):
        return Decay(at.p, at.tail_p, (True, False))
    if (k, n) == (0, 1):
        return Decay(at.q, at.tail_q, (False, True))
    if k and n:
        rate = builder.bind("rate", add(number(k), mul(number(n - k), at.step)))
        return _power(at, rate, builder)
    one_sided = _power(at, number(k or n), builder)
    return _on_one_side(at, one_sided, builder, decays_above=n > 0)


def _power(at: Coordinates, rate: Expression, builder: Builder) -> Decay:
    """exp(-rate·|z|), and its tail."""
    bind = builder.bind
    depth = bind("depth", mul(rate, at.size))
    capped = bind("capped", op("capped", depth))
    weight = bind("decay", op("exp", op("neg", capped)))
    if at.error is not None:
        lost = op("mul", weight, mul(rate, at.error))
        weight = bind("decay", op("sub", weight, lost))
    tail = bind("tail", op("tail", depth, capped))
    return Decay(weight, tail, (True, True))


def _on_one_side(
    at: Coordinates, known: Decay, builder: Builder, *, decays_above: bool
) -> Decay:
    """What decays where z > 0, or where it is not, and is 1 elsewhere."""
    bind, one = builder.bind, number(1)
    below = bind("below", op("sub", one, at.step))
    other = below if decays_above else at.step
    sides = (known.tail, one) if decays_above else (one, known.tail)
    positive = op(">", at.step, number(0))
    return Decay(
        bind("decay", op("maximum", known.weight, other)),
        bind("tail", op("select", positive, *sides)),
        (not decays_above, decays_above),
    )
