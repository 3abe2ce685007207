"""The order of the modules: the one list, and a check of every file against it.

To add a module, put its name on a line of `LAYERS`: above everything that it imports,
below everything that imports it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "mila_analysis"

# A module imports from lines below its own, or inside its own package.
LAYERS = """
    cli
    gallery  surveying  reporting  notebook
    plotting  explorer
    benchmarking  auditing  analysis  experiments
    verification  modules  functions  continuity  recognition
    operators
    kernels
    backends
    native
    stability
    program
    derivation  balls
    tower
    catalog
    formula
    notation
    activation  partials  primitives
    files
    letters
    budget
    errors  shown
"""
WITNESSES = (
    "derivation",
    "balls",
)  # each proves the other right, so neither may see it
DOORS = ("__init__", "__main__")  # of the package itself: over all lines
NO_NAMES = {"utils", "util", "common", "helpers", "helper", "core", "misc", "tools"}

LINES = [line.split() for line in LAYERS.strip().splitlines()]
HEIGHT = {name: -number for number, line in enumerate(LINES) for name in line}


@dataclass(frozen=True)
class Import:
    """One module of the package that names another, by their paths inside it."""

    module: str
    line: int
    target: str  # "" is the package itself
    for_types: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target or 'the package'}"


def component(module: str) -> str:
    return module.partition(".")[0]


def modules(package: Path) -> dict[str, Path]:
    """Every file by the path that an import would give it inside the package."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        is_door = len(parts) == 1 and parts[0] in DOORS
        found[".".join(parts if is_door else without_init(parts))] = path
    return found


