"""`verify`: generated code, from a file or made anew, to findings and a certificate."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mila_analysis.cli.output import STDOUT, emit, emit_json, say
from mila_analysis.cli.selection import Acts, Betas, Json, Params, Tex, single
from mila_analysis.errors import MilaAnalysisError, NoPlaceError, ParameterError

if TYPE_CHECKING:
    from mila_analysis.kernels import GeneratedCode
    from mila_analysis.verification import Certificate, Finding

__all__ = ["SUFFIX", "reserved", "status", "verify", "watched"]

SUFFIX = ".certificate.json"
HEADINGS = ("leg", "what", "dtype", "checked", "worst", "limit", "unit", "at x", "")
CLOSE = ("partial", "dtype", "x", "computed", "exact", "ulp", "κ")


def verify(  # noqa: PLR0913 - each is an option
    *,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Generated code; - is stdin; without it, code is made anew.",
        ),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            "-b",
            metavar="BACKEND",
            help="Of code made anew: numpy, torch, c, triton or javascript.",
        ),
    ] = None,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    order: Annotated[
        int | None, typer.Option(metavar="N", help="Of the highest partials.")
    ] = None,
    accuracy: Annotated[
        str | None, typer.Option(metavar="MODE", help="fast or accurate.")
    ] = None,
    dtype: Annotated[
        list[str] | None,
        typer.Option(metavar="DTYPE", help="Only this format; can be repeated."),
    ] = None,
    leg: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LEG",
            help="Only this leg: text, identity, accuracy, autograd or edges.",
        ),
    ] = None,
    points: Annotated[
        int, typer.Option(metavar="N", help="Random points of each format.")
    ] = 300,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the random points.")] = 0,
    exhaustive: Annotated[
        bool,
        typer.Option(
            "--exhaustive",
            help="Every number of float16 and bfloat16; of float32 with --dtype "
            "float32.",
        ),
    ] = False,
    at: Annotated[
        str | None, typer.Option(metavar="X", help="Only show what it gives at x.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="CERT",
            help="Certificate of FILE; FILE.certificate.json if there is one.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="CERT", help="Where to write a new certificate."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Verify generated code: proof, ulp against balls, autograd, edges.

    Try: mila-analysis verify mila.py
    """
    fresh = (backend, activation, beta, param, order, accuracy)
    if file is not None:
        if any(fresh):
            raise ParameterError("FILE says itself what it is; give it alone")
        code = _read(file)
        _compare(code, file, certificate)
    else:
        if certificate is not None:
            raise ParameterError("--certificate goes with a FILE")
        code = _made(backend, activation, beta, param, order, accuracy, tex=tex)
    if at is not None:
        _close_up(code, dtype, at, as_json=json)
        return
    found = watched(
        code, dtype=dtype, legs=leg, points=points, seed=seed, exhaustive=exhaustive,
        resume=_resume(code, exhaustive, dtype),
    )  # fmt: skip
    if output is not None:
        from mila_analysis import files

        files.write(output, found.to_json())
        say(f"wrote {output}")
    if json:
        emit_json(json_format.loads(found.to_json()))
    else:
        _show(HEADINGS, [_row(f) for f in found.findings])
    found.raise_for_failure()
    if note := reserved(found):
        say(note)
    count = len(found.findings)
    say(f"verified: {count} finding{'s' * (count != 1)}, none failed")


def _made(
    backend: str | None,
    activation: list[str] | None,
    beta: list[str] | None,
    param: list[str] | None,
    order: int | None,
    accuracy: str | None,
    *,
    tex: bool,
) -> GeneratedCode:
    one = single("verify", activation, beta, param, tex=tex)
    from mila_analysis.kernels import generate_code

    return generate_code(
        one,
        backend or "numpy",
        order=2 if order is None else order,
        accuracy=accuracy or "fast",
    )


def _read(file: Path) -> GeneratedCode:
    """Code of a file; one that is ours but damaged has failed already."""
    from mila_analysis.kernels import read_code
    from mila_analysis.verification import VerificationError

    try:
        text = (_stdin() if str(file) == STDOUT else file.read_bytes()).decode()
    except UnicodeDecodeError:
        raise VerificationError(f"{file} is no text in UTF-8") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NoPlaceError(f"cannot read {file}: {reason}") from None
    try:
        return read_code(text)
    except MilaAnalysisError as error:
        if "Digest: " not in text and "Recipe: " not in text:
            raise type(error)(f"{file}: {error}") from None
        raise VerificationError(f"{file} was changed: {error}") from None


