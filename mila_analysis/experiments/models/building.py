"""A configuration, the shape of an image and a number of classes to a network."""

from __future__ import annotations

from torch import nn

from mila_analysis.experiments.architectures import architecture
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.models.cnn import cnn
from mila_analysis.experiments.models.mlp import mlp
from mila_analysis.experiments.models.places import Places
from mila_analysis.experiments.models.resnet import resnet

__all__ = ["build"]


def build(config: RunConfig, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Network of a configuration; it maps batches of images to logits.

    Weights are drawn from the global generator of torch, which the caller seeds: the
    numbers drawn depend on model and build alone. `mlp` and `cnn` start as PyTorch
    starts layers, which is what the original did; residual networks by `he_normal`.

    Args:
        config: model, build, activation, placement, and what is learned of it.
        shape: channels, height and width of an image.
        classes: how many there are.

    Raises:
        ParameterError: images that are too small for a cnn.
    """
    asked = architecture(config.model)
    places = Places(config)
    if asked.family == "mlp":
        return mlp(places, shape, classes, sequential=config.build == "sequential")
    if asked.family == "cnn":
        return cnn(places, shape, classes)
    return resnet(places, shape[0], classes, version=asked.version, blocks=asked.blocks)
