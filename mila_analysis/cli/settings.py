"""Options of a training run, to its configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from mila_analysis.activation import Activation
    from mila_analysis.experiments.config import RunConfig

__all__ = [
    "Amp",
    "Augment",
    "Batch",
    "Build",
    "Decay",
    "Device",
    "Epochs",
    "Learnable",
    "Model",
    "Optimizer",
    "Placement",
    "Rate",
    "Schedule",
    "Threads",
    "configured",
    "learned",
    "models",
    "use_threads",
]


def models(incomplete: str) -> list[str]:
    """Names of networks that begin so, for a shell to complete."""
    from mila_analysis.experiments.architectures import MODELS

    return [name for name in MODELS if name.startswith(incomplete)]


Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME",
        autocompletion=models,
        help="mlp, the original's 256-128-64; cnn; or resnet20-v1 to resnet164-v2.",
    ),
]
Build = Annotated[
    str,
    typer.Option(
        metavar="HOW",
        help="Of an mlp: class, or sequential, which has batch norm and dropout.",
    ),
]
Placement = Annotated[
    str,
    typer.Option(
        metavar="WHERE",
        help="first: after the first layer, ReLU after the others, as the original; "
        "or all.",
    ),
]
Learnable = Annotated[
    list[str] | None,
    typer.Option(
        "--learnable",
        metavar="NAME",
        help="Parameter that is learned, in each layer for itself, such as beta; or "
        "all. Can be repeated.",
    ),
]
Epochs = Annotated[int, typer.Option(metavar="N", help="Passes over the data.")]
Batch = Annotated[
    int, typer.Option("--batch-size", metavar="N", help="Examples of a step.")
]
Optimizer = Annotated[str, typer.Option(metavar="NAME", help="adam or sgd.")]
Rate = Annotated[
    float, typer.Option("--learning-rate", metavar="R", help="At the start.")
]
Schedule = Annotated[
    str, typer.Option(metavar="NAME", help="constant, steps (Keras ResNet) or cosine.")
]
Decay = Annotated[
    float, typer.Option("--weight-decay", metavar="R", help="L2, of weights alone.")
]
Augment = Annotated[
    bool,
    typer.Option("--augment", help="Shift images by up to 4 pixels, and mirror them."),
]
Device = Annotated[
    str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")
]
Amp = Annotated[
    bool, typer.Option("--amp", help="Matrices in 16 bits (automatic mixed precision).")
]
Threads = Annotated[
    int | None, typer.Option(metavar="N", help="Threads of torch; its own choice else.")
]
ALL = "all"
DEFAULT = "mila:beta=-0.25"  # as in the demo of the original


def learned(names: Sequence[str] | None, activation: Activation) -> tuple[str, ...]:
    """Names of learned parameters, in the activation's order; `all` is all of them."""
    from mila_analysis.letters import spelled

    known = [p.name for p in activation.parameters]
    given = {spelled(name) for name in names or ()}
    if ALL in given and ALL not in known:
        return tuple(known)
    return (*(n for n in known if n in given), *sorted(given.difference(known)))


def configured(
    activation: Activation | None,
    learnable: Sequence[str] | None = None,
    **settings: Any,
) -> RunConfig:
    """Configuration of an activation, its learned parameters and other settings.

    Args:
        activation: that of the original demo where it is None.
        learnable: as typed.
        settings: by the names of `RunConfig`.
    """
    from mila_analysis.catalog import resolve
    from mila_analysis.experiments.config import RunConfig, spec

    text = DEFAULT if activation is None else spec(activation)
    names = learned(learnable, activation or resolve(text))
    return RunConfig(activation=text, learnable=names, **settings)


def use_threads(number: int | None) -> None:
    """Give torch a number of threads.

    Raises:
        ParameterError: fewer than one, or more than any machine has.
    """
    if number is None:
        return
    from mila_analysis.errors import ParameterError

    if not 1 <= number <= 1024:
        raise ParameterError(f"threads must be a whole number from 1 to 1024: {number}")
    import torch

    torch.set_num_threads(number)
