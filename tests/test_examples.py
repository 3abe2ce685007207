"""The example notebook: what is stored in it is what its cells give when they run.

It runs without Jupyter: a cell is Python, and its last expression is shown as a
notebook shows it. `--update-golden` stores what came out.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[1] / "examples" / "mila.ipynb"
MEASURED = "measured"  # tag of a cell whose numbers depend on the machine
Cell = dict[str, Any]


def cells() -> list[Cell]:
    found = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


def run(source: str, names: dict[str, Any], number: int) -> list[Cell]:
    """Outputs of a cell, in the form of a notebook."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    outputs: list[Cell] = []
    if printed.getvalue():
        outputs.append(
            {"name": "stdout", "output_type": "stream", "text": printed.getvalue()}
        )
    if value is not None:
        outputs.append(
            {"data": shown(value), "execution_count": number, "metadata": {},
             "output_type": "execute_result"}
        )  # fmt: skip
    return outputs


def shown(value: Any) -> dict[str, str]:
    """What a notebook has of a value, by kind."""
    kinds = {"html": "text/html", "latex": "text/latex", "svg": "image/svg+xml"}
    made = {
        kind: getattr(value, f"_repr_{name}_", lambda: None)()
        for name, kind in kinds.items()
    }
    found = {kind: text for kind, text in made.items() if text is not None}
    return found or {"text/plain": repr(value)}


def compared(outputs: list[Cell], *, measured: bool) -> list[Any]:
    """What must be the same on every machine: of pictures only that there are some."""
    if measured:
        return [sorted(o.get("data", o)) for o in outputs]
    return [
        {k: v for k, v in o["data"].items() if not k.startswith("image/")}
        if "data" in o
        else o["text"]
        for o in outputs
    ]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> list[list[Cell]]:
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.chdir(tmp_path_factory.mktemp("notebook")):
        return [
            run("".join(cell["source"]), names, n) for n, cell in enumerate(cells(), 1)
        ]


def test_what_is_stored_is_what_the_cells_give(fresh, request) -> None:
    if request.config.getoption("--update-golden"):
        store(fresh)
    stored = cells()
    assert len(stored) >= 8
    for number, (cell, outputs) in enumerate(zip(stored, fresh, strict=True), 1):
        measured = MEASURED in cell["metadata"].get("tags", ())
        assert cell["execution_count"] == number
        assert compared(cell["outputs"], measured=measured) == compared(
            outputs, measured=measured
        )


def store(fresh: list[list[Cell]]) -> None:
    whole = json.loads(NOTEBOOK.read_text("utf-8"))
    code = (cell for cell in whole["cells"] if cell["cell_type"] == "code")
    for number, (cell, outputs) in enumerate(zip(code, fresh, strict=True), 1):
        cell["execution_count"] = number
        cell["outputs"] = outputs
    text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    NOTEBOOK.write_text(text, encoding="utf-8")


def test_mathematics_tables_and_figures_are_in_it(fresh) -> None:
    kinds = [set(o["data"]) for outputs in fresh for o in outputs if "data" in o]
    for kind in ("text/html", "text/latex", "image/svg+xml"):
        assert sum(kind in found for found in kinds) >= 2


def test_it_is_a_notebook_of_format_4() -> None:
    whole = json.loads(NOTEBOOK.read_text("utf-8"))
    assert (whole["nbformat"], whole["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in whole["cells"]]
    assert len(set(names)) == len(names)
    assert NOTEBOOK.stat().st_size < 400_000
