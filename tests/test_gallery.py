"""The gallery: each picture has its command, and the files are what they draw."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from mila_analysis import gallery
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


@pytest.mark.slow
def test_all_pictures_are_what_is_drawn_now() -> None:
    assert (
        run(typer.main.get_command(app), ["gallery", "--check", "-o", str(FOLDER)]) == 0
    )
