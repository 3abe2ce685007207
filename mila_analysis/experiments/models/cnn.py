"""Size of an image and classes to a small convolutional network."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.models.places import Places

__all__ = ["cnn"]

SMALLEST = 6  # two convolutions of 3 leave 2, which are pooled to 1


def cnn(places: Places, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Network of the Keras example for MNIST (`mnist_cnn.py`).

    Two convolutions of 3×3 with 32 and 64 channels, unpadded, the largest of 2×2,
    dropout 0.25, 128 hidden units, dropout 0.5. On MNIST it has 1,199,882 parameters.

    Raises:
        ParameterError: an image lower or narrower than 6 pixels.
    """
    channels, height, width = shape
    if min(height, width) < SMALLEST:
        raise ParameterError(
            f"model 'cnn' needs images of at least {SMALLEST}×{SMALLEST} pixels, "
            f"not {height}×{width}"
        )
    size = 64 * ((height - 4) // 2) * ((width - 4) // 2)
    parts = OrderedDict[str, nn.Module](
        convolution1=nn.Conv2d(channels, 32, 3),
        activation1=places(),
        convolution2=nn.Conv2d(32, 64, 3),
        activation2=places(),
        pool=nn.MaxPool2d(2),
        dropout1=nn.Dropout(0.25),
        flatten=nn.Flatten(),
        layer3=nn.Linear(size, 128),
        activation3=places(),
        dropout2=nn.Dropout(0.5),
        logits=nn.Linear(128, classes),
    )
    return nn.Sequential(parts)
