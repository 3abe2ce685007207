"""Generated torch files as people have them: saved, and imported as modules."""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache

import pytest

from mila_analysis.backends.backend import Source
from mila_analysis.backends.header import sealed
from mila_analysis.backends.torch import TORCH
from mila_analysis.derivation import derive
from mila_analysis.stability import stabilize


@lru_cache(maxsize=64)
def torch_text(activation, order=2):
    derivation = derive(activation, order)
    return sealed(TORCH.emit(Source(activation, derivation, stabilize(derivation))))


@pytest.fixture(scope="session")
def generated():
    """Function of an activation and an order: the text of its torch file."""
    return torch_text


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """Function of an activation and an order: its torch file, imported."""
    folder = tmp_path_factory.mktemp("torch")

    @lru_cache(maxsize=64)
    def module(activation, order=2):
        text = torch_text(activation, order)
        name = f"generated_{activation.name}_{order}_{abs(hash(text))}"
        path = folder / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        found = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
        return found

    yield module
    for name in [n for n in sys.modules if n.startswith("generated_")]:
        del sys.modules[name]
