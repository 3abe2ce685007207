"""A generated C file to a kernel that the operators find by its key."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache

from mila_analysis import native
from mila_analysis.backends.c import reading
from mila_analysis.errors import UnsupportedError
from mila_analysis.kernels import read_code
from mila_analysis.operators.building import bridge
from mila_analysis.partials import Partial, up_to

__all__ = ["MOST_PARAMETERS", "load"]

MOST_PARAMETERS = 8  # as many as the C++ part can pass on
FORMATS = ("f64", "f32", "f16", "bf16")  # in the order of the C++ part


@lru_cache(maxsize=256)
def load(text: str) -> str:
    """Key of a generated C file, compiled and known to the operators.

    Raises:
        NoCompilerError: no C compiler, or no C++ compiler, is here.
        CompileError: a compiler refused its text.
        UnsupportedError: more parameters than operators can pass on.
    """
    code = read_code(text)
    variables = code.activation.variables
    parameters = len(variables) - 1
    if parameters > MOST_PARAMETERS:
        raise UnsupportedError(
            f"native code in torch has at most {MOST_PARAMETERS} parameters"
        )
    native.compiler()
    register = bridge().function("mila_analysis_register", _TYPES)
    library = native.load(text)
    found = up_to(code.order, variables)
    names = [p.name for p in found]
    prefix = reading.frame_in(text).prefix
    titles = [f"{prefix}_{n}_{f}" for n in (*names, *_MORE) for f in FORMATS]
    key = f"{code.activation.name}_{code.digest[:16]}"
    register(
        key.encode(),
        parameters,
        code.accuracy == "accurate",
        len(names),
        (ctypes.c_char_p * len(names))(*(name.encode() for name in names)),
        (ctypes.c_void_p * len(titles))(*(_address(library, t) for t in titles)),
        _next(found, variables),
    )
    return key


_MORE = ("partials", "gradient")  # all partials at once, and what backward of f needs
_TYPES = (
    ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_size_t, ctypes.c_void_p,
    ctypes.c_void_p, ctypes.c_void_p,
)  # fmt: skip


def _address(library: native.Library, title: str) -> int | None:
    """Where a function is; None if the file has it not."""
    try:
        return ctypes.cast(library.handle[title], ctypes.c_void_p).value
    except AttributeError:
        return None


def _next(
    found: Sequence[Partial], variables: Sequence[str]
) -> ctypes.Array[ctypes.c_int64]:
    """Of each partial and variable, the number of the derivative; -1 if none is."""
    number = {p.variables: k for k, p in enumerate(found)}
    places = [
        number.get(tuple(sorted([*p.variables, v], key=list(variables).index)), -1)
        for p in found
        for v in variables
    ]
    return (ctypes.c_int64 * len(places))(*places)
