"""The file of published results to one record a run; what is missing stays missing."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

from mila_analysis.activation import Activation
from mila_analysis.catalog import resolve
from mila_analysis.errors import ParameterError

__all__ = [
    "COLUMNS",
    "DATASETS",
    "SCORES",
    "SOURCE",
    "Block",
    "Run",
    "Score",
    "published_runs",
    "read_runs",
]

SOURCE = "D. Misra, Mila (github.com/digantamisra98/Mila), 2019"
DATASETS = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
SHORTENED = {110: 100, 164: 50}  # depth to epochs, where these are not 200
FULL = 200
KEYS = ("dataset", "version", "depth", "name", "activation")
NATS = 10  # of what is printed as "Loss %", to one nat


@dataclass(frozen=True, slots=True)
class Score:
    """What is known of a run.

    Attributes:
        column: in the file.
        title: for people.
        unit: of what tables show.
        sign: 1 where more is better, -1 where less is.
    """

    column: str
    title: str
    unit: str
    sign: int


SCORES: Mapping[str, Score] = {
    "top1": Score("top1_percent", "top-1", "%", 1),
    "loss": Score("loss_percent", "loss", "nats", -1),
    "top3": Score("top3_percent", "top-3", "%", 1),
    "top5": Score("top5_percent", "top-5", "%", 1),
}
COLUMNS = (*KEYS, *(score.column for score in SCORES.values()))


class Block(NamedTuple):
    """A data set and a network, in which runs differ in the activation only."""

    dataset: str
    version: str
    depth: int

    @property
    def title(self) -> str:
        """Such as `CIFAR-10, ResNet-20 v1`."""
        return f"{DATASETS[self.dataset]}, ResNet-{self.depth} {self.version}"

    @property
    def epochs(self) -> int:
        """How long its networks were trained."""
        return SHORTENED.get(self.depth, FULL)


@dataclass(frozen=True, slots=True)
class Run:
    """One published training run; a number that was not published is None.

    Attributes:
        block: data set and network.
        printed: name of the activation as it was printed.
        activation: as `catalog.resolve` takes it, in the conventions of Keras 2.
        top1, top3, top5: per cent of the 10,000 test images whose class is the first,
            or among the first three or five, of the network's after the last epoch.
        loss: what was printed as "Loss %": ten times the loss in nats.
    """

    block: Block
    printed: str
    activation: str
    top1: float | None
    loss: float | None
    top3: float | None
    top5: float | None

    @property
    def name(self) -> str:
        """Name with one spelling throughout, such as `Mila (β = -0.25)`."""
        spaced = re.sub(r"\s*([(=])\s*", r" \1 ", self.printed).replace("( ", "(")
        whole = re.sub(r"\.0\b", "", spaced).replace(" (Default Parameters)", "")
        return whole.replace("Bent's Identity", "Bent identity")

    @property
    def function(self) -> Activation:
        """The activation itself; of PReLU as it is before it learns."""
        return resolve(self.activation)

    @property
    def nats(self) -> float | None:
        """Loss on the test images after the last epoch, in nats an image."""
        return None if self.loss is None else round(self.loss / NATS, 12)

    def value(self, score: str) -> float | None:
        """A score by name: `top1`, `loss`, `top3` or `top5`, as published."""
        found: float | None = getattr(self, score)
        return found


@cache
def published_runs() -> tuple[Run, ...]:
    """The 109 runs, in the order in which they were published."""
    file = resources.files(__package__).joinpath("published.csv")
    return read_runs(file.read_text(encoding="utf-8"))


def read_runs(text: str) -> tuple[Run, ...]:
    """CSV with the columns of `published.csv`, and perhaps more, to runs.

    Raises:
        ParameterError: a column is missing, or a row is none; says which line.
    """
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        absent = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if absent:
            raise ParameterError(f"published results without columns: {absent}")
        return tuple(_run(row, reader.line_num) for row in reader)
    except csv.Error as error:
        raise ParameterError(f"published results are no CSV: {error}") from None


def _run(row: Mapping[str, str | None], line: int) -> Run:
    try:
        if None in row or None in row.values():
            raise ValueError("not as many cells as there are columns")
        given = {name: row[name] or "" for name in COLUMNS}
        block = Block(given["dataset"], given["version"], int(given["depth"]))
        scores = (_number(given[score.column]) for score in SCORES.values())
        top1, loss, top3, top5 = scores
        if block.dataset not in DATASETS:
            raise ValueError(block.dataset)
    except ValueError as error:
        raise ParameterError(f"published results, line {line}: {error}") from None
    return Run(block, given["name"], given["activation"], top1, loss, top3, top5)


def _number(text: str) -> float | None:
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no score")
    return value
