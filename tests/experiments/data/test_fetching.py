"""Downloads through pooch from a server of this process: whole, or not there at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from mila_analysis.errors import DataError
from mila_analysis.experiments.data import fetching
from mila_analysis.experiments.data.finding import read


@dataclass
class Server:
    """What is served, by file name; what was asked for; how it misbehaves."""

    files: dict[str, bytes]
    address: str = ""
    asked: list[str] = field(default_factory=list)
    cut: int = 0  # bytes fewer than announced
    halfway: threading.Event | None = None  # set there, and then nothing comes
    endless: bool = False
    status: int = 200


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rpartition("/")[2]
            server.asked.append(name)
            content = server.files.get(name)
            if content is None or server.status != 200:
                self.send_error(server.status if content else 404)
                return
            self.send_response(200)
            if not server.endless:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if server.halfway:
                self.wfile.write(content[: len(content) // 2])
                server.halfway.set()
                self.rfile.read()
                return
            self.wfile.write(content[: len(content) - server.cut])
            while server.endless:
                try:
                    self.wfile.write(bytes(1 << 16))
                except OSError:
                    return

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def serve(monkeypatch) -> Iterator:
    """A server on this machine alone; gives it for the files of a dataset."""
    monkeypatch.setenv("no_proxy", "*")
    started = []

    def start(made):
        server = Server(dict(made.served))
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        started.append(http)
        server.address = f"http://127.0.0.1:{http.server_port}/data/"
        return server

    yield start
    for http in started:
        http.shutdown()
        http.server_close()


def opened(made, *servers, folder=None, download=True, progress=None):
    addresses = tuple(getattr(server, "address", server) for server in servers)
    source = replace(made.source, servers=addresses)
    return read(source, folder, download=download, progress=progress)


def refused(*arguments, **options):
    with pytest.raises(DataError) as caught:
        opened(*arguments, **options)
    line = str(caught.value)
    assert "\n" not in line
    return line


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("form", ["idx", "cifar"])
def test_a_download_is_kept_and_read_without_a_network(form, request, serve, cache):
    made = request.getfixturevalue(form) if form == "idx" else None
    made = made or request.getfixturevalue("remake")(100)
    server = serve(made)
    found = opened(made, server)
    np.testing.assert_array_equal(found.train.images, made.images)
    assert names(cache) == sorted(made.served)
    assert sorted(server.asked) == sorted(made.served)
    again = opened(made, "http://127.0.0.1:1/", download=False)
    np.testing.assert_array_equal(again.train.labels, made.labels)


def test_nothing_is_asked_for_without_leave(idx, serve, cache):
    server = serve(idx)
    assert "--download" in refused(idx, server, download=False)
    assert server.asked == []
    assert not cache.exists()


def test_only_what_is_missing_is_fetched(idx, serve, tmp_path):
    server = serve(idx)
    folder = idx.put(tmp_path / "mine")
    (folder / "t10k-labels").unlink()
    opened(idx, server, folder=folder)
    assert server.asked == ["t10k-labels.gz"]
    opened(idx, server, folder=folder)
    assert len(server.asked) == 1


def test_progress_goes_from_the_first_byte_to_all(remake, serve, monkeypatch):
    monkeypatch.setattr(fetching, "PIECE", 64)
    made, told = remake(10), []
    opened(made, serve(made), progress=lambda *news: told.append(news))
    size = len(made.served["tiny.tar.gz"])
    assert told[0] == ("tiny.tar.gz", 64, size)
    assert told[-1] == ("tiny.tar.gz", size, size)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_the_next_server_is_asked(idx, serve, cache):
    bad, good = serve(idx), serve(idx)
    bad.status = 503
    opened(idx, "http://127.0.0.1:1/", bad, good)
    assert names(cache) == sorted(idx.served)


BROKEN = {"train-images.gz": b"<html>"}
BAD = {
    "says 503": lambda server: setattr(server, "status", 503),
    "says 404": lambda server: server.files.clear(),
    "no connection": lambda server: setattr(server, "cut", 9),
    "another SHA-256": lambda server: server.files.update(BROKEN),
    "more bytes came": lambda server: setattr(server, "endless", True),
}  # fmt: skip


@pytest.mark.parametrize("words", BAD)
@pytest.mark.parametrize("had", [False, True])
def test_a_bad_server_leaves_nothing_new(idx, serve, cache, words, had):
    server = serve(idx)
    BAD[words](server)
    if had:
        cache.mkdir(parents=True)
        (cache / "train-images.gz").write_bytes(b"old and damaged")
        (cache / "train-labels").write_bytes(idx.parts["train-labels"])
        server.files = {k: v for k, v in server.files.items() if "t10k" not in k}
    before = {p.name: p.read_bytes() for p in cache.glob("*")}
    line = refused(idx, server)
    assert words in line or (had and "says 404" in line)
    assert {p.name: p.read_bytes() for p in cache.glob("*")} == before


def test_no_connection_is_said(idx, cache):
    line = refused(idx, "http://127.0.0.1:1/")
    assert line == "cannot download train-images.gz: no connection to 127.0.0.1:1"
    assert names(cache) == []


def test_a_damaged_cache_is_fetched_anew(idx, serve, cache):
    server = serve(idx)
    idx.put(cache, how="served")
    (cache / "train-labels.gz").write_bytes(b"\x1f\x8b")
    opened(idx, server)
    assert server.asked == ["train-labels.gz"]
    assert (cache / "train-labels.gz").read_bytes() == idx.served["train-labels.gz"]


def test_a_damaged_file_of_the_users_own_is_not_replaced(idx, serve, tmp_path):
    server = serve(idx)
    folder = idx.put(tmp_path / "mine", how="served")
    (folder / "train-labels.gz").write_bytes(b"mine")
    assert "train-labels.gz is damaged" in refused(idx, server, folder=folder)
    assert (folder / "train-labels.gz").read_bytes() == b"mine"
    assert server.asked == []


def test_many_at_once_all_have_it_whole(remake, serve, cache):
    made = remake(10)
    server = serve(made)
    found, barrier = [], threading.Barrier(6)

    def work():
        barrier.wait()
        found.append(opened(made, server).train.images.tobytes())

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [made.images.tobytes()] * 6
    assert names(cache) == ["tiny.tar.gz"]


def test_an_interrupt_leaves_nothing(remake, serve, cache):
    made = remake(10)

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened(made, serve(made), progress=interrupt)
    assert names(cache) == []


CHILD = """
import sys
sys.path.insert(0, {folder!r})
from conftest import make_cifar
from dataclasses import replace
from mila_analysis.experiments.data.finding import read
read(replace(make_cifar(10).source, servers=({address!r},)), None,
     download=True, progress=None)
