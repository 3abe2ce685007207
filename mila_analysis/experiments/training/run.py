"""A configuration and data to a network in training: one step, and all its state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.data.dataset import Dataset
from mila_analysis.experiments.metrics import Tally
from mila_analysis.experiments.models import activations, build, weights_and_others
from mila_analysis.experiments.results import Epoch
from mila_analysis.experiments.training import randomness
from mila_analysis.experiments.training.batches import Examples, cut, random_moves
from mila_analysis.experiments.training.devices import autocast, versions
from mila_analysis.experiments.training.optimizing import learning_rate, optimizer
from mila_analysis.experiments.training.processes import Team

__all__ = ["Run"]

FORMAT = 1  # of checkpoints


class Run:
    """A network on its way: weights, optimizer, and how far it has come."""

    def __init__(
        self, config: RunConfig, data: Dataset, device: torch.device, team: Team
    ) -> None:
        """Draw the first weights; the global generator is changed."""
        self.config, self.data, self.device, self.team = config, data, device, team
        self.train = Examples.of(data.train, data.white, device)
        self.validation = Examples.of(data.validation, data.white, device)
        randomness.start(torch.device("cpu"), config.seed, "weights")
        self.model = build(config, data.shape, len(data.classes)).to(device)
        self.wrapped = self.model
        weights, others = weights_and_others(self.model)
        self.optimizer = optimizer(config, weights, others, device)
        self.scaler = torch.amp.GradScaler(
            device.type, enabled=config.amp and device.type == "cuda"
        )
        self.epochs: list[Epoch] = []
        self.confusion = self.tally().confusion
        self.begin()

    def begin(self) -> None:
        """Stand before the first step of the next epoch."""
        self.step, self.seconds, self.counted = 0, 0.0, self.tally()

    def tally(self) -> Tally:
        """An empty tally for these classes."""
        return Tally(len(self.data.classes), self.device)

    @property
    def epoch(self) -> int:
        """Number of the epoch that is under way or comes next."""
        return len(self.epochs) + 1

    @property
    def is_over(self) -> bool:
        """Whether no epoch is left, or the loss is no number any more."""
        lost = bool(self.epochs) and not self.epochs[-1].is_finite
        return lost or len(self.epochs) == self.config.epochs

    def batches(self) -> Sequence[Tensor]:
        """Places of the examples of each step of this epoch, all processes together."""
        places = randomness.order(self.config.seed, self.epoch, len(self.train))
        return cut(places, self.config.batch_size)

    def join(self) -> None:
        """Share the work with the team's other processes, from the leader's state."""
        if self.team.size > 1:
            self.restore(self.team.told(self.state() if self.team.leads else None))
        self.wrapped = self.team.wrapped(self.model, self.device)
        if not self.team.leads:
            self.counted = self.tally()

    def set_rate(self) -> float:
        """Give the optimizer the learning rate of this epoch."""
        rate = learning_rate(self.config, self.epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    def take_step(self, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Learn from one batch: logits, labels, sum of losses of this process's part.

        The gradient is that of the mean over the whole batch, whatever the parts.
        """
        seed, place = self.config.seed, (self.epoch, self.step)
        images, labels = self.train.take(self.team.part(batch), self._moves(batch))
        randomness.start(self.device, seed, "step", *place, self.team.rank)
        with autocast(self.device, amp=self.config.amp):
            logits = self.wrapped(images)
        loss = nn.functional.cross_entropy(logits.float(), labels, reduction="sum")
        self.optimizer.zero_grad()
        self.scaler.scale(loss * (self.team.size / len(batch))).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.step += 1
        return logits.detach(), labels, loss.detach()

    def _moves(self, batch: Tensor) -> Tensor | None:
        """How this process's images are moved: drawn for all, then divided."""
        if not self.config.augment:
            return None
        place = ("moves", self.epoch, self.step)
        generator = randomness.generator(self.config.seed, *place)
        return self.team.part(random_moves(len(batch), generator))

    def parameters(self) -> dict[str, float]:
        """Learned parameters of activations, by layer and name."""
        return {
            f"{layer}.{name}": parameter.item()
            for layer, module in activations(self.model)
            for name, parameter in module.named_parameters()
        }

    def state(self) -> dict[str, Any]:
        """All that a run needs to go on."""
        return {
            "format": FORMAT,
            "config": self.config.to_json(),
            "versions": versions(self.device, self.team.size),
            "epochs": json.dumps([asdict(epoch) for epoch in self.epochs]),
            "step": self.step,
            "seconds": self.seconds,
            "counted": self.counted.state(),
            "confusion": self.confusion.cpu(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Inverse of `state`.

        Raises:
            ParameterError: it is of another run, or of another version.
        """
        if state.get("format") != FORMAT or state["config"] != self.config.to_json():
            raise ParameterError("the checkpoint is not of this run")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.epochs = list(map(Epoch.from_mapping, json.loads(state["epochs"])))
        self.confusion.copy_(state["confusion"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.counted = self.tally()
        self.counted.restore(state["counted"])

    def weights(self) -> dict[str, Any]:
        """What the file of the best epoch holds."""
        return {
            "format": FORMAT,
            "config": self.config.to_json(),
            "epoch": len(self.epochs),
            "model": self.model.state_dict(),
        }
