"""A network to its layers with the shape of their output, and these to a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn

from mila_analysis.experiments.results import Layer

__all__ = ["as_text", "summarize"]

HEADINGS = ("layer", "kind", "output", "parameters")


def summarize(model: nn.Module, shape: tuple[int, int, int]) -> tuple[Layer, ...]:
    """Layers of a network in the order in which an image passes them.

    One image of zeros goes through in evaluation mode; weights, running means, mode
    and random numbers stay as they are.

    Args:
        model: network whose modules without children are its layers.
        shape: channels, height and width of an image.
    """
    found: list[Layer] = []
    with _listening(model, found), _evaluating(model), torch.no_grad():
        like = next(model.parameters())
        model(torch.zeros(1, *shape, device=like.device, dtype=like.dtype))
    return tuple(found)


@contextmanager
def _listening(model: nn.Module, found: list[Layer]) -> Iterator[None]:
    """Every layer that computes is noted."""
    handles = [
        module.register_forward_hook(partial(_note, found, name))
        for name, module in model.named_modules()
        if not any(module.children())
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _note(
    found: list[Layer], name: str, module: nn.Module, _given: Any, output: torch.Tensor
) -> None:
    parameters = sum(p.numel() for p in module.parameters() if p.requires_grad)
    shape = tuple(output.shape[1:])
    found.append(Layer(name, type(module).__name__, shape, parameters))


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """In evaluation mode, and afterwards each module in its own again."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def as_text(layers: Sequence[Layer]) -> str:
    """Table of layers and the total of their parameters, as plain text."""
    body = [
        (layer.name, layer.kind, _shape(layer.shape), f"{layer.parameters:,}")
        for layer in layers
    ]
    total = ("total", "", "", f"{sum(layer.parameters for layer in layers):,}")
    widths = [
        max(map(len, column)) for column in zip(HEADINGS, *body, total, strict=True)
    ]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [_line(row, widths) for row in (HEADINGS, *body, total)]
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], ""])


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    *left, number = row
    cells = [cell.ljust(width) for cell, width in zip(left, widths, strict=False)]
    return "  ".join([*cells, number.rjust(widths[-1])])
