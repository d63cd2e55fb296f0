"""The workspace's tools on a real run's workspace: board, zones, git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestrator.toolbox.tool import Effect, ToolContext, ToolError, ToolResult
from orchestrator.workspace.board import session_path
from orchestrator.workspace.paths import WorkspaceRoot
from orchestrator.workspace.seal import Seal
from orchestrator.workspace.sessions import forget_session
from orchestrator.workspace.shell import CommandSettings
from orchestrator.workspace.tools import TOOLS
from orchestrator.workspace.workspace import Workspace
from tests.support.sealing import BOTH


class Run:
    def __init__(self, workspace: Workspace, seal: Seal) -> None:
        self.workspace = workspace
        self.seal = seal

    async def __call__(self, tool: str, agent: str = "dev", **arguments: Any) -> ToolResult:
        services: dict[type, object] = {
            WorkspaceRoot: self.workspace,
            CommandSettings: CommandSettings(timeout_s=20, seal=self.seal),
        }
        name = str(self.workspace.root)
        context = ToolContext(run=name, agent=agent, key="k", services=services)
        return await {each.name: each for each in TOOLS}[tool].call(context, arguments)

    async def edit(self, path: str, old: str, new: str, agent: str = "dev") -> ToolResult:
        return await self(
            "str_replace_based_edit_tool",
            agent,
            command="str_replace",
            path=path,
            old_str=old,
            new_str=new,
        )


@pytest.fixture(params=BOTH)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    project = tmp_path / "project"
    project.mkdir()
    (project / "bot.py").write_text("LIMIT = 1\n")
    who = ["-c", "user.name=u", "-c", "user.email=u@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first words"]):
        subprocess.run(["git", *command], cwd=project, check=True, capture_output=True)
    workspace = Workspace.create(
        project,
        "r1",
        state_dir=project / ".orchestrator",
        clean=False,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    workspace.open_board("make it better", ["dev", "reviewer"])
    yield Run(workspace, request.param)
    forget_session(workspace.root)


async def test_git_can_be_read_but_not_changed_by_commands(run: Run) -> None:
    await run("bash", command="echo 'LIMIT = 2' > bot.py")
    said = (await run("bash", command="git log --format=%s; git diff --stat")).text
    assert "first words" in said
    assert "bot.py | 2 +-" in said
    link = (run.workspace.top / ".git").read_bytes()
    await run("bash", command="echo x > .git; rm -f .git; git init -q . ; true")
    assert (run.workspace.top / ".git").read_bytes() == link


async def test_an_agent_writes_in_its_own_zone_only(run: Run) -> None:
    session = session_path("r1")
    await run.edit(session, "<!-- zone: dev -->\n", "<!-- zone: dev -->\nfound it\n")
    with pytest.raises(ToolError, match="between"):
        await run.edit(session, "<!-- zone: reviewer -->\n", "<!-- zone: reviewer -->\nhi\n")
    with pytest.raises(ToolError, match="no agent may change it"):
        await run.edit(".claude/task.md", "better", "worse")
    said = await run("bash", command=f"echo hi >> {session}; echo hi >> .claude/task.md; true")
    assert "Read-only" in said.text or said.data["restored"]
    text = (run.workspace.root / session).read_text()
    assert "found it" in text
    assert "hi\n" not in text
    assert "hi\n" not in (run.workspace.root / ".claude" / "task.md").read_text()


async def test_the_state_folder_cannot_be_seen_from_the_seal(run: Run) -> None:
    if run.seal.kind == "none":
        return
    state = run.workspace.layout.state_dir
    said = await run("bash", command=f"ls -A {state}; cat {state.parent}/bot.py")
    assert said.text.count("No such file or directory") == 2


def test_every_tool_is_described_and_has_an_effect_that_fits() -> None:
    effects = {tool.name: tool.effect for tool in TOOLS}
    assert effects == {
        "bash": Effect.WORKSPACE,
        "glob": Effect.READ,
        "grep": Effect.READ,
        "list_files": Effect.READ,
        "str_replace_based_edit_tool": Effect.WORKSPACE,
    }
    assert all(tool.description for tool in TOOLS)
    assert all("description" in tool.wire_form() for tool in TOOLS if tool.wire is None)
