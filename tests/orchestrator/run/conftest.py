"""Runs for the engine's tests; their ledgers are closed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.engines import Make, Trial


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Make]:
    """Makes runs, each in a ledger of its own."""
    made: list[Trial] = []

    def make(*steps: Any, **given: Any) -> Trial:
        made.append(Trial(tmp_path / str(len(made)), steps, **given))
        return made[-1]

    yield make
    for one in made:
        one.close()