def _stdin() -> bytes:
    if sys.stdin is None:
        raise ParameterError("nothing to read: stdin is closed")
    return sys.stdin.buffer.read()


def _compare(code: GeneratedCode, file: Path, given: Path | None) -> None:
    """Refuse a file that is not the one of its certificate."""
    from mila_analysis.verification import Certificate, VerificationError

    place = given or Path(f"{file}{SUFFIX}")
    if given is None and not place.is_file():
        return
    try:
        found = Certificate.from_json(place.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NoPlaceError(f"cannot read {place}: {reason}") from None
    except (UnicodeDecodeError, ParameterError) as error:
        raise VerificationError(f"{place} is damaged: {error}") from None
    if found.digest != code.digest:
        raise VerificationError(f"{place} is the certificate of another text")
    if not found.passed:
        raise VerificationError(f"{place} says that the code failed")


def _resume(code: GeneratedCode, exhaustive: bool, dtype: list[str] | None) -> Any:
    """Where a run over all of float32 keeps how far it is: the user's cache."""
    if not exhaustive or dtype != ["float32"]:
        return None
    from platformdirs import user_cache_path

    folder = user_cache_path("mila-analysis") / "exhaustive"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{code.digest[:16]}.json"


def watched(code: GeneratedCode, **options: Any) -> Certificate:
    """Verify, and show on a terminal what is being done."""
    from mila_analysis.verification import verify as verified

    with status("verifying") as progress:
        return verified(code, progress=progress, **options)


@contextmanager
def status(doing: str) -> Iterator[Callable[[str], None]]:
    """What is being done, on a terminal, while it is done."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(doing) as shown:
        yield lambda text: shown.update(f"{doing}: {escape(text)}")


def reserved(found: Certificate) -> str:
    """What to say of findings that are not promised; nothing if there are none."""
    said = [f for f in found.reservations if f.error is None or f.leg == "edges"]
    if not said:
        return ""
    first = said[0]
    what = f"{first.subject} {first.dtype or ''}".strip()
    more = f", and {len(said) - 1} more" if len(said) > 1 else ""
    return f"note: {first.leg}: {what}: {first.detail}{more}"


def _row(finding: Finding) -> tuple[str, ...]:
    f = finding
    worst = "" if f.error is None else f"{f.error:.4g}"
    if f.error is None and f.unit and "ulp" in f.unit:
        worst = "∞"
    limit = "" if f.limit is None else f"{f.limit:.4g}"
    note = f.status if not f.detail else f"{f.status}: {f.detail}"
    where = f.worst_at or ""
    return (
        f.leg, f.subject, f.dtype or "", f"{f.checked:,}", worst, limit, f.unit or "",
        where, note,
    )  # fmt: skip


def _show(headings: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    """A table on a terminal, else lines with tabs."""
    if sys.stdout is None or not sys.stdout.isatty():
        emit("".join("\t".join(row) + "\n" for row in rows))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def _close_up(
    code: GeneratedCode, dtype: list[str] | None, at: str, *, as_json: bool
) -> None:
    """What code gives at one x, beside the exact values."""
    from dataclasses import asdict

    from mila_analysis.kernels import load
    from mila_analysis.verification.closeup import closeup
    from mila_analysis.verification.formats import of_dtype
    from mila_analysis.verification.subject import dtypes

    try:
        x = float.fromhex(at) if "0x" in at.lower() else float(at)
    except ValueError:
        raise ParameterError(f"--at takes a number, not '{at[:40]}'") from None
    kernel = load(code)
    names = dtype or dtypes(code)
    found = [c for name in names for c in closeup(kernel, of_dtype(name), x)]
    if as_json:
        rows = [asdict(c) for c in found]
        emit_json([{k: _json(v) for k, v in row.items()} for row in rows])
        return
    _show(
        CLOSE,
        [
            (c.partial, c.dtype, repr(c.x), repr(c.computed), c.exact, f"{c.ulp:.4g}",
             f"{c.condition:.4g}")
            for c in found
        ],
    )  # fmt: skip


def _json(value: Any) -> Any:
    """A float that JSON has no numeral for, as text."""
    is_odd = isinstance(value, float) and value - value != 0
    return repr(value) if is_odd else value
