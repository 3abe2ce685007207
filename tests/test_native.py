"""Compiling C at run time: the cache is safe, and what goes wrong is said in a line."""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mila_analysis import native
from mila_analysis.native import compilers, keeping, loading

pytestmark = pytest.mark.skipif(not native.available(), reason="no C compiler here")

CPP = pytest.mark.skipif(
    not native.available(native.CPP), reason="no C++ compiler here"
)
TWICE = "int twice(int value)\n{\n    return 2 * value;\n}\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a process that has loaded nothing."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(native.CACHE_VARIABLE, str(folder))
    monkeypatch.setattr(loading, "_loaded", {})
    other = tmp_path / "temporary"
    monkeypatch.setattr(keeping, "_temporary", lambda: other)
    return folder


def twice(library: native.Library, value: int) -> int:
    return library.function("twice", [ctypes.c_int], ctypes.c_int)(value)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_loaded", {})


def without_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise AssertionError("it was compiled again")

    monkeypatch.setattr(loading, "machine_code", refuse)


def fake_compiler(folder: Path, body: str) -> str:
    path = folder / "fakecc"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "fake 1" && exit\n{body}\n'
    )
    path.chmod(0o755)
    return str(path)


def test_it_compiles_and_calls():
    assert twice(native.load(TWICE), 21) == 42


@CPP
class TestCpp:
    """C++ goes the way of C, with a compiler of its own."""

    TEXT = f'extern "C" {{ {TWICE} }} static_assert(__cplusplus >= 201703L);'

    def test_it_compiles_and_calls(self):
        assert twice(native.load(self.TEXT, language=native.CPP), 21) == 42

    def test_a_compiled_text_is_found_again(self, cache, monkeypatch):
        assert not native.kept(self.TEXT, language=native.CPP)
        native.load(self.TEXT, language=native.CPP)
        assert len(list(cache.glob("*.so"))) == 1
        forget(monkeypatch)
        assert native.kept(self.TEXT, language=native.CPP)
        without_compiling(monkeypatch)
        assert twice(native.load(self.TEXT, language=native.CPP), 4) == 8

    def test_the_same_text_in_both_languages_is_two_files(self, cache):
        for language in (native.C, native.CPP):
            native.load("int unused;\n", language=language)
        assert len(list(cache.glob("*.so"))) == 2

    def test_places_are_not_what_is_compiled(self, cache, tmp_path, monkeypatch):
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            folder.joinpath("twice.h").write_text(self.TEXT)
            library = native.load(
                '#include "twice.h"\n', language=native.CPP, places=[f"-I{folder}"]
            )
            assert twice(library, 5) == 10
            forget(monkeypatch)
        assert len(list(cache.glob("*.so"))) == 1

    def test_a_newer_standard_is_tried(self):
        text = "#if __cplusplus < 202002L\n#error old\n#endif\n" + self.TEXT
        assert twice(native.load(text, language=native.CPP), 5) == 10

    def test_its_compiler_is_named_by_cxx(self, monkeypatch):
        monkeypatch.setenv("CC", "no-such-compiler")
        assert native.available(native.CPP)
        monkeypatch.setenv("CXX", "no-such-compiler")
        assert not native.available(native.CPP)
        with pytest.raises(native.NoCompilerError, match=r"C\+\+.*CXX is.*apt install"):
            native.load(self.TEXT, language=native.CPP)

    def test_what_the_compiler_says_is_one_line(self, cache):
        with pytest.raises(native.CompileError, match="undeclared_thing") as caught:
            native.load(
                "int broken() { return undeclared_thing; }\n", language=native.CPP
            )
        assert "\n" not in str(caught.value)
        assert "kernel.cpp" not in str(caught.value)
        assert not list(cache.glob("*"))


def test_a_compiled_text_is_found_again(cache, monkeypatch):
    native.load(TWICE)
    assert len(list(cache.glob("*.so"))) == 1
    forget(monkeypatch)
    without_compiling(monkeypatch)
    assert twice(native.load(TWICE), 4) == 8


