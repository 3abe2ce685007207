"""This machine to what its numbers depend on: processor, caches, versions, compiler."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["Machine", "cores", "here"]

PACKAGES = ("mila-analysis", "torch", "numpy", "sympy", "jax")
CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


@dataclass(frozen=True, slots=True)
class Machine:
    """What speeds belong to.

    Attributes:
        processor: its model.
        cores: that this process may use.
        caches: by level, such as `L2`, as the system states their sizes.
        capability: the widest instructions that torch uses.
        system: name and machine, such as `Linux x86_64`.
        python: its version.
        packages: versions of those that are here.
        compiler: the first line that it says of itself; empty if there is none.
        flags: that it is given, those for this processor included.
    """

    processor: str
    cores: int
    caches: Mapping[str, str] = field(default_factory=dict)
    capability: str = ""
    system: str = ""
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    compiler: str = ""
    flags: str = ""


def here() -> Machine:
    """This machine."""
    import torch

    name, flags = _compiler()
    return Machine(
        processor=_processor(),
        cores=cores(),
        caches=_caches(),
        capability=torch.backends.cpu.get_cpu_capability(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages={name: v for name in PACKAGES if (v := _version(name))},
        compiler=name,
        flags=flags,
    )


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _compiler() -> tuple[str, str]:
    from mila_analysis import native

    try:
        found = native.compiler()
    except native.NoCompilerError:
        return "", ""
    return found.version, " ".join((*native.FLAGS, native.TUNING[0]))


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _caches() -> dict[str, str]:
    found = {}
    for folder in sorted(CACHES.glob("index*")):
        level, kind, size = (
            (folder / name).read_text(encoding="ascii").strip()
            for name in ("level", "type", "size")
        )
        letter = {"Data": "d", "Instruction": "i"}.get(kind, "")
        found[f"L{level}{letter}"] = size
    return found
