"""What a user installs: one version, whole archives, pinned parts, a quick --help."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = ("sympy", "numpy", "torch", "matplotlib")
COMMANDS = ("plot", "animate", "latex", "code", "list", "gallery")
SUPPORTED = ("3.11", "3.12", "3.13")

BROWSER = {"greenlet", "playwright"}  # which `make test-browser` installs
MEGABYTE = 1_000_000

locked = pytest.mark.skipif(
    Path(sys.prefix).resolve() != ROOT / ".venv",
    reason="not the locked environment, which `make` keeps in .venv",
)


def python(program: str, *arguments: str, folder: Path = ROOT) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        cwd=folder,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def constraints() -> list[Requirement]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pins() -> dict[str, SpecifierSet]:
    """Version of each distribution that is pinned for this machine."""
    return {
        canonicalize_name(pin.name): pin.specifier
        for pin in constraints()
        if pin.marker is None or pin.marker.evaluate()
    }


def needed() -> set[str]:
    """Every distribution that the package, its tests and its build need here."""
    found: set[str] = set()
    ahead = [Requirement("mila-analysis[dev]")]
    ahead += [Requirement(text) for text in PROJECT["build-system"]["requires"]]
    while ahead:
        wanted = ahead.pop()
        name = canonicalize_name(wanted.name)
        extras = wanted.extras or {""}
        if name in found and not wanted.extras:
            continue
        found.add(name)
        ahead += [
            inner
            for inner in map(Requirement, requires(name) or [])
            if any(_holds(inner, extra) for extra in extras | {""})
        ]
    return found - {"mila-analysis"}


def _holds(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({"extra": extra})


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> tuple[Path, Path]:
    """Sdist, and the wheel that is built from nothing but the sdist."""
    out = tmp_path_factory.mktemp("archives")
    build = "import sys, hatchling.build as b; print(getattr(b, sys.argv[1])({!r}))"
    build = build.format(str(out))
    sdist = out / python(build, "build_sdist").strip()
    with tarfile.open(sdist) as archive:
        archive.extractall(out, filter="data")
    source = out / sdist.name.removesuffix(".tar.gz")
    wheel = out / python(build, "build_wheel", folder=source).strip()
    return sdist, wheel


class TestVersion:
    def test_it_is_a_version(self):
        import mila_analysis

        assert str(Version(mila_analysis.__version__)) == mila_analysis.__version__

    def test_it_is_written_in_the_package_alone(self):
        assert "version" in PROJECT["project"]["dynamic"]
        assert "version" not in PROJECT["project"]

    def test_the_citation_and_the_changelog_know_it(self):
        import mila_analysis

        citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
        [cited] = re.findall(r"^version: (\S+)$", citation, re.MULTILINE)
        assert cited == mila_analysis.__version__
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        newest = re.search(r"^## (\S+?),? ", changelog, re.MULTILINE)
        assert newest[1] in {mila_analysis.__version__, "Unreleased"}

    def test_the_archives_carry_it(self, archives):
        import mila_analysis

        for archive in archives:
            assert archive.name.startswith(f"mila_analysis-{mila_analysis.__version__}")


class TestArchives:
    def test_the_wheel_holds_the_package_and_all_of_it(self, archives):
        with zipfile.ZipFile(archives[1]) as wheel:
            held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        there = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / "mila_analysis").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert held == there
        assert "mila_analysis/py.typed" in held

    def test_the_wheel_carries_the_licence_and_the_command(self, archives):
        with zipfile.ZipFile(archives[1]) as wheel:
            [licence] = [
                name
                for name in wheel.namelist()
                if name.endswith("/LICENSE") and ".dist-info/" in name
            ]
            [entry] = [n for n in wheel.namelist() if n.endswith("entry_points.txt")]
            assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
            assert (
                "mila-analysis = mila_analysis.cli:main" in wheel.read(entry).decode()
            )

    def test_the_sdist_holds_the_tests_and_stays_small(self, archives):
        with tarfile.open(archives[0]) as sdist:
            held = {name.partition("/")[2] for name in sdist.getnames()}
        assert held >= {
            "LICENSE",
            "README.md",
            "constraints.txt",
            "pyproject.toml",
            "mila_analysis/py.typed",
            "tests/conftest.py",
            "tests/test_packaging.py",
        }
        assert not {name for name in held if name.endswith((".png", ".pdf", ".pyc"))}
        assert archives[0].stat().st_size < 1.5 * MEGABYTE  # KaTeX and fonts: 0.25

    def test_the_wheel_works_where_it_is_installed(self, archives, tmp_path):
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
        options = ["--quiet", "--no-deps", "--no-index", "--target", str(tmp_path)]
        subprocess.run([*pip, *options, str(archives[1])], check=True)
        program = "import mila_analysis as m; m.get('mila'); print(m.__file__)"
        where = python(program, folder=tmp_path).strip()
        assert Path(where).is_relative_to(tmp_path)


class TestConstraints:
    def test_every_line_is_one_exact_version(self):
        for pin in constraints():
            [specifier] = pin.specifier
            assert specifier.operator == "==", pin
            assert "*" not in specifier.version, pin
            assert not pin.url, pin
            assert not pin.extras, pin

    @pytest.mark.parametrize("supported", SUPPORTED)
    @pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows"])
    def test_no_distribution_has_two(self, supported, system):
        machine = {"python_version": supported, "platform_system": system}
        names = [
            canonicalize_name(pin.name)
            for pin in constraints()
            if pin.marker is None or pin.marker.evaluate(machine)
        ]
        assert len(set(names)) == len(names)

    @locked
    def test_everything_that_is_needed_is_pinned(self):
        assert needed() - pins().keys() == set()

    @locked
    def test_nothing_is_pinned_that_is_not_needed(self):
        assert pins().keys() - needed() == BROWSER

    @locked
    def test_what_is_installed_is_what_is_pinned(self):
        other = {
            name: version(name)
            for name in needed()
            if not pins()[name].contains(version(name), prereleases=True)
        }
        assert other == {}

    def test_the_lower_bounds_admit_the_pins(self):
        texts = [
            *PROJECT["project"]["dependencies"],
            *PROJECT["project"]["optional-dependencies"]["dev"],
            *PROJECT["build-system"]["requires"],
        ]
        for requirement in map(Requirement, texts):
            if requirement.marker and not requirement.marker.evaluate():
                continue
            [pin] = pins()[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(pin.version), requirement


class TestHelpIsQuick:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["--help"],
            ["--version"],
            *([name, "--help"] for name in COMMANDS),
        ],
        ids=" ".join,
    )
    def test_help_imports_nothing_heavy(self, arguments):
        program = (
            "import sys\n"
            "from mila_analysis.cli import main\n"
            "try:\n"
            "    main()\n"
            "except SystemExit as stop:\n"
            "    assert not stop.code, stop.code\n"
            f"print(*sorted(set({HEAVY}) & set(sys.modules)))"
        )
        printed = python(program, *arguments)
        assert len(printed.splitlines()) > 1, "it printed no help"
        assert printed.splitlines()[-1] == ""

    def test_the_package_itself_imports_nothing_heavy(self):
        program = f"import sys, mila_analysis; print(*set({HEAVY}) & set(sys.modules))"
        assert python(program).strip() == ""

    def test_the_check_can_fail(self):
        program = f"import sys, numpy; print(*set({HEAVY}) & set(sys.modules))"
        assert python(program).strip() == "numpy"
