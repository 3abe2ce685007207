"""What a generated torch module has around its arithmetic: functions and a layer."""

from __future__ import annotations

import builtins
import keyword
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mila_analysis.activation import Activation, Parameter
from mila_analysis.backends._copied import copied
from mila_analysis.errors import UnsupportedError
from mila_analysis.partials import Partial, up_to

__all__ = ["Shell", "derivatives", "runtime"]

# What a parameter cannot be called: the library, arguments of the class, attributes of
# every torch.nn.Module.
_TAKEN = """
torch self learnable num_parameters device dtype
T_destination add_module apply bfloat16 buffers call_super_init children compile cpu
cuda double dump_patches eval extra_repr float forward get_buffer get_extra_state
get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers
named_children named_modules named_parameters parameters register_backward_hook
register_buffer register_forward_hook register_forward_pre_hook
register_full_backward_hook register_full_backward_pre_hook
register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
register_parameter register_state_dict_post_hook register_state_dict_pre_hook
requires_grad_ reset_parameters set_extra_state set_submodule share_memory
state_dict to to_empty train training type xpu zero_grad
"""
RESERVED = frozenset(_TAKEN.split())
WIDTH = 88


@dataclass(frozen=True, slots=True)
class Shell:
    """The parts of a file that its activation and order decide, without arithmetic."""

    activation: Activation
    order: int

    def __post_init__(self) -> None:
        for taken in sorted(RESERVED & set(self.activation.variables)):
            raise UnsupportedError(f"torch code has no room for a parameter '{taken}'")

    @property
    def partials(self) -> tuple[Partial, ...]:
        """All partials, lowest order first."""
        return up_to(self.order, self.activation.variables)

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [p.name for p in self.partials]

    @property
    def bodies(self) -> dict[str, list[str]]:
        """Functions of the arithmetic, and the partials that each computes."""
        single = {f"_whole_{name}": [name] for name in self.names}
        return single | {title: list(names) for title, names in self.joint.items()}

    @property
    def joint(self) -> dict[str, tuple[str, ...]]:
        """Functions that compute several partials: what backward needs, and all."""
        gradient = tuple(p.name for p in self.partials if p.order == 1)
        joint = {"_whole_gradient": gradient, "_whole_partials": tuple(self.names)}
        return {title: names for title, names in joint.items() if len(names) > 1}

    @property
    def class_name(self) -> str:
        """Name of the layer: the title if that is one, as ReLU, else the name."""
        name, title = self.activation.name, self.activation.title
        known = title if title.lower() == name.lower() else name
        spelled = "".join(part[:1].upper() + part[1:] for part in known.split("_"))
        free = spelled not in self.names and not hasattr(builtins, spelled)
        return spelled if free and not keyword.iskeyword(spelled) else f"{spelled}Layer"

    @property
    def alias(self) -> str | None:
        """The name of the activation, for f, if nothing else is called so."""
        name = self.activation.name
        taken = {*self.names, "partials", "torch", self.class_name}
        return None if name in taken or hasattr(builtins, name) else name

    @property
    def public(self) -> list[str]:
        """All names that a file offers."""
        alias = [self.alias] if self.alias else []
        return [*self.names, "partials", *alias, self.class_name]

    # Text

    def head(self, formula: Callable[[str], str]) -> list[str]:
        """From `__all__` to the last public function.

        Args:
            formula: name of a partial to its mathematics.
        """
        listed = ", ".join(f'"{n}"' for n in self.public)
        wrapped = textwrap.wrap(
            f"__all__ = [{listed}]", WIDTH, subsequent_indent="    "
        )
        functions = [self._function(name, formula(name)) for name in self.names]
        alias = [f"{self.alias} = f"] if self.alias else []
        return ["\n".join(wrapped), *functions, self._all(), *alias]

    def _arguments(self) -> str:
        parameters = self.activation.parameters
        return ", ".join(["x", *(f"{p.name}={_default(p)}" for p in parameters)])

    def _function(self, name: str, formula: str) -> str:
        given = ", ".join(self.activation.variables)
        title = "The function" if name == "f" else f"The partial derivative {name}"
        return "\n".join(
            [
                f"def {name}({self._arguments()}):",
                *_docstring(
                    [
                        f"{title}, elementwise and broadcast, in the dtype of x.",
                        "",
                        *_hanging(f"{name} = {formula}"),
                    ]
                ),
                f'    return _evaluate(("{name}",), {given})[0]',
            ]
        )

    def _all(self) -> str:
        given = ", ".join(self.activation.variables)
        names = ", ".join(f'"{n}"' for n in self.names)
        comma = "," if len(self.names) == 1 else ""
        return "\n".join(
            [
                f"def partials({self._arguments()}):",
                '    """All of them by name; they share their exponentials."""',
                f"    names = ({names}{comma})",
                f"    return dict(zip(names, _evaluate(names, {given}), strict=True))",
            ]
        )

    def tables(self) -> str:
        """Which function computes a partial, and which partials are its derivatives."""
        variables = list(self.activation.variables)
        lines = [f"_ORDER = {self.order}", "_PARAMETERS = {  # start, least, largest"]
        lines += [f'    "{p.name}": {_domain(p)},' for p in self.activation.parameters]
        lines += ["}", "_WHOLE = {"]
        lines += [f'    "{name}": _whole_{name},' for name in self.names]
        lines += ["}", "_JOINT = {"]
        lines += [f"    {_tuple(names)}: {t}," for t, names in self.joint.items()]
        lines += ["}", f"_NEXT = {{  # derivatives in {', '.join(variables)}"]
        for partial in self.partials:
            if partial.order < self.order:
                following = [_derivative(partial, v, variables) for v in variables]
                lines.append(f'    "{partial.name}": {_tuple(following)},')
        return "\n".join([*lines, "}"])

    def layer(self) -> str:
        """The class of the layer."""
        parameters = self.activation.parameters
        head = [f"class {self.class_name}(_Activation):", *self._layer_docstring(), ""]
        if not parameters:
            return "\n".join(
                [*head, "    def __init__(self):", "        super().__init__({})"]
            )
        own = [f"{p.name}={_default(p)}" for p in parameters]
        options = ["learnable=False", "num_parameters=1", "device=None", "dtype=None"]
        start = ", ".join(f'"{p.name}": {p.name}' for p in parameters)
        given = "start, learnable, num_parameters, device, dtype"
        return "\n".join(
            [
                *head,
                "    def __init__(",
                f"        self, {', '.join([*own, *options])}",
                "    ):",
                f"        start = {{{start}}}",
                f"        super().__init__({given})",
            ]
        )

    def _layer_docstring(self) -> list[str]:
        activation = self.activation
        shown = activation.title or activation.name
        lines = [f"{shown} as a layer: f(x) = {activation.formula}, elementwise.", ""]
        if activation.parameters:
            lines += _parameter_docs(activation.parameters)
            lines += ["", *_decay_docs(self.class_name), ""]
        lines += ["x has any shape and a real dtype; the result has the same."]
        if activation.source:
            lines += ["", *textwrap.wrap(f"Source: {activation.source}.", WIDTH - 4)]
        return _docstring(lines)


