"""Functions and methods of array libraries to operations of a tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mila_analysis.errors import UnsupportedError
from mila_analysis.notation.functions import ARITY, SPELLINGS
from mila_analysis.notation.tree import Node, apply, number

__all__ = ["COPIES", "call", "is_known", "prepared"]

_OPERATORS = {
    "add": "+", "sub": "-", "subtract": "-", "mul": "*", "multiply": "*", "div": "/",
    "divide": "/", "true_divide": "/", "pow": "**", "power": "**", "float_power": "**",
    "greater": ">", "gt": ">", "greater_equal": ">=", "ge": ">=", "less": "<",
    "lt": "<", "less_equal": "<=", "le": "<=",
}  # fmt: skip
_SAME = {
    "array", "asarray", "ascontiguousarray", "as_tensor", "tensor", "copy", "clone",
    "detach", "float", "double", "half", "to", "type", "astype", "contiguous", "view",
    "reshape", "flatten", "ravel", "squeeze", "unsqueeze", "float32", "float64", "sum",
    "requires_grad_", "convert_to_tensor", "identity", "type_as", "view_as", "cast",
    "sum_to_size", "item", "expand_as", "broadcast_to", "Parameter",
}  # fmt: skip
COPIES = {"array", "copy", "clone", "astype", "tensor", "item"}
"""What gives a new array, which later steps in place do not share."""

_CLIPS = ("clip", "clamp", "clip_by_value")
_FLAGS = {
    "inplace", "dtype", "device", "copy", "requires_grad", "name", "order", "casting",
    "subok", "memory_format", "non_blocking",
}  # fmt: skip
_OPTIONS = {
    "alpha", "beta", "threshold", "min", "max", "a_min", "a_max", "min_value",
    "max_value", "negative_slope",
}  # fmt: skip
_FILLED = {"ones_like": 1, "zeros_like": 0, "ones": 1, "zeros": 0, "empty_like": 0}


def is_known(word: str) -> bool:
    """Whether a library function or method is one that can be read."""
    plain = word.removesuffix("_") or word
    return any(
        w in table
        for w in (word, plain)
        for table in (_OPERATORS, _SAME, _FILLED, _SPECIAL, ARITY, SPELLINGS)
    ) or word in ("neg", "negative")


def prepared(
    word: str, args: Sequence[Any], named: Mapping[str, Any]
) -> tuple[list[Node], dict[str, Node]] | None:
    """Arguments that count, without flags; None if one cannot be understood.

    Args:
        word: name of the function.
        args: each a node, a constant of Python, or `...` for what is not followed.
        named: likewise.
    """
    options: dict[str, Node] = {}
    for option, value in named.items():
        if isinstance(value, Node) and option in _OPTIONS:
            options[option] = value
        elif value is not None and not (
            option in _FLAGS or word in _SAME or (option == "where" and value is True)
        ):
            return None
    if word.removesuffix("_") in _CLIPS and args:
        if not all(isinstance(a, Node) or a is None for a in args[1:3]):
            return None
        options |= _limits(args[1:3])
        args = [args[0], *args[3:]]
    plain = [a for a in args if isinstance(a, Node)]
    rest = args[len(plain) :]
    if plain != list(args[: len(plain)]) or (not plain and rest):
        return None
    if word not in _SAME and word not in _FILLED and not all(map(_is_flag, rest)):
        return None
    return plain, options


def _limits(pair: Sequence[Any]) -> dict[str, Node]:
    named = zip(("min", "max"), pair, strict=False)
    return {n: v for n, v in named if isinstance(v, Node)}


def _is_flag(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def call(word: str, args: Sequence[Node], named: Mapping[str, Node]) -> Node:
    """What a call of a library function, or of a method on its object, computes.

    Raises:
        UnsupportedError: the function is unknown, or has arguments that are.
    """
    if word not in _SAME:
        word = word.removesuffix("_")
    if word in _SAME and args:
        return args[0]
    if word in _FILLED:
        return number(_FILLED[word])
    if word in ("neg", "negative") and len(args) == 1:
        return apply("neg", args[0])
    if word in _SPECIAL:
        return _SPECIAL[word](args, named)
    if word in _OPERATORS and len(args) == 2:
        right = args[1]
        if "alpha" in named and word in ("add", "sub"):
            right = apply("*", named["alpha"], right)
        return apply(_OPERATORS[word], args[0], right)
    function = SPELLINGS.get(word, word)
    if ARITY.get(function) == len(args):
        return apply(function, *args)
    raise UnsupportedError(f"a call of {word} that cannot be read as a formula")


def _softplus(args: Sequence[Node], named: Mapping[str, Node]) -> Node:
    """softplus(x, beta): the threshold is one of floats, and no part of the formula."""
    slope = named.get("beta", args[1] if len(args) > 1 else None)
    if slope is None or slope.value == 1:
        return apply("softplus", args[0])
    return apply("/", apply("softplus", apply("*", slope, args[0])), slope)


def _clip(args: Sequence[Node], named: Mapping[str, Node]) -> Node:
    if len(args) > 1:
        raise UnsupportedError("a clip with more than two limits")
    limits: dict[str, Node] = {}
    for low, high in (("min", "max"), ("a_min", "a_max"), ("min_value", "max_value")):
        limits |= {k: named[n] for k, n in (("min", low), ("max", high)) if n in named}
    result = args[0]
    if "min" in limits:
        result = apply("max", result, limits["min"])
    return apply("min", result, limits["max"]) if "max" in limits else result


def _where(args: Sequence[Node], _: Mapping[str, Node]) -> Node:
    if len(args) != 3 or args[0].kind not in (">", ">=", "<", "<=", "==", "!="):
        raise UnsupportedError("where takes one comparison and two values here")
    return apply("where", *args)


def _elu(args: Sequence[Node], named: Mapping[str, Node]) -> Node:
    scale = named.get("alpha", args[1] if len(args) > 1 else number(1))
    low = apply("*", scale, apply("expm1", args[0]))
    return apply("where", apply(">", args[0], number(0)), args[0], low)


def _leaky(args: Sequence[Node], named: Mapping[str, Node]) -> Node:
    slope = named.get("negative_slope", named.get("alpha"))
    slope = slope or (args[1] if len(args) > 1 else None)
    slope = slope or apply("/", number(1), number(100))
    low = apply("*", slope, args[0])
    return apply("where", apply(">", args[0], number(0)), args[0], low)


_SPECIAL: Mapping[str, Callable[[Sequence[Node], Mapping[str, Node]], Node]] = {
    "softplus": _softplus,
    "clip": _clip,
    "clamp": _clip,
    "where": _where,
    "elu": _elu,
    "leaky_relu": _leaky,
}
