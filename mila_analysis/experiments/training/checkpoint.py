"""The state of a run to bytes that say whether they are whole, and back."""

from __future__ import annotations

import io
import pickle
import zipfile
from typing import Any

import torch

from mila_analysis.errors import ParameterError

__all__ = ["packed", "unpacked"]


def packed(state: dict[str, Any]) -> bytes:
    """State of tensors, numbers and texts as `torch.save` writes it."""
    stream = io.BytesIO()
    torch.save(state, stream)
    return stream.getvalue()


def unpacked(data: bytes) -> dict[str, Any]:
    """Inverse of `packed`; tensors are on the CPU, and no code in the data is run.

    Raises:
        ParameterError: not every byte is as it was written.
    """
    try:
        _check(data)
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (
        zipfile.BadZipFile,
        pickle.UnpicklingError,
        RuntimeError,
        ValueError,
        EOFError,
        NotImplementedError,
        OSError,
    ):
        raise ParameterError("it is damaged") from None
    if not isinstance(state, dict):
        raise ParameterError("it is no checkpoint")
    return state


def _check(data: bytes) -> None:
    """Look at the check sums of all parts, which torch itself does not."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if parts.testzip() is not None:
            raise zipfile.BadZipFile
