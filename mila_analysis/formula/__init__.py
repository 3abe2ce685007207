"""Formula text to SymPy, through Python's syntax tree and a whitelist; never `eval`.

A formula is written as in Python (`x * tanh(log(1 + exp(x + beta)))`); `^`, `·`, `−`,
`β`, `²` and `|x|` are understood. Decimals are exact rationals: `0.1` is 1/10.

Piecewise definitions (`where`, `max`, `min`, and what is defined by them) come out as
disjoint cases. A comparison with NaN is false, so no case holds for NaN.
"""

from mila_analysis.formula.cases import Case, Formula, Relation
from mila_analysis.formula.limits import MAX_EXPONENT, MAX_LENGTH
from mila_analysis.formula.reader import parse

__all__ = ["MAX_EXPONENT", "MAX_LENGTH", "Case", "Formula", "Relation", "parse"]
