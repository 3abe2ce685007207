"""Activations, seeds and networks to the configurations of all their combinations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from mila_analysis.activation import Activation
from mila_analysis.catalog import resolve
from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig, spec

__all__ = ["grid", "name"]

LETTERS = 40  # of an activation in the name of a folder; a formula may be long


def grid(
    base: RunConfig,
    activations: Iterable[Activation | str] = (),
    seeds: Iterable[int] = (),
    models: Iterable[str] = (),
    *,
    learnable: Iterable[str] | None = None,
) -> tuple[RunConfig, ...]:
    """Every model with every seed and every activation, none twice.

    Activations vary fastest, then seeds: a sweep that is stopped has compared all
    activations with the seeds that it came to.

    Args:
        base: all other settings, and those that are not varied.
        activations: themselves or as `resolve` takes them.
        seeds: from 0.
        models: names of networks.
        learnable: names of parameters that are learned where an activation has them;
            those of `base` unless given.

    Raises:
        ParameterError: a value that cannot be, or a learned parameter that none of the
            activations has.
    """
    texts = [_text(a) for a in activations] or [base.activation]
    learned = _learned(base.learnable if learnable is None else learnable, texts)
    every = product(
        list(models) or [base.model], list(seeds) or [base.seed], dict.fromkeys(texts)
    )
    made = [
        replace(base, model=model, seed=seed, activation=text, learnable=learned[text])
        for model, seed, text in every
    ]
    return tuple(dict.fromkeys(made))


def _text(activation: Activation | str) -> str:
    return spec(resolve(activation) if isinstance(activation, str) else activation)


def _learned(
    learnable: Iterable[str], texts: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Learned parameters of each activation."""
    wanted = tuple(dict.fromkeys(learnable))
    has = {text: [p.name for p in resolve(text).parameters] for text in texts}
    for name in wanted:
        if not any(name in names for names in has.values()):
            raise ParameterError(f"none of these activations has a parameter '{name}'")
    return {
        text: tuple(name for name in wanted if name in names)
        for text, names in has.items()
    }


def name(config: RunConfig) -> str:
    """Name of a run's folder: what it is, and letters that its settings share.

    It is a plain name on every file system, whatever formula is in it.
    """
    plain = re.sub(r"[^A-Za-z0-9.=-]+", "_", config.activation.replace(":", "-"))
    activation = plain[:LETTERS].strip("._-")
    return (
        f"{config.dataset}-{config.model}-{activation}-seed{config.seed}-"
        f"{config.digest[:8]}"
    )
