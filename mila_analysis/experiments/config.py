"""Everything that decides how a training run goes, as data that JSON holds."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from mila_analysis.activation import Activation, numeral
from mila_analysis.catalog import get, names, resolve
from mila_analysis.errors import ParameterError, suggestion
from mila_analysis.experiments.architectures import architecture

__all__ = [
    "BUILDS",
    "DEVICES",
    "OPTIMIZERS",
    "PLACEMENTS",
    "SCHEDULES",
    "RunConfig",
    "spec",
]

BUILDS = ("class", "sequential")
PLACEMENTS = ("first", "all")
OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("constant", "steps", "cosine")
DEVICES = ("auto", "cpu", "cuda", "mps")
LONGEST = 100_000  # epochs


def spec(activation: Activation) -> str:
    """Activation to the text that `resolve` takes, such as `mila:beta=-0.25`."""
    known = activation.name in names() and get(activation.name).formula
    head = activation.name if known == activation.formula else activation.formula
    values = ",".join(f"{p.name}={numeral(p.value)}" for p in activation.parameters)
    return f"{head}:{values}" if values else head


@dataclass(frozen=True, slots=True)
class RunConfig:
    """One training run; equal configurations give equal numbers on one machine.

    The defaults are the demo of the original project.

    Attributes:
        dataset: name of a dataset.
        activation: as `resolve` takes it.
        model: `mlp`, `cnn`, or `resnet20-v1` to `resnet164-v2`.
        build: of an mlp, as the original had it: `class`, or `sequential`, which has
            batch norm after layers 2 and 3 and dropout after layer 2.
        placement: whether the activation stands in `all` hidden layers, or in the
            `first` with ReLU in the others.
        learnable: names of its parameters that are learned, in each layer for itself.
        epochs: passes over the training set.
        batch_size: examples of a step, all processes together.
        optimizer: `adam` or `sgd` (momentum 0.9).
        learning_rate: at the start.
        schedule: `constant`; `steps`: times 0.1 after 40, 60 and 80 % of the epochs and
            times 0.5 after 90 %, as in the Keras ResNet example of 2019; or `cosine`.
        weight_decay: of the weights; parameters of activations are never decayed.
        augment: whether training images are shifted by up to 4 pixels and mirrored.
        seed: of initial weights, order of examples, dropout and augmentation.
        device: `auto`, `cpu`, `cuda` or `mps`.
        amp: whether matrices are multiplied in bfloat16 (CPU) or float16 (CUDA).
    """

    dataset: str = "fashion-mnist"
    activation: str = "mila:beta=-0.25"
    model: str = "mlp"
    build: str = "class"
    placement: str = "first"
    learnable: tuple[str, ...] = ()
    epochs: int = 5
    batch_size: int = 64
    optimizer: str = "adam"
    learning_rate: float = 0.003
    schedule: str = "constant"
    weight_decay: float = 0.0
    augment: bool = False
    seed: int = 0
    device: str = "auto"
    amp: bool = False

    def __post_init__(self) -> None:
        """Check what needs no data and no torch.

        Raises:
            ParameterError: a value that cannot be; says which.
            UnknownNameError: no such model; names the nearest.
        """
        self._check_model()
        _choice("placement", self.placement, PLACEMENTS)
        _choice("optimizer", self.optimizer, OPTIMIZERS)
        _choice("schedule", self.schedule, SCHEDULES)
        _device(self.device)
        _whole("epochs", self.epochs, 1, LONGEST)
        _whole("batch size", self.batch_size, 1, 1 << 20)
        _whole("seed", self.seed, 0, (1 << 63) - 1)
        _number("learning rate", self.learning_rate, positive=True)
        _number("weight decay", self.weight_decay, positive=False)
        known = [p.name for p in self.function.parameters]
        for name in self.learnable:
            if name not in known:
                hint = suggestion(name, known)
                raise ParameterError(
                    f"{self.activation} has no parameter '{name}'{hint}"
                )

    def _check_model(self) -> None:
        """Its name, and that only an mlp has two builds."""
        family = architecture(self.model).family
        _choice("build", self.build, BUILDS)
        if self.build == "sequential" and family != "mlp":
            raise ParameterError(f"model '{self.model}' has no build 'sequential'")

    @property
    def function(self) -> Activation:
        """The activation itself."""
        return resolve(self.activation)

    def to_json(self) -> str:
        """JSON of all fields, on several lines."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> RunConfig:
        """What `json.loads` made of `to_json` to the configuration.

        Raises:
            ParameterError: a field too many, or a value that cannot be.
        """
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise ParameterError(f"no setting '{name}'{suggestion(name, known)}")
        given = {**values, "learnable": tuple(values.get("learnable", ()))}
        try:
            return cls(**given)
        except (TypeError, AttributeError) as error:
            raise ParameterError(f"settings of a run are not whole: {error}") from None

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal letters that equal configurations share."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _choice(what: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        hint = suggestion(word, known) or f"; choose from {', '.join(known)}"
        raise ParameterError(f"no {what} '{word}'{hint}")


def _device(name: str) -> None:
    """One of the devices; only GPUs of CUDA have numbers."""
    kind, colon, number = name.partition(":")
    _choice("device", kind, DEVICES)
    if colon and (kind != "cuda" or not (number.isascii() and number.isdecimal())):
        raise ParameterError(f"no device '{name}'; only cuda takes a number, as cuda:1")


def _whole(what: str, value: object, low: int, high: int) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not low <= value <= high
    ):
        raise ParameterError(
            f"{what} must be a whole number from {low} to {high}: {value}"
        )


def _number(what: str, value: object, *, positive: bool) -> None:
    try:
        number = float(value) if isinstance(value, (int, float)) else math.nan
    except OverflowError:  # a whole number that no float holds
        number = math.inf
    good = number > 0 if positive else number >= 0
    if not (good and math.isfinite(number)):
        rule = "above 0" if positive else "at least 0"
        raise ParameterError(f"{what} must be a number {rule}: {value}")
