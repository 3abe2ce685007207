"""What a training run gave, as data that JSON holds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig

__all__ = ["Epoch", "Layer", "RunResult", "Scores", "plain"]


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

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Scores:
        """What `json.loads` made of `asdict` to the scores; null is NaN."""
        return cls(**{f.name: _number(values[f.name]) for f in fields(cls)})


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

    @property
    def is_finite(self) -> bool:
        """Whether the loss stayed a number while the weights changed."""
        return math.isfinite(self.train.loss)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Epoch:
        """What `json.loads` made of `asdict` to the epoch."""
        return cls(
            number=int(values["number"]),
            learning_rate=float(values["learning_rate"]),
            seconds=float(values["seconds"]),
            train=Scores.from_mapping(values["train"]),
            validation=Scores.from_mapping(values["validation"]),
            parameters={k: _number(v) for k, v in values["parameters"].items()},
        )


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
        versions: of python, torch and this package; device, processor, and threads
            of torch. Numbers are equal to the last bit where these are.
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
    def diverged(self) -> bool:
        """Whether the loss ceased to be a number, which ends a run."""
        return not self.last.is_finite

    @property
    def parameters(self) -> int:
        """Numbers that are learned, altogether."""
        return sum(layer.parameters for layer in self.layers)

    def to_json(self) -> str:
        """JSON of all fields, and what follows from them for those who read it.

        What is not a finite number is null.
        """
        more = {
            "config": asdict(self.config),
            "diverged": self.diverged,
            "best_epoch": self.best.number,
        }
        return json.dumps(plain(asdict(self) | more), indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> RunResult:
        """Inverse of `to_json`.

        Raises:
            ParameterError: the text is not the whole result of a run.
        """
        try:
            return _result(json.loads(text))
        except ParameterError:
            raise
        except KeyError as error:
            raise ParameterError(f"not the result of a run: no {error}") from None
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise ParameterError(f"not the result of a run: {error}") from None


def _result(values: Mapping[str, Any]) -> RunResult:
    epochs = tuple(map(Epoch.from_mapping, values["epochs"]))
    if not epochs:
        raise ParameterError("not the result of a run: it has no epoch")
    classes = tuple(map(str, values["classes"]))
    confusion = tuple(tuple(map(int, row)) for row in values["confusion"])
    if [len(row) for row in confusion] != [len(classes)] * len(classes):
        raise ParameterError(
            f"not the result of a run: {len(classes)} classes, but another confusion "
            "matrix"
        )
    return RunResult(
        config=RunConfig.from_mapping(values["config"]),
        layers=tuple(
            Layer(**{**layer, "shape": tuple(layer["shape"])})
            for layer in values["layers"]
        ),
        epochs=epochs,
        confusion=confusion,
        classes=classes,
        saved_bytes=_number(values["saved_bytes"]),
        versions={k: str(v) for k, v in values["versions"].items()},
    )


def _number(value: Any) -> float:
    """A number of JSON, which has no NaN."""
    return math.nan if value is None else float(value)


def plain(value: Any) -> Any:
    """What JSON can hold: the same with null for what is not a finite number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value