def runtime() -> str:
    """The part that is the same in all files."""
    return f"{derivatives()}\n\n\n{copied('torch', '_arithmetic.py')}"


def derivatives() -> str:
    """The part of it that computes nothing itself."""
    return copied("torch", "_runtime.py")


def _default(parameter: Parameter) -> str:
    return repr(float(parameter.value))


def _domain(parameter: Parameter) -> str:
    def bound(value: Fraction | None) -> str:
        return "None" if value is None else repr(float(value))

    return f"({_default(parameter)}, {bound(parameter.low)}, {bound(parameter.high)})"


def _tuple(names: Sequence[str]) -> str:
    quoted = ", ".join(f'"{n}"' for n in names)
    return f"({quoted}{',' if len(names) == 1 else ''})"


def _derivative(partial: Partial, variable: str, variables: list[str]) -> str:
    chosen = sorted([*partial.variables, variable], key=variables.index)
    return Partial(tuple(chosen)).name


def _hanging(text: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH - 8)
    return [line if i == 0 else f"    {line}" for i, line in enumerate(lines)]


def _docstring(lines: Sequence[str]) -> list[str]:
    """Lines of a function's docstring, whatever is in them."""
    text = "\n".join(f"    {line}".rstrip() for line in lines).strip()
    text = text.replace('"""', "'''")
    raw = "r" if "\\" in text else ""
    end = '"""' if len(lines) == 1 else '\n    """'
    return f'    {raw}"""{text}{end}'.split("\n")


def _parameter_docs(parameters: Sequence[Parameter]) -> list[str]:
    several = len(parameters) > 1
    names = " and ".join(p.name for p in parameters)
    which = "True for all, or the names of those" if several else f"whether {names} is"
    described = {
        **{p.name: _meaning(p) for p in parameters},
        "learnable": f"{which} learned.",
        "num_parameters": "1, or the channels of x (dimension 1): one value for each.",
        "device, dtype": "of the parameters.",
    }
    lines = ["Args:"]
    for name, text in described.items():
        lines += textwrap.wrap(
            f"{name}: {text}",
            WIDTH - 4,
            initial_indent="    ",
            subsequent_indent="        ",
        )
    return lines


def _meaning(parameter: Parameter) -> str:
    bounds = {"at least": parameter.low, "at most": parameter.high}
    domain = [
        f", {word} {bound}" for word, bound in bounds.items() if bound is not None
    ]
    known = f"{parameter.meaning}. Its" if parameter.meaning else "its"
    return f"{known} value, or where learning starts{''.join(domain)}."


def _decay_docs(class_name: str) -> list[str]:
    return [
        "What is not learned is a buffer, and in the state dict all the same. Weight",
        "decay pulls what is learned towards 0; keep it out:",
        "",
        f"    kept = [p for m in net.modules() if isinstance(m, {class_name})",
        "            for p in m.parameters()]",
        "    rest = [p for p in net.parameters() if all(p is not k for k in kept)]",
        '    groups = [{"params": rest}, {"params": kept, "weight_decay": 0.0}]',
    ]
