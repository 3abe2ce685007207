import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mila_analysis.errors import WriteError
from mila_analysis.experiments.locking import BusyError, Lock, holder

HOLD = """
import sys, time
from pathlib import Path
from mila_analysis.experiments.locking import Lock
lock = Lock(Path(sys.argv[1]))
lock.take()
print("held", flush=True)
time.sleep(60)
"""


def test_a_folder_has_one_user(tmp_path: Path):
    first, second = Lock(tmp_path), Lock(tmp_path)
    first.take()
    first.take()
    with pytest.raises(BusyError, match=r"another program trains in .* \(process"):
        second.take()
    assert "process" in (holder(tmp_path) or "")
    first.release()
    assert holder(tmp_path) is None
    second.take()
    second.release()


def test_nobody_holds_what_is_not_there(tmp_path: Path):
    assert holder(tmp_path / "run") is None
    assert list(tmp_path.iterdir()) == []


def test_the_dead_hold_nothing(tmp_path: Path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert f"process {other.pid} on" in (holder(tmp_path) or "")
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert holder(tmp_path) is None


def test_a_folder_that_cannot_be(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="cannot write"):
        Lock(tmp_path / "file").take()
