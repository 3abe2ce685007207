"""Published formulas to a page with our verdicts, each worked out anew.

`python -m mila_analysis.auditing.museum docs/museum.md` writes the page. What torch
computes beside ours is measured before, by `measuring`, as that takes minutes.
"""

from __future__ import annotations

import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from mila_analysis import files
from mila_analysis.auditing import Audit, audit, beside, measurements, report
from mila_analysis.auditing.measurements import Measurement
from mila_analysis.auditing.pairs import Pair

__all__ = ["Exhibit", "Piece", "audited", "exhibits", "measured", "page"]

TITLE = "# A museum of derivatives"
INTRODUCTION = """\
Published formulas and code for activation functions and their derivatives, with our
verdicts. Every verdict on this page is computed by `mila-analysis audit`, and the page
is generated: `python -m mila_analysis.auditing.museum docs/museum.md`. A wrong formula
is shown wrong by a point where the two values provably differ; a right one is proved
right in exact algebra. What stands here was mostly found and mended by its own authors
long ago. It is no reproach: it shows what such mistakes look like."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One formula or function: whose it is, and what is audited."""

    says: str
    shows: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One story: where it was published, what it should be, and its pieces."""

    title: str
    source: str
    address: str
    activation: str
    partial: str | None
    values: Mapping[str, str]
    remark: str
    pieces: tuple[Piece, ...]


def exhibits() -> tuple[Exhibit, ...]:
    """All exhibits, in the order of the page."""
    text = _data("museum.toml")
    return tuple(
        Exhibit(
            title=item["title"],
            source=item["source"],
            address=item["address"],
            activation=item["activation"],
            partial=item.get("partial"),
            values=item.get("values", {}),
            remark=item.get("remark", ""),
            pieces=tuple(Piece(**piece) for piece in item["pieces"]),
        )
        for item in tomllib.loads(text)["exhibit"]
    )


def measured() -> tuple[Mapping[str, str], dict[Pair, tuple[Measurement, ...]]]:
    """Where torch was measured, and what was found, by pair."""
    return measurements.read(_data("museum_torch.json"))


def _data(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def audited(exhibit: Exhibit, piece: Piece) -> Audit:
    """Verdict on a piece."""
    return audit(
        piece.shows, exhibit.activation, exhibit.partial, values=exhibit.values
    )


def page() -> str:
    """The page, in Markdown."""
    parts = [TITLE, INTRODUCTION]
    for exhibit in exhibits():
        parts += _exhibit(exhibit)
    parts.append(beside.section(*measured()))
    return "\n\n".join(parts) + "\n"


def _exhibit(exhibit: Exhibit) -> Iterator[str]:
    yield f"## {exhibit.title}"
    yield f"[{exhibit.source}]({exhibit.address})"
    for piece in exhibit.pieces:
        found = audited(exhibit, piece)
        mark = "✓" if found.passed else "✗"
        yield f"{mark} {piece.says}:"
        said = report(found, with_ulps=False).rstrip().splitlines()
        lines = [f"$ {_command(exhibit, piece)}", *said]
        yield "\n".join(f"    {line}" for line in lines)
    if exhibit.remark:
        yield exhibit.remark


def _command(exhibit: Exhibit, piece: Piece) -> str:
    words = ["mila-analysis", "audit", "-a", exhibit.activation]
    if exhibit.partial:
        words += ["-p", exhibit.partial]
    for name, value in exhibit.values.items():
        words += (
            [f"--{name}", value] if name == "beta" else ["--param", f"{name}={value}"]
        )
    return shlex.join([*words, "--", piece.shows])


def main(arguments: list[str]) -> None:
    """Write the page to the file that is named."""
    (target,) = arguments
    files.write(target, page())


if __name__ == "__main__":
    main(sys.argv[1:])
