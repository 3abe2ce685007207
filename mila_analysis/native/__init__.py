"""C or C++ text to a library of this process: compile, keep by content, load.

What was compiled is kept in the user's cache folder under a name that says what it was
made of, and what its own bytes are. A file there is therefore whole and right, or it is
not used: two processes may write at once, and a damaged file is compiled again.
"""

from __future__ import annotations

from mila_analysis.native.compilers import (
    CompileError,
    Compiler,
    NoCompilerError,
    available,
    compiler,
)
from mila_analysis.native.keeping import CACHE_VARIABLE, cache_folder
from mila_analysis.native.languages import CPP, FLAGS, TUNING, C, Language
from mila_analysis.native.loading import Library, kept, load

__all__ = [
    "CACHE_VARIABLE",
    "CPP",
    "FLAGS",
    "TUNING",
    "C",
    "CompileError",
    "Compiler",
    "Language",
    "Library",
    "NoCompilerError",
    "available",
    "cache_folder",
    "compiler",
    "kept",
    "load",
]
