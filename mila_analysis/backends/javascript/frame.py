"""What a generated JavaScript module has around its arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mila_analysis.activation import Activation
from mila_analysis.backends.javascript.runtime import needed
from mila_analysis.backends.javascript.spelling import (
    DOUBLES,
    WIDE,
    Spelling,
    identifier,
    literal,
)
from mila_analysis.program import Binding
from mila_analysis.stability import Program

__all__ = ["COUNT", "Frame"]

COUNT = "_count"
"""How many partials are asked for: of all, the first so many."""
SAID = "So many partials as asked for; each needs some of what is before it."


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a file that its activation and order decide, without arithmetic.

    Attributes:
        activation: parameter values are default arguments.
        names: of the partials, in order.
        is_wide: whether its arithmetic is that of wide numbers.
    """

    activation: Activation
    names: tuple[str, ...]
    is_wide: bool

    @property
    def spelling(self) -> Spelling:
        """How its arithmetic is written."""
        return WIDE if self.is_wide else DOUBLES

    @property
    def opening(self) -> str:
        """The line before the arithmetic."""
        return f"const _whole = ({COUNT}, {self._given}) => {{"

    def lines(self, program: Program) -> list[str]:
        """The arithmetic: what each partial needs beside those before it, in order."""
        spell = self.spelling.spell
        known: set[str] = set()
        lines: list[str] = []
        for count, name in enumerate(self.names, 1):
            bound = [b for b in program.trimmed([name]) if b.name not in known]
            known.update(b.name for b in bound)
            for binding in (*bound, Binding(name, program.outputs[name])):
                value = spell(binding.value)
                lines.append(f"const {identifier(binding.name)} = {value};")
            lines.append(self.returned(count))
        return lines

    def returned(self, count: int) -> str:
        """The statement that returns the first partials, once they are known."""
        values = f"return [{', '.join(self.names[:count])}];"
        is_last = count == len(self.names)
        return values if is_last else f"if ({COUNT} === {count}) {values}"

    def text(self, head: Sequence[str], lines: Sequence[str]) -> str:
        """The whole file: its head, the runtime, the arithmetic, the functions."""
        comment = "\n".join(["/*", *(f" * {line}".rstrip() for line in head), " */"])
        parts = [comment, *self.runtime(lines), self.own(lines), self._exported()]
        return "\n\n".join(parts) + "\n"

    def runtime(self, lines: Sequence[str]) -> list[str]:
        """The pieces that are the same in all files that need them."""
        return needed(self.spelling.name, self.own(lines).split("\n"))

    def own(self, lines: Sequence[str]) -> str:
        """The arithmetic and the functions."""
        inner = (f"  {line}" for line in lines)
        body = [f"// {SAID}", self.opening, *inner, "};", ""]
        functions = map(self._function, range(len(self.names)))
        return "\n".join([*body, *functions, self._all()])

    @property
    def public(self) -> str:
        """Names of the functions, in braces."""
        return f"{{ {', '.join([*self.names, 'all'])} }}"

    def _exported(self) -> str:
        return f"export {self.public};"

    @property
    def _given(self) -> str:
        return ", ".join(map(identifier, self.activation.variables))

    def _function(self, index: int) -> str:
        """The function of one partial."""
        values = f"{self._computed(index + 1)}[{index}]"
        return f"const {self.names[index]} = ({self._signature}) => {values};"

    def _all(self) -> str:
        """The function of all of them."""
        fields = ", ".join(f"{name}: _v[{i}]" for i, name in enumerate(self.names))
        return "\n".join(
            [
                f"const all = ({self._signature}) => {{",
                f"  const _v = {self._computed(len(self.names))};",
                f"  return {{ {fields} }};",
                "};",
            ]
        )

    def _computed(self, count: int) -> str:
        function = "_values(_whole, " if self.is_wide else "_whole("
        return f"{function}{count}, {self._given})"

    @property
    def _signature(self) -> str:
        parameters = self.activation.parameters
        defaults = (f"{identifier(p.name)} = {literal(p.value)}" for p in parameters)
        return ", ".join(["x", *defaults])
