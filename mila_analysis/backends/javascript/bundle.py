"""Several generated JavaScript modules to one script for a page, with one runtime."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mila_analysis.backends import header
from mila_analysis.backends.javascript.frame import Frame
from mila_analysis.backends.javascript.reading import parts
from mila_analysis.backends.javascript.runtime import bare, needed
from mila_analysis.errors import ParameterError

__all__ = ["bundle"]


@dataclass(frozen=True, slots=True)
class _Member:
    """One module: its activation, its digest, its own part of the text."""

    frame: Frame
    digest: str
    own: str

    @property
    def name(self) -> str:
        return self.frame.activation.name


def bundle(texts: Iterable[str], name: str = "activations") -> str:
    """One statement, which defines an object of the functions of several modules.

    `activations.mila.f_x(1, -0.25)` in a page is `f_x(1, -0.25)` of the module. What
    modules share is there once; comments are left out but for the digests.

    Args:
        texts: generated modules of activations with different names.
        name: of the object.

    Raises:
        FormulaError: a text has no head of ours.
        ParameterError: two modules have one name.
    """
    members = [_member(text) for text in texts]
    names = [member.name for member in members]
    for taken in {n for n in names if names.count(n) > 1}:
        raise ParameterError(f"two modules are called '{taken}'")
    kinds = {member.frame.spelling.name: None for member in members}
    groups = [
        _group(kind, [m for m in members if m.frame.spelling.name == kind])
        for kind in kinds
    ]
    return "\n".join([f"const {name} = {{", *groups, "};"]) + "\n"


def _member(text: str) -> _Member:
    frame, lines = parts(text)
    return _Member(frame, header.parse(text).digest, frame.own(lines))


def _group(kind: str, members: Sequence[_Member]) -> str:
    """Members that compute with one kind of number, around the runtime of that."""
    lines = [line for member in members for line in member.own.split("\n")]
    runtime = bare("\n".join(needed(kind, lines)))
    return "\n".join(
        ["...(() => {", runtime, "return {", *map(_entry, members), "};", "})(),"]
    )


def _entry(member: _Member) -> str:
    key = json.dumps(member.name)
    returned = f"return {member.frame.public};"
    return "\n".join(
        [
            f"{key}: (() => {{ // {member.digest}",
            *(line.strip() for line in bare(member.own).split("\n")),
            returned,
            "})(),",
        ]
    )