"""


def test_a_killed_download_is_not_taken_for_a_file(remake, serve, cache):
    made = remake(10)
    server = serve(made)
    server.halfway = threading.Event()
    code = CHILD.format(folder=str(Path(__file__).parent), address=server.address)
    child = subprocess.Popen([sys.executable, "-c", code])
    assert server.halfway.wait(60)
    child.kill()
    assert child.wait() == -signal.SIGKILL
    assert "tiny.tar.gz" not in names(cache)
    server.halfway = None
    found = opened(made, server)
    np.testing.assert_array_equal(found.train.images, made.images)


def test_what_killed_downloads_left_is_swept_from_the_cache(idx, serve, cache):
    cache.mkdir(parents=True)
    for name in ("tmpab12_xyz", "tmpab12_xyw", "tmp-of-mine"):
        (cache / name).touch()
    for name in ("tmpab12_xyz", "tmp-of-mine"):
        os.utime(cache / name, (0, 0))
    opened(idx, serve(idx))
    left = [name for name in names(cache) if name.startswith("tmp")]
    assert left == ["tmp-of-mine", "tmpab12_xyw"]


def test_a_full_disk_leaves_nothing(remake, serve, cache):
    made = remake(10)

    def full(*_):
        raise OSError(28, "No space left on device")

    line = refused(made, serve(made), progress=full)
    assert line == f"cannot write {cache / 'tiny.tar.gz'}: no space left on device"
    assert names(cache) == []


def test_a_folder_that_cannot_be_made_is_said(idx, serve, tmp_path):
    (tmp_path / "file").write_text("")
    line = refused(idx, serve(idx), folder=tmp_path / "file" / "d")
    assert line == f"cannot make folder {tmp_path / 'file' / 'd'}: not a directory"
