"""A user's desk for tests that go through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Desk


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    """The sample project under git, everything committed, and a user's own folder."""
    made = Desk(tmp_path, monkeypatch, capfd)
    made.commit()
    return made
