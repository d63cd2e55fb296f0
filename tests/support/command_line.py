"""The real command line, in this process or its own, in a project and a home of the test's."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli import main

ORC = Path(sys.executable).parent / "orc"


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """What stdout says went wrong; stderr has it as one line."""
        assert len(self.err.splitlines()) == 1, self.err
        error: dict[str, str] = self.json["error"]
        assert set(error) == {"what", "where", "fix"}
        assert all(error.values()), error
        return error


class CommandLine:
    """Call it with the arguments of `orc`."""

    def __init__(
        self, base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.project = base / "project"
        self.home = base / "home"
        self.user = self.home / "orc"
        self.monkeypatch = monkeypatch
        self._capsys = capsys
        for folder in (self.project, self.home):
            folder.mkdir()
        for name in list(os.environ):
            if name.startswith(("ORC_", "ANTHROPIC_", "AWS_", "XDG_")):
                monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(self.home))
        monkeypatch.setenv("ORC_HOME", str(self.user))
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setenv("ORC_PACING_DIR", str(base / "pacing"))
        monkeypatch.chdir(self.project)

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Run it in this process, from the entry point on."""
        self.monkeypatch.setattr(sys, "argv", ["orc", *arguments])
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main.entry()
        said = self._capsys.readouterr()
        code = ended.value.code
        return Outcome(code if isinstance(code, int) else 0, said.out, said.err)

    def process(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Run it as a process of its own."""
        done = subprocess.run(
            [str(ORC), *arguments], input=stdin, capture_output=True, timeout=60, check=False
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    def into_closed_pipe(self, *arguments: str) -> tuple[int, str]:
        """Run it where nobody reads what it says; its exit code and what stderr has."""
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = subprocess.run(
                [str(ORC), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.PIPE,
                timeout=60,
                check=False,
            )
        finally:
            os.close(writing)
        return done.returncode, done.stderr.decode()

    def write(self, name: str, text: str) -> Path:
        """A file of the project."""
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def agent(self, name: str, more: str = "") -> Path:
        """An agent of the project."""
        about = f"---\nname: {name}\ndescription: Knows zebras and quaggas.\n{more}---\nWork.\n"
        return self.write(f"agents/{name}.md", about)
