"""Equations to lines of LaTeX that fit a column, in the environment asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mila_analysis.backends.latex.equations import Equation, Row, System
from mila_analysis.backends.latex.pieces import brackets
from mila_analysis.errors import ParameterError

__all__ = ["COLUMN", "ENVIRONMENTS", "arranged", "lines", "plain", "width"]

ENVIRONMENTS = ("align", "align*", "equation", "equation*", "none")
COLUMN = 33.0
"""Em that an equation may take: a column of `article` with room for its number."""

INDENT = 2.0
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_]|[^\s]")
_SIGNS = (" + ", " - ")
_WIDTHS = {
    "+": 1.22, "-": 1.22, "=": 1.33, "<": 1.33, ">": 1.33, "/": 0.5, ".": 0.28,
    "(": 0.39, ")": 0.39, "'": 0.28, ",": 0.44, r"\cdot": 0.72, r"\times": 1.22,
    r"\ln": 1.0, r"\tanh": 2.3, r"\sin": 1.4, r"\cos": 1.5, r"\arctan": 3.2,
    r"\left": 0.2, r"\right": 0.2, r"\,": 0.17,
    r"\sqrt": 1.05, r"\;": 0.28, "&": 1.0, "x": 0.57, "E": 0.8,
}  # fmt: skip


def arranged(system: System, environment: str | None, column: float = COLUMN) -> str:
    """Whole export in an environment; None chooses `align` for more than one line."""
    if environment is None:
        several = len(system.given) + len(system.equations) > 1
        environment = "align" if several else "equation"
    if environment not in ENVIRONMENTS:
        raise ParameterError(
            f"no environment '{environment}'; choose from {', '.join(ENVIRONMENTS)}"
        )
    if environment == "none":
        return "\n".join([*system.given, *map(plain, system.equations)])
    if environment.startswith("align"):
        return _enclosed(environment, _joined(lines(system, column)))
    groups = _groups(system, column)
    return "\n".join(_enclosed(environment, _split(group)) for group in groups)


def lines(system: System, column: float = COLUMN) -> list[str]:
    """Lines of an export, each with one `&` where they are aligned."""
    return [line for group in _groups(system, column) for line in group]


def _groups(system: System, column: float) -> Iterator[list[str]]:
    """Lines of each equation."""
    for given in system.given:
        yield [given.replace(" = ", " &= ", 1)]
    for equation in system.equations:
        yield list(_lines(equation, column))


def _enclosed(environment: str, body: str) -> str:
    return f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}"


def _joined(lines: Sequence[str]) -> str:
    return " \\\\\n".join(f"  {line}" for line in lines)


def _split(lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return "  " + lines[0].replace("&= ", "= ", 1)
    return _enclosed("split", _joined(lines))


def plain(equation: Equation) -> str:
    """Equation on one line, without marks of alignment."""
    return " = ".join([equation.left, *map(_side, equation.sides)])


def _side(rows: Sequence[Row]) -> str:
    if len(rows) == 1:
        return rows[0].printed.text
    # An empty group keeps a bracket from being taken for an argument of the line break.
    body = r" \\ ".join(
        "{}" * row.printed.text.startswith("[")
        + f"{row.printed.text.replace('frac', 'dfrac')}, & {row.region}"
        for row in rows
    )
    return rf"\begin{{cases}} {body} \end{{cases}}"


def _lines(equation: Equation, column: float) -> Iterator[str]:
    left, room = equation.left, column - width(equation.left) - width("=")
    sides = [_side(rows) for rows in equation.sides]
    if width(" = ".join(sides)) <= room:
        yield f"{left} &= {' = '.join(sides)}"
        return
    for rows in equation.sides:
        first, *rest = _broken(rows, room)
        yield f"{left} &= {first}".lstrip()
        yield from (rf"&\quad {line}" for line in rest)
        left = ""


def _broken(rows: Sequence[Row], room: float) -> list[str]:
    """A side on as many lines as it needs, broken before a sign of its long sum."""
    text = _side(rows)
    if width(text) <= room or len(rows) > 1 or not rows[0].printed.terms:
        return [text]
    printed = rows[0].printed
    marks = brackets("".join(printed.terms)) if printed.front else ""
    lines: list[str] = []
    line = f"{printed.front} {marks[:1]}".lstrip()
    for number, term in enumerate(_portions(printed.terms, room - INDENT, line)):
        longer = line + ("" if number == 0 else " ") + term
        if number and width(longer) > room - INDENT * bool(lines):
            lines.append(line)
            longer = term
        line = longer
    return [*lines, line + marks[1:]]


def _portions(terms: Sequence[str], room: float, front: str) -> Iterator[str]:
    """Terms; one that is too wide by itself is cut before the signs in its sums.

    The first of them has to stand beside what precedes the sum.
    """
    for number, term in enumerate(terms):
        if width(term) <= room - (width(front) if number == 0 else 0.0):
            yield term
            continue
        depth = start = 0
        for place, character in enumerate(term):
            depth += (character == "{") - (character == "}")
            if depth == 0 and place > 2 and term[place - 1 : place + 2] in _SIGNS:
                yield term[start : place - 1]
                start = place
        yield term[start:]


def width(text: str) -> float:
    """Estimated width of LaTeX in em, on the large side."""
    return _measure(_TOKEN.findall(text), 1.0)


def _measure(tokens: list[str], scale: float) -> float:
    widest, place = 0.0, 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        if token in ("{", "}"):
            continue
        if token in ("^", "_"):
            body, place = _argument(tokens, place)
            widest += _measure(body, scale * 0.72) + 0.06
        elif token in (r"\frac", r"\dfrac"):
            top, place = _argument(tokens, place)
            bottom, place = _argument(tokens, place)
            widest += max(_measure(top, scale), _measure(bottom, scale)) + 0.24
        elif token in (r"\begin", r"\end"):
            _, place = _argument(tokens, place)
        else:
            widest += _WIDTHS.get(token, 0.56) * scale
    return widest


def _argument(tokens: list[str], place: int) -> tuple[list[str], int]:
    """Tokens of the group that begins at a place, and the place after it."""
    if place >= len(tokens) or tokens[place] != "{":
        return tokens[place : place + 1], place + 1
    depth, end = 0, place
    while end < len(tokens):
        depth += (tokens[end] == "{") - (tokens[end] == "}")
        end += 1
        if depth == 0:
            break
    return tokens[place + 1 : end - 1], end
