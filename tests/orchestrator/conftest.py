"""A user's desk and a bare command line, for tests that go through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Desk
from tests.support.command_line import CommandLine


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    """The sample project under git, everything committed, and a user's own folder."""
    made = Desk(tmp_path, monkeypatch, capfd)
    made.commit()
    return made


@pytest.fixture
def orc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """The command line in an empty project, with a home of its own."""
    return CommandLine(tmp_path, monkeypatch, capsys)