def test_another_text_or_flag_is_another_file(cache):
    native.load(TWICE)
    native.load(TWICE.replace("2", "3"))
    native.load(TWICE, flags=("-DOTHER",))
    assert len(list(cache.glob("*.so"))) == 3


def test_another_compiler_or_machine_is_another_file(cache, monkeypatch):
    native.load(TWICE)
    forget(monkeypatch)
    monkeypatch.setattr(loading, "_machine", lambda: "another machine")
    native.load(TWICE)
    assert len(list(cache.glob("*.so"))) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda code: b"",
        lambda code: code[: len(code) // 2],
        lambda code: b"\0" * len(code),
        lambda code: code[:5000] + bytes([code[5000] ^ 1]) + code[5001:],
        lambda code: code + b"more",
    ],
    ids=["empty", "half", "zeros", "one bit", "longer"],
)
def test_a_damaged_file_is_compiled_again(cache, monkeypatch, damage):
    native.load(TWICE)
    (path,) = cache.glob("*.so")
    whole = path.read_bytes()
    # a new file, as the old one is mapped into this process
    path.unlink()
    path.write_bytes(damage(whole))
    forget(monkeypatch)
    assert twice(native.load(TWICE), 5) == 10
    (mended,) = cache.glob("*.so")
    assert keeping.whole(cache, mended.name.partition("-")[0]) == mended


def test_a_library_that_does_not_load_is_compiled_again(cache, monkeypatch):
    key = loading._key(TWICE, native.compiler(), ())
    keeping.keep(cache, key, b"no library, but whole")
    assert twice(native.load(TWICE), 3) == 6


def test_two_processes_at_once(cache):
    program = (
        "import ctypes; from mila_analysis import native\n"
        f"library = native.load({TWICE!r})\n"
        "print(library.function('twice', [ctypes.c_int], ctypes.c_int)(8))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert [process.communicate()[0].strip() for process in running] == ["16"] * 4
    assert not list(cache.glob(".*")), "something was left behind"


def test_threads_compile_once(monkeypatch):
    calls = []
    compile_ = loading.machine_code
    monkeypatch.setattr(
        loading, "machine_code", lambda *a: calls.append(a) or compile_(*a)
    )
    with ThreadPoolExecutor(8) as pool:
        libraries = list(pool.map(native.load, [TWICE] * 8))
    assert len(calls) == 1
    assert len({id(library) for library in libraries}) == 1


def test_a_cache_that_cannot_be_written_is_noted_and_passed_by(
    tmp_path, monkeypatch, caplog
):
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setenv(native.CACHE_VARIABLE, str(blocked / "cache"))
    with caplog.at_level(logging.WARNING):
        library = native.load(TWICE)
    assert twice(library, 6) == 12
    assert len(caplog.records) == 1
    assert str(blocked) in caplog.text
    assert library.path.parent == keeping._temporary()


def test_a_full_disk_leaves_nothing_behind(cache, monkeypatch, caplog):
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if cache in self.parents:
            write(self, data[:100])
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert twice(native.load(TWICE), 7) == 14
    assert "No space left" in caplog.text
    assert list(cache.iterdir()) == []


def test_a_missing_function_is_named():
    with pytest.raises(native.CompileError, match="has no thrice"):
        native.load(TWICE).function("thrice", [])


def test_what_the_compiler_says_is_one_line(cache):
    with pytest.raises(native.CompileError) as caught:
        native.load("int broken(void) { return undeclared_thing; }\n")
    assert "undeclared_thing" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(cache.glob("*"))


def test_without_a_compiler(monkeypatch, tmp_path):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not native.available()
    with pytest.raises(native.NoCompilerError, match="needs a C compiler") as caught:
        native.load(TWICE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("named", ["no-such-compiler", "'", "false", "/"])
def test_a_compiler_that_does_not_run_is_named(monkeypatch, named):
    monkeypatch.setenv("CC", named)
    assert not native.available()
    with pytest.raises(native.NoCompilerError, match="CC is"):
        native.compiler()


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc here")
def test_cc_may_have_arguments(monkeypatch):
    monkeypatch.setenv("CC", "gcc -DFACTOR=5")
    assert native.compiler().command == ("gcc", "-DFACTOR=5")
    library = native.load(TWICE.replace("2", "FACTOR"))
    assert twice(library, 3) == 15


def test_flags_that_a_compiler_does_not_know_are_left_out(tmp_path, monkeypatch):
    real = shutil.which("cc") or shutil.which("gcc")
    refused = 'case "$*" in *=native*) echo "error: no -march" >&2; exit 1;; esac'
    old = f'{refused}; {real} "$@"'
    monkeypatch.setenv("CC", fake_compiler(tmp_path, old))
    assert twice(native.load(TWICE), 9) == 18


def test_a_compiler_that_does_not_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", fake_compiler(tmp_path, "exec sleep 60"))
    monkeypatch.setattr(compilers, "TIMEOUT", 0.2)
    start = time.monotonic()
    with pytest.raises(native.CompileError, match="did not finish"):
        native.load(TWICE)
    assert time.monotonic() - start < 10


def test_what_a_compiler_started_is_stopped_too(tmp_path, monkeypatch):
    """As gcc starts cc1: it would go on for as long as it likes."""
    body = f"sleep 60 & echo $! > {tmp_path}/child; wait"
    monkeypatch.setenv("CC", fake_compiler(tmp_path, body))
    monkeypatch.setattr(compilers, "TIMEOUT", 0.5)
    with pytest.raises(native.CompileError, match="did not finish"):
        native.load(TWICE)
    child = int((tmp_path / "child").read_text())
    for _ in range(200):
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(") ")[2][0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child goes on")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 0", "it wrote nothing"),
        ("kill -9 $$", "exit -9"),
        ("echo one >&2; echo two >&2; exit 1", "one"),
        (
            'while [ "$1" != -o ]; do shift; done; echo no library > "$2"',
            "cannot be loaded",
        ),
    ],
    ids=["nothing", "killed", "refused", "junk"],
)
def test_a_compiler_that_does_not_do_its_work(
    cache, tmp_path, monkeypatch, body, message
):
    monkeypatch.setenv("CC", fake_compiler(tmp_path, body))
    with pytest.raises(native.CompileError, match=message) as caught:
        native.load(TWICE)
    assert "\n" not in str(caught.value)
    assert not list(cache.glob("*"))


