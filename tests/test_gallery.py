"""The gallery: each picture has its command, and the files are what they draw."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from mila_analysis import gallery, plotting
from mila_analysis.cli import app
from mila_analysis.cli.exits import run

FOLDER = Path(__file__).resolve().parents[1] / "figures"
COMMANDS = re.findall(
    r"^    (mila-analysis .+)$", (FOLDER / "README.md").read_text(), re.MULTILINE
)


def test_every_picture_is_shown_with_its_command_and_nothing_else_is_there() -> None:
    files = {p.name for p in FOLDER.iterdir()}
    assert files == {p.file for p in gallery.PICTURES} | {"README.md"}
    assert [p.command for p in gallery.PICTURES] == COMMANDS


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[2]])
def test_a_command_draws_the_very_bytes_of_its_picture(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(typer.main.get_command(app), shlex.split(command)[1:]) == 0
    (written,) = tmp_path.iterdir()
    assert written.read_bytes() == (FOLDER / written.name).read_bytes()


def test_a_changed_picture_is_named(tmp_path: Path) -> None:
    drawn = {"a.png": b"new", "b.png": b"same"}
    (tmp_path / "a.png").write_bytes(b"old")
    (tmp_path / "b.png").write_bytes(b"same")
    assert gallery.differing(tmp_path, drawn) == ["a.png"]


def test_a_picture_of_no_entry_and_a_missing_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "old.svg").write_bytes(b"")
    assert gallery.differing(tmp_path, {"a.png": b""}) == ["a.png", "old.svg"]


OF_ACTIVATIONS = [p for p in gallery.PICTURES if isinstance(p, gallery.Picture)]
CHARTS = [p for p in gallery.PICTURES if isinstance(p, gallery.Chart)]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda c: c.name)
def test_a_command_draws_the_very_bytes_of_its_chart(
    chart: gallery.Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(typer.main.get_command(app), shlex.split(chart.command)[1:]) == 0
    assert (tmp_path / chart.file).read_bytes() == chart.draw()


@pytest.mark.parametrize("picture", OF_ACTIVATIONS, ids=lambda p: p.name)
def test_a_command_asks_for_what_the_gallery_draws(
    picture: gallery.Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def plot(activations: Any, kind: str, **options: Any) -> str:
        given = {name: value for name, value in options.items() if value is not None}
        asked = {"dpi": 300, "style": "light", **given}
        calls.append((activations, kind, _plain(asked)))
        return "figure"

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plotting, "plot", plot)
    monkeypatch.setattr(plotting, "render", lambda *_: b"")
    picture.draw()
    assert run(typer.main.get_command(app), shlex.split(picture.command)[1:]) == 0
    assert (tmp_path / picture.file).exists()
    assert calls[0] == calls[1]


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
    }


@pytest.mark.slow
def test_all_pictures_are_what_is_drawn_now() -> None:
    assert (
        run(typer.main.get_command(app), ["gallery", "--check", "-o", str(FOLDER)]) == 0
    )
