"""What is the same in all generated Triton modules, some of it as in torch ones."""

from __future__ import annotations

from mila_analysis.backends._copied import copied
from mila_analysis.backends._python_parts import without
from mila_analysis.backends.torch.shell import derivatives as torch_derivatives

__all__ = ["derivatives", "device", "runtime"]

_DEVICE = ("_numbers.py", "_functions.py", "_fused.py")

_REPLACED = ("_settle", "_computed", "_evaluate")


def derivatives() -> str:
    """The part of the runtime of torch files that computes nothing itself."""
    return without(torch_derivatives(), _REPLACED)


def device(*more: str) -> list[str]:
    """The parts that run on the device; more stand before what loads and stores."""
    first, last = map(runtime, _DEVICE), runtime("_memory.py")
    return [*first, *more, last]


def runtime(name: str) -> str:
    """A part that is the same in all files."""
    return copied("triton", name)
