"""A generated NumPy module of wide numbers back to its programs."""

from __future__ import annotations

from mila_analysis.backends._python_reading import Dialect
from mila_analysis.backends.backend import Reading
from mila_analysis.backends.numpy.reading import Layout, read_module
from mila_analysis.backends.numpy.wide import CALLS, imports, runtime
from mila_analysis.program import NAN

__all__ = ["is_wide", "read"]

_DIALECT = Dialect(
    calls={**{f"_k.{kind}": kind for kind in (*CALLS, "residue")}, "abs": "abs"},
    values={"_k.nan": NAN},
    ignored=frozenset({"_k"}),
)


def is_wide(text: str) -> bool:
    """Whether a module computes with wide numbers."""
    return "\nclass _Wide:" in text


def read(text: str) -> list[Reading]:
    """Programs of a module of wide numbers, by the function that each stands in.

    Raises:
        ReadingError: something in it is not what this program writes; names the line.
    """
    pairs = "\nclass _Pair:" in text
    ours = Layout(_DIALECT, runtime(pairs=pairs), imports(pairs=pairs), has_near=False)
    return read_module(text, ours)
