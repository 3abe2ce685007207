"""What `--dataset`, `--data-dir` and `--download` say, to a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mila_analysis.errors import ParameterError

if TYPE_CHECKING:
    from mila_analysis.experiments.data import Dataset, Progress

__all__ = ["DataDir", "DatasetName", "Download", "GivenDataset", "known", "opened"]


def _names(incomplete: str) -> list[str]:
    from mila_analysis.experiments.data import DATASETS

    return [name for name in DATASETS if name.startswith(incomplete)]


_DATASET = typer.Option(
    "--dataset",
    metavar="NAME",
    autocompletion=_names,
    help="digits (always there), mnist, fashion-mnist, cifar10 or cifar100.",
)
DatasetName = Annotated[str, _DATASET]
GivenDataset = Annotated[str | None, _DATASET]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="FOLDER",
        help="Where files of the dataset are; unless given, Debian's package or the "
        "user's cache.",
    ),
]
Download = Annotated[
    bool,
    typer.Option(
        "--download", help="Fetch files of the dataset that are not there, once."
    ),
]


def known(name: str) -> str:
    """Name of a dataset as it is listed, before anything slow is imported.

    Raises:
        UnknownNameError: no such dataset; names the nearest.
    """
    from mila_analysis.experiments.data import get

    return get(name).name


def opened(name: str, folder: Path | None = None, *, download: bool = False) -> Dataset:
    """Dataset that options name; a terminal shows how far a download is.

    Raises:
        UnknownNameError: no such dataset.
        DataError: files are missing, damaged or cannot be fetched; says which and why.
        ParameterError: a folder for a dataset that has no files.
    """
    from mila_analysis.experiments.data import get, load

    if folder is not None and not get(name).parts:
        raise ParameterError(
            f"{name} come with scikit-learn, not from {folder}; --dataset names another"
        )
    if not download:
        return load(name, folder)
    with _bars() as progress:
        return load(name, folder, download=True, progress=progress)


@contextmanager
def _bars() -> Iterator[Progress]:
    """A bar on stderr for each file, from its first bytes; gone at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as shown:
        tasks: dict[str, TaskID] = {}

        def tell(file: str, done: int, size: int) -> None:
            if file not in tasks:
                tasks[file] = shown.add_task(file, total=size)
            shown.update(tasks[file], completed=done)

        yield tell
