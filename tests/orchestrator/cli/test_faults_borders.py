"""What an agent may not touch or decide: paths, links, zones, git, keys, approvals, trust."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace import bubblewrap
from tests.support.command import Desk, does, endpoint, hand_off
from tests.support.sealing import path_without_bubblewrap

ORC = Path(sys.executable).parent / "orc"


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    made = Desk(tmp_path, monkeypatch, capfd)
    made.commit()
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_rsa").write_text("PRIVATE MATTER 7f3a\n")
    return made


@pytest.fixture
def unsealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine without bubblewrap, whose user lets commands run all the same."""
    monkeypatch.setenv("PATH", path_without_bubblewrap(tmp_path))
    monkeypatch.setenv("ORC_PERMISSIONS_ALLOW", "bash")
    bubblewrap.find_bubblewrap.cache_clear()
    yield
    bubblewrap.find_bubblewrap.cache_clear()


def results(desk: Desk, *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What the agent is told of these calls, one turn each."""
    answers = [*(does(call) for call in calls), hand_off(result="fine")]
    with endpoint(answers) as api:
        desk.serve(api)
        desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
        assert api.refused == []
        return [api.requests[n + 1].body["messages"][-1]["content"][0] for n in range(len(calls))]


def edit(command: str, path: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "str_replace_based_edit_tool", {"command": command, "path": path, **more}


def bash(command: str) -> tuple[str, dict[str, Any]]:
    return "bash", {"command": command}


BAD_PATHS = [
    "../../../.ssh/id_rsa",
    "/workspace/../../.ssh/id_rsa",
    "~/.ssh/id_rsa",
    "/etc/shadow",
    "desk/../../../x",
    ".git",
    ".git/hooks/pre-commit",
    ".GIT/config",
    ".orchestrator/ledger.sqlite",
    ".claude/tasks/../task.md",
]


def test_the_file_tool_writes_nowhere_but_in_the_workspace(desk: Desk) -> None:
    told = results(desk, *(edit("create", path, file_text="x\n") for path in BAD_PATHS))
    for path, result in zip(BAD_PATHS, told, strict=True):
        assert result.get("is_error") is True or path in {"~/.ssh/id_rsa", ".GIT/config"}, result
    assert not (desk.project.parent / "x").exists()
    assert "PRIVATE" in (desk.project.parent / ".ssh" / "id_rsa").read_text()


def test_a_link_out_of_the_workspace_leads_nowhere(desk: Desk) -> None:
    secret = desk.project.parent / ".ssh" / "id_rsa"
    made = bash(f"ln -s {secret} link; ln -s {secret.parent} folder; ln -s / root; echo made")
    told = results(
        desk,
        made,
        edit("view", "link"),
        edit("view", "folder/id_rsa"),
        edit("view", f"root{secret}"),
        edit("create", "folder/new", file_text="x"),
        ("grep", {"pattern": "PRIVATE"}),
        ("grep", {"pattern": "PRIVATE", "path": "folder"}),
    )
    assert "PRIVATE" not in str(told[1:5])
    assert "7f3a" not in str(told)
    assert [t.get("is_error") for t in told[1:5]] == [True] * 4
    assert not (secret.parent / "new").exists()


@pytest.mark.bubblewrap
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_a_sealed_command_sees_neither_home_nor_ledger_nor_network(desk: Desk) -> None:
    secret = desk.project.parent / ".ssh" / "id_rsa"
    told = results(
        desk,
        bash("cat ~/.ssh/id_rsa"),
        bash(f"cat {secret}; head -c 20 {desk.project}/.orchestrator/ledger.sqlite"),
        bash("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 80), 1)'"),
        bash("env | grep -i -E 'key|token|secret|anthropic'"),
        bash("cat /proc/1/environ | tr '\\0' '\\n' | grep -i anthropic"),
    )
    for result in told:
        assert "exit code" in str(result["content"]), result
        assert "PRIVATE" not in str(result)
        assert "SQLite" not in str(result)


@pytest.mark.bubblewrap
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_a_sealed_command_changes_no_protected_file(desk: Desk) -> None:
    commands = (
        "echo x > .claude/task.md",
        "rm -f .claude/task.md",
        "mv .claude /tmp/c; mkdir .claude; echo x > .claude/task.md",
        "rm -f .git; echo 'gitdir: /tmp/evil' > .git",
        "echo x >> .git",
        "rm -rf .git && mkdir .git && touch .git/config",
    )
    look = bash("cat .claude/task.md; cat .git; ls -d .git/*")
    *_, after = results(desk, *map(bash, commands), look)
    assert "Is it fine?" in str(after["content"])
    (link,) = [line for line in str(after["content"]).split("\\n") if "gitdir" in line]
    assert "/worktrees/" in link


@pytest.mark.slow
@pytest.mark.usefixtures("unsealed")
@pytest.mark.parametrize(
    "command",
    [
        "echo x > .claude/task.md",
        "rm -rf .claude",
        "rm -f .git; echo 'gitdir: /tmp/evil' > .git",
        "rm -rf .git && mkdir .git && touch .git/config",
    ],
)
def test_without_a_seal_protected_files_are_put_back_and_named(desk: Desk, command: str) -> None:
    first, after = results(desk, bash(command), bash("cat .claude/task.md; cat .git"))
    assert "[protected:" in str(first["content"])
    assert "Is it fine?" in str(after["content"])
    assert "gitdir: /tmp/evil" not in str(after["content"])


def test_another_agents_zone_is_not_ones_own(desk: Desk) -> None:
    board = ".claude/tasks"
    with endpoint(
        [
            does(bash(f"ls {board}; cat {board}/*")),
            hand_off(next_agent="api-expert", result="on"),
            does(bash(f"sed -i 's/python-expert/nobody/' {board}/*")),
            does(bash(f"cat {board}/*")),
            hand_off(result="fine"),
        ]
    ) as api:
        desk.serve(api)
        desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
        tried, found = (str(api.requests[n].body["messages"][-1]) for n in (3, 4))
    assert "[exit code" in tried or "[protected:" in tried, tried
    assert "<!-- zone: python-expert -->" in found
    assert "zone: nobody" not in found


WAYS = [
    "{orc} {words}",
    "env -u ORC_COMMAND {orc} {words}",
    "env -i HOME=$HOME PATH=$PATH {orc} {words}",
    "env -u ORC_COMMAND setsid {orc} {words}",
    "env -u ORC_COMMAND {python} -c 'from orchestrator.cli.main import entry; import sys; "
    'sys.argv[0]="x"; entry()\' {words}',
    "(env -u ORC_COMMAND setsid {orc} {words} > out.txt 2>&1 &); sleep 1.5; cat out.txt",
]


@pytest.mark.slow
@pytest.mark.usefixtures("unsealed")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "words", ["approve last a1 --workspace {project}", "trust {project} --yes"]
)
def test_a_command_without_a_seal_cannot_decide_for_the_person(
    desk: Desk, way: str, words: str
) -> None:
    (desk.project / "orchestrator.toml").write_text("[limits]\nusd = 9999\n")
    asked = words.format(project=desk.project)
    command = way.format(orc=ORC, python=sys.executable, words=asked)
    (result,) = results_from_process(desk, command)
    told = str(result["content"])
    assert "for a person" in told, told
    assert '"trusted"' not in desk.orc("trust", "--json").out


def results_from_process(desk: Desk, command: str) -> list[dict[str, Any]]:
    """As `results`, the run in a process of its own, as it is in life."""
    with endpoint([does(bash(command)), hand_off(result="fine")]) as api:
        desk.serve(api)
        subprocess.run(
            [str(ORC), "run", "Is it fine?", "--agent", "python-expert", "--json"],
            capture_output=True,
            timeout=60,
            check=False,
            cwd=desk.project,
        )
        return list(api.requests[1].body["messages"][-1]["content"])


@pytest.mark.bubblewrap
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_a_sealed_command_cannot_reach_the_ledger_to_decide(desk: Desk) -> None:
    (result,) = results(desk, bash(f"env -u ORC_COMMAND {ORC} approve last a1 2>&1; echo $?"))
    assert "approved" not in str(result["content"])