def without_init(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(package: Path) -> list[Import]:
    """What every file imports from the package: on top, locally, for types, by name."""
    return [
        Import(module, line, target, for_types)
        for module, path in modules(package).items()
        for line, target, for_types in _imports_of(path, package)
        if target != "__version__"
    ]


def _imports_of(path: Path, package: Path) -> Iterator[tuple[int, str, bool]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        for name in _named(node, path, package):
            root, _, target = name.partition(".")
            if root == package.name:
                yield node.lineno, target, id(node) in typing_only


def _named(node: ast.AST, path: Path, package: Path) -> list[str]:
    """Dotted names of the modules that a node imports, seen from outside."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            here = (package.name, *path.relative_to(package).parts)[: -node.level]
            base = ".".join((*here, *base.split("."))).rstrip(".")
        return [_module_or_member(base, alias.name, package) for alias in node.names]
    if isinstance(node, ast.Call) and node.args:
        called = ast.unparse(node.func).rpartition(".")[2]
        if called in {"import_module", "__import__"}:
            return [_text(node.args[0]).rstrip(".")]
    return []


def _module_or_member(base: str, name: str, package: Path) -> str:
    if base == package.name and (name == "__version__" or name in HEIGHT):
        return f"{base}.{name}"
    path = package.parent.joinpath(*base.split("."), name)
    is_module = path.is_dir() or path.with_suffix(".py").is_file()
    return f"{base}.{name}" if is_module else base


def _text(node: ast.expr) -> str:
    """Constant text, or as much as is constant of the beginning of an f-string."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return _text(node.values[0])
    return str(node.value) if isinstance(node, ast.Constant) else ""


def unlisted(package: Path) -> list[str]:
    """Modules that have no place in the list."""
    tops = {component(module) for module in modules(package)}
    return sorted(tops - set(HEIGHT) - set(DOORS))


def upward(package: Path) -> list[str]:
    """Imports that do not point down."""
    return [str(found) for found in imports(package) if not _points_down(found)]


def _points_down(found: Import) -> bool:
    source, target = component(found.module), component(found.target)
    if source in DOORS:
        return True
    if source == target:
        return True
    return target in HEIGHT and HEIGHT[target] < HEIGHT.get(source, 0)


def reached(package: Path, start: str) -> set[str]:
    """All that a module leads to, over any number of imports."""
    graph: dict[str, set[str]] = {}
    for found in imports(package):
        source, target = component(found.module), component(found.target)
        graph.setdefault(source, set()).add(target)
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        new = graph.get(ahead.pop(), set()) - seen
        seen |= new
        ahead += new
    return seen - {start}


def cycles(package: Path) -> list[str]:
    """A circle of files that import each other when they run, if there is one."""
    graph: dict[str, set[str]] = {}
    for found in imports(package):
        if not found.for_types:
            graph.setdefault(found.module, set()).add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def badly_named(package: Path) -> list[str]:
    """Modules whose name says nothing about what they hold."""
    return [
        module
        for module in modules(package)
        if {part.strip("_") for part in module.split(".")} & NO_NAMES
    ]


def undescribed(package: Path) -> list[str]:
    """Modules that do not open with one sentence on one line."""
    return [
        module
        for module, path in modules(package).items()
        if not _opening(path).endswith(".")
    ]


def _opening(path: Path) -> str:
    docstring = ast.get_docstring(
        ast.parse(path.read_text(encoding="utf-8")), clean=False
    )
    return (docstring or "").partition("\n")[0]


class TestTheHouse:
    def test_every_module_has_its_place_in_the_list(self):
        assert unlisted(PACKAGE) == []

    def test_no_module_has_two_places(self):
        assert len(HEIGHT) == sum(map(len, LINES))

    def test_imports_point_down(self):
        assert upward(PACKAGE) == []

    def test_the_two_witnesses_never_meet(self):
        derivation, balls = WITNESSES
        assert balls not in reached(PACKAGE, derivation)
        assert derivation not in reached(PACKAGE, balls)

    def test_no_file_imports_itself_over_others(self):
        assert cycles(PACKAGE) == []

    def test_no_module_is_a_drawer_for_everything(self):
        assert badly_named(PACKAGE) == []

    def test_every_module_opens_with_a_line_that_says_what_it_is(self):
        assert undescribed(PACKAGE) == []

    def test_the_check_saw_the_imports(self):
        assert modules(PACKAGE).keys() >= {"__init__", "activation", "derivation"}
        assert {"errors", "activation"} <= reached(PACKAGE, "derivation")


@pytest.fixture
def house(tmp_path: Path):
    """Function that builds a small package of ours from files and their text."""

    def build(files: dict[str, str]) -> Path:
        package = tmp_path / "mila_analysis"
        for name, text in {"__init__": "", "errors": "", **files}.items():
            path = package / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'"""A test."""\n{text}\n')
        return package

    return build


class TestTheCheckItself:
    @pytest.mark.parametrize(
        "text",
        [
            "import mila_analysis.stability",
            "import os, mila_analysis.stability.form as form",
            "from mila_analysis import stability",
            "from mila_analysis import errors, stability",
            "from mila_analysis.stability import stabilize",
            "from . import stability",
            "from .stability import stabilize",
            "def late():\n    from mila_analysis.stability import stabilize",
            "class A:\n    def b(self):\n        import mila_analysis.stability",
            "if TYPE_CHECKING:\n    from mila_analysis.stability import StableForm",
            "if typing.TYPE_CHECKING:\n    import mila_analysis.stability",
            "try:\n    pass\nfinally:\n    import mila_analysis.stability",
            "importlib.import_module('mila_analysis.stability')",
            "import_module(f'mila_analysis.stability.{name}')",
            "__import__('mila_analysis.stability')",
        ],
    )
    def test_an_import_that_points_up_is_found(self, house, text):
        [fault] = upward(house({"formula": text, "stability": ""}))
        assert fault.startswith("formula:")
        assert "imports stability" in fault

    @pytest.mark.parametrize(
        "text",
        [
            "from mila_analysis.errors import FormulaError",
            "from mila_analysis import __version__, errors",
            "from .errors import FormulaError",
            "import mila_analysis.errors",
            "import mila_analysis_of_others, sympy",
            "from sympy import stability",
            "'from mila_analysis.stability import stabilize'",
        ],
    )
    def test_an_import_that_points_down_or_out_is_not(self, house, text):
        assert upward(house({"formula": text, "stability": ""})) == []

    def test_a_module_on_the_same_line_is_not_below(self, house):
        package = house(
            {"balls": "from mila_analysis.derivation import derive", "derivation": ""}
        )
        assert upward(package) == ["balls:2 imports derivation"]

    @pytest.mark.parametrize(
        "text",
        ["import mila_analysis", "from mila_analysis import derive", "from . import f"],
    )
    def test_the_package_itself_is_above_its_modules(self, house, text):
        assert upward(house({"formula": text})) == ["formula:2 imports the package"]

    def test_a_package_is_free_inside_and_bound_outside(self, house):
        package = house(
            {
                "stability/__init__": "from mila_analysis.stability import form",
                "stability/form": "from . import tails\nfrom ..cli import main",
                "stability/tails": "from ..errors import FormulaError",
                "cli": "",
            }
        )
        assert upward(package) == ["stability.form:3 imports cli"]

    def test_the_doors_may_import_all(self, house):
        package = house({"__init__": "from mila_analysis.cli import main", "cli": ""})
        assert upward(package) == []

    def test_a_module_without_a_place_is_found(self, house):
        package = house({"novelty": "", "extra/thing": ""})
        assert unlisted(package) == ["extra", "novelty"]
        assert upward(house({"formula": "import mila_analysis.novelty"})) == [
            "formula:2 imports novelty"
        ]

    def test_witnesses_that_meet_over_a_third_are_found(self, house):
        package = house(
            {
                "derivation": "from mila_analysis import formula",
                "formula": "def late():\n    import mila_analysis.primitives",
                "primitives": "from mila_analysis.balls import enclose",
                "balls": "",
            }
        )
        assert "balls" in reached(package, "derivation")
        assert "derivation" not in reached(package, "balls")

    def test_a_circle_inside_a_package_is_found_unless_it_is_for_types(self, house):
        files = {
            "plotting/a": "from mila_analysis.plotting import b",
            "plotting/b": "def late():\n    from mila_analysis.plotting.a import f",
        }
        assert set(cycles(house(files))) == {"plotting.a", "plotting.b"}
        files["plotting/b"] = "if TYPE_CHECKING:\n    from .a import f"
        assert cycles(house(files)) == []

    @pytest.mark.parametrize("name", ["utils", "_common", "plotting/helpers", "core/a"])
    def test_a_drawer_is_found(self, house, name):
        package = house({name: "", "formula": "", "plotting/_style": ""})
        assert badly_named(package) == [name.replace("/", ".")]

    @pytest.mark.parametrize(
        "text", ["", "x = 1", '"""No sentence"""', "'''\nLate.'''"]
    )
    def test_a_module_without_an_opening_line_is_found(self, house, text):
        package = house({})
        (package / "formula.py").write_text(text)
        assert undescribed(package) == ["formula"]
