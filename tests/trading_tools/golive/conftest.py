"""One project under git for all checks of a file of tests, and a venue that says what they say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gate_venues import Liar, lying
from tests.support.golive import GateProject


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> GateProject:
    return GateProject(tmp_path_factory.mktemp("gate") / "bot")


@pytest.fixture
def gate(recorded: GateProject) -> GateProject:
    """The project without any record."""
    for name in ("state.sqlite", "state.sqlite-wal", "state.sqlite-shm", "fills.json"):
        (recorded.folder / name).unlink(missing_ok=True)
    return recorded


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as found:
        yield found
