"""The command line as a user meets it: a project, a model endpoint, `orc …`, what came out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pytest

from orchestrator.cli import main
from orchestrator.workspace.seal import available_seal
from tests.support.messages_answers import Answer, message, text, tool_use
from tests.support.messages_api import MessagesApi

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "momentum-desk"


_KEPT = TemporaryDirectory(prefix="desks-")
_DRIVES = frozenset({"run", "resume", "approve", "answer", "fork"})
_STANDS = frozenset({0, 1, 3, 4})


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its JSON document."""
        return json.loads(self.out)


class Desk:
    """A copy of the sample project and a user of their own."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.project = folder / "desk"
        shutil.copytree(SAMPLE, self.project)
        settings = self.project / "pyproject.toml"
        # What else is installed beside us costs each run of its tests most of a second.
        lean = settings.read_text().replace("-p no:asyncio", "--disable-plugin-autoload")
        settings.write_text(lean)
        self._patch, self._capture = monkeypatch, capfd
        monkeypatch.setenv("ORC_HOME", str(folder / "user"))
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.chdir(self.project)
        if available_seal().kind == "none":  # else every command of an agent waits for a person
            monkeypatch.setenv("ORC_PERMISSIONS_ALLOW", "bash\nrun_checks")

    def commit(self) -> None:
        """Make it a git repository with all files committed."""
        self.project.joinpath(".gitignore").write_text("__pycache__/\n.orchestrator/\n")
        shutil.copytree(_repository_of(_contents(self.project)), self.project / ".git")

    def serve(self, api: MessagesApi) -> None:
        """Let `orc` talk to this endpoint."""
        self._patch.setenv("ANTHROPIC_BASE_URL", api.url)

    def orc(self, *words: str) -> Said:
        """Run `orc` with these words; a run that it drove must come out the same in a replay."""
        said = self._say(*words)
        if words[0] in _DRIVES and said.code in _STANDS:
            again = self._say("replay", "last")
            assert again.code == 0, again
        return said

    def _say(self, *words: str) -> Said:
        self._capture.readouterr()
        self._patch.setattr(sys, "argv", ["orc", *words])
        with pytest.raises(SystemExit) as left:
            main.entry()
        out, err = self._capture.readouterr()
        return Said(int(left.value.code or 0), out, err)


def _contents(folder: Path) -> tuple[tuple[str, bytes], ...]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((os.fspath(path.relative_to(folder)), path.read_bytes()) for path in files)


@cache
def _repository_of(contents: tuple[tuple[str, bytes], ...]) -> Path:
    """A `.git` in which these files are committed; most desks begin with the same ones."""
    project = Path(mkdtemp(dir=_KEPT.name))
    for name, content in contents:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(content)
    who = ("-c", "user.name=T", "-c", "user.email=t@localhost")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "base")):
        subprocess.run(["git", "-C", str(project), *who, *words], check=True)
    return project / ".git"


Turn = Callable[[dict[str, Any]], Any]


def hand_off(call: str = "toolu_end", **given: Any) -> dict[str, Any]:
    """A message that hands off."""
    fields = {
        "status": "success",
        "result": "done",
        "next_agent": None,
        "context_forward": {},
        "confidence": 0.8,
        "reasoning": "",
        **given,
    }
    return message(tool_use("hand_off", fields, call))


def does(*calls: tuple[str, dict[str, Any]], say: str = "On it.") -> dict[str, Any]:
    """A message that makes tool calls."""
    uses = [tool_use(name, given, f"toolu_{name}_{n}") for n, (name, given) in enumerate(calls)]
    return message(text(say), *uses)


def chooses(agent: str = "python-expert", kind: str = "answer", **given: Any) -> dict[str, Any]:
    """A message of the router that chooses `agent`."""
    fields = {"why": "", "agent": agent, "kind": kind, "confidence": 0.9, "question": "", **given}
    return message(text(json.dumps(fields)))


def of_router(body: dict[str, Any]) -> bool:
    """Whether a request is the router's."""
    return str(body["system"][0]["text"]).startswith("You are router.")


def endpoint(
    answers: Sequence[Answer | dict[str, Any]], route: dict[str, Any] | None = None
) -> MessagesApi:
    """An endpoint that gives these answers in order, with call ids made unique.

    The router, where it is asked, gets `route` (one that chooses) and uses none of them up.
    """
    asked = 0

    def script(body: dict[str, Any], headers: Any, n: int) -> Any:
        del headers
        nonlocal asked
        if of_router(body):
            asked += 1
            return route or chooses()
        n -= asked
        answer = answers[n - 1] if n <= len(answers) else answers[-1]
        if isinstance(answer, Answer):
            return answer
        content = [
            {**block, "id": f"{block['id']}_{n}"} if block["type"] == "tool_use" else block
            for block in answer["content"]
        ]
        return {**answer, "content": content}

    return MessagesApi(script)
