import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mila_analysis.errors import WriteError
from mila_analysis.experiments.sweeping.lock import BusyError, held, holder

HOLD = """
import sys, time
from pathlib import Path
from mila_analysis.experiments.sweeping.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_folder_has_one_user(tmp_path: Path):
    with (
        held(tmp_path / "run"),
        pytest.raises(BusyError, match="in use by process"),
        held(tmp_path / "run"),
    ):
        pytest.fail("two users")
    with held(tmp_path / "run"):
        assert "process" in (holder(tmp_path / "run") or "")
    assert holder(tmp_path / "run") is None


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
    with pytest.raises(WriteError, match="cannot write"), held(tmp_path / "file"):
        pytest.fail("held")
