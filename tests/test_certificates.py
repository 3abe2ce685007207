"""The certificates of `docs/certificates`: of the code as it is now, and passed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mila_analysis.catalog import get
from mila_analysis.kernels import generate_code
from mila_analysis.verification import Certificate

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "certificates"
FILES = sorted(p for p in FOLDER.glob("*.json") if p.stem != "catalog")
EVERY_FLOAT32 = [path for path in FILES if "every_float32" in path.name]


def test_there_are_those_of_each_backend() -> None:
    found = [Certificate.from_json(path.read_text()) for path in FILES]
    kinds = {(c.backend, c.accuracy) for c in found}
    assert kinds == {
        ("numpy", "fast"),
        ("numpy", "accurate"),
        ("torch", "fast"),
        ("c", "fast"),
        ("c", "accurate"),
    }
    exhausted = {c.parameters["beta"] for c in found if c.exhaustive}
    assert {"0", "-1/4"} <= exhausted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_of_the_code_that_we_generate(path: Path) -> None:
    found = Certificate.from_json(path.read_text())
    activation = get(found.name).bind(**found.parameters)
    code = generate_code(
        activation, found.backend, order=found.order, accuracy=found.accuracy
    )
    assert found.digest == code.digest, "make certificates, or certificates-exhaustive"
    assert found.passed
    assert all(f.status in ("passed", "reserved") for f in found.findings)


@pytest.mark.parametrize("path", EVERY_FLOAT32, ids=lambda path: path.stem)
def test_every_float32_was_tried_for_every_partial(path: Path) -> None:
    found = Certificate.from_json(path.read_text())
    tried = [f for f in found.findings if f.leg == "exhaustive"]
    every = [f for f in tried if f.checked == 1 << 32]
    names = ["f", "f_x", "f_beta", "f_xx", "f_xbeta", "f_betabeta"]
    assert [f.subject for f in every] == names
    assert all(f.status == "passed" and f.dtype == "float32" for f in every)
