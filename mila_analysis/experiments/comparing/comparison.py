"""Runs of several activations and seeds to what they say together; to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from statistics import median
from typing import Any

from mila_analysis.errors import ParameterError, suggestion
from mila_analysis.experiments.comparing.estimate import Estimate, estimate
from mila_analysis.experiments.comparing.measures import Measure
from mila_analysis.experiments.comparing.paired import Difference, corrected, difference
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.results import RunResult

__all__ = ["Comparison", "Pair"]

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """Two activations, and how their scores differ: first - second."""

    first: str
    second: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Finished runs of every activation with every seed, alike in all else.

    Attributes:
        runs: activation by activation, in the order of their first runs, each by seed.
        baseline: activation to which the others are compared; all pairs if empty.
    """

    runs: tuple[RunResult, ...]
    baseline: str = ""

    def __post_init__(self) -> None:
        """Put the runs in order.

        Raises:
            ParameterError: no run, one missing, twice or of other settings; or a
                baseline that is none of the activations.
        """
        if not self.runs:
            raise ParameterError("nothing to compare: no run")
        names = self.activations
        ordered = sorted(
            self.runs, key=lambda r: (names.index(r.config.activation), r.config.seed)
        )
        object.__setattr__(self, "runs", tuple(ordered))
        self._check_settings()
        self._check_grid()
        if self.baseline and self.baseline not in names:
            hint = suggestion(self.baseline, names) or f"; it is none of {names}"
            raise ParameterError(f"no baseline '{self.baseline}'{hint}")

    def _check_settings(self) -> None:
        """All but activation, its learned parameters and seed must be alike."""
        first = self.settings
        for run in self.runs:
            own = _alike(run.config)
            if own != _alike(first):
                named = ", ".join(
                    f"{key} {value}, not {_alike(first)[key]}"
                    for key, value in own.items()
                    if value != _alike(first)[key]
                )
                raise ParameterError(f"these runs do not compare: {named}")

    def _check_grid(self) -> None:
        """Every activation with every seed, once."""
        there = [(r.config.activation, r.config.seed) for r in self.runs]
        if len(set(there)) < len(there):
            raise ParameterError("these runs do not compare: one is there twice")
        for name in self.activations:
            for seed in self.seeds:
                if (name, seed) not in there:
                    raise ParameterError(
                        f"these runs do not compare: {name} has no seed {seed}"
                    )

    @property
    def settings(self) -> RunConfig:
        """Configuration of the first run.

        The others share all but activation, learned parameters and seed.
        """
        return self.runs[0].config

    @property
    def activations(self) -> tuple[str, ...]:
        """As `resolve` takes them, in order."""
        return tuple(dict.fromkeys(r.config.activation for r in self.runs))

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds, rising."""
        return tuple(sorted({r.config.seed for r in self.runs}))

    def of(self, activation: str) -> tuple[RunResult, ...]:
        """Runs of an activation, by seed."""
        return tuple(r for r in self.runs if r.config.activation == activation)

    def values(self, activation: str, measure: Measure, when: str) -> list[float]:
        """Scores of the `last` or `best` epoch, by seed; NaN of what diverged."""
        return [measure.of(run, when) for run in self.of(activation)]

    def score(self, activation: str, measure: Measure, when: str) -> Estimate:
        """Mean over seeds of the `last` or `best` epoch, in the unit that is shown."""
        return estimate(self.values(activation, measure, when)).times(measure.factor)

    def seconds(self, activation: str) -> Estimate:
        """Training time of an epoch: mean over seeds of the median over epochs."""
        return estimate(
            [median(e.seconds for e in r.epochs) for r in self.of(activation)]
        )

    def diverged(self, activation: str) -> int:
        """Runs whose loss ceased to be a number."""
        return sum(run.diverged for run in self.of(activation))

    def pairs(self, measure: Measure, when: str) -> tuple[Pair, ...]:
        """All pairs, or all others with the baseline, tested and corrected together.

        Differences are in the unit of `Scores`.
        """
        values = {a: self.values(a, measure, when) for a in self.activations}
        chosen = [
            (b, a) if not self.baseline or a == self.baseline else (a, b)
            for a, b in combinations(self.activations, 2)
            if not self.baseline or self.baseline in (a, b)
        ]
        tested = corrected([difference(values[a], values[b]) for a, b in chosen])
        return tuple(
            Pair(a, b, found) for (a, b), found in zip(chosen, tested, strict=True)
        )

    def with_baseline(self, baseline: str) -> Comparison:
        """The same with another baseline; all pairs if it is empty."""
        return replace(self, baseline=baseline)

    def record(self) -> dict[str, Any]:
        """What makes it: `from_mapping` reads it back."""
        return {
            "format": FORMAT,
            "baseline": self.baseline,
            "runs": [json.loads(run.to_json()) for run in self.runs],
        }

    @classmethod
    def from_json(cls, text: str) -> Comparison:
        """What `write` made as JSON to the comparison; statistics are computed anew.

        Raises:
            ParameterError: the text is no comparison, or a damaged one.
        """
        try:
            return _read(json.loads(text))
        except ParameterError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
            raise ParameterError(f"not a comparison: {e!r}") from None


def _read(values: Mapping[str, Any]) -> Comparison:
    if values["format"] != FORMAT:
        raise ParameterError(f"not a comparison of format {FORMAT}")
    runs = tuple(RunResult.from_json(json.dumps(run)) for run in values["runs"])
    return Comparison(runs, str(values["baseline"]))


def _alike(config: RunConfig) -> dict[str, Any]:
    """Settings that runs must share."""
    own = {"activation", "learnable", "seed"}
    return {k: v for k, v in asdict(config).items() if k not in own}
