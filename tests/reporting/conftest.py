"""A report of Mila, verified in NumPy, made once for all tests of reports."""

from __future__ import annotations

import pytest

from mila_analysis import catalog
from mila_analysis.reporting import Report, report


@pytest.fixture(scope="session")
def mila() -> Report:
    return report(catalog.get("mila").bind(beta="-0.25"), backends=("numpy",))


@pytest.fixture(scope="session")
def gcu() -> Report:
    return report(catalog.get("gcu"), backends=())
