"""The `bash` tool in the shape models are trained on: `command`, or `restart`.

Models expect one lasting shell. Each command gets a fresh sealed one instead, and the working
directory, exported variables and /tmp go over from the last (`sessions`); functions, aliases and
background jobs do not. Starting, sealing and limiting the command is `seal`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from orchestrator.toolbox.tool import Effect, ToolContext, ToolError, ToolResult, tool
from orchestrator.workspace.bubblewrap import SESSION
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.paths import WORKSPACE, WorkspaceRoot, workspace_of
from orchestrator.workspace.seal import MEMORY_BYTES, Completed, Seal, run_sealed
from orchestrator.workspace.sessions import forget_session, open_session
from orchestrator.workspace.verify_plan import Python

LONGEST_S = 3600.0
KEPT_BYTES = 8 * 1024 * 1024
"""Of a command's output, head and tail; a receipt holds all of it, a model is shown less."""

WIRE: Mapping[str, Any] = {"type": "bash_20250124", "name": "bash"}

# On one line, so that the line numbers in bash's messages are those of the command. What a shell
# sets for itself, and what differs from command to command, is not carried over.
_SCRIPT = (
    f"{{ . {SESSION}/variables; cd -- \"$(cat {SESSION}/folder)\"; }} 2>/dev/null; "
    "trap '{ (unset HOME TMPDIR ORC_COMMAND PWD OLDPWD SHLVL _; export -p) "
    f">{SESSION}/variables; pwd -P >{SESSION}/folder; }} 2>/dev/null' EXIT; "
    'eval "$1"'
)  # fmt: skip


@dataclass(frozen=True)
class CommandSettings:
    """How agents' commands run; offered as a service, else these defaults hold.

    `environ` gives PATH to commands without a seal. `seal` overrides what the machine offers.
    """

    timeout_s: float = 120.0
    memory_bytes: int = MEMORY_BYTES
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    seal: Seal | None = None


@tool(
    effect=Effect.WORKSPACE,
    name="bash",
    wire=WIRE,
    subject=lambda arguments: str(arguments.get("command") or ""),
    timeout_s=LONGEST_S,
)
async def bash(
    context: ToolContext, command: str | None = None, restart: bool | None = None
) -> ToolResult:
    """Run a command in /workspace, without network; `restart` forgets directory and variables."""
    workspace = workspace_of(context)
    settings = context.services.get(CommandSettings, _DEFAULTS)
    if not isinstance(settings, CommandSettings):
        raise ToolError(f"the command settings of this run are a {type(settings).__name__}")
    try:
        if restart:
            forget_session(workspace.root, context.agent)
            if command is None:
                return ToolResult("The shell was restarted in /workspace.", {"restarted": True})
        if command is None or "\0" in command:
            raise ToolError("bash needs a command (text without null characters), or restart")
        done = await run_sealed(
            ["bash", "-c", _SCRIPT, "bash", command],
            workspace_root=workspace.root,
            read_only=workspace.read_only_paths(context.agent),
            extra_ro=workspace.visible,
            timeout_s=min(settings.timeout_s, LONGEST_S),
            environ=settings.environ,
            variables=_import_paths(workspace),
            memory_bytes=settings.memory_bytes,
            output_bytes=KEPT_BYTES,
            session=open_session(workspace.root, context.agent),
            seal=settings.seal,
        )
    except WorkspaceError as error:
        raise ToolError(str(error)) from error
    return ToolResult(
        _text(done, settings.timeout_s),
        {
            "exit_code": done.exit_code,
            "timed_out": done.timed_out,
            "stopped": done.stopped,
            "dropped_bytes": done.dropped_bytes,
            "restored": list(done.restored),
            "seal": done.seal.kind,
        },
        is_error=done.timed_out or bool(done.stopped),
    )


_DEFAULTS = CommandSettings()


def _import_paths(workspace: WorkspaceRoot) -> dict[str, str]:
    """PYTHONPATH to the workspace's sources where an environment imports the project by path.

    The environment names the user's own folder, which commands do not see.
    """
    found = ["src"] if (workspace.root / "src").is_dir() else []
    for path in workspace.visible:
        python = Python(path / "bin" / "python", own=True)
        if python.is_environment:
            found += python.roots(path.parent)
    folders = [str(PurePosixPath(WORKSPACE) / inside) for inside in dict.fromkeys(found)]
    return {"PYTHONPATH": ":".join(folders)} if folders else {}


def _text(done: Completed, timeout_s: float) -> str:
    notes = []
    if done.timed_out:
        notes.append(f"[timed out after {timeout_s:g} s: everything it started was ended]")
    elif done.stopped:
        notes.append(f"[stopped, it took {done.stopped}]")
    elif done.exit_code:
        notes.append(f"[exit code {done.exit_code}]")
    notes += [f"[protected: {line}]" for line in done.restored]
    output = done.output
    if not output and not notes:
        return "[no output]"
    if output and notes and not output.endswith("\n"):
        output += "\n"
    return output + "\n".join(notes)