def test_a_compiler_that_hangs_is_asked_once(tmp_path, monkeypatch):
    path = tmp_path / "fakecc"
    path.write_text(f"#!/bin/sh\necho called >> {tmp_path}/calls\nexit 1\n")
    path.chmod(0o755)
    monkeypatch.setenv("CC", str(path))
    assert [native.available() for _ in range(3)] == [False] * 3
    assert (tmp_path / "calls").read_text() == "called\n"


@pytest.mark.parametrize("named", [".", "below", "~/below"])
def test_a_cache_may_be_named_from_here_or_home(tmp_path, monkeypatch, caplog, named):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(native.CACHE_VARIABLE, named)
    library = native.load(TWICE)
    assert twice(library, 2) == 4
    assert library.path.parent == tmp_path / named.removeprefix("~/")
    assert not caplog.records


def test_an_interrupt_leaves_nothing_behind(cache, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {
        **os.environ,
        "CC": fake_compiler(tmp_path, f"touch {tmp_path}/started; exec sleep 60"),
        "TMPDIR": str(scratch),
    }
    program = f"from mila_analysis import native; native.load({TWICE!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE
    )
    while not (tmp_path / "started").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in complaint
    assert list(scratch.iterdir()) == []
    assert not cache.exists() or list(cache.iterdir()) == []


def test_the_temporary_folder_goes_with_the_process(tmp_path):
    environment = {
        **os.environ,
        native.CACHE_VARIABLE: "/dev/null/nowhere",
        "TMPDIR": str(tmp_path),
    }
    program = f"from mila_analysis import native; print(native.load({TWICE!r}).path)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path) in done.stdout
    assert "cannot keep native code" in done.stderr
    assert list(tmp_path.glob("mila-analysis-*")) == []
