"""A formula or an implementation of others to a verdict: whether it is the same."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from mila_analysis import catalog
from mila_analysis.activation import Activation, Number, exact
from mila_analysis.auditing.audited import Audit
from mila_analysis.auditing.comparing import Difference
from mila_analysis.auditing.implementation import (
    audit_implementation,
    from_file,
    named,
)
from mila_analysis.auditing.line import Failure, Scan
from mila_analysis.auditing.naming import is_named
from mila_analysis.auditing.python import chosen, source_of, split_path
from mila_analysis.auditing.reading import is_file, read_tree
from mila_analysis.auditing.report import report
from mila_analysis.auditing.symbolic import audit_tree
from mila_analysis.errors import UnsupportedError

__all__ = ["Audit", "Difference", "Failure", "Scan", "audit", "report"]


def audit(
    candidate: str,
    activation: Activation | str = "mila",
    partial: str | None = None,
    *,
    values: Mapping[str, Number] | None = None,
    latex: bool = False,
    run: bool = False,
    losses: bool = True,
    tolerance: float | None = None,
) -> Audit:
    """Whether a candidate is a partial of an activation.

    Args:
        candidate: a formula, LaTeX, `path.py`, `path.py:function`, or a function that
            is run: `torch:torch.nn.functional.mish`.
        activation: what it should belong to.
        partial: such as `f_x`; None: the one that it is, or is nearest to.
        values: of parameters; the verdict holds for every value of the others. Those
            that the activation does not have go to the function of a file.
        latex: the candidate is LaTeX even if no backslash is in it.
        run: a file that cannot be read as a formula may be run.
        tolerance: relative difference from the exact value that is overlooked.
        losses: whether to compute a formula in floats too, and see where they lose it.

    Raises:
        FormulaError: the candidate is no formula. Text is never executed.
        UnsupportedError: it holds what cannot be followed.
    """
    chosen = catalog.resolve(activation) if isinstance(activation, str) else activation
    given = {n: exact(v, n) for n, v in (values or {}).items()}
    known = {p.name for p in chosen.parameters}
    own = chosen.bind(**{n: v for n, v in given.items() if n in known})
    fixed = {n: v for n, v in own.values.items() if n in given}
    if not is_file(candidate):
        own.bind(**given)  # refuses what is not its own
    if is_named(candidate):
        found = named(candidate)
        return audit_implementation(
            candidate, found, own, partial, own.values,
            differentiated=found.library == "torch",
        )  # fmt: skip
    try:
        tree = read_tree(
            candidate, own.variables, latex=latex, partial=partial, given=given
        )
    except UnsupportedError as error:
        if not is_file(candidate):
            raise
        return _run(candidate, own, partial, error, run=run)
    return audit_tree(
        tree, candidate, own, partial, fixed, look_for_losses=losses,
        tolerance=tolerance,
    )  # fmt: skip


def _run(
    candidate: str,
    activation: Activation,
    partial: str | None,
    error: UnsupportedError,
    *,
    run: bool,
) -> Audit:
    """Audit of a file that cannot be read, by running it if that is allowed."""
    if not run:
        raise UnsupportedError(f"{error}; --run runs the file instead") from None
    path, function = split_path(candidate)
    source = source_of(path)
    found = from_file(path, chosen(source, function), source)
    values: Mapping[str, Fraction] = activation.values
    return audit_implementation(
        candidate, found, activation, partial or "f", values, differentiated=False
    )
