"""An activation to publishable LaTeX: exact partials in three forms.

`to_latex` is the exporter. `reading` proves, with SymPy's own LaTeX parser, that what
it writes is read as the function it was written for.
"""

from __future__ import annotations

from collections.abc import Sequence

from mila_analysis.activation import Activation
from mila_analysis.backends.latex.document import document
from mila_analysis.backends.latex.equations import FORMS, Equation, System, system
from mila_analysis.backends.latex.layout import COLUMN, ENVIRONMENTS, arranged

__all__ = ["ENVIRONMENTS", "FORMS", "Equation", "System", "system", "to_latex"]


def to_latex(
    activation: Activation,
    partials: Sequence[str] | None = None,
    *,
    form: str = "closed",
    digits: int = 6,
    normalize: bool = True,
    environment: str | None = None,
    standalone: bool = False,
    column: float = COLUMN,
) -> str:
    """Partials of an activation in LaTeX.

    Args:
        activation: its parameter values matter in the numeric form only.
        partials: names such as `f_x`, or None for all up to the second order.
        form: `closed` in the variables; `substituted` with E for the exponential, and
            what E stands for; `numeric` with the parameters at their values.
        digits: significant digits of rounded coefficients, 2 to 30.
        normalize: whether the numeric form divides through, so that every sum begins
            with the coefficient 1; if not, the values are put in and nothing is
            rounded.
        environment: of amsmath, or `none` for bare formulas, one a line; None is
            `align`, or `equation` for a single line.
        standalone: a complete document instead.
        column: em that an equation may take before it is broken.

    Raises:
        ParameterError: no such form or environment, or too many digits.
        PartialError: a partial that the activation does not have.
        UnsupportedError: what LaTeX has no unambiguous spelling for.
    """
    written = system(
        activation, partials, form=form, digits=digits, normalize=normalize
    )
    if standalone:
        return document(written, environment)
    return arranged(written, environment, column) + "\n"
