"""Features as functions of a parameter: the same numbers, proved, at many values."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mila_analysis.activation import Activation, numeral
from mila_analysis.analysis.analyzing import analyze
from mila_analysis.analysis.digits import in_json, in_latex, in_text
from mila_analysis.analysis.features import Extremum, Features, Number
from mila_analysis.errors import ParameterError
from mila_analysis.letters import in_latex as letter

__all__ = ["COLUMNS", "TABLES", "Sample", "Sweep", "sweep", "values_between"]

MAX_POINTS = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A number that features hold, or None where they do not.

    Attributes:
        label, symbol: what it is, in words and in LaTeX.
        of: features to the number.
        fields: of the features that this takes.
    """

    label: str
    symbol: str
    of: Callable[[Features], Number | None]
    fields: tuple[str, ...]


def _lowest(found: Features) -> Extremum | None:
    """The global minimum, where it is a point."""
    lowest = [m for m in found.minima or () if m.is_global and m.is_point]
    return lowest[0] if len(lowest) == 1 else None


def _minimum(attribute: str) -> Callable[[Features], Number | None]:
    def of(found: Features) -> Number | None:
        lowest = _lowest(found)
        return None if lowest is None else getattr(lowest, attribute)

    return of


LOWEST = ("minima",)

COLUMNS: Mapping[str, Column] = {
    "minimum_at": Column("minimum at x", "x^*", _minimum("low"), LOWEST),
    "minimum": Column("minimum of f", "f(x^*)", _minimum("value"), LOWEST),
    "curvature": Column(
        "f_xx at the minimum", "f''(x^*)", _minimum("curvature"), LOWEST
    ),
    "lipschitz": Column(
        "sup |f_x|",
        r"\sup |f'|",
        lambda f: f.lipschitz.value if f.lipschitz else None,
        ("lipschitz",),
    ),
    "smoothness": Column(
        "sup |f_xx|",
        r"\sup |f''|",
        lambda f: f.smoothness.value if f.smoothness else None,
        ("smoothness",),
    ),
    "half_width": Column(
        "width of the well",
        "w",
        lambda f: f.well.half_width if f.well else None,
        ("minima", "well"),
    ),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Features at one value of the parameter."""

    value: Fraction
    numbers: Mapping[str, Number | None]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Features of an activation at values of one parameter.

    Attributes:
        activation: with its other parameters.
        parameter: the name of what is swept.
        samples: in the order of the values.
    """

    activation: Activation
    parameter: str
    samples: tuple[Sample, ...]


def values_between(low: Fraction, high: Fraction, points: int) -> list[Fraction]:
    """Equidistant values, both ends among them."""
    if not 2 <= points <= MAX_POINTS:
        raise ParameterError(f"points must be 2 to {MAX_POINTS}, not {points}")
    if low >= high:
        raise ParameterError(
            f"a sweep needs two ends, the lower one first: {low} {high}"
        )
    return [low + (high - low) * n / (points - 1) for n in range(points)]


def sweep(
    activation: Activation,
    parameter: str,
    values: Sequence[Fraction],
    columns: Collection[str] = tuple(COLUMNS),
) -> Iterator[Sample]:
    """Features at each value, as they are found; those alone of some columns.

    Raises:
        ParameterError: no such parameter, or a value outside of its domain.
    """
    wanted = {name: COLUMNS[name] for name in COLUMNS if name in columns}
    fields = {field for column in wanted.values() for field in column.fields}
    for value in values:
        found = analyze(activation.bind(**{parameter: value}), fields=fields)
        yield Sample(value, {name: c.of(found) for name, c in wanted.items()})


def _csv(found: Sweep) -> str:
    """Table with the proven digits; nothing where there is no such number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([found.parameter, *COLUMNS])
    for sample in found.samples:
        numbers = (sample.numbers[name] for name in COLUMNS)
        shown = ["" if n is None else in_text(n).replace("∞", "inf") for n in numbers]
        writer.writerow([numeral(sample.value), *shown])
    return text.getvalue()


def _json(found: Sweep) -> str:
    body = {
        "name": found.activation.name,
        "formula": found.activation.formula,
        "parameter": found.parameter,
        "samples": [
            {
                found.parameter: numeral(sample.value),
                **{
                    k: None if n is None else in_json(n)
                    for k, n in sample.numbers.items()
                },
            }
            for sample in found.samples
        ],
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _latex(found: Sweep, digits: int = 6) -> str:
    heads = [letter(found.parameter), *(c.symbol for c in COLUMNS.values())]
    lines = [
        rf"\begin{{tabular}}{{{'r' * len(heads)}}}", r"  \hline",
        "  " + " & ".join(f"${head}$" for head in heads) + r" \\", r"  \hline",
    ]  # fmt: skip
    for sample in found.samples:
        numbers = [sample.numbers[name] for name in COLUMNS]
        cells = ["--" if n is None else f"${in_latex(n, digits)}$" for n in numbers]
        lines.append("  " + " & ".join([f"${numeral(sample.value)}$", *cells]) + r" \\")
    return "\n".join([*lines, r"  \hline", r"\end{tabular}"]) + "\n"


def _text(found: Sweep, digits: int = 10) -> str:
    """Table in columns for a terminal."""
    table = [[found.parameter, *(c.label for c in COLUMNS.values())]]
    for sample in found.samples:
        numbers = [sample.numbers[name] for name in COLUMNS]
        cells = ["" if n is None else in_text(n, digits) for n in numbers]
        table.append([numeral(sample.value), *cells])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "".join(
        "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in table
    )


TABLES: Mapping[str, Callable[[Sweep], str]] = {
    "text": _text,
    "csv": _csv,
    "json": _json,
    "latex": _latex,
}
