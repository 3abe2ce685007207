"""Datasets: names to images and classes.

Importing this package imports neither NumPy nor scikit-learn nor pooch; `load` does.
"""

from __future__ import annotations

from pathlib import Path

from mila_analysis.experiments.data.dataset import Dataset, Split
from mila_analysis.experiments.data.source import Progress
from mila_analysis.experiments.data.table import DATASETS, get

__all__ = ["DATASETS", "Dataset", "Progress", "Split", "get", "load"]


def load(
    name: str,
    folder: Path | str | None = None,
    *,
    download: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Images and labels of a dataset, every byte as its authors published it.

    Files are looked for in `folder`; or else where Debian's package puts them, then in
    the user's cache. They may be compressed, archived as published, or neither. Only
    with `download` are missing ones fetched, into `folder` or the cache, and damaged
    ones of the cache anew.

    Args:
        name: `digits`, `mnist`, `fashion-mnist`, `cifar10` or `cifar100`.
        folder: that has its files; unused by `digits`, which scikit-learn brings.
        download: whether the network may be used.
        progress: told of every piece that comes.

    Raises:
        UnknownNameError: no such dataset; names the nearest.
        DataError: files are missing, damaged or cannot be fetched; says which and why.
    """
    source = get(name)
    if source.form == "digits":
        from mila_analysis.experiments.data.digits import digits

        return digits(source)
    from mila_analysis.experiments.data.finding import read

    where = None if folder is None else Path(folder)
    return read(source, where, download=download, progress=progress)
