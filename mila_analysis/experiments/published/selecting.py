"""Words of a user to some of the runs, or to a line that says what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from mila_analysis.activation import Activation
from mila_analysis.catalog import divided, resolve
from mila_analysis.errors import UnknownNameError
from mila_analysis.experiments.published.records import DATASETS, Run

__all__ = ["select"]

Word = TypeVar("Word", str, int)

# One function has one name in the tables; these are its others.
ALSO = {
    "silu": "swish:beta=1",
    "mila:beta=0": "mish",
    "beta_mish:beta=1": "mish",
}


def select(
    runs: Iterable[Run],
    datasets: Sequence[str] = (),
    versions: Sequence[str] = (),
    depths: Sequence[int] = (),
    activations: Sequence[str] = (),
) -> tuple[Run, ...]:
    """Those of the runs that a filter lets through, in their order.

    Args:
        runs: to choose from.
        datasets: such as `cifar10` or `CIFAR-100`; all unless given, as of the others.
        versions: of the ResNet: `v1` or `v2`.
        depths: of the ResNet.
        activations: as `catalog.resolve` takes them. A name without values stands for
            all of that name: `mila` for each β.

    Raises:
        UnknownNameError: nothing among what is left has a word; says what there is.
    """
    left = tuple(runs)
    left = _kept(
        left, "dataset", [_folded(d) for d in datasets], lambda r: r.block.dataset
    )
    words = [v.lower() if v[:1] in "vV" else f"v{v}" for v in versions]
    left = _kept(left, "ResNet version", words, lambda r: r.block.version)
    left = _kept(left, "depth", depths, lambda r: r.block.depth)
    return _acting(left, activations)


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _kept(
    runs: tuple[Run, ...],
    what: str,
    wanted: Sequence[Word],
    of: Callable[[Run], Word],
) -> tuple[Run, ...]:
    known = sorted({of(run) for run in runs})
    for word in wanted:
        if word not in known:
            shown = ", ".join(str(DATASETS.get(str(k), k)) for k in known)
            where = _where(runs)
            verb = "is" if len(known) == 1 else "are"
            raise UnknownNameError(
                f"no {what} {_quoted(word)}{where}; there {verb} {shown}"
            )
    return tuple(run for run in runs if not wanted or of(run) in wanted)


def _quoted(word: object) -> str:
    return f"'{word[:40]}'" if isinstance(word, str) else str(word)


def _where(runs: Sequence[Run]) -> str:
    """What all runs that are left have in common, if that was chosen."""
    datasets = {run.block.dataset for run in runs}
    versions = {run.block.version for run in runs}
    if len(datasets) > 1:
        return f" of {versions.pop()}" if len(versions) == 1 else ""
    return f" of {DATASETS[datasets.pop()]}"


def _acting(runs: tuple[Run, ...], texts: Sequence[str]) -> tuple[Run, ...]:
    """Runs of the activations that are wanted."""
    chosen: set[Run] = set()
    for text in texts:
        wanted, fixed = _wanted(text)
        found = {run for run in runs if _same(run.function, wanted, fixed)}
        if not found:
            raise _unpublished(text, wanted, runs)
        chosen |= found
    return tuple(run for run in runs if not texts or run in chosen)


def _wanted(text: str) -> tuple[Activation, frozenset[str]]:
    """Activation of a text, and the parameters whose value is meant."""
    activation = resolve(text)
    spelled = activation.spec if divided(text)[1] else activation.name
    other = ALSO.get(spelled)
    if other is not None:
        return resolve(other), frozenset(resolve(other).values)
    return activation, frozenset(divided(text)[1])


def _same(function: Activation, wanted: Activation, fixed: frozenset[str]) -> bool:
    values = function.values
    return function.formula == wanted.formula and all(
        values[name] == wanted.values[name] for name in fixed
    )


def _unpublished(
    text: str, wanted: Activation, runs: Sequence[Run]
) -> UnknownNameError:
    known = sorted({run.activation for run in runs})
    near = [spec for spec in known if spec.partition(":")[0] == wanted.name]
    if near:
        return UnknownNameError(f"no run with {text}; there are {', '.join(near)}")
    names = sorted({spec.partition(":")[0] for spec in known})
    alike = [name for name in names if name.startswith(wanted.name)]
    hint = f"did you mean '{alike[0]}'?" if alike else f"there are {', '.join(names)}"
    return UnknownNameError(f"no run with {text[:40]}; {hint}")
