"""A project, a user's folder and an environment of the test's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestrator.config.load import Loaded, load


@dataclass
class Bench:
    """Writes the two files and loads them as a trusted project's, unless told otherwise."""

    project: Path
    user: Path
    environ: dict[str, str] = field(default_factory=dict)

    def in_project(self, text: str) -> Path:
        file = self.project / "orchestrator.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def in_user(self, text: str) -> Path:
        file = self.user / "config.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def load(self, *, trusted: bool = True, **flags: Any) -> Loaded:
        given = {key.replace("__", "."): value for key, value in flags.items()}
        return load(self.project, self.environ, given, trusted=trusted)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    project, user = tmp_path / "project", tmp_path / "user"
    project.mkdir()
    user.mkdir()
    return Bench(project, user, {"ORC_HOME": str(user)})
