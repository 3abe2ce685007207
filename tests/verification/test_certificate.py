"""Certificates: what they hold, their JSON, and the schema that describes it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

import jsonschema
import pytest

from mila_analysis.catalog import define, get
from mila_analysis.errors import ParameterError
from mila_analysis.kernels import generate_code
from mila_analysis.verification import (
    LEGS,
    Certificate,
    Finding,
    VerificationError,
    verify,
)

MILA = get("mila").bind(beta="-0.25")
CODE = generate_code(MILA).marked_verified()
VALIDATOR = jsonschema.Draft202012Validator(Certificate.schema())


@lru_cache
def good():
    return verify(CODE, dtype="float16", points=30)


@lru_cache
def bad():
    return verify(replace(CODE, text=CODE.text.replace("4.0", "3.0")))


@pytest.fixture
def certificate(request):
    return request.param()


def test_it_says_what_was_verified():
    assert good().passed
    assert good().formula == MILA.formula
    assert good().parameters == {"beta": "-1/4"}
    assert good().digest == CODE.digest
    assert (good().backend, good().accuracy, good().order) == ("numpy", "fast", 2)
    assert good().strategy == "homogeneous"
    assert good().legs == LEGS
    assert {f.leg for f in good().findings} == set(LEGS)
    assert good().versions.keys() >= {"mila-analysis", "python", "numpy", "torch"}
    assert good().machine["system"]


def test_a_worst_point_can_be_seen_again():
    found = [f for f in good().findings if f.leg == "accuracy"]
    assert len(found) == 6
    for f in found:
        assert f.error is not None
        assert f.limit is not None
        assert 0 < f.error <= f.limit
        assert f.seed == 0
        assert f.worst_at in f.command.split()
        assert "--dtype float16" in f.command


def test_equal_runs_give_equal_certificates():
    assert verify(CODE, dtype="float16", points=30) == good()


def test_another_seed_looks_elsewhere():
    other = verify(CODE, dtype="float16", points=30, seed=5, legs=["accuracy"])
    mine = [f.worst_at for f in good().findings if f.leg == "accuracy"]
    assert [f.worst_at for f in other.findings] != mine


@pytest.mark.parametrize("certificate", [good, bad], ids=["good", "bad"], indirect=True)
class TestJson:
    def test_it_comes_back(self, certificate):
        assert Certificate.from_json(certificate.to_json()) == certificate

    def test_it_is_as_the_schema_says(self, certificate):
        VALIDATOR.validate(json.loads(certificate.to_json()))

    @pytest.mark.parametrize("name", Certificate.schema()["required"])
    def test_a_field_that_is_missing_is_found(self, certificate, name):
        known = json.loads(certificate.to_json())
        del known[name]
        assert not VALIDATOR.is_valid(known)
        with pytest.raises(ParameterError):
            Certificate.from_json(json.dumps(known))

    def test_a_result_that_the_findings_do_not_bear_out_is_refused(self, certificate):
        known = json.loads(certificate.to_json())
        known["passed"] = not known["passed"]
        with pytest.raises(ParameterError, match="another result"):
            Certificate.from_json(json.dumps(known))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '{"schema": 2, "passed": true}', "{}", '""']
)
def test_what_is_no_certificate_is_refused(text):
    with pytest.raises(ParameterError):
        Certificate.from_json(text)


def test_the_schema_refuses_what_is_not_in_it():
    jsonschema.Draft202012Validator.check_schema(Certificate.schema())
    known = json.loads(good().to_json())
    for change in ({"schema": 2}, {"more": 1}, {"digest": "xyz"}, {"order": 9}):
        assert not VALIDATOR.is_valid(known | change)
    known["findings"][0]["status"] = "maybe"
    assert not VALIDATOR.is_valid(known)


def test_the_schema_names_the_legs_there_are():
    legs = Certificate.schema()["properties"]["legs"]["items"]["enum"]
    assert tuple(legs) == LEGS


def test_failures_are_raised_with_what_was_found():
    good().raise_for_failure()
    assert not bad().passed
    with pytest.raises(VerificationError, match=r"^text: every line: .*line \d+ is"):
        bad().raise_for_failure()
    assert VerificationError.exit_code == 1


def test_a_text_that_is_refused_is_not_run(tmp_path):
    trap = tmp_path / "trap"
    text = CODE.text + f"\nopen({str(trap)!r}, 'w').close()\n"
    found = verify(replace(CODE, text=text))
    assert [f.leg for f in found.failures] == ["text", "identity"]
    assert {f.leg for f in found.reservations} == set(LEGS[2:])
    assert not trap.exists()
    verify(replace(CODE, text=text), legs=["edges"], dtype="float16")
    assert trap.exists()


def test_code_that_raises_has_failed():
    text = CODE.text.replace("def partials(x", "def partials(y")
    found = verify(replace(CODE, text=text), legs=["edges"])
    assert not found.passed
    assert "NameError" in found.failures[0].detail


def test_a_certificate_of_nothing_does_not_pass():
    empty = replace(good(), findings=())
    assert not empty.passed
    with pytest.raises(VerificationError, match="nothing was checked"):
        empty.raise_for_failure()


@pytest.mark.parametrize("leg", LEGS)
def test_one_leg_alone(leg):
    found = verify(CODE, legs=[leg], dtype="float16", points=10)
    assert found.legs == (leg,)
    assert {f.leg for f in found.findings} == {leg}
    assert found.passed


def test_what_can_be_verified():
    options = {"legs": ["identity"], "dtype": "float16"}
    from mila_analysis.kernels import load

    assert verify(MILA, **options).digest == generate_code(MILA).digest
    assert verify(load(CODE), **options).digest == CODE.digest


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dtype": "float23"}, "no dtype 'float23'; did you mean 'float"),
        ({"dtype": "bfloat16"}, "numpy code has no bfloat16"),
        ({"legs": ["acuracy"]}, "did you mean 'accuracy'"),
        ({"points": -1}, "not negative"),
        ({"seed": -1}, "not negative"),
    ],
)
def test_a_mistake_is_said(options, said):
    with pytest.raises((ParameterError, LookupError), match=said):
        verify(CODE, **options)


def test_what_is_not_promised_is_reserved(direct):
    found = verify(define("own", "log(2 + exp(x))"), points=30)
    assert found.strategy == "direct"
    assert found.passed
    reserved = {f.leg for f in found.reservations}
    assert reserved == {"accuracy", "edges"}
    broken = [f for f in found.reservations if f.error is None]
    assert broken
    assert "not finite" in broken[0].detail


def test_progress_is_told():
    said: list[str] = []
    verify(CODE, dtype="float16", points=10, progress=said.append)
    assert any("accuracy, float16" in text for text in said)


def test_a_finding_passes_unless_it_failed():
    for status, passed in (("passed", True), ("reserved", True), ("failed", False)):
        assert Finding("text", "all", status, 1).passed is passed
