"""Features to rows of a table: a section, what it is, and its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mila_analysis.analysis.digits import in_latex, in_text
from mila_analysis.analysis.features import (
    Bound,
    Extremum,
    Features,
    Interval,
    Limit,
    Number,
    Point,
)
from mila_analysis.balls import Enclosure

__all__ = ["Row", "rows"]

NOT_PROVED = "not proved"
SIGNS = {
    " → -∞": r"\to -\infty", " → ∞": r"\to \infty", "∞": r"\infty", "→": r"\to",
    "±": r"\pm", "√": r"\surd", "²": "^2", "β": r"\beta", "|": "|", "~": r"\sim",
    "<": "<", ">": ">",
}  # fmt: skip
"""What stands outside of words in LaTeX."""

ESCAPED = {"_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "^": r"\^{}"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report.

    Attributes:
        name: of the field of `Features`.
        label: what it is, in words.
        symbol: the same in LaTeX.
        text, latex: what is known, in text and in LaTeX.
        proved: whether that is proved.
    """

    name: str
    label: str
    symbol: str
    text: str
    latex: str
    proved: bool = True


def rows(found: Features) -> Iterator[Row]:
    """All that is known, in the order of a report."""
    for name, label in LABELS.items():
        if name in found.unproved:
            reason = f"{NOT_PROVED}: {found.unproved[name]}"
            yield Row(name, label, _words(label), reason, _words(reason), False)
            continue
        yield from WRITERS[name](found)


LABELS = {
    "zeros": "zeros",
    "zero_intervals": "zero on",
    "minima": "local minima",
    "maxima": "local maxima",
    "inflections": "inflection points",
    "left": "limit at -∞",
    "right": "limit at ∞",
    "range": "range",
    "monotone": "rises and falls",
    "curvature": "curvature",
    "lipschitz": "sup |f_x|",
    "smoothness": "sup |f_xx|",
    "well": "negative well",
    "dead": "dead slope",
    "gaussian": "for X ~ N(0, 1)",
}


def _words(text: str) -> str:
    """Words in LaTeX; signs that no font of text has stand between them."""
    escaped = "".join(ESCAPED.get(c, c) for c in text)
    for sign, command in SIGNS.items():
        escaped = escaped.replace(sign, f"}}{command} \\text{{")
    return rf"\text{{{escaped}}}".replace(r"\text{}", "")


def _row(name: str, label: str, symbol: str, *parts: str | Number) -> Row:
    """Row of words and numbers, one after the other."""
    text = "".join(p if isinstance(p, str) else in_text(p) for p in parts)
    latex = "".join(_spelled(p) if isinstance(p, str) else in_latex(p) for p in parts)
    return Row(name, label, symbol, text, latex)


def _spelled(word: str) -> str:
    """Word of a row in LaTeX."""
    known = {", ": r",\; ", "f ≈ ": r"f \sim ", "·x": " x", "x": "x", "-x": "-x"}
    plain = not any(c.isalpha() for c in word)
    return known.get(word, word if plain else _words(word))


def _points(
    name: str, label: str, symbol: str, points: Sequence[Point]
) -> Iterator[Row]:
    if not points:
        yield _row(name, label, symbol, "none")
    for number, point in enumerate(points):
        parts: list[str | Number] = [point.x]
        if point.order > 1:
            parts.append(f", {point.order}-fold")
        yield _row(name, label if number == 0 else "", symbol, *parts)


def _zeros(found: Features) -> Iterator[Row]:
    yield from _points("zeros", LABELS["zeros"], "f(x) = 0", found.zeros or ())


def _inflections(found: Features) -> Iterator[Row]:
    label = LABELS["inflections"]
    yield from _points("inflections", label, r"f''(x) = 0", found.inflections or ())


def _intervals(
    name: str, label: str, symbol: str, intervals: Sequence[Interval], *, kinds: bool
) -> Iterator[Row]:
    for number, each in enumerate(intervals):
        before = [each.kind, " on "] if kinds else []
        parts = [*before, *_ends(each)]
        yield _row(name, label if number == 0 else "", symbol, *parts)


def _ends(of: Interval | Extremum) -> list[str | Number]:
    """An interval with its brackets."""
    low, high = "[" if of.has_low else "(", "]" if of.has_high else ")"
    return [low, of.low, ", ", of.high, high]


def _finite(end: Number) -> bool:
    return not isinstance(end, float)


def _zero_intervals(found: Features) -> Iterator[Row]:
    yield from _intervals(
        "zero_intervals", LABELS["zero_intervals"], r"f \equiv 0",
        found.zero_intervals or (), kinds=False,
    )  # fmt: skip


def _extrema(name: str, extrema: Sequence[Extremum]) -> Iterator[Row]:
    label, symbol = LABELS[name], rf"\{name[:3]} f"
    if not extrema:
        yield _row(name, label, symbol, "none")
    for number, each in enumerate(extrema):
        whole = ", global" if each.is_global else ""
        if each.is_point:
            where: list[str | Number] = [" at ", "x", " = ", each.low]
        else:
            where = [" on ", *_ends(each)]
        yield _row(
            name, label if number == 0 else "", symbol, each.value, *where, whole
        )
        if each.curvature is not None:
            yield _row(name, "  f_xx there", "f''", each.curvature)


