"""Steps of training of small networks, with activations of torch and with ours.

    python benchmarks/training_steps.py [SECONDS]

A step is forward, loss, backward and an update by SGD, on one thread, in the time of
the processor. The networks of a kind take turns, step by step, so that what else the
machine does meets all of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import torch
from _report import report
from torch import nn

from mila_analysis import as_module, catalog
from mila_analysis.benchmarking.timing import Budget, interleaved

MILA = catalog.get("mila")
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "ReLU": nn.ReLU,
    "Mish": nn.Mish,
    "Mila": partial(as_module, MILA),
    "Mila, learnable": partial(as_module, MILA, learnable=True),
}
BESIDE = "Mish"
BATCH, CLASSES = 64, 10


def perceptron(activation: Callable[[], nn.Module]) -> nn.Module:
    """784-256-128-64-10."""
    return nn.Sequential(
        nn.Linear(784, 256), activation(),
        nn.Linear(256, 128), activation(),
        nn.Linear(128, 64), activation(),
        nn.Linear(64, CLASSES),
    )  # fmt: skip


def convolutions(activation: Callable[[], nn.Module]) -> nn.Module:
    """Two convolutions of 16 and 32 channels on images of 28 by 28."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 16, 3, padding=1), activation(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), activation(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, CLASSES),
    )  # fmt: skip


NETWORKS = {"perceptron": perceptron, "convolutions": convolutions}


def step_of(network: nn.Module) -> Callable[[], object]:
    """A step on the same batch, ready to be called."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(BATCH, 784, generator=rng)
    labels = torch.randint(CLASSES, (BATCH,), generator=rng)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), labels).backward()
        optimizer.step()

    return step


def main() -> None:
    """Measure and report."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    torch.set_num_threads(1)
    rows = []
    for name, make in NETWORKS.items():
        calls = {}
        for title, activation in ACTIVATIONS.items():
            torch.manual_seed(0)
            calls[title] = step_of(make(activation))
        timings = interleaved(calls, Budget(seconds, most=10_000), time.process_time)
        rows += [
            {
                "network": name,
                "activation": title,
                "µs a step": timing.median * 1e6,
                "lower quartile": timing.low * 1e6,
                "upper quartile": timing.high * 1e6,
                f"beside {BESIDE}": timing.median / timings[BESIDE].median,
            }
            for title, timing in timings.items()
        ]
    report("training_steps", f"A step of training, batches of {BATCH}", rows)


if __name__ == "__main__":
    main()
