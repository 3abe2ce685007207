"""`verify`: of a file, of fresh code, of one point; what a change of a file does."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest

from mila_analysis.backends import header
from mila_analysis.catalog import get
from mila_analysis.kernels import generate_code
from mila_analysis.verification import LEGS, Certificate

MILA = get("mila").bind(beta="-0.25")
CODE = generate_code(MILA).marked_verified()
QUICK = ("--leg", "text", "--leg", "identity")


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    CODE.save("mila.py")
    return Path("mila.py")


def test_a_file(invoke, file):
    found = invoke("verify", "mila.py", "--dtype", "float16", "--points", "20")
    assert found.code == 0
    rows = [line.split("\t") for line in found.out.splitlines()]
    assert {row[0] for row in rows} == set(LEGS)
    assert all(len(row) == 9 for row in rows)
    assert all(row[-1] == "passed" for row in rows)
    assert found.err == f"mila-analysis: verified: {len(rows)} findings, none failed\n"
    assert [p.name for p in Path.cwd().iterdir()] == ["mila.py"]


def test_fresh_code(invoke):
    found = invoke("verify", "-a", "mila", "--beta", "1.5", "--order", "1", *QUICK)
    assert found.code == 0
    assert "identities proved" in found.out


def test_a_certificate_is_written(invoke, file):
    found = invoke("verify", str(file), *QUICK, "-o", "c.json")
    assert found.code == 0
    assert "wrote c.json" in found.err
    assert Certificate.from_json(Path("c.json").read_text()).digest == CODE.digest


def test_as_json(invoke, file):
    found = invoke("verify", str(file), *QUICK, "--json")
    assert found.code == 0
    assert Certificate.from_json(found.out).passed
    file.write_text(CODE.text.replace("4.0", "3.0"))
    found = invoke("verify", str(file), *QUICK, "--json")
    assert found.code == 1
    assert not Certificate.from_json(found.out).passed


class TestChanges:
    """Any one character; with a digest made to fit, too."""

    def places(self):
        chosen = random.Random(4).sample(range(len(CODE.text)), 40)
        head = CODE.text.index("import numpy")
        return [*chosen, *range(0, head, 60), len(CODE.text) - 1]

    def test_every_character_counts(self, invoke, file):
        for place in self.places():
            old = CODE.text[place]
            new = "7" if old != "7" else "8"
            file.write_text(f"{CODE.text[:place]}{new}{CODE.text[place + 1 :]}")
            found = invoke("verify", str(file), "--leg", "text")
            assert found.code == 1, (place, CODE.text[place - 20 : place + 20])
            assert found.err.startswith("mila-analysis: error: ")

    def test_so_does_one_more_or_less(self, invoke, file):
        for place in self.places()[::4]:
            for middle in ("", CODE.text[place] + " "):
                file.write_text(f"{CODE.text[:place]}{middle}{CODE.text[place + 1 :]}")
                assert invoke("verify", str(file), "--leg", "text").code == 1

    @pytest.mark.parametrize("end", ["\r\n", "\r"])
    def test_so_do_the_ends_of_lines(self, invoke, file, end):
        file.write_bytes(CODE.text.replace("\n", end).encode())
        assert invoke("verify", str(file), "--leg", "text").code == 1

    def test_a_digest_that_fits_does_not_help(self, invoke, file):
        old, new = "form_3 = np.add(1.0", "form_3 = np.add(2.0"
        assert old in CODE.text
        file.write_text(header.sealed(CODE.text.replace(old, new, 1)))
        found = invoke("verify", str(file))
        assert found.code == 1
        assert "error: text: every line: line" in found.err
        assert "identity\tall" in found.out
        assert "is not the derivative" in found.out
        assert "not run" in found.out

    def test_what_is_no_text_has_failed(self, invoke, file):
        file.write_bytes(CODE.text.encode() + b"\xff")
        found = invoke("verify", str(file))
        assert found.code == 1
        assert "is no text in UTF-8" in found.err


class TestCertificateBeside:
    def test_it_has_to_be_of_the_file(self, invoke, file):
        other = generate_code(get("mila")).marked_verified()
        beside = ("-o", "mila.py.certificate.json")
        assert invoke("verify", str(file), *QUICK, *beside).code == 0
        assert invoke("verify", str(file), *QUICK).code == 0
        other.save(file)
        found = invoke("verify", str(file), *QUICK)
        assert found.code == 1
        assert "is the certificate of another text" in found.err

    def test_one_that_is_named(self, invoke, file):
        assert invoke("verify", str(file), *QUICK, "-o", "c.json").code == 0
        again = ("verify", str(file), *QUICK, "--certificate", "c.json")
        assert invoke(*again).code == 0
        known = json.loads(Path("c.json").read_text())
        known["findings"][0]["status"], known["passed"] = "failed", False
        Path("c.json").write_text(json.dumps(known))
        found = invoke(*again)
        assert found.code == 1
        assert "says that the code failed" in found.err
        Path("c.json").write_text("{")
        found = invoke(*again)
        assert found.code == 1
        assert "is damaged" in found.err


class TestOnePoint:
    def test_it_shows_the_partials_there(self, invoke):
        found = invoke("verify", "-a", "mila", "--at", "-1.5", "--dtype", "float32")
        rows = [line.split("\t") for line in found.out.splitlines()]
        assert [row[0] for row in rows] == list(CODE_NAMES)
        for _, dtype, x, computed, exact, ulp, _ in rows:
            assert (dtype, x) == ("float32", "-1.5")
            assert float(computed) == pytest.approx(float(exact), rel=1e-5)
            assert float(ulp) < 40

    def test_a_command_of_a_certificate_shows_it(self, invoke, file):
        import shlex

        found = invoke("verify", str(file), "--leg", "accuracy", "--dtype", "float32",
                       "--points", "20", "--json")  # fmt: skip
        finding = Certificate.from_json(found.out).findings[3]
        again = invoke(*shlex.split(finding.command)[1:])
        assert again.code == 0
        row = next(
            line.split("\t")
            for line in again.out.splitlines()
            if line.startswith(f"{finding.subject}\t")
        )
        assert float(row[5]) == pytest.approx(finding.error, rel=1e-3)

    @pytest.mark.parametrize("x", ["0x1.8p+3", "nan", "inf", "1e400", "-0.0"])
    def test_any_number(self, invoke, x):
        found = invoke("verify", "-a", "relu", "--at", x, "--json")
        assert found.code == 0
        assert len(json.loads(found.out)) == 9

    def test_what_is_no_number(self, invoke):
        found = invoke("verify", "-a", "relu", "--at", "one")
        assert (found.code, found.out) == (2, "")
        assert "--at takes a number, not 'one'" in found.err


CODE_NAMES = ("f", "f_x", "f_beta", "f_xx", "f_xbeta", "f_betabeta")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing.py",), "cannot read nothing.py"),
        (("mila.py", "-a", "relu"), "FILE says itself what it is"),
        (("--certificate", "c.json"), "--certificate goes with a FILE"),
        (("mila.py", "--leg", "acuracy"), "did you mean 'accuracy'"),
        (("mila.py", "--dtype", "float17"), "did you mean 'float16'"),
        (("mila.py", "--dtype", "bfloat16"), "has no bfloat16"),
        (("mila.py", "--certificate", "c.json"), "cannot read c.json"),
        (("-b", "nunpy"), "did you mean 'numpy'"),
        (("other.py",), "no file of ours"),
        (("-a", "relu", "--seed", "-1"), "not negative"),
        (("-a", "relu", "--exhaustive", "--dtype", "float64"), "every number: of"),
        (("-a", "relu", "--exhaustive", "--dtype", "float32"), "through C code"),
    ],
)
def test_mistakes(invoke, file, arguments, said):
    Path("other.py").write_text("print('hello')\n")
    found = invoke("verify", *arguments)
    assert found.code == 2
    assert said in found.err
    assert found.err.count("\n") == 1


def test_stdin_is_verified(invoke, file, monkeypatch):
    for text, code in ((CODE.text, 0), (f"{CODE.text} ", 1)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert invoke("verify", "-", "--leg", "text").code == code


def test_a_blank_too_many_is_shown(invoke, file):
    file.write_text(CODE.text.replace("import numpy as np", "import numpy  as np"))
    found = invoke("verify", str(file), "--leg", "text")
    assert "has other blanks than 'import numpy as np'" in found.err
