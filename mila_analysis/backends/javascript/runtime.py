"""The text that generated JavaScript is made of beside its arithmetic: what it needs.

A runtime is a sequence of pieces, each a statement with what is said of it. A file has
those that its arithmetic calls, and those that these call, in their order.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files

from mila_analysis.backends._turns import BITS, turn_digits
from mila_analysis.backends.javascript.spelling import literal
from mila_analysis.backends.numpy.wide import floats

__all__ = ["bare", "needed"]

FILES = {
    "doubles": ("_plain.js",),
    "wide numbers": ("_wide.js", "_wide_functions.js"),
}
_WORD = re.compile(r"(?<![\w.$])_[A-Za-z]\w*")
_DEFINED = re.compile(r"^(?:const |, )(_\w+) = |, (_[A-Z]\w*) = ", re.MULTILINE)


def needed(kind: str, words: Iterable[str]) -> list[str]:
    """The pieces of the runtime of a kind of number that some text needs, in order.

    Args:
        kind: name of a spelling.
        words: lines of the text.
    """
    pieces, owners = _pieces(kind)
    wanted: set[int] = set()
    open_ends = [w for line in words for w in _WORD.findall(line)]
    while open_ends:
        at = owners.get(open_ends.pop())
        if at is not None and at not in wanted:
            wanted.add(at)
            open_ends += _WORD.findall(bare(pieces[at]))
    return [pieces[at] for at in sorted(wanted)]


@lru_cache(maxsize=2)
def _pieces(kind: str) -> tuple[Sequence[str], Mapping[str, int]]:
    """Statements in order, and which of them defines a name."""
    pieces = _constants() if kind == "wide numbers" else []
    for name in FILES[kind]:
        text = files("mila_analysis.backends.javascript").joinpath(name)
        pieces += text.read_text("utf-8").strip().split("\n\n")
    owners = {
        first or second: at
        for at, piece in enumerate(pieces)
        for first, second in _DEFINED.findall(bare(piece))
    }
    return pieces, owners


def bare(text: str) -> str:
    """A text without comments and blank lines."""
    lines = (re.sub(r"\s*//.*", "", line) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _constants() -> list[str]:
    """Constants of functions of wide numbers, a statement each."""
    known = floats()
    first, second, third = known["_LOG_2"]
    turn, rest = known["_WHOLE_TURN"]
    single = {
        "_LOG_2_FIRST": first,
        "_LOG_2_SECOND": second,
        "_LOG_2_THIRD": third,
        "_WHOLE_TURN": turn,
        "_WHOLE_TURN_REST": rest,
    }
    digits = "".join(f"{digit:0{BITS // 4}x}" for digit in turn_digits())
    return [
        *(f"const {name} = {_spelled(value)};" for name, value in single.items()),
        *(_array(name, known[name]) for name in ("_ERF", "_ERFCX")),
        f'// 1/(2 pi), {BITS} bits in six digits.\nconst _TURN = "{digits}";',
    ]


def _array(name: str, values: Sequence[float]) -> str:
    rows = textwrap.wrap(", ".join(map(_spelled, values)), 84)
    return "\n".join([f"const {name} = [", *(f"  {row}" for row in rows), "];"])


def _spelled(value: float) -> str:
    return literal(Fraction(value))
