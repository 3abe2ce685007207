"""What a generated Triton module of a wide form has around its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from mila_analysis.activation import Activation
from mila_analysis.backends.triton import spelling
from mila_analysis.backends.triton.boxed import Boxed, boxed
from mila_analysis.backends.triton.frame import Frame, function
from mila_analysis.backends.triton.runtime import device, runtime
from mila_analysis.backends.triton.series import series
from mila_analysis.backends.triton.wide import returned
from mila_analysis.stability import StableForm

__all__ = ["WideFrame", "frame_of"]

ENDS = 1 << 17, 1 << 18
"""Powers of two that stand for an infinite input: results there tell the limit."""


@dataclass(frozen=True)
class WideFrame(Frame):
    """The parts of a file whose arithmetic is that of wide numbers.

    All is computed in float64, and rounded once.

    Attributes:
        box: the short program in a box, if there is one of use.
    """

    box: Boxed | None

    @property
    def has_near(self) -> bool:
        """Whether most elements are computed by a short program."""
        return self.box is not None

    def arithmetic(self, form: StableForm) -> dict[str, list[str]]:
        """Statements of the functions of the arithmetic, by their names."""
        found = {}
        for title, wanted in self.bodies.items():
            if self.box:
                near = spelling.returned(self.box.program, wanted)
                found[f"_near_{title}"] = near
            found[f"_whole_{title}"] = returned(form.whole, wanted)
        return found

    def _far(self) -> list[str]:
        return self.box.far(self.activation.variables) if self.box else []

    @property
    def others(self) -> str:
        """What functions are called that compute the other elements."""
        return "_broad"

    def _device(self) -> list[str]:
        names = ("_wide.py", "_wide_functions.py", "_wide_angles.py")
        more = ["_near.py"] if self.box else []
        return device(series(), *map(runtime, [*names, *more]))

    def _general(self) -> list[str]:
        """From float64 to float64 by wide numbers, limits and NaN included."""
        return [self._broad(title, names) for title, names in self.bodies.items()]

    def _broad(self, title: str, names: list[str]) -> str:
        variables = self.activation.variables

        def called(end: int) -> str:
            given = ", ".join(f"_widened({v}, {end})" for v in variables)
            return f"_whole_{title}({given})"

        first, second = map(called, ENDS)
        lines = [
            f"{', '.join(names)} = {first}",
            *(f"{n} = _wide_value({n})" for n in names),
            f"_ends = {' | '.join(f'_wild({v})' for v in variables)}",
            "if _any(_ends):",
            f"    {', '.join(f'_other_{n}' for n in names)} = {second}",
            *(
                f"    {n} = _settled({n}, _wide_value(_other_{n}), _ends)"
                for n in names
            ),
            f"return {', '.join(names)}",
        ]
        return function(f"_broad_{title}({', '.join(variables)})", lines)

    def _loads(self) -> list[str]:
        first, *values = super()._loads()
        return [first, *(f"{line}.to(tl.float64)" for line in values)]

    def _written(self, name: str, value: str) -> str:
        return super()._written(name, f"_rounded(_to_{name}, {value})")


def frame_of(activation: Activation, order: int, form: StableForm) -> Frame:
    """The frame of the file of a stable form."""
    if form.strategy != "wide":
        return Frame(activation, order, form.near)
    return WideFrame(activation, order, None, boxed(form))