def _minima(found: Features) -> Iterator[Row]:
    yield from _extrema("minima", found.minima or ())


def _maxima(found: Features) -> Iterator[Row]:
    yield from _extrema("maxima", found.maxima or ())


def _limit(name: str, symbol: str, limit: Limit) -> Iterator[Row]:
    label = LABELS[name]
    yield _row(name, label, symbol, limit.value)
    if limit.slope is None or limit.intercept is None or _finite(limit.value):
        return
    parts: list[str | Number] = ["f ≈ "]
    if limit.slope.low == limit.slope.high and abs(limit.slope.low) == 1:
        parts.append("x" if limit.slope.low > 0 else "-x")
    else:
        parts += [limit.slope, "·x"]
    if limit.intercept.low != 0 or limit.intercept.high != 0:
        size = limit.intercept
        negative = size.high < 0
        parts += [" - " if negative else " + ", _mirrored(size) if negative else size]
    yield _row(name, "  asymptote", "f", *parts)


def _mirrored(value: Enclosure) -> Enclosure:
    return Enclosure(-value.high, -value.low, value.bits)


def _left(found: Features) -> Iterator[Row]:
    if found.left is not None:
        yield from _limit("left", r"\lim_{x \to -\infty} f", found.left)


def _right(found: Features) -> Iterator[Row]:
    if found.right is not None:
        yield from _limit("right", r"\lim_{x \to \infty} f", found.right)


def _range(found: Features) -> Iterator[Row]:
    if found.range is not None:
        each = found.range
        ends = "[" if each.has_low else "(", "]" if each.has_high else ")"
        yield _row(
            "range", LABELS["range"], r"f(\mathbb{R})",
            ends[0], each.low, ", ", each.high, ends[1],
        )  # fmt: skip


def _monotone(found: Features) -> Iterator[Row]:
    yield from _intervals(
        "monotone", LABELS["monotone"], "f'", found.monotone or (), kinds=True
    )


def _curvature(found: Features) -> Iterator[Row]:
    yield from _intervals(
        "curvature", LABELS["curvature"], "f''", found.curvature or (), kinds=True
    )


def _bound(name: str, symbol: str, bound: Bound) -> Iterator[Row]:
    parts: list[str | Number] = [bound.value]
    if bound.at is not None:
        parts += [" at ", "x", " = ", bound.at]
    elif bound.why:
        parts.append(f", {bound.why}")
    yield _row(name, LABELS[name], symbol, *parts)


def _lipschitz(found: Features) -> Iterator[Row]:
    if found.lipschitz is not None:
        yield from _bound("lipschitz", r"\sup |f'|", found.lipschitz)


def _smoothness(found: Features) -> Iterator[Row]:
    if found.smoothness is not None:
        yield from _bound("smoothness", r"\sup |f''|", found.smoothness)


def _well(found: Features) -> Iterator[Row]:
    each = found.well
    if each is None:
        yield _row("well", LABELS["well"], "f < 0", "none")
        return
    yield _row("well", LABELS["well"], "f < 0", "(", each.low, ", ", each.high, ")")
    yield _row("well", "  depth", r"-\min f", each.depth)
    yield _row("well", "  width at half depth", "w", each.half_width)


def _dead(found: Features) -> Iterator[Row]:
    shown = in_text(_exactly(found.threshold))
    label = f"|f_x| < {shown}"
    if not found.dead:
        yield _row("dead", label, rf"|f'| < {shown}", "nowhere")
    yield from _intervals(
        "dead", label, rf"|f'| < {shown}", found.dead or (), kinds=False
    )


def _exactly(value: Fraction) -> Number:
    return Enclosure(value, value, 0)


def _gaussian(found: Features) -> Iterator[Row]:
    each = found.gaussian
    if each is None:
        return
    yield _row("gaussian", "E f(X), X ~ N(0, 1)", r"\operatorname{E} f(X)", each.mean)
    yield _row("gaussian", "  Var f(X)", r"\operatorname{Var} f(X)", each.variance)
    yield _row("gaussian", "  E f(X)²", r"\operatorname{E} f(X)^2", each.square)
    yield _row(
        "gaussian", "  E f_x(X)²", r"\operatorname{E} f'(X)^2", each.slope_square
    )
    for label, symbol, gain in (
        ("  gain 1/√E f(X)²", r"1/\sqrt{\operatorname{E} f(X)^2}", each.gain),
        ("  gain 1/√E f_x(X)²", r"1/\sqrt{\operatorname{E} f'(X)^2}", each.slope_gain),
    ):
        if gain is None:
            reason = f"{NOT_PROVED}: a mean was not told from 0"
            yield Row("gaussian", label, symbol, reason, _words(reason), False)
        else:
            yield _row("gaussian", label, symbol, gain)


WRITERS = {
    "zeros": _zeros,
    "zero_intervals": _zero_intervals,
    "minima": _minima,
    "maxima": _maxima,
    "inflections": _inflections,
    "left": _left,
    "right": _right,
    "range": _range,
    "monotone": _monotone,
    "curvature": _curvature,
    "lipschitz": _lipschitz,
    "smoothness": _smoothness,
    "well": _well,
    "dead": _dead,
    "gaussian": _gaussian,
}
