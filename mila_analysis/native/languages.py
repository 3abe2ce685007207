"""C and C++: how a text of each is compiled."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CPP", "FLAGS", "TUNING", "C", "Language"]

FLAGS = (
    "-std=c99", "-O3", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno",
    "-fno-trapping-math",
)  # fmt: skip
TUNING = (  # the first that the compiler takes
    "-march=native -mprefer-vector-width=512", "-march=native", "-mcpu=native", "",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """What is compiled, and how.

    Attributes:
        name: as people write it.
        variable: of the environment, that names the compiler.
        commands: of compilers, in the order in which they are looked for.
        suffix: of a file.
        flags: of every compilation.
        tuning: more flags, of which the first that the compiler takes are used.
        libraries: that every text needs.
        package: of Debian, that has a compiler.
    """

    name: str
    variable: str
    commands: tuple[str, ...]
    suffix: str
    flags: tuple[str, ...]
    tuning: tuple[str, ...]
    libraries: tuple[str, ...]
    package: str


C = Language("C", "CC", ("cc", "gcc", "clang"), ".c", FLAGS, TUNING, ("-lm",), "gcc")
CPP = Language(
    "C++", "CXX", ("c++", "g++", "clang++"), ".cpp", ("-O2", "-fPIC", "-shared"),
    ("-std=c++17", "-std=c++20"), (), "g++",
)  # fmt: skip
