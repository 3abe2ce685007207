"""A program to torch statements that write into arrays they are given.

A tensor made anew for every operation costs as much as the operation. Here results
are written, by `out=`, where a value lay that is not used again: into the array of a
partial as long as that is not computed yet, or into one of a few more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from mila_analysis.backends.torch.spelling import literal, spell
from mila_analysis.program import (
    Expression,
    Name,
    Number,
    Operation,
    number,
    op,
    used_names,
)
from mila_analysis.stability import Program

__all__ = ["ROOM", "WRITTEN", "Body", "body_in_place"]

WRITTEN = {
    "add": "torch.add", "sub": "torch.sub", "mul": "torch.mul", "div": "torch.div",
    "neg": "torch.neg", "abs": "torch.abs", "exp": "torch.exp",
    "expm1": "torch.expm1", "log": "torch.log", "log1p": "torch.log1p",
    "maximum": "torch.maximum",
}  # fmt: skip
PART, ROOM = "_of_", "_room_"


@dataclass(frozen=True, slots=True)
class Body:
    """Statements that write partials into arrays of their names.

    Attributes:
        lines: the statements.
        rooms: names of the arrays that they need besides.
    """

    lines: tuple[str, ...]
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """`target = value`: an operation on names and numbers, or one of those."""

    target: str
    value: Expression

    @property
    def kind(self) -> str:
        return self.value.kind if isinstance(self.value, Operation) else ""

    @property
    def args(self) -> tuple[Expression, ...]:
        return self.value.args if isinstance(self.value, Operation) else ()

    @property
    def read(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(used_names(self.value)))


def body_in_place(
    program: Program, wanted: Sequence[str], variables: Sequence[str]
) -> Body:
    """Statements for the wanted partials."""
    merged = _merged(program, wanted, variables)
    wide = _wide(merged, variables[0])
    steps = _with_multiples(merged, wanted, wide)
    rooms = _Rooms(steps, wanted)
    lines = []
    for place, step in enumerate(steps):
        if step.target in wide and step.kind in WRITTEN:
            lines.append(_written(step, rooms.taken(place)))
        elif step.target in wanted:
            lines.append(f"{step.target}[...] = {spell(step.value)}")
        else:
            lines.append(f"{step.target} = {spell(step.value)}")
    return Body(tuple(lines), tuple(rooms.more))


def _written(step: _Step, array: str) -> str:
    """One call of torch, which rounds once."""
    given, more = step.args, ""
    match step.args:
        case (other, Operation("mul", (Number(factor), value))):
            given, more = (other, value), f", alpha={literal(factor)}"
    arguments = ", ".join(map(_argument, given))
    text = f"{WRITTEN[step.kind]}({arguments}{more}, out={array})"
    return text if array == step.target else f"{step.target} = {text}"


def _argument(value: Expression) -> str:
    """A name, or a number as a tensor, which torch takes in a third of the time."""
    match value:
        case Number(exact):
            return f"_n[{literal(exact)}]"
        case Operation("residue", _):
            return f"_n[{spell(value)}]"
    return spell(value)


# One operation a step


def _merged(
    program: Program, wanted: Sequence[str], variables: Sequence[str]
) -> list[_Step]:
    """Steps of several partials; a value that is the same in two is computed once.

    What a partial is computed from is decided for each alone, so that it is the same
    number whatever is computed with it.
    """
    known: dict[Expression, str] = {}
    names: set[str] = {*variables, *wanted}
    steps: list[_Step] = []
    for partial in wanted:
        own = _flat(program, partial)
        renamed: dict[str, str] = {}
        for step in _with_quotients(own, _wide(own, variables[0])):
            value = _renamed(step.value, renamed)
            if value in known and step.target != partial:
                renamed[step.target] = known[value]
                continue
            name = partial if step.target == partial else _fresh(step.target, names)
            again = known.get(value, "")
            if again and again not in wanted:  # a value of another is this partial
                steps = [_called(s, again, name) for s in steps]
                known = {_renamed(v, {again: name}): n for v, n in known.items()}
                known[value] = name
            else:
                steps.append(_Step(name, Name(again) if again else value))
                if isinstance(value, Operation):
                    known.setdefault(value, name)
            names.add(name)
            renamed[step.target] = name
    return steps


def _fresh(name: str, taken: Collection[str]) -> str:
    number_of = (f"{name}_{i}" for i in count(2))
    return name if name not in taken else next(n for n in number_of if n not in taken)


def _called(step: _Step, old: str, new: str) -> _Step:
    """The step with a value called otherwise."""
    target = new if step.target == old else step.target
    return _Step(target, _renamed(step.value, {old: new}))


def _flat(program: Program, partial: str) -> list[_Step]:
    """Operations of one partial in order; its value has its name."""
    steps: list[_Step] = []
    for binding in program.trimmed([partial]):
        _flatten(binding.value, binding.name, steps)
    value = program.outputs[partial]
    if isinstance(value, Name) and steps and steps[-1].target == value.text:
        steps[-1] = _Step(partial, steps[-1].value)
    else:
        _flatten(value, partial, steps)
    return steps


def _flatten(value: Expression, target: str, steps: list[_Step]) -> None:
    if not isinstance(value, Operation):
        steps.append(_Step(target, value))
        return
    args: list[Expression] = []
    for place, arg in enumerate(value.args):
        if isinstance(arg, Operation) and arg.kind != "residue":
            name = f"{PART}{target.removeprefix(PART)}_{place + 1}"
            name = _fresh(name, {step.target for step in steps})
            _flatten(arg, name, steps)
            args.append(Name(name))
        else:
            args.append(arg)
    kind = "mul" if value.kind == "fade" else value.kind
    steps.append(_Step(target, op(kind, *args)))


def _renamed(value: Expression, renamed: Mapping[str, str]) -> Expression:
    match value:
        case Name(text):
            return Name(renamed.get(text, text))
        case Operation(kind, args):
            return op(kind, *(_renamed(a, renamed) for a in args))
    return value


def _wide(steps: Sequence[_Step], x: str) -> set[str]:
    """Names of values that are arrays like x, whatever the parameters are."""
    found = {x}
    for step in steps:
        if found.intersection(step.read):
            found.add(step.target)
    return found


def _with_quotients(steps: Sequence[_Step], wide: set[str]) -> list[_Step]:
    """Steps with a/b for a·(1/b) where nothing else needs 1/b: it is rounded once."""
    uses = Counter(name for step in steps for name in used_names(step.value))
    found: dict[str, _Step] = {}
    for step in steps:
        value = step.value
        match value:
            case Operation("mul", (a, b)):
                for own, other in ((a, b), (b, a)):
                    bottom = _inverted(own, found, wide)
                    if isinstance(own, Name) and bottom and uses[own.text] == 1:
                        value = op("div", other, bottom)
                        del found[own.text]
                        break
        found[step.target] = _Step(step.target, value)
    return list(found.values())


def _inverted(
    value: Expression, found: Mapping[str, _Step], wide: set[str]
) -> Expression | None:
    """What an array is the reciprocal of, or None."""
    match value:
        case Name(text) if text in found and text in wide:
            match found[text].value:
                case Operation("div", (top, bottom)) if top == number(1):
                    return bottom
    return None


def _with_multiples(
    steps: Sequence[_Step], wanted: Sequence[str], wide: set[str]
) -> list[_Step]:
    """Steps with a multiple in a sum, which torch adds in one pass, if it is exact."""
    multiples: dict[str, Expression] = {}
    found = []
    for step in steps:
        value = step.value
        match value:
            case Operation("mul", (Number(factor), Name(_))) if _is_exact(factor):
                multiples[step.target] = value
            case Operation("add" | "sub" as kind, (a, Name(text))) if text in multiples:
                value = op(kind, a, multiples[text])
            case Operation("add", (Name(text), b)) if text in multiples:
                value = op("add", b, multiples[text])
        found.append(_Step(step.target, value) if step.target in wide else step)
    used = {*wanted, *(name for step in found for name in step.read)}
    return [step for step in found if step.target in used]


def _is_exact(factor: Fraction) -> bool:
    """Whether to multiply by it rounds nothing: a power of 2."""
    size = abs(factor)
    return size > 0 and (size.numerator * size.denominator).bit_count() == 1


class _Rooms:
    """Which array each written value lies in.

    Attributes:
        more: names of the arrays that are needed besides those of the partials.
    """

    def __init__(self, steps: Sequence[_Step], wanted: Sequence[str]) -> None:
        self.steps, self.wanted = steps, wanted
        self.more: list[str] = []
        self._made = {step.target: i for i, step in enumerate(steps)}
        self._last = {n: i for i, step in enumerate(steps) for n in step.read}
        self._last |= dict.fromkeys(wanted, len(steps))
        self._held: dict[str, str] = {}  # name of an array -> of the value in it

    def taken(self, place: int) -> str:
        """The array for the value that a step makes: one that is free by then."""
        step = self.steps[place]
        array = step.target if step.target in self.wanted else self._free(step, place)
        self._held[array] = step.target
        return array

    def _free(self, step: _Step, place: int) -> str:
        operands = [a for a, held in self._held.items() if held in step.read]
        known = [*operands, *self.wanted, *self.more]
        until = self._last.get(step.target, place)
        for array in known:
            held = self._held.get(array)
            idle = held is None or self._last.get(held, 0) <= place
            if idle and until <= self._made.get(array, len(self.steps)):
                return array
        self.more.append(f"{ROOM}{len(self.more) + 1}")
        return self.more[-1]
