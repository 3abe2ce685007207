"""The shorter arithmetic of a torch file, by blocks of memory, and where it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mila_analysis.backends._copied import copied
from mila_analysis.backends.torch.inplace import Body, body_in_place
from mila_analysis.backends.torch.spelling import spell
from mila_analysis.backends.torch.wide import walk
from mila_analysis.stability import Near, StableForm

__all__ = ["Blocks", "blocks"]

NONE = "_NEAR, _REACH, _exponents = {}, (1, 1), None"


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The part of a file that computes blocks of numbers in place.

    Attributes:
        form: with the shorter program, or without.
        wanted: functions of the shorter arithmetic, and the partials of each.
        bodies: what they consist of.
    """

    form: StableForm
    wanted: Mapping[str, Sequence[str]]
    bodies: Mapping[str, Body]

    def functions(self) -> list[str]:
        """The shorter arithmetic of each partial, and of several."""
        return [
            "\n    ".join([self.signature(title), *body.lines])
            for title, body in self.bodies.items()
        ]

    def signature(self, title: str) -> str:
        """First line of a function of the shorter arithmetic."""
        arrays = [*self.wanted[title], *self.bodies[title].rooms]
        return f"def {title}({', '.join([*self.form.variables, '_k', '_n', *arrays])}):"

    def rest(self) -> list[str]:
        """Where it holds, and the runtime that goes through the blocks."""
        runtime = copied("torch", "_blocks.py")
        if self.form.strategy == "wide":
            return [walk(runtime)]
        near = self.form.near
        if near is None:
            return [NONE, runtime]
        exponents = _exponents(near, self.form.variables)
        return [exponents, self._tables(near), runtime]

    def _tables(self, near: Near) -> str:
        lines = ["_NEAR = {  # and how many arrays it needs besides"]
        for title, body in self.bodies.items():
            names = _tuple([f'"{name}"' for name in self.wanted[title]])
            lines.append(f"    {names}: ({title}, {len(body.rooms)}),")
        reach = f"_REACH = ({near.deepest}, {near.highest})"
        return "\n".join([*lines, "}", f"{reach}  # powers that occur"])


def blocks(form: StableForm, bodies: Mapping[str, Sequence[str]]) -> Blocks:
    """The blocks of a form.

    Args:
        form: with the shorter program, or without.
        bodies: functions `_whole_...` of a file, and the partials of each.
    """
    if form.near is None or form.strategy == "wide":
        return Blocks(form, {}, {})
    wanted = {title.replace("_whole_", "_near_"): w for title, w in bodies.items()}
    made = {
        title: body_in_place(form.near.program, names, form.variables)
        for title, names in wanted.items()
    }
    return Blocks(form, wanted, made)


def _exponents(near: Near, variables: Sequence[str]) -> str:
    """The function of the exponents, each as its summands."""
    lines = [f"def _exponents({', '.join(variables)}, _k):"]
    needed = near.program.needed(z for s in near.exponents for z in s)
    lines += [f"{b.name} = {spell(b.value)}" for b in needed]
    sums = [_tuple([spell(z) for z in summands]) for summands in near.exponents]
    return "\n    ".join([*lines, f"return {_tuple(sums)}  # each as summands"])


def _tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
