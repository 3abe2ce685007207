"""Shared by the tests of audits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mila_analysis.auditing import Audit, audit, symbolic


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Audit]:
    """Audit without the search for what is wrong, and without floats: the verdict."""
    monkeypatch.setattr(symbolic, "diagnose", lambda *_, **__: ())

    def call(candidate: str, *args: str | None, **options: object) -> Audit:
        return audit(candidate, *args, losses=False, **options)  # type: ignore[arg-type]

    return call
