"""`train`: an activation and a dataset to a trained network, its scores and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mila_analysis.cli import settings
from mila_analysis.cli.datasets import DataDir, DatasetName, Download, known, opened
from mila_analysis.cli.live import watching
from mila_analysis.cli.output import emit, say
from mila_analysis.cli.pictures import draw
from mila_analysis.cli.selection import Acts, Betas, Params, Tex, single
from mila_analysis.errors import MilaAnalysisError

if TYPE_CHECKING:
    from mila_analysis.activation import Activation
    from mila_analysis.experiments.config import RunConfig
    from mila_analysis.experiments.results import RunResult

__all__ = ["train"]

HOME = Path("runs")
SIGNALLED = 128  # and the signal's number, as a shell has it
DIVERGED = 1


def train(  # noqa: PLR0913 - an option is an argument
    *,
    dataset: DatasetName = "digits",
    data_dir: DataDir = None,
    download: Download = False,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    model: settings.Model = "mlp",
    build: settings.Build = "class",
    placement: settings.Placement = "first",
    learnable: settings.Learnable = None,
    epochs: settings.Epochs = 5,
    batch: settings.Batch = 64,
    optimizer: settings.Optimizer = "adam",
    rate: settings.Rate = 0.003,
    schedule: settings.Schedule = "constant",
    decay: settings.Decay = 0.0,
    augment: settings.Augment = False,
    seed: Annotated[int, typer.Option(metavar="N", help="Of all that is random.")] = 0,
    device: settings.Device = "auto",
    amp: settings.Amp = False,
    threads: settings.Threads = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin anew over the run in the folder.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="The result as JSON on stdout.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where the run is kept, and goes on if it was interrupted; named "
            "after its settings, in runs, unless given.",
        ),
    ] = None,
) -> None:
    """Train a network on a dataset, and show how well it does.

    Network and settings are those of the original's demo, and the activation is Mila
    with β = -0.25, unless you say otherwise. The same command goes on with a run that
    was interrupted.

    Try: mila-analysis train --epochs 10

    or:  mila-analysis train -a mish --dataset fashion-mnist --download
    """
    config = settings.configured(
        _chosen(activation, beta, param, tex=tex),
        learnable,
        dataset=known(dataset), model=model, build=build, placement=placement,
        epochs=epochs, batch_size=batch, optimizer=optimizer, learning_rate=rate,
        schedule=schedule, weight_decay=decay, augment=augment, seed=seed,
        device=device, amp=amp,
    )  # fmt: skip
    settings.use_threads(threads)
    folder = output or HOME / _name(config)
    result = _trained(config, folder, data_dir, download=download, overwrite=overwrite)
    if result is not None:
        _deliver(result, folder, as_json=json)


def _chosen(
    texts: list[str] | None,
    betas: list[str] | None,
    params: list[str] | None,
    *,
    tex: bool,
) -> Activation | None:
    if not (texts or betas or params):
        return None
    return single("train", texts, betas, params, tex=tex)


def _name(config: RunConfig) -> str:
    """Name of a run's folder: what it is, and letters that its settings share."""
    activation = config.function.name
    return f"{config.dataset}-{activation}-{config.model}-{config.digest[:8]}"


def _trained(
    config: RunConfig,
    folder: Path,
    data_dir: Path | None,
    *,
    download: bool,
    overwrite: bool,
) -> RunResult | None:
    """The result; None in a process that does not lead, which says nothing."""
    from mila_analysis.experiments.training import Interrupted
    from mila_analysis.experiments.training import train as run
    from mila_analysis.experiments.training.folder import CHECKPOINT
    from mila_analysis.experiments.training.processes import rank

    leads = rank() == 0
    try:
        with watching() as watch:
            result = run(
                config,
                folder,
                data=lambda: opened(config.dataset, data_dir, download=download),
                watch=watch,
                overwrite=overwrite,
            )
    except Interrupted as stopped:
        if leads:
            say(
                f"stopped in epoch {stopped.epoch} after step {stopped.step}; the same "
                f"command goes on with the run, which is kept in {folder}"
            )
        raise typer.Exit(SIGNALLED + stopped.signal) from None
    except KeyboardInterrupt:
        if leads and (folder / CHECKPOINT).is_file():
            say(f"the run is kept in {folder} up to the last whole epoch")
        raise
    except MilaAnalysisError as error:
        if leads:
            raise
        raise typer.Exit(error.exit_code) from None
    return result if leads else None


def _deliver(result: RunResult, folder: Path, *, as_json: bool) -> None:
    """A summary or JSON to stdout, figures into the folder."""
    from mila_analysis.experiments.training import summary

    emit(result.to_json() + "\n" if as_json else summary(result))
    draw(result, folder)
    say(f"kept in {folder}")
    if result.diverged:
        say(f"error: diverged: the loss is no number in epoch {result.last.number}")
        raise typer.Exit(DIVERGED)
