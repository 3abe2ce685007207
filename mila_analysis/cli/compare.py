"""`compare`: activations, a dataset and seeds to tables, tests, sentences, figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mila_analysis.cli import settings
from mila_analysis.cli.comparisons import check_figure, checked, deliver, read
from mila_analysis.cli.datasets import DataDir, DatasetName, Download, known, opened
from mila_analysis.cli.output import say
from mila_analysis.cli.selection import Betas, Params, Tex, names, several
from mila_analysis.cli.sweeping import watching
from mila_analysis.errors import ParameterError

if TYPE_CHECKING:
    from mila_analysis.activation import Activation
    from mila_analysis.experiments.comparing import Comparison
    from mila_analysis.experiments.config import RunConfig
    from mila_analysis.experiments.sweeping import Update

__all__ = ["compare"]

HOME = Path("runs")
SIGNALLED = 128  # and the signal's number, as a shell has it
MOST = 10_000  # seeds
FEW_EPOCHS = 5  # of the original
ALL_PAIRS = "none"
DEFAULT = ["relu", "mish", "mila:beta=-0.25"]

Acts = Annotated[
    list[str] | None,
    typer.Option(
        "--activation",
        "-a",
        metavar="ACT",
        autocompletion=names,
        help="A name (see: mila-analysis list), name:beta=1, or a formula or LaTeX in "
        f"quotes; two or more. {', '.join(DEFAULT)} unless given.",
    ),
]

Seeds = Annotated[
    int, typer.Option(metavar="N", help="How many; they count up from --first-seed.")
]
FirstSeed = Annotated[int, typer.Option(metavar="N", help="The first seed.")]
Baseline = Annotated[
    str,
    typer.Option(
        metavar="ACT",
        help="Compare the others with this one; none compares all pairs.",
    ),
]
Score = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="What is tested: top1, macro-f1 or loss, of the validation set.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(metavar="N", help="Runs at a time; as many as there are cores else."),
]
Runs = Annotated[
    Path,
    typer.Option(
        "--runs",
        metavar="FOLDER",
        help="Where runs are kept; those that are finished are not trained again.",
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Train nothing: show the comparison of a JSON file that -o wrote.",
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(metavar="N", help="Passes over the data; 20 for digits, else 5."),
]
Threads = Annotated[
    int, typer.Option(metavar="N", help="Threads of torch, for each run.")
]
Form = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME",
        help="On stdout: text, json, csv, markdown or latex.",
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="A file too: .json, .csv, .md, .tex or .txt, or a figure .png, .svg or "
        ".pdf; can be repeated.",
    ),
]


def compare(  # noqa: PLR0913 - an option is an argument
    *,
    dataset: DatasetName = "digits",
    data_dir: DataDir = None,
    download: Download = False,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    seeds: Seeds = 10,
    first_seed: FirstSeed = 0,
    baseline: Baseline = ALL_PAIRS,
    score: Score = "top1",
    model: settings.Model = "mlp",
    build: settings.Build = "class",
    placement: settings.Placement = "all",
    learnable: settings.Learnable = None,
    epochs: Epochs = None,
    batch: settings.Batch = 64,
    optimizer: settings.Optimizer = "adam",
    rate: settings.Rate = 0.003,
    schedule: settings.Schedule = "constant",
    decay: settings.Decay = 0.0,
    augment: settings.Augment = False,
    device: settings.Device = "auto",
    amp: settings.Amp = False,
    threads: Threads = 1,
    workers: Workers = None,
    runs: Runs = HOME,
    before: From = None,
    form: Form = "text",
    output: Outputs = None,
) -> None:
    """Compare activations over seeds, and say what the data do not support.

    Try: mila-analysis compare -a relu -a mish -a mila:beta=-0.25
    """
    from mila_analysis.experiments.comparing.measures import measure

    outputs, judged = checked(output or [], form), measure(score)
    if before is not None:
        if any((activation, beta, param)):
            raise ParameterError("--from shows what was compared; it takes no choice")
        found = read(before, None if baseline == ALL_PAIRS else baseline)
        deliver(found, judged, form, outputs)
        return
    if not 1 <= seeds <= MOST:
        raise ParameterError(f"seeds must be a whole number from 1 to {MOST}: {seeds}")
    chosen = several(_texts(activation, beta, param), beta, param, tex=tex)
    check_figure(outputs, len(chosen))
    base = _base(
        chosen, dataset, epochs,
        model=model, build=build, placement=placement, batch_size=batch,
        optimizer=optimizer, learning_rate=rate, schedule=schedule, weight_decay=decay,
        augment=augment, seed=first_seed, device=device, amp=amp,
    )  # fmt: skip
    found = _compared(
        base, chosen, range(first_seed, first_seed + seeds), runs,
        baseline=None if baseline == ALL_PAIRS else baseline,
        learnable=_learned(learnable, chosen), workers=workers, threads=threads,
        data=lambda: opened(dataset, data_dir, download=download),
    )  # fmt: skip
    deliver(found, judged, form, outputs)


def _texts(
    texts: list[str] | None, betas: list[str] | None, params: list[str] | None
) -> list[str] | None:
    """What was typed, or the three of the default."""
    return texts if texts or betas or params else DEFAULT


def _base(
    chosen: Sequence[Activation], dataset: str, epochs: int | None, **others: Any
) -> RunConfig:
    """Settings of all runs."""
    from mila_analysis.experiments.comparing.running import EPOCHS

    dataset = known(dataset)
    number = EPOCHS.get(dataset, FEW_EPOCHS) if epochs is None else epochs
    return settings.configured(chosen[0], dataset=dataset, epochs=number, **others)


def _learned(names: Sequence[str] | None, chosen: Sequence[Activation]) -> list[str]:
    """Learned parameters of any of the activations."""
    found = (settings.learned(names, activation) for activation in chosen)
    return list(dict.fromkeys(name for learned in found for name in learned))


def _compared(
    base: RunConfig,
    chosen: Sequence[Activation],
    seeds: range,
    runs: Path,
    **options: Any,
) -> Comparison:
    """Train what is not there yet; Ctrl-C keeps what is done."""
    from mila_analysis.experiments.comparing import compare as run
    from mila_analysis.experiments.sweeping import Stopped

    there = 0
    try:
        with watching() as show:

            def watch(update: Update) -> None:
                nonlocal there
                if update.kind == "found":
                    there += 1
                else:
                    show(update)

            found = run(base, chosen, seeds, runs, watch=watch, **options)
    except Stopped as stopped:
        say(f"{stopped}; all are kept in {runs}: the same command goes on")
        raise typer.Exit(SIGNALLED + stopped.signal) from None
    already = f", {there} of them from before" if there else ""
    say(f"{len(found.runs)} runs are kept in {runs}{already}")
    return found
