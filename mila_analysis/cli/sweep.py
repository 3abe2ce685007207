"""`sweep`: activations, seeds and networks to many runs, and their table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mila_analysis.cli import settings
from mila_analysis.cli.datasets import DataDir, DatasetName, Download, known, opened
from mila_analysis.cli.output import STDOUT, emit, say
from mila_analysis.cli.selection import Acts, Betas, Params, Tex, several
from mila_analysis.cli.standings import show
from mila_analysis.cli.sweeping import watching
from mila_analysis.errors import ParameterError, UnsupportedError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mila_analysis.activation import Activation
    from mila_analysis.experiments.config import RunConfig
    from mila_analysis.experiments.sweeping import Standing
    from mila_analysis.experiments.sweeping.cluster import Resources, Submitted

__all__ = ["sweep"]

HOME = Path("runs")
HERE = "here"
SUFFIXES = (".csv", ".json")
FAILED = 1
SIGNALLED = 128  # and the signal's number, as a shell has it
MOST = 10_000  # seeds
JOBS = "Jobs"  # heading of the options of clusters


def sweep(  # noqa: PLR0913 - an option is an argument
    *,
    dataset: DatasetName = "digits",
    data_dir: DataDir = None,
    download: Download = False,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME",
            autocompletion=settings.models,
            help="mlp, cnn, or resnet20-v1 to resnet164-v2; can be repeated.",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(metavar="N", help="How many: from 0 to N - 1.")
    ] = 3,
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
    device: settings.Device = "auto",
    amp: settings.Amp = False,
    threads: Annotated[
        int, typer.Option(metavar="N", help="Threads of torch, of each run.")
    ] = 1,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Runs at a time; as many as there are cores unless given."
        ),
    ] = None,
    executor: Annotated[
        str,
        typer.Option(
            metavar="WHERE",
            rich_help_panel=JOBS,
            help="here, and wait; or, by submitit, local: in the background; or slurm.",
        ),
    ] = HERE,
    partition: Annotated[
        str | None,
        typer.Option(metavar="NAME", rich_help_panel=JOBS, help="Of Slurm."),
    ] = None,
    timeout: Annotated[
        int | None,
        typer.Option(
            metavar="MINUTES",
            rich_help_panel=JOBS,
            help="Of a job, which then goes on in a new one; 60 unless given.",
        ),
    ] = None,
    cpus: Annotated[
        int | None,
        typer.Option(metavar="N", rich_help_panel=JOBS, help="Cores of a job."),
    ] = None,
    gpus: Annotated[
        int | None,
        typer.Option(metavar="N", rich_help_panel=JOBS, help="GPUs of a job."),
    ] = None,
    mem: Annotated[
        float | None,
        typer.Option(metavar="GB", rich_help_panel=JOBS, help="Memory of a job."),
    ] = None,
    slurm: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            rich_help_panel=JOBS,
            help="Any other option of sbatch, such as account=me; can be repeated.",
        ),
    ] = None,
    status: Annotated[
        bool,
        typer.Option("--status", help="Train nothing: show how far the runs are."),
    ] = False,
    folder: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Where each run has a folder of its own."),
    ] = HOME,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="TABLE",
            help="Where the table goes: CSV or JSON by its suffix; - is CSV on stdout.",
        ),
    ] = None,
) -> None:
    """Train every activation with every seed and network; finished runs are kept.

    Try: mila-analysis sweep -a relu -a mish -a mila:beta=-0.25
    """
    _check_output(output)
    resources = _resources(
        executor, partition=partition, timeout=timeout, cpus=cpus, gpus=gpus,
        memory=mem, parallel=workers, options=slurm,
    )  # fmt: skip
    configs = _grid(
        _chosen(activation, beta, param, tex=tex), seeds, model, learnable,
        dataset=known(dataset), build=build, placement=placement, epochs=epochs,
        batch_size=batch, optimizer=optimizer, learning_rate=rate, schedule=schedule,
        weight_decay=decay, augment=augment, device=device, amp=amp,
    )  # fmt: skip
    if status:
        _deliver(_standings(configs, folder), output)
    elif resources is not None:
        if download:
            opened(dataset, data_dir, download=True)
        _submit(configs, folder, executor, resources, threads, data_dir)
    else:
        _run(configs, folder, output, workers, threads, data_dir, download=download)


def _check_output(output: str | None) -> None:
    """Refuse what no table can be, before anything takes time."""
    if output in (None, STDOUT):
        return
    suffix = Path(str(output)).suffix.lower()
    if suffix not in SUFFIXES:
        hint = suggestion(suffix, SUFFIXES) or f"; choose from {', '.join(SUFFIXES)}"
        raise UnsupportedError(f"no table format in '{output}'{hint}")


def _resources(
    executor: str, *, options: list[str] | None, parallel: int | None, **given: Any
) -> Resources | None:
    """What jobs may use; None where there are none."""
    said = {key: value for key, value in given.items() if value is not None}
    if executor == HERE:
        if said or options:
            word = next(iter(said), "slurm").replace("memory", "mem")
            raise ParameterError(f"--{word} is of jobs: choose --executor slurm")
        return None
    from mila_analysis.experiments.sweeping.cluster import EXECUTORS, Resources

    if executor not in EXECUTORS:
        known = (HERE, *EXECUTORS)
        hint = suggestion(executor, known) or f"; choose from {', '.join(known)}"
        raise ParameterError(f"no executor '{executor}'{hint}")
    return Resources(
        **said,
        parallel=parallel,
        options=dict(map(_pair, options or ())),
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ParameterError(f"--slurm takes NAME=VALUE, not '{text[:40]}'")
    return name.strip().lstrip("-"), value.strip()


def _chosen(
    texts: list[str] | None,
    betas: list[str] | None,
    params: list[str] | None,
    *,
    tex: bool,
) -> list[Activation]:
    if texts or betas or params:
        return several(texts, betas, params, tex=tex)
    from mila_analysis.catalog import resolve

    return [resolve(settings.DEFAULT)]


def _grid(
    activations: Sequence[Activation],
    seeds: int,
    models: Sequence[str] | None,
    learnable: Sequence[str] | None,
    **others: Any,
) -> tuple[RunConfig, ...]:
    from mila_analysis.experiments.architectures import architecture
    from mila_analysis.experiments.sweeping import grid

    if not 1 <= seeds <= MOST:
        raise ParameterError(f"seeds must be a whole number from 1 to {MOST}: {seeds}")
    base = settings.configured(activations[0], **others)
    for model in models or ():
        architecture(model)
    return grid(
        base, activations, range(seeds), models or (),
        learnable=_learnable(learnable, activations),
    )  # fmt: skip


def _learnable(
    names: Sequence[str] | None, activations: Sequence[Activation]
) -> list[str]:
    """Learned parameters of any of the activations."""
    found = (settings.learned(names, activation) for activation in activations)
    return list(dict.fromkeys(name for learned in found for name in learned))


def _standings(configs: Sequence[RunConfig], folder: Path) -> list[Standing]:
    from mila_analysis.experiments.sweeping import standings

    return standings(configs, folder)


def _run(
    configs: Sequence[RunConfig],
    folder: Path,
    output: str | None,
    workers: int | None,
    threads: int,
    data_dir: Path | None,
    *,
    download: bool,
) -> None:
    from mila_analysis.experiments.sweeping import Stopped, run_all
    from mila_analysis.experiments.sweeping.states import judged

    try:
        with watching() as watch:
            outcomes = run_all(
                configs,
                folder,
                workers=workers,
                threads=threads,
                watch=watch,
                data=lambda: opened(configs[0].dataset, data_dir, download=download),
            )
    except Stopped as stopped:
        say(f"{stopped}; all are kept in {folder}: the same command goes on")
        raise typer.Exit(SIGNALLED + stopped.signal) from None
    found = judged(configs, folder, outcomes)
    _deliver(found, output)
    say(f"kept in {folder}")
    failed = [standing for standing in found if standing.state == "failed"]
    if failed:
        first = f"{failed[0].folder.name}: {failed[0].reason}"
        say(f"error: {len(failed)} of {len(found)} runs failed, the first {first}")
        raise typer.Exit(FAILED)


def _deliver(found: Sequence[Standing], output: str | None) -> None:
    """The table to where it was asked for."""
    from mila_analysis import files
    from mila_analysis.experiments.sweeping import to_csv, to_json

    if output == STDOUT:
        emit(to_csv(found))
        return
    show(found)
    if output is not None:
        as_json = Path(output).suffix.lower() == ".json"
        files.write(output, to_json(found) if as_json else to_csv(found))
        say(f"wrote {output}")


def _submit(
    configs: Sequence[RunConfig],
    folder: Path,
    executor: str,
    resources: Resources,
    threads: int,
    data_dir: Path | None,
) -> None:
    from mila_analysis.experiments.sweeping.cluster import submit

    jobs = submit(
        configs, folder,
        executor=executor, resources=resources, threads=threads, data_dir=data_dir,
    )  # fmt: skip
    if not jobs:
        say("nothing to submit: each run is done, running or in the queue")
    for job in jobs:
        emit(_line(job))
    if jobs:
        say(f"what jobs say is in {jobs[0].log.parent}")
        look = "squeue --me, or " if executor == "slurm" else ""
        say(f"how far they are: {look}the same command with --status")


def _line(job: Submitted) -> str:
    """A job as a line with a tab: its number, and what it does."""
    first, *others = job.runs
    return f"{job.job}\t{f'{1 + len(others)} runs shared' if others else first}\n"
