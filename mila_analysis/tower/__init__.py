"""An expression to a field of rational functions in which derivatives are arithmetic.

The field is over Q, in the variables and in *generators*: exponentials E = exp(a), with
D E = E·D a, logarithms L = log u, with D L = D u / u, roots S = √u, error functions,
sines with their cosines, arctangents, and π. Differentiation there is the chain rule,
and cancelling. No step of it guesses, so nothing needs `simplify`, and a canonical form
comes out.

Hyperbolic tangents are lifted through exponentials; `tanh(log u)` becomes
(u² - 1)/(u² + 1) by itself. Exponents that are rational multiples of one another share
one generator, and so do angles. `log` of a product with positive factors splits into a
sum, `√` of one into a product. Roots and cosines are algebraic: `reduction` keeps every
element linear in them, and every denominator free of them.
"""

from __future__ import annotations

from mila_analysis.tower.calculus import Calculus, lift, lift_all
from mila_analysis.tower.generator import Generator, is_constant
from mila_analysis.tower.lifting import Tower
from mila_analysis.tower.reduction import Reduction

__all__ = [
    "Calculus",
    "Generator",
    "Reduction",
    "Tower",
    "is_constant",
    "lift",
    "lift_all",
]
