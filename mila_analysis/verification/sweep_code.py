"""Generated C to a library that judges it on every float32 number: the text of it.

The judge computes on wide numbers (double-double with an exponent of their own) by the
same operations in the same order, and bounds its own error as `rounding` proves it. It
shares the wide functions with the code it judges, but not the double arithmetic that
nearly all results come from; balls judge the judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files

from mila_analysis.backends.c import accurate
from mila_analysis.backends.c.arithmetic import identifier, spell
from mila_analysis.backends.c.bodies import PARTIALS, Body
from mila_analysis.backends.c.frame import Frame
from mila_analysis.backends.c.plain import plain
from mila_analysis.backends.c.wide import EXACT, WIDE, with_choices
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Binding, Expression, Name, Number, Operation
from mila_analysis.stability import Program
from mila_analysis.stability.rounding import DOUBLE_DOUBLE, bounded
from mila_analysis.stability.uncompensated import uncompensated

__all__ = ["sweeping"]

_SIZES = {"add": "ma_size_add", "mul": "ma_size_mul", "div": "ma_size_div"}
_COMPARISONS = (">", ">=", "<", "<=", "==")


def sweeping(text: str, frame: Frame, whole: Program, *, accurate_code: bool) -> str:
    """A generated file with the judge of its float32 functions after it.

    Args:
        text: the file.
        frame: names in it.
        whole: the program of all partials that it computes.
        accurate_code: whether results are to be correctly rounded; else their errors
            in ulp are measured.
    """
    judge = files("mila_analysis.verification").joinpath("_sweep.h").read_text("utf-8")
    head, _, rest = judge.partition("/* What was found;")
    parts = [text.rstrip().removesuffix("#ifdef __cplusplus\n}\n#endif").rstrip()]
    if not accurate_code:
        parts.append(accurate.runtime())
    parts += [
        _definitions(text, frame, accurate_code),
        head.strip(),
        _checked(frame, whole, as_bound=accurate_code),
        f"/* What was found;{rest}".strip(),
        "#ifdef __cplusplus\n}\n#endif",
    ]
    return "\n\n".join(parts) + "\n"


def _definitions(text: str, frame: Frame, accurate_code: bool) -> str:
    """What the judge calls by names that are the same for all files."""

    def body(kind: str, arithmetic: str) -> str:
        return Body(frame.prefix, kind, PARTIALS, arithmetic).name

    steps = "".join(f"&parameters[{k}], 0, " for k in range(len(frame.variables) - 1))
    lines = [
        f"#define SWEEP_INPUTS {len(frame.variables)}",
        f"#define SWEEP_OUTPUTS {len(frame.names)}",
        f"#define SWEEP_PARAMETERS {steps}",
        f"#define SWEEP_judged {frame.prefix}_{PARTIALS}_f32",
    ]
    if accurate_code:
        doubles = [body("near", "f64"), body("whole", "f64")]
        doubles.append(f"{frame.prefix}_reach_f64")
        members = (name if f"{name}(" in text else "NULL" for name in doubles)
        lines.append(f"#define SWEEP_DOUBLES {', '.join(members)}")
        lines.append(f"static const int SWEEP_at_origin[] = {{{_flags(text, frame)}}};")
        exact = {k: body(k, EXACT.name) for k in accurate.EXACT_KINDS}
        if f"{exact['origin']}(" in text:
            lines += [f"#define SWEEP_{k} {name}" for k, name in exact.items()]
    return "\n".join(lines)


def _flags(text: str, frame: Frame) -> str:
    """What an accurate file says of each partial: whether it has a value at 0."""
    _, _, rest = text.partition(f"\nvoid {frame.prefix}_{PARTIALS}_f32(\n")
    _, _, body = rest.partition("const int at_origin[] = {")
    return body.partition("}")[0]


def _checked(frame: Frame, whole: Program, *, as_bound: bool) -> str:
    """The function of values and their bounds, or of values and their sizes."""
    found = bounded(uncompensated(whole), frame.variables, DOUBLE_DOUBLE).program
    program = with_choices(plain(found))
    names = list(frame.names)
    bounds = {n: program.outputs[f"{n}_bound"] for n in names}
    if not as_bound:
        bounds = {n: _size(program, bounds[n], n) for n in names}
    roots = [*(program.outputs[n] for n in names), *bounds.values()]
    speller = _Speller()
    lines = [
        f"const ma_wide {identifier(v)} = in[{k}][i];"
        for k, v in enumerate(frame.variables)
    ]
    lines += [speller.declaration(b) for b in program.needed(roots)]
    lines += [f"(void){identifier(v)};" for v in frame.variables]
    for k, n in enumerate(names):
        lines.append(f"ma_values[{k}][i] = {speller.wide(program.outputs[n])};")
        lines.append(f"ma_bounds[{k}][i] = {speller.size(bounds[n])};")
    return "\n".join([*_HEAD, *(f"        {line}" for line in lines), "    }", "}"])


_HEAD = (
    "static void SWEEP_checked(",
    "    ma_wide (*MA_RESTRICT in)[MA_WIDE_BLOCK],",
    "    ma_wide (*MA_RESTRICT ma_values)[MA_WIDE_BLOCK],",
    "    ma_size (*MA_RESTRICT ma_bounds)[MA_WIDE_BLOCK])",
    "{",
    "    size_t i;",
    "    for (i = 0; i < MA_WIDE_BLOCK; i++) {",
)


def _size(program: Program, bound: Expression, name: str) -> Expression:
    """The size that a bound is a multiple of; of an exact value, the value."""
    known = {b.name: b.value for b in program.bindings}
    value = known[bound.text] if isinstance(bound, Name) else bound
    match value:
        case Operation("mul", (Number(), size)):
            return size
    return program.outputs[name]


@dataclass(slots=True)
class _Speller:
    """Statements in two types: wide numbers, and sizes."""

    sizes: set[str] = field(default_factory=set)

    def declaration(self, binding: Binding) -> str:
        value = binding.value
        name = identifier(binding.name)
        if self._is_size(value):
            self.sizes.add(binding.name)
            return f"const ma_size {name} = {self.size(value)};"
        if isinstance(value, Operation) and value.kind in _COMPARISONS:
            return f"const int {name} = {spell(value, WIDE)};"
        return f"const ma_wide {name} = {self.wide(value)};"

    def _is_size(self, value: Expression) -> bool:
        match value:
            case Name(text):
                return text in self.sizes
            case Operation("rough"):
                return True
            case Operation(_, args):
                return any(self._is_size(a) for a in args)
        return False

    def wide(self, value: Expression) -> str:
        return spell(value, WIDE)

    def size(self, value: Expression) -> str:
        match value:
            case Number(exact):
                return f"ma_size_number({float(abs(exact))!r})"
            case Name(text) if text in self.sizes:
                return identifier(text)
            case Operation("rough", (of,)):
                return f"ma_size_of({self.wide(of)})"
            case Operation("select", (condition, a, b)):
                chosen = f"{self.size(a)}, {self.size(b)}"
                return f"ma_size_choose({spell(condition, WIDE)}, {chosen})"
            case Operation(kind, (a, b)) if kind in _SIZES:
                return f"{_SIZES[kind]}({self.size(a)}, {self.size(b)})"
            case Name():
                return f"ma_size_of({self.wide(value)})"
        raise UnsupportedError(f"no size is spelled as {value}")
