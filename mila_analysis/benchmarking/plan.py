"""What a user asks to be measured to a checked plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mila_analysis import catalog
from mila_analysis.activation import Activation
from mila_analysis.benchmarking.targets import TARGETS, Target
from mila_analysis.errors import ParameterError, UnknownNameError, suggestion

__all__ = ["DTYPES", "NAMES", "PARTS", "Plan", "check", "shift"]

PARTS = {
    "targets": "ours against a peer, with a bound",
    "memory": "bytes that are kept for backward",
    "sizes": "time against size",
    "accuracy": "error against time",
}
NAMES = (*PARTS, *(t.name for t in TARGETS))
DTYPES = ("float32", "float64", "bfloat16", "float16")
SIZES = tuple(10**k for k in range(2, 8))
QUICK_SIZES = (10**3, 10**5, 10**6)
LARGEST = 10**9
MOST_THREADS = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured.

    Attributes:
        activation: of which function.
        parts: names of parts, in their order.
        targets: that are compared, with their own sizes and dtypes.
        sizes, dtype, threads: of the part `sizes`.
        is_quick: few samples, and nothing that torch.compile has to make.
    """

    activation: Activation
    parts: tuple[str, ...] = tuple(PARTS)
    targets: tuple[Target, ...] = TARGETS
    sizes: tuple[int, ...] = SIZES
    dtype: str = "float32"
    threads: int = 1
    is_quick: bool = False


def check(
    activation: Activation | None = None,
    *,
    only: Sequence[str] | None = None,
    sizes: Sequence[int] | None = None,
    dtype: str | None = None,
    threads: int | None = None,
    quick: bool = False,
) -> Plan:
    """Options to a plan.

    Args:
        activation: Mila unless given. Targets of others have no bounds.
        only: names of parts and of targets. Everything unless given; but sizes, dtype
            and threads speak of the part `sizes`, and then it is that alone.
        sizes: elements.
        dtype: of the elements.
        threads: that torch may use.
        quick: half a minute, for a first look.

    Raises:
        UnknownNameError: no such part, target or dtype; names the nearest.
        ParameterError: a size or a number of threads that cannot be.
    """
    chosen = activation or catalog.get("mila")
    special = not (sizes is None and dtype is None and threads is None)
    names = _names(only) if only else (("sizes",) if special else NAMES)
    if special and "sizes" not in names:
        raise ParameterError(
            "size, dtype and threads are of the part 'sizes', which is not asked for"
        )
    targets = tuple(t for t in TARGETS if t.name in names or "targets" in names)
    if shift(chosen) is None:
        targets = tuple(replace(t, bound=None) for t in targets)
    parts = [p for p in PARTS if p in names]
    if targets and "targets" not in parts:
        parts.insert(0, "targets")
    return Plan(
        activation=chosen,
        parts=tuple(parts),
        targets=targets,
        sizes=_sizes(sizes, QUICK_SIZES if quick else SIZES),
        dtype=_dtype(dtype or "float32"),
        threads=_threads(threads),
        is_quick=quick,
    )


def shift(activation: Activation) -> Fraction | None:
    """β where the activation is x·tanh(softplus(x + β)), which others have as well."""
    if activation.name == "mish":
        return Fraction(0)
    return activation.values["beta"] if activation.name == "mila" else None


def _names(only: Iterable[str]) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in only)
    for name in names:
        if name not in NAMES:
            hint = suggestion(name, NAMES) or f"; choose from {', '.join(NAMES)}"
            raise UnknownNameError(f"nothing to measure is called '{name[:40]}'{hint}")
    return names


def _sizes(given: Sequence[int] | None, usual: tuple[int, ...]) -> tuple[int, ...]:
    if given is None:
        return usual
    for size in given:
        if not 1 <= size <= LARGEST:
            raise ParameterError(f"size must be from 1 to {LARGEST}, not {size}")
    return tuple(sorted(set(given)))


def _dtype(name: str) -> str:
    if name not in DTYPES:
        hint = suggestion(name, DTYPES) or f"; choose from {', '.join(DTYPES)}"
        raise UnknownNameError(f"no dtype '{name[:40]}'{hint}")
    return name


def _threads(given: int | None) -> int:
    if given is None:
        return 1
    if not 1 <= given <= MOST_THREADS:
        raise ParameterError(f"threads must be from 1 to {MOST_THREADS}, not {given}")
    return given
