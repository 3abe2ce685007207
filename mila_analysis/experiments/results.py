"""What a training run gave, as data that JSON holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mila_analysis.experiments.config import RunConfig

__all__ = ["Epoch", "Layer", "RunResult", "Scores"]


@dataclass(frozen=True, slots=True)
class Scores:
    """How well a network does on a set of examples.

    Attributes:
        loss: mean negative log-likelihood, in nats.
        top1, top3, top5: parts of the examples, from 0 to 1, whose class is the first,
            or among the first three or five, of the network's.
        macro_f1: unweighted mean over classes of the harmonic mean of precision and
            recall, from 0 to 1.
    """

    loss: float
    top1: float
    top3: float
    top5: float
    macro_f1: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training set.

    Attributes:
        number: from 1.
        learning_rate: of its steps.
        seconds: that training took, validation not among them.
        train: running means while the weights changed, dropout active.
        validation: of the weights at its end.
        parameters: learned parameters of activations at its end, by layer and name,
            such as `activation1.beta`.
    """

    number: int
    learning_rate: float
    seconds: float
    train: Scores
    validation: Scores
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layer:
    """A line of a model summary.

    Attributes:
        name: of the module in the network, such as `layer1`.
        kind: such as `Linear`.
        shape: of its output, the batch left out.
        parameters: numbers that are learned.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run.

    Attributes:
        config: how it was asked for.
        layers: the network.
        epochs: in order.
        confusion: counts on the validation set after the last epoch, a row a true
            class, a column a predicted one.
        classes: their names.
        saved_bytes: bytes an example that a training step keeps for its backward pass.
        versions: of python, torch and this package; device and CPU.
    """

    config: RunConfig
    layers: tuple[Layer, ...]
    epochs: tuple[Epoch, ...]
    confusion: tuple[tuple[int, ...], ...]
    classes: tuple[str, ...]
    saved_bytes: float
    versions: Mapping[str, str]

    @property
    def last(self) -> Epoch:
        """The last epoch."""
        return self.epochs[-1]

    @property
    def best(self) -> Epoch:
        """The epoch of the best validation top-1, the first of equals."""
        return max(
            self.epochs, key=lambda epoch: (epoch.validation.top1, -epoch.number)
        )

    @property
    def parameters(self) -> int:
        """Numbers that are learned, altogether."""
        return sum(layer.parameters for layer in self.layers)
