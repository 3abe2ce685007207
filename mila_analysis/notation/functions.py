"""Names of functions, as papers and libraries spell them, to their formula.

`exp`, `log` and `tanh` have a meaning of their own everywhere. All others are spelled
through them: that is their exact meaning. In floats a library's own function is taken.
"""

from __future__ import annotations

from mila_analysis.primitives import DEFINED, PRIMITIVES

__all__ = ["ARITY", "FORMULAS", "SPELLINGS", "is_function"]

_MORE = {
    "log1p": "log(1 + u)",
    "expm1": "exp(u) - 1",
    "sech": "2 / (exp(u) + exp(-u))",
    "coth": "(exp(u) + exp(-u)) / (exp(u) - exp(-u))",
    "csch": "2 / (exp(u) - exp(-u))",
    "silu": "u / (1 + exp(-u))",
    "mish": "u * tanh(log(1 + exp(u)))",
    "logsigmoid": "-log(1 + exp(-u))",
    "softsign": "where(u > 0, u / (1 + u), u / (1 - u))",
    "elu": "where(u > 0, u, exp(u) - 1)",
    "square": "u ** 2",
    "reciprocal": "1 / u",
    "rsqrt": "u ** (-1/2)",
    "log2": "log(u) / log(2)",
    "log10": "log(u) / log(10)",
    "exp2": "exp(u * log(2))",
}
_TWO = {
    "max": "where(u > v, u, v)",
    "min": "where(u < v, u, v)",
    "logaddexp": "log(exp(u) + exp(v))",
    "pow": "u ** v",
}
FORMULAS = {**DEFINED, **_MORE, **_TWO}
"""Functions of `u` (and `v`) by their formula."""

ARITY = {
    **dict.fromkeys((*PRIMITIVES, *DEFINED, *_MORE), 1),
    **dict.fromkeys(_TWO, 2),
    "where": 3,
}

SPELLINGS = {
    "ln": "log",
    "sigma": "sigmoid",
    "σ": "sigmoid",
    "logistic": "sigmoid",
    "expit": "sigmoid",
    "th": "tanh",
    "sh": "sinh",
    "ch": "cosh",
    "swish": "silu",
    "sgn": "sign",
    "fabs": "abs",
    "absolute": "abs",
    "maximum": "max",
    "minimum": "min",
    "expf": "exp",
    "logf": "log",
    "tanhf": "tanh",
    "powf": "pow",
    "power": "pow",
    "log_sigmoid": "logsigmoid",
    "SoftPlus": "softplus",
    "Softplus": "softplus",
}


def is_function(word: str) -> bool:
    """Whether a word is the name of a function."""
    return SPELLINGS.get(word, word) in ARITY
