"""Seed to a random network of two inputs, and its output under any activation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mila_analysis.plotting._curves import Floats

__all__ = ["WIDTHS", "Layer", "Network", "random_network"]

WIDTHS = (2, 16, 16, 16, 16, 1)
BLOCK = 1 << 16  # points at once: what a layer holds of them stays small


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """An affine map, h ↦ W h + b; `bias` is a column."""

    weights: Floats
    bias: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """Affine maps, with an activation after each but the last."""

    layers: tuple[Layer, ...]

    def output(self, f: Callable[[Floats], Floats], inputs: Floats) -> Floats:
        """Outputs, one a point, of inputs of shape (2, points).

        What is not finite is NaN.
        """
        count = inputs.shape[1]
        blocks = [inputs[:, i : i + BLOCK] for i in range(0, count, BLOCK)]
        found = np.concatenate([self._output(f, block) for block in blocks])
        return np.where(np.isfinite(found), found, np.nan)

    def _output(self, f: Callable[[Floats], Floats], h: Floats) -> Floats:
        with np.errstate(all="ignore"):  # a user's formula may overflow
            for layer in self.layers[:-1]:
                h = f(layer.weights @ h + layer.bias)
            last = self.layers[-1]
            return np.asarray(last.weights @ h + last.bias, dtype=np.float64)[0]


def random_network(seed: int) -> Network:
    """Weights N(0, 2/inputs of the layer), after He et al. (2015), biases N(0, 1).

    Inputs of the plane are of size one, as biases are; without biases a network of
    ReLU is homogeneous, and all its kinks meet at zero. The output has no bias: it
    would only shift the whole landscape.
    """
    draw = np.random.default_rng(seed).standard_normal
    layers = [
        Layer(draw((outputs, inputs)) * np.sqrt(2 / inputs), draw((outputs, 1)))
        for inputs, outputs in pairwise(WIDTHS)
    ]
    last = Layer(layers[-1].weights, np.zeros((1, 1)))
    return Network((*layers[:-1], last))
