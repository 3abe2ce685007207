"""A comparison to sentences: what the data support, what they do not, and caveats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise

from mila_analysis.experiments.comparing.comparison import Comparison, Pair
from mila_analysis.experiments.comparing.estimate import LEVEL
from mila_analysis.experiments.comparing.measures import WHEN, Measure, measure
from mila_analysis.experiments.comparing.naming import plain

__all__ = ["caveats", "conclusions", "labels", "p_text", "settings", "signed"]

TOP1 = measure("top1")
SMALLEST_P = 1e-4
MATTERS = ("torch", "device", "gpu", "processor", "threads", "mila-analysis")


def labels(comparison: Comparison) -> dict[str, str]:
    """Activation, as `resolve` takes it, to its name for people."""
    return {r.config.activation: plain(r.config) for r in comparison.runs}


def settings(comparison: Comparison) -> str:
    """What all runs have alike, on one line."""
    c = comparison.settings
    build = f" ({c.build})" if c.model == "mlp" else ""
    where = {
        "all": "the activation in all hidden layers",
        "first": "the activation in the first layer, ReLU in the others",
    }[c.placement]
    more = [f"weight decay {c.weight_decay:g}"] * (c.weight_decay > 0)
    more += ["augmented"] * c.augment + ["mixed precision"] * c.amp
    parts = [
        f"{c.dataset}, {c.model}{build}", where, _plural(c.epochs, "epoch"),
        f"batches of {c.batch_size}",
        f"{c.optimizer} at {c.learning_rate:g} ({c.schedule})", *more,
        f"{_plural(len(comparison.seeds), 'seed')} ({_ranges(comparison.seeds)})",
    ]  # fmt: skip
    return ", ".join(parts)


def conclusions(comparison: Comparison, score: Measure, when: str) -> tuple[str, ...]:
    """A sentence for each pair, and one for all if no difference is shown."""
    pairs, names = comparison.pairs(score, when), labels(comparison)
    counts = {"seeds": len(comparison.seeds), "pairs": len(pairs)}
    said = [conclusion(pair, names, score, **counts) for pair in pairs]
    if len(pairs) > 1 and not any(p.difference.is_shown for p in pairs):
        said.append(
            f"These data support no difference in {score.title} of the {when} epoch "
            f"{_among(comparison, names)}."
        )
    return (*said, *(_by_best(comparison, score) if when == "last" else ()))


def _among(comparison: Comparison, names: Mapping[str, str]) -> str:
    if comparison.baseline:
        return f"between {names[comparison.baseline]} and any of the others"
    return "between any two of these"


def _by_best(comparison: Comparison, score: Measure) -> tuple[str, ...]:
    """Pairs of which the best epoch would tell another story."""
    names = labels(comparison)
    last, best = (comparison.pairs(score, when) for when in WHEN)
    turned = [
        f"{names[a.first]} and {names[a.second]}"
        for a, b in zip(last, best, strict=True)
        if a.difference.is_shown != b.difference.is_shown
    ]
    if not turned:
        return ()
    return (f"The best epoch would give another verdict on {_listed(turned)}.",)


def conclusion(
    pair: Pair, names: Mapping[str, str], score: Measure, *, seeds: int, pairs: int
) -> str:
    """What the seeds say of one pair.

    Args:
        pair: and how it differs.
        names: of activations, for people.
        score: that differs.
        seeds: that there are, with those in which a run diverged.
        pairs: for how many p was corrected.
    """
    first, second, found = names[pair.first], names[pair.second], pair.difference
    both = f"{first} and {second}"
    left = seeds - found.count
    missing = f"; {_plural(left, 'seed')} left out, as a run diverged" if left else ""
    if found.count == 0:
        return f"{both}: nothing to compare: no seed in which neither diverged."
    change = f"{signed(found.mean.mean * score.factor, score.digits)}{score.step}"
    if found.count == 1:
        return f"{both}: no test with one seed (difference {change}{missing})."
    if found.equal == found.count:
        return f"{both}: equal in all {found.count} seeds{missing}."
    ends = found.mean.times(score.factor)
    low, high = (signed(end, score.digits) for end in (ends.low, ends.high))
    numbers = (
        f"difference {change}, {100 * LEVEL:.0f} % CI {low} to {high}, "
        f"{_tested(pair, pairs)}, {_plural(found.count, 'seed')}{missing}"
    )
    if not found.is_shown:
        return f"{both}: no difference shown ({numbers})."
    better = "better" if (found.mean.mean > 0) == score.rises else "worse"
    size = f", g = {found.effect:.2f}" if math.isfinite(found.effect) else ""
    return f"{first} does {better} than {second} ({numbers}{size})."


def _tested(pair: Pair, pairs: int) -> str:
    """P-value; also that of the pair alone where the correction turns the verdict."""
    found = pair.difference
    text = p_text(found.adjusted) + (" after Holm" if pairs > 1 else "")
    if found.is_shown_alone and not found.is_shown:
        text = f"{p_text(found.p)} alone but {text}"
    if math.isnan(found.mean.t):
        text += " (signs alone: the difference is the same in every seed)"
    return text


def caveats(comparison: Comparison, score: Measure) -> tuple[str, ...]:
    """What the numbers do not say."""
    made = (
        _seeds(comparison), _images(comparison), _best(comparison),
        _tests(comparison, score), _divergence(comparison), _cost(),
        _machines(comparison),
    )  # fmt: skip
    return tuple(filter(None, made))


def _seeds(comparison: Comparison) -> str:
    c = comparison.settings
    drawn = ["initial weights", "order of examples"]
    drawn += ["dropout"] * (c.build == "sequential") + ["augmentation"] * c.augment
    text = f"Seeds vary {_listed(drawn)}, not the choice of examples to learn from or "
    text += "be judged by: intervals and tests say nothing of other data or settings."
    return text


def _images(comparison: Comparison) -> str:
    """Standard error of top-1 from the choice of validation images."""
    count = sum(map(sum, comparison.runs[0].confusion))
    found = [comparison.score(a, TOP1, "last").mean for a in comparison.activations]
    known = [mean / 100 for mean in found if math.isfinite(mean)]
    if not (count and known):
        return ""
    worst = max(100 * math.sqrt(p * (1 - p) / count) for p in known)
    return (
        f"There are {count:,} validation images: one is {100 / count:.2g} points of "
        f"top-1, and which were chosen alone gives a top-1 a standard error of about "
        f"{worst:.2g} points (less for differences on the same images)."
    )


def _best(comparison: Comparison) -> str:
    gains = [
        TOP1.of(run, "best") - TOP1.of(run, "last")
        for run in comparison.runs
        if not run.diverged
    ]
    if not gains or comparison.settings.epochs == 1:
        return ""
    mean, most = 100 * sum(gains) / len(gains), 100 * max(gains)
    return (
        "The best epoch is chosen by the very top-1 that it is then judged by, which "
        f"flatters it: by {mean:.2f} points over the last here, and up to {most:.2f}."
    )


def _tests(comparison: Comparison, score: Measure) -> str:
    count, tests = len(comparison.seeds), len(comparison.pairs(score, "last"))
    if count < 2:
        return "One seed has no spread: nothing can be tested; --seeds 10 can."
    corrected = f", after Holm over {tests} pairs" if tests > 1 else ""
    return (
        f"Intervals are Student's and hold for each pair alone; p is of the paired t "
        f"test{corrected}; p of signs is of the exact sign-flip test, "
        f"which cannot be below {2 ** (1 - count):.2g} with {_plural(count, 'seed')}."
    )


def _divergence(comparison: Comparison) -> str:
    names = labels(comparison)
    found = [
        f"{names[a]} in {comparison.diverged(a)} of {len(comparison.seeds)} seeds"
        for a in comparison.activations
        if comparison.diverged(a)
    ]
    if not found:
        return ""
    return (
        f"Diverged (the loss ceased to be a number): {_listed(found)}. These runs are "
        "in no mean and no test, which favours what diverges."
    )


def _cost() -> str:
    return (
        "Times are rough where several runs share a machine; bytes are what autograd "
        "keeps of an example for the backward pass."
    )


def _machines(comparison: Comparison) -> str:
    versions = [run.versions for run in comparison.runs]
    mixed = [n for n in MATTERS if len({v.get(n) for v in versions}) > 1]
    return f"Not all runs have the same {_listed(mixed)}." if mixed else ""


def signed(value: float, digits: int) -> str:
    """Number with its sign, even that of what rounds to zero."""
    return f"{value:+.{digits}f}"


def p_text(p: float) -> str:
    """Such as `p = 0.041` or `p < 0.0001`."""
    if p < SMALLEST_P:
        return f"p < {SMALLEST_P:.4f}"
    return f"p = {p:#.2g}" if p < 0.995 else "p = 1"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _ranges(numbers: Iterable[int]) -> str:
    """Rising numbers, such as `0 to 4, 7`."""
    found = list(numbers)
    breaks = [k for k, (a, b) in enumerate(pairwise(found), 1) if b != a + 1]
    runs = [found[i:j] for i, j in pairwise([0, *breaks, len(found)])]
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 1 else f"{r[0]}" for r in runs)
