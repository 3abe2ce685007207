"""The source of an activation, as the catalog words it, to entries of BibTeX."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence

from mila_analysis import __version__
from mila_analysis.activation import Activation

__all__ = ["entries", "of_activation", "of_software"]

COLUMNS = 78
ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
PLACE = re.compile(r"\b(github\.com/[\w.-]+/[\w.-]+)")
YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
AUTHOR = re.compile(
    r"(?:(?:[A-Z]\.-?)+(?: [A-Z]\.-?)* [A-Z][\w'-]+|[A-Z][a-z]+ [A-Z](?=,))"
    r"(?P<others> et al\.)?"
)
VENUE = re.compile(r"(?:^|, )([A-Z][A-Za-z]*(?: \d+(?:\(\d+\))?)?)$")
TITLE = "mila-analysis: exact derivatives, verified code and figures of activation functions"  # noqa: E501 - as in CITATION.cff
ESCAPED = {
    "\\": r"{\textbackslash}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&",
    "#": r"\#", "_": r"\_", "$": r"\$", "^": r"\^{}", "~": r"{\textasciitilde}",
}  # fmt: skip
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"',
    "\u030a": "r", "\u0327": "c", "\u030c": "v",
}  # fmt: skip


def of_activation(activation: Activation) -> str:
    """Entry of the source, with as much as its text says; "" where there is none.

    Where it names no authors, the text itself is the note.
    """
    if not activation.source or activation.name == "custom":
        return ""
    first = activation.source.partition(";")[0]  # what follows is a remark
    authors, rest = _authors(first)
    title, venue = _title(rest) if authors else ("", "")
    years = YEAR.findall(ARXIV.sub("", first))
    number, place = ARXIV.search(first), PLACE.search(first)
    name = activation.title or activation.name
    if place:
        venue = rf"\url{{https://{place[1].rstrip('.')}}}"
    fields = {
        "author": " and ".join(map(_escaped, authors)),
        "title": f"{{{_escaped(title)}}}" if title else "",
        "year": years[-1] if years else "",
        "eprint": number[1] if number else "",
        "archiveprefix": "arXiv" if number else "",
        "howpublished": venue,
        "note": "" if authors else _escaped(f"{name}: {activation.source}"),
    }
    return _entry(_key(activation, fields["year"]), fields)


def of_software() -> str:
    """Entry of this program, with its version."""
    return _entry(
        "mila-analysis",
        {
            "author": "{mila-analysis contributors}",
            "title": f"{{{TITLE}}}",
            "howpublished": "Software",
            "note": f"Version {__version__}",
        },
    )


def _entry(key: str, fields: dict[str, str]) -> str:
    width = max(map(len, fields))
    lines = [f"  {k:<{width}} = {{{v}}}," for k, v in fields.items() if v]
    return "\n".join([f"@misc{{{key},", *(_broken(line) for line in lines), "}\n"])


def _broken(line: str) -> str:
    """A line, cut at spaces, which mean nothing in BibTeX."""
    return textwrap.fill(
        line, COLUMNS, subsequent_indent=" " * 4, break_long_words=False,
        break_on_hyphens=False, drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip


def _key(activation: Activation, year: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", activation.name) + (f"-{year}" if year else "")


def _authors(source: str) -> tuple[list[str], str]:
    """Names in front of the text, and what follows them."""
    names: list[str] = []
    rest = source
    while found := AUTHOR.match(rest):
        names.append(found[0].removesuffix(" et al."))
        rest = rest[found.end() :].removeprefix(", ")
        if found["others"]:
            names.append("others")
    return names, rest


def _title(rest: str) -> tuple[str, str]:
    """Title and venue: what stands in front of the year, a number or a place."""
    ends = (found.start() for p in (ARXIV, PLACE, YEAR) for found in p.finditer(rest))
    head = rest[: min(ends, default=len(rest))].rstrip(" ,;:(")
    venue = VENUE.search(head)
    if venue is None or (venue.start() == 0 and not venue[1].isupper()):
        return head, ""
    return head[: venue.start()], venue[1]


def _escaped(text: str) -> str:
    return "".join(map(_character, text))


def _character(character: str) -> str:
    if character.isascii():
        return ESCAPED.get(character, character)
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 2 and parts[1] in ACCENTS and parts[0].isascii():
        return rf"{{\{ACCENTS[parts[1]]}{{{parts[0]}}}}}"
    return character


def entries(activation: Activation) -> Sequence[str]:
    """Entries of the source, if there is one, and of this program."""
    return [e for e in (of_activation(activation), of_software()) if e]
