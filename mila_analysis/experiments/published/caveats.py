"""Runs to what a reader must know before comparing them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from mila_analysis.experiments.published.records import FULL, SCORES, SHORTENED, Run
from mila_analysis.experiments.published.standing import blocks

__all__ = ["IN_SHORT", "caveats"]

IN_SHORT = "One run each, no fixed seed, last epoch."
ALONE = (
    "Each number is from one training run without a fixed seed, after its last epoch: "
    "how much another run would give is unknown, so a small difference may be chance."
)
LOSS = (
    "The loss was printed as 'Loss %', which is ten times its value in nats and no "
    "percentage. The Keras example that the networks follow adds an L2 penalty of the "
    "weights to it, which these numbers may contain."
)
SPECIAL = {
    "aria2_coded": "Aria-2 is as it was coded: without the factor x of its paper.",
    "hard_sigmoid_keras2": "Hard sigmoid is that of Keras 2: slope 0.2.",
    "prelu": "PReLU starts at a = 0, as in Keras, and learns a.",
}


def caveats(
    runs: Iterable[Run], scores: Collection[str] = tuple(SCORES)
) -> tuple[str, ...]:
    """Sentences that hold for these runs, the most important first.

    Args:
        runs: that are shown.
        scores: of which something is shown.
    """
    shown = tuple(runs)
    loss = (LOSS,) if "loss" in scores else ()
    few = _partly(shown, scores)
    return (ALONE, *_shortened(shown), *loss, *_missing(shown), *few, *_special(shown))


def _shortened(runs: Sequence[Run]) -> Iterator[str]:
    """Which networks were trained for fewer epochs than the others."""
    depths = {run.block.depth for run in runs}
    short = [depth for depth in SHORTENED if depth in depths]
    if short:
        told = " and ".join(f"{SHORTENED[d]} epochs at depth {d}" for d in short)
        yield (
            f"Training took {told}, {FULL} at other depths: a lower score there does "
            "not come from depth alone."
        )


def _missing(runs: Sequence[Run]) -> Iterator[str]:
    for block, members in blocks(runs).items():
        empty = [run.name for run in members if run.top1 is None]
        if empty:
            yield f"No result was published for {', '.join(empty)} of {block.title}."


def _partly(runs: Sequence[Run], scores: Collection[str]) -> Iterator[str]:
    wanted = [name for name in ("top3", "top5") if name in scores]
    scored = [run for run in runs if run.top1 is not None]
    if any(run.value(name) is None for run in scored for name in wanted):
        named = " and ".join(SCORES[name].title for name in wanted)
        yield f"Not published for every network: {named}."


def _special(runs: Sequence[Run]) -> Iterator[str]:
    used = {run.activation.partition(":")[0] for run in runs}
    return (sentence for name, sentence in SPECIAL.items() if name in used)
