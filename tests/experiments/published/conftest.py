"""The original's own tables, read by other means than the package's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mila_analysis.experiments.published import published_runs

TABLES = Path(__file__).with_name("readme_tables.md")  # as the original prints them
SCORES = ("top1", "loss", "top3", "top5")


@dataclass(frozen=True)
class Row:
    """A row as it was printed: cells without per cent signs, bold ones by score."""

    dataset: str
    version: str
    depth: int
    name: str
    cells: tuple[str, ...]
    bold: frozenset[str]


def rows_of(text: str) -> Iterator[Row]:
    dataset = version = depth = ""
    for line in text.splitlines():
        if found := re.fullmatch(r"(#{3,5}) ([\w -]+): *", line):
            level, title = len(found[1]), found[2]
            if level == 3:
                dataset = title.replace("-", "").lower()
            elif level == 4:
                version = title.removeprefix("ResNet ")
            else:
                depth = title.removeprefix("ResNet-")
        elif re.match(r"\|(?!-|.*Activation)", line):
            name, *cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            cells += [""] * (4 - len(cells))
            bold = {s for s, c in zip(SCORES, cells, strict=True) if "**" in c}
            plain = tuple(re.sub("[*%]", "", cell) for cell in cells)
            yield Row(dataset, version, int(depth), name, plain, frozenset(bold))


@pytest.fixture(scope="session")
def printed() -> list[Row]:
    return list(rows_of(TABLES.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def runs():
    return published_runs()
