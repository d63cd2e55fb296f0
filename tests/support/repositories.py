"""Real git repositories for tests, made with this machine's git and without its user's settings."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Repo:
    """A folder with files, and git in it once `init` was called."""

    path: Path
    home: Path

    @classmethod
    def at(cls, folder: Path, files: dict[str, str] | None = None, *, commit: bool = True) -> Repo:
        """A repository in a new folder, with one commit of the given files."""
        made = cls.plain(folder, files)
        made.git("init", "--quiet", "--initial-branch=main")
        if commit:
            made.commit("first")
        return made

    @classmethod
    def plain(cls, folder: Path, files: dict[str, str] | None = None) -> Repo:
        """A folder without git."""
        home = folder.parent / f"{folder.name}-home"
        home.mkdir(parents=True)
        made = cls(folder, home)
        folder.mkdir()
        for name, content in (files or {}).items():
            made.write(name, content)
        return made

    @property
    def environ(self) -> dict[str, str]:
        """What the harness is given as environment."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.home)}

    @property
    def state_dir(self) -> Path:
        """Where the harness keeps what is its own."""
        return self.path / ".orchestrator"

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the project."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, message: str) -> str:
        """Commit everything; the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Git as the user would run it."""
        identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
        allow = ["-c", "protocol.file.allow=always"]
        done = subprocess.run(
            ["git", *identity, *allow, *arguments],
            cwd=cwd or self.path,
            env={**self.environ, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")
