"""A configuration to the device that computes, and to its number formats."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterator
from pathlib import Path

import torch

from mila_analysis import __version__
from mila_analysis.errors import ParameterError

__all__ = ["autocast", "chosen", "repeatable", "versions"]


def chosen(name: str, local_rank: int = 0) -> torch.device:
    """Device of a name; `auto` is CUDA, else Apple's, else the CPU.

    Args:
        name: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        local_rank: number of this process on its machine, which picks among GPUs.

    Raises:
        ParameterError: it is not here.
    """
    here = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(kind for kind in here if here[kind])
    kind, _, number = name.partition(":")
    if not here[kind]:
        raise ParameterError(f"device '{name}' is not here; --device auto picks one")
    try:
        index = int(number) if number else local_rank
    except ValueError:
        raise ParameterError(f"no device '{name}'") from None
    if kind == "cuda" and not 0 <= index < torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise ParameterError(f"no GPU {index} here; there are {count}, from 0")
    return torch.device(kind, index) if kind == "cuda" else torch.device(kind)


def autocast(
    device: torch.device, *, amp: bool
) -> contextlib.AbstractContextManager[object]:
    """Where matrices are multiplied in 16 bits: float16 on CUDA, bfloat16 elsewhere."""
    if not amp:
        return contextlib.nullcontext()
    dtype = torch.float16 if device.type == "cuda" else torch.bfloat16
    return torch.autocast(device.type, dtype=dtype)


@contextlib.contextmanager
def repeatable() -> Iterator[None]:
    """Convolutions on GPUs by algorithms that give the same sums every time."""
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield


def versions(device: torch.device, processes: int = 1) -> dict[str, str]:
    """What the last bits of a run depend on."""
    gpu = {"gpu": torch.cuda.get_device_name(device)} if device.type == "cuda" else {}
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "mila-analysis": __version__,
        "device": device.type,
        **gpu,
        "processor": _processor(),
        "threads": str(torch.get_num_threads()),
        "processes": str(processes),
    }


def _processor() -> str:
    """Model of the processor, as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(named, platform.processor() or platform.machine())
