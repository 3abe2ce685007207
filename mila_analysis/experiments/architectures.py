"""The name of a network to its family, version and depth, without torch."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mila_analysis.errors import UnknownNameError, suggestion

__all__ = ["MODELS", "Architecture", "architecture"]

SHALLOWEST, DEEPEST = 20, 164
PERIODS = {1: 6, 2: 9}
"""Layers that one more block in each of the three stages adds, by version."""
NAME = re.compile(r"resnet([0-9]{1,9})-v([12])")


@dataclass(frozen=True, slots=True)
class Architecture:
    """What the name of a network says.

    Attributes:
        family: `mlp`, `cnn` or `resnet`.
        version: of a residual network: 1, the activation after the sum; or 2, before
            the convolution. 0 for others.
        depth: of a residual network: its layers with weights, shortcuts left out.
            0 for others.
    """

    family: str
    version: int = 0
    depth: int = 0

    @property
    def blocks(self) -> int:
        """Residual blocks in each of the three stages."""
        return (self.depth - 2) // PERIODS[self.version]

    def __str__(self) -> str:
        return (
            f"{self.family}{self.depth}-v{self.version}" if self.depth else self.family
        )


def _depths(version: int) -> range:
    """Depths 6n + 2 or 9n + 2 that there are, n whole."""
    period = PERIODS[version]
    first = SHALLOWEST + (2 - SHALLOWEST) % period
    return range(first, DEEPEST + 1, period)


_RESNETS = [
    Architecture("resnet", version, depth)
    for version in PERIODS
    for depth in _depths(version)
]
_KNOWN = {str(a): a for a in (Architecture("mlp"), Architecture("cnn"), *_RESNETS)}

MODELS = tuple(_KNOWN)
"""Names of all networks."""


def architecture(name: str) -> Architecture:
    """Name, such as `mlp` or `resnet20-v1`, to what it says.

    Raises:
        UnknownNameError: no such network; names the nearest.
    """
    found = _KNOWN.get(name)
    if found is None:
        shown = name if len(name) <= 40 else f"{name[:37]}..."
        raise UnknownNameError(f"no model '{_printable(shown)}'{_hint(name)}")
    return found


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _hint(name: str) -> str:
    """The rule of depths for a residual network, else a near name, else all."""
    match = NAME.fullmatch(name)
    if match is None:
        near = suggestion(name, MODELS)
        return near or "; choose from mlp, cnn, resnet20-v1 to resnet164-v2"
    depth, version = map(int, match.groups())
    nearest = min(_depths(version), key=lambda valid: abs(valid - depth))
    rule = f"depths of v{version} are {PERIODS[version]}n + 2"
    return f"; {rule} from {SHALLOWEST} to {DEEPEST}, the nearest is {nearest}"
