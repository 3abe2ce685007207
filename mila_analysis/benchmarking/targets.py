"""What is to be reached, as data: ours, a peer, and a bound on the ratio of times."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BOTH",
    "CACHED",
    "FORWARD",
    "HELD",
    "LARGE",
    "SIX",
    "SMALL",
    "TARGETS",
    "Setting",
    "Target",
]

FORWARD, BOTH, SIX = "forward", "forward+backward", "six partials"
SMALL, CACHED, LARGE = 10**3, 10**5, 10**7
"""Elements: only the call counts; a cache holds them; memory has to bring them."""

HELD = 4.0
"""Bytes an element that may be kept for backward: those of x, in float32."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is computed.

    Attributes:
        passes: `forward`, `forward+backward` or `six partials`.
        size: elements.
        dtype: of them.
        threads: that torch may use.
    """

    passes: str
    size: int
    dtype: str = "float32"
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on what ours takes, as a part of what a peer takes.

    Attributes:
        name: as typed after `--only`.
        title: for people; the size is shown beside it.
        ours, peer: names of implementations.
        setting: what both compute.
        bound: on the ratio; `None` is only to be known.
    """

    name: str
    title: str
    ours: str
    peer: str
    setting: Setting
    bound: float | None = None


_TRAINING = Setting(BOTH, LARGE)
_VALUES = Setting(FORWARD, CACHED)
_PARTIALS = Setting(SIX, CACHED)
_PARTIALS_64 = Setting(SIX, CACHED, "float64")

TARGETS = (
    Target("relu", BOTH, "ours", "relu", _TRAINING, 1.10),
    Target("mish", BOTH, "ours", "mish", _TRAINING, 0.12),
    Target("learnable", f"{BOTH}, learnable β", "learnable", "relu", _TRAINING, 1.15),
    Target("copy", FORWARD, "ours", "copy", Setting(FORWARD, LARGE), 1.15),
    Target("cached", FORWARD, "ours", "mish", _VALUES, 0.10),
    Target("cached-backward", BOTH, "ours", "mish", Setting(BOTH, CACHED), 0.15),
    Target("overhead", BOTH, "ours", "mish", Setting(BOTH, SMALL), 1.0),
    Target(
        "threads", f"{BOTH}, 2 threads", "ours", "relu",
        Setting(BOTH, LARGE, threads=2), 1.15,
    ),
    Target(
        "bfloat16", f"{FORWARD}, bfloat16", "ours", "mish",
        Setting(FORWARD, CACHED, "bfloat16"), 0.15,
    ),
    Target(
        "float64", f"{FORWARD}, float64", "ours", "mish",
        Setting(FORWARD, CACHED, "float64"), 0.15,
    ),
    Target(
        "compile", f"{BOTH}, torch.compile", "ours-compiled", "mish", _TRAINING, 0.20
    ),
    Target(
        "compile-forward", f"{FORWARD}, torch.compile", "ours-compiled", "mish",
        Setting(FORWARD, LARGE), 0.20,
    ),
    Target("no-compiler", f"{FORWARD}, no compiler", "plain", "mish", _VALUES, 0.35),
    Target("accurate", f"{FORWARD}, accurate", "accurate", "mish", _VALUES, 0.5),
    Target("partials", SIX, "lambdify", "naive", _PARTIALS, 0.03),
    Target("partials-cse", SIX, "lambdify", "cse", _PARTIALS),
    Target("partials-numpy", f"{SIX}, NumPy", "numpy", "naive", _PARTIALS),
    Target(
        "partials-float64", f"{SIX}, float64", "lambdify", "naive", _PARTIALS_64
    ),
)  # fmt: skip
