"""A tree as written, in floats: its own operations, in its own order, in one dtype."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from mila_analysis.notation.definitions import definition
from mila_analysis.notation.tree import Node, fold

__all__ = ["evaluated"]

_erf = np.vectorize(math.erf, otypes=[np.float64])

_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "neg": np.negative,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "sqrt": np.sqrt,
    "erf": lambda u: _erf(u).astype(u.dtype),
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "abs": np.abs,
    "max": np.maximum,
    "min": np.minimum,
    "sign": np.sign,
    "square": np.square,
    "log2": np.log2,
    "log10": np.log10,
    "exp2": np.exp2,
    "logaddexp": np.logaddexp,
    "where": np.where,
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def evaluated(
    tree: Node, x: np.ndarray[Any, Any], values: Mapping[str, Fraction]
) -> np.ndarray[Any, Any]:
    """Values of a tree at points, computed in their dtype throughout.

    What has no operation of its own, such as `sech`, is computed by its formula;
    `softplus` as libraries do, without overflow.
    """
    names = {n: x.dtype.type(float(v)) for n, v in values.items() if n != "x"}
    with np.errstate(all="ignore"):
        found = _run(tree, {**names, "x": x}, x.dtype)
    return np.broadcast_to(np.asarray(found, x.dtype), x.shape)


def _run(tree: Node, names: Mapping[str, Any], dtype: Any) -> Any:
    def rule(node: Node, args: tuple[Any, ...]) -> Any:
        kind = node.kind
        if kind == "number" and node.value is not None:
            return dtype.type(float(node.value))
        if kind == "name":
            return names[node.text]
        if kind == "**":
            return _power(node, *args)
        if kind == "softplus":
            return np.logaddexp(dtype.type(0), args[0])
        if kind in _OPERATIONS:
            return _OPERATIONS[kind](*args)
        inner = definition(kind)
        if inner is None:
            raise KeyError(kind)
        return _run(inner, dict(zip(("u", "v"), args, strict=False)), dtype)

    return fold(tree, rule)


def _power(node: Node, base: Any, exponent: Any) -> Any:
    if node.args[1].kind == "number" and node.args[1].value == 2:
        return base * base
    return np.power(base, exponent)
