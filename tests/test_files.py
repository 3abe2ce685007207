"""files.write: whole and new, or the old file and nothing beside it."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mila_analysis import files
from mila_analysis.errors import MilaAnalysisError, WriteError

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX files")
NOBODY = 65534


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "mila.tex"
    path.write_bytes(b"old")
    return path


@pytest.fixture
def users_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder, and for the test this process is a user whom permissions stop."""
    if not hasattr(os, "setresuid") or os.getuid() != 0:
        if os.name != "posix" or os.getuid() == 0:
            pytest.skip("cannot become an ordinary user")
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, NOBODY, -1)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield folder
    finally:
        os.setresuid(0, 0, 0)
        shutil.rmtree(folder)


class TestWhatIsWritten:
    def test_bytes_as_they_are(self, tmp_path):
        content = bytes(range(256)) * 300
        files.write(tmp_path / "a.png", content)
        assert (tmp_path / "a.png").read_bytes() == content

    def test_text_as_utf8_with_its_own_line_ends(self, tmp_path):
        files.write(tmp_path / "a.tex", "∂f/∂β\r\n\n")
        assert (tmp_path / "a.tex").read_bytes() == "∂f/∂β\r\n\n".encode()

    def test_an_empty_file(self, old):
        files.write(old, b"")
        assert old.read_bytes() == b""

    def test_path_as_text_and_the_path_that_was_asked_for_back(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        assert files.write("a.tex", "new") == Path("a.tex")
        assert Path("a.tex").read_text() == "new"

    def test_a_name_as_long_as_the_file_system_allows(self, tmp_path):
        path = tmp_path / ("β" * 125 + ".tex")
        files.write(path, "new")
        assert path.read_text() == "new"

    def test_nothing_beside_it(self, old):
        files.write(old, "new")
        assert names(old.parent) == ["mila.tex"]

    def test_spaces_and_a_leading_dash_in_the_name(self, tmp_path):
        files.write(tmp_path / "-my figure.svg", "new")
        assert names(tmp_path) == ["-my figure.svg"]


class TestFailureLeavesTheOldFile:
    @pytest.mark.parametrize(
        "interrupt", [OSError(28, "No space left on device"), KeyboardInterrupt()]
    )
    @pytest.mark.parametrize("at", ["fsync", "replace", "open"])
    def test_in_the_middle(self, old, monkeypatch, interrupt, at):
        def stop(*_, **__):
            raise interrupt

        monkeypatch.setattr(*((os, at) if at == "fsync" else (Path, at)), stop)
        with pytest.raises((WriteError, KeyboardInterrupt)) as caught:
            files.write(old, "new")
        monkeypatch.undo()
        assert isinstance(caught.value, KeyboardInterrupt) == isinstance(
            interrupt, KeyboardInterrupt
        )
        assert old.read_bytes() == b"old"
        assert names(old.parent) == ["mila.tex"]

    def test_where_there_was_none_leaves_none(self, tmp_path, monkeypatch):
        def full(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(WriteError, match=r"new\.tex: no space left on device$"):
            files.write(tmp_path / "new.tex", "new")
        assert names(tmp_path) == []

    @posix
    def test_ctrl_c_from_a_terminal(self, old):
        program = (
            "import os, sys, time\n"
            "from mila_analysis import files\n"
            "os.fsync = lambda _: (print('writing', flush=True), time.sleep(60))\n"
            "files.write(sys.argv[1], 'new')\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(old)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout.readline() == "writing\n"
            assert len(names(old.parent)) == 2  # it is in the middle indeed
            child.send_signal(signal.SIGINT)
            assert "KeyboardInterrupt" in child.communicate(timeout=30)[1]
        assert old.read_bytes() == b"old"
        assert names(old.parent) == ["mila.tex"]

    def test_text_that_is_no_unicode(self, old):
        with pytest.raises(WriteError):
            files.write(old, "broken \udcff argument")
        assert old.read_bytes() == b"old"


class TestRefusalsSayWhy:
    def test_missing_folder(self, tmp_path):
        with pytest.raises(WriteError, match=r"no folder .*missing") as caught:
            files.write(tmp_path / "missing" / "a.tex", "new")
        assert "\n" not in str(caught.value)
        assert names(tmp_path) == []

    def test_a_file_where_the_folder_should_be(self, old):
        with pytest.raises(WriteError, match="no folder"):
            files.write(old / "a.tex", "new")

    @pytest.mark.parametrize("path", [".", ""])
    def test_the_target_is_a_folder(self, tmp_path, monkeypatch, path):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(WriteError, match="it is a folder"):
            files.write(path, "new")

    @pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
    def test_a_name_that_no_file_can_have(self, tmp_path, name):
        with pytest.raises(WriteError, match="cannot write"):
            files.write(tmp_path / name, "new")
        assert names(tmp_path) == []

    @posix
    def test_a_link_that_leads_to_itself(self, tmp_path):
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        with pytest.raises(WriteError, match="cannot write"):
            files.write(tmp_path / "loop", "new")

    def test_it_is_an_error_of_ours_and_a_failed_write(self):
        assert issubclass(WriteError, MilaAnalysisError)
        assert WriteError.exit_code == 1

    def test_read_only_folder(self, users_folder):
        users_folder.chmod(0o555)
        try:
            with pytest.raises(WriteError, match="permission denied"):
                files.write(users_folder / "a.tex", "new")
            assert names(users_folder) == []
        finally:
            users_folder.chmod(0o755)

    def test_read_only_file_in_a_folder_that_would_allow_a_rename(self, users_folder):
        path = users_folder / "a.tex"
        path.write_bytes(b"old")
        path.chmod(0o444)
        with pytest.raises(WriteError, match="read-only"):
            files.write(path, "new")
        assert path.read_bytes() == b"old"
        assert names(users_folder) == ["a.tex"]


@posix
class TestLinksAndPermissions:
    def test_a_link_stays_a_link_to_the_new_content(self, old):
        link = old.with_name("link.tex")
        link.symlink_to(old.name)
        files.write(link, "new")
        assert link.is_symlink()
        assert old.read_text() == "new"

    def test_a_link_to_a_file_that_is_not_there_makes_it(self, tmp_path):
        link = tmp_path / "link.tex"
        link.symlink_to("later.tex")
        files.write(link, "new")
        assert link.is_symlink()
        assert (tmp_path / "later.tex").read_text() == "new"

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
    def test_an_existing_file_keeps_its_permissions(self, old, mode):
        old.chmod(mode)
        files.write(old, "new")
        assert stat.S_IMODE(old.stat().st_mode) == mode

    @pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
    def test_a_new_file_has_what_the_user_wants_for_new_files(
        self, tmp_path, mask, mode
    ):
        before = os.umask(mask)
        try:
            files.write(tmp_path / "a.tex", "new")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "a.tex").stat().st_mode) == mode


@posix
class TestDevicesAndPipes:
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_device(self):
        with pytest.raises(WriteError, match="/dev/full: no space left on device"):
            files.write("/dev/full", b"new")
        assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)

    def test_a_named_pipe(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        read: list[bytes] = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
        reader.start()
        files.write(pipe, b"new" * 100_000)
        reader.join(30)
        assert read == [b"new" * 100_000]
        assert stat.S_ISFIFO(pipe.stat().st_mode)

    @pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout")
    @pytest.mark.parametrize("to", ["pipe", "file"])
    def test_standard_output_by_its_path(self, tmp_path, to):
        program = "from mila_analysis import files; files.write('/dev/stdout', 'new')"
        with (tmp_path / "log").open("w+b") as log:
            log.write(b"before ")
            log.flush()
            done = subprocess.run(
                [sys.executable, "-c", program],
                stdout=subprocess.PIPE if to == "pipe" else log,
                stderr=subprocess.PIPE,
                check=False,
            )
            assert done.stderr == b""
            log.seek(0)
            assert log.read() + (done.stdout or b"") == b"before new"
        assert names(tmp_path) == ["log"]


class TestTwoWriters:
    def test_a_reader_sees_one_of_them_whole(self, old):
        contents = [letter * 200_000 for letter in (b"a", b"b")]
        old.write_bytes(contents[0])

        def write_often(content: bytes) -> None:
            for _ in range(25):
                files.write(old, content)

        writers = [threading.Thread(target=write_often, args=[c]) for c in contents]
        for writer in writers:
            writer.start()
        seen = set()
        while any(writer.is_alive() for writer in writers):
            seen.add(old.read_bytes())
        seen.add(old.read_bytes())
        assert seen <= set(contents)
        assert names(old.parent) == ["mila.tex"]


def test_what_a_killed_program_left_is_swept(tmp_path):
    for name in (f".{'0f' * 8}.tmp", ".mine.tmp", "0f.tmp", f".{'0F' * 8}.tmp"):
        (tmp_path / name).touch()
    (tmp_path / f".{'ab' * 8}.tmp").mkdir()
    files.sweep(tmp_path)
    assert names(tmp_path) == sorted(
        [f".{'ab' * 8}.tmp", ".mine.tmp", "0f.tmp", f".{'0F' * 8}.tmp"]
    )
    files.sweep(tmp_path / "nowhere")
