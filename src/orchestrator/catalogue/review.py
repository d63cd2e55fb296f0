"""The tool `review_code`: what the review rules find in the workspace, or in the run's change.

Only the door; the rules are `trading_tools.review`, the files `workspace_review`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from orchestrator.catalogue.workspace_review import review_files, review_new
from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, ToolResult, tool
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from orchestrator.catalogue.reviewing import Reviewed
    from trading_tools.review.findings import Finding

MOST: Final = 60
_ROOT: Final = "/workspace"


@tool(effect=Effect.READ)
async def review_code(
    context: ToolContext,
    paths: Annotated[
        list[str] | None,
        Field(description="Files or folders, /workspace/… or relative to it. Default: all."),
    ] = None,
    new_only: Annotated[
        bool,
        Field(description="Only what this run's change brought, as acceptance looks at it."),
    ] = False,
) -> ToolResult:
    """Review Python in /workspace by rules that know what loses money in trading code.

    Order submits (client ids, retries, unknown outcomes), money in floats, limits raced across an
    await, bans, streams, clocks, defaults that trade for real. Reads only; runs nothing.
    Returns: `files` reviewed and `findings`, each with `rule`, `severity` (error loses money,
    warning may), `path`, `line`, `message`, `why` and `fix`.
    """
    workspace = context.service(Workspace)
    try:
        found = await asyncio.to_thread(_reviewed, workspace, paths or [_ROOT], new_only)
    except WorkspaceError as error:
        raise ToolError(f"review_code: {error}") from None
    if not found.files and not new_only:
        raise ToolError(f"review_code: no Python in {', '.join(paths or [_ROOT])}: name others")
    return ToolResult(_text(found), _data(found))


def _reviewed(workspace: Workspace, paths: list[str], new_only: bool) -> Reviewed:
    if new_only:
        return review_new(workspace)
    return review_files(workspace, [each.removeprefix(_ROOT) for each in paths])


def _data(found: Reviewed) -> dict[str, object]:
    shown = [
        {
            "rule": each.rule,
            "severity": str(each.severity),
            "path": each.path,
            "line": each.line,
            "message": each.message,
            "why": each.why,
            "fix": each.fix,
        }
        for each in found.findings[:MOST]
    ]
    counts = {
        severity: sum(1 for each in found.findings if each.severity == severity)
        for severity in ("error", "warning", "note")
    }
    return {"files": found.files, "counts": counts, "findings": shown}


def _text(found: Reviewed) -> str:
    if not found.findings:
        return f"nothing found in {found.files} files"
    lines = [_line(each) for each in found.findings[:MOST]]
    more = len(found.findings) - MOST
    return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def _line(finding: Finding) -> str:
    where = f"{finding.path}:{finding.line}"
    return f"{where}: {finding.rule} {finding.severity}: {finding.message}; {finding.fix}"


TOOLS: Final[tuple[Tool, ...]] = (review_code,)
