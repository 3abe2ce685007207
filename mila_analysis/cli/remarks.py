"""Formulas to what is worth knowing of them before they are used, on stderr."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mila_analysis.activation import Activation
from mila_analysis.cli.output import say

if TYPE_CHECKING:
    from mila_analysis.continuity import Place

__all__ = ["remark"]

MOST = 6
"""Places of one activation that have a line of their own."""


def remark(activations: Sequence[Activation], own: str) -> None:
    """Say where formulas break, and which functions they are by another name.

    Args:
        activations: of one command line.
        own: source of those that the user has defined. Of others only what is
            undefined or jumps is said, as their conventions say the rest.
    """
    for activation in activations:
        is_own = activation.source == own
        if is_own:
            _remark_name(activation)
        if is_own or activation.convention:
            _remark_places(activation, kinks=is_own)


def _remark_name(activation: Activation) -> None:
    from mila_analysis.recognition import recognised

    found = recognised(activation)
    if found:
        say(f"note: {found}")


def _remark_places(activation: Activation, *, kinks: bool) -> None:
    from mila_analysis.continuity import breaks

    found = [p for p in breaks(activation) if kinks or p.kind in ("undefined", "jump")]
    for place in found[:MOST]:
        word = "note" if place.kind == "kink" else "warning"
        say(f"{word}: {_named(activation, place)}")
    if len(found) > MOST:
        say(f"note: and {len(found) - MOST} places more")


def _named(activation: Activation, place: Place) -> str:
    """The line of a place, with the activation as its subject where it needs one."""
    shown = activation.title or activation.name
    shown = "the formula" if shown == "custom" else shown
    if place.kind == "undefined":
        return str(place)
    return f"{shown}{':' if place.kind == 'undecided' else ''} {place}"
