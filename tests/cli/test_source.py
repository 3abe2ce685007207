"""`code`: nothing is written that was not verified, unless that was asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mila_analysis import kernels
from mila_analysis.backends import header
from mila_analysis.catalog import get
from mila_analysis.kernels import generate_code, read_code
from mila_analysis.verification import Certificate

RELU = ("code", "-a", "relu")


@pytest.fixture
def broken(monkeypatch):
    """A backend whose ReLU has a wrong slope."""
    real = kernels.backend_of("numpy")

    slope = "_k.one, rest)"

    def emit(source):
        text = real.emit(source)
        assert slope in text
        return text.replace(slope, "2.0, rest)")

    planted = replace(real, emit=emit)
    monkeypatch.setattr(kernels, "backend_of", lambda name: planted)


def test_it_is_verified_and_says_so(invoke):
    found = invoke(*RELU)
    assert found.code == 0
    assert found.err == ""
    assert found.out == generate_code(get("relu")).marked_verified().text
    assert header.parse(found.out).verified
    assert not list(Path.cwd().iterdir())


def test_a_file_has_its_certificate_beside_it(invoke):
    found = invoke(*RELU, "-o", "relu.py")
    assert found.code == 0
    assert found.err.splitlines() == [
        "mila-analysis: wrote relu.py",
        "mila-analysis: wrote relu.py.certificate.json",
    ]
    certificate = Certificate.from_json(Path("relu.py.certificate.json").read_text())
    assert certificate.passed
    assert certificate.digest == read_code(Path("relu.py").read_text()).digest
    assert invoke("verify", "relu.py").code == 0


def test_a_certificate_goes_where_it_is_asked_for_or_nowhere(invoke):
    assert invoke(*RELU, "--certificate", "c.json").code == 0
    assert Certificate.from_json(Path("c.json").read_text()).passed
    Path("c.json").unlink()
    found = invoke(*RELU, "-o", "relu.py", "--no-certificate")
    assert found.err == "mila-analysis: wrote relu.py\n"
    assert [p.name for p in Path.cwd().iterdir()] == ["relu.py"]


def test_unverified_code_says_so(invoke):
    found = invoke(*RELU, "--no-verify", "-o", "relu.py")
    assert found.code == 0
    assert [p.name for p in Path.cwd().iterdir()] == ["relu.py"]
    text = Path("relu.py").read_text()
    assert "Unverified" in text
    assert text == generate_code(get("relu")).text


@pytest.mark.usefixtures("broken")
def test_what_fails_is_not_written(invoke):
    found = invoke(*RELU, "-o", "relu.py")
    assert found.code == 1
    assert found.out == ""
    assert "error: identity: all: " in found.err
    assert "is not the derivative" in found.err
    assert not list(Path.cwd().iterdir())


@pytest.mark.usefixtures("broken")
def test_unless_it_need_not_be_verified(invoke):
    assert invoke(*RELU, "--no-verify", "-o", "relu.py").code == 0
    assert "Unverified" in Path("relu.py").read_text()


def test_as_json(invoke):
    found = invoke(*RELU, "-o", "relu.py", "--json")
    report = json.loads(found.out)
    assert report["verified"] is True
    assert report["certificate"] == "relu.py.certificate.json"
    assert report["digest"] == read_code(Path("relu.py").read_text()).digest
    found = invoke(*RELU, "--no-verify", "--json")
    report = json.loads(found.out)
    assert (report["verified"], report["certificate"]) == (False, None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--no-verify", "--certificate", "c.json"), "no certificate"),
        (("--no-certificate", "--certificate", "c.json"), "no certificate"),
        (("--accuracy", "perfect"), "perfect"),
    ],
)
def test_mistakes(invoke, options, said):
    found = invoke(*RELU, *options)
    assert found.code == 2
    assert said in found.err
    assert found.err.count("\n") == 1
    assert not list(Path.cwd().iterdir())


def test_c_code_without_a_compiler_says_how_to_have_it(invoke, monkeypatch):
    monkeypatch.setenv("CC", "/nonexistent")
    refused = invoke("code", "-b", "c", "-o", "mila.c")
    assert refused.code == 2
    assert "--no-verify writes it unverified" in refused.err
    assert not Path("mila.c").exists()
    assert invoke("code", "-b", "c", "--no-verify", "-o", "mila.c").code == 0
    assert "Unverified" in Path("mila.c").read_text(encoding="utf-8")
