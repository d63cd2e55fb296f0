"""A repository and a run's workspace in it; a folder for commands that are sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.workspace.workspace import Workspace
from tests.support.repositories import AT, Repo

FILES = {"a.py": "a = 1\n", "b.txt": "b\n", ".gitignore": "*.log\n", "d/c.py": "c = 1\n"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.at(tmp_path / "p", FILES)


@pytest.fixture
def space(repo: Repo) -> Workspace:
    made = start(repo)
    made.open_board("do it", ["dev"])
    return made


def start(repo: Repo, run: str = "r1") -> Workspace:
    return Workspace.create(
        repo.path, run, state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )


def reopen(repo: Repo, base: str | None = None) -> Workspace:
    return Workspace.reopen(repo.path, "r1", repo.state_dir, base, environ=repo.environ)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.txt").write_text("hello\n")
    return folder
