"""The tool `review_code`: what the review rules find in the workspace, or in the run's change.

Only the door; the rules are `trading_tools.review`, the files `workspace_review`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from orchestrator.catalogue.workspace_review import review_files, review_new
from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, tool
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
    path: Annotated[
        str, Field(description="A file or a folder, /workspace/… or relative to it.")
    ] = _ROOT,
    new_only: Annotated[
        bool,
        Field(description="Only what this run's change brought, as acceptance looks at it."),
    ] = False,
) -> dict[str, object]:
    """Review Python in /workspace by rules that know what loses money in trading code.

    Order submits (client ids, retries, unknown outcomes), money in floats, limits raced across an
    await, bans, streams, clocks, defaults that trade for real. Reads only; runs nothing.
    Returns: `files` reviewed, `counts` by severity (error loses money, warning may), `findings` as
    `path:line rule severity: what`, and for each rule among them `why` and `fix`.
    """
    workspace = context.service(Workspace)
    try:
        found = await asyncio.to_thread(_reviewed, workspace, path, new_only)
    except WorkspaceError as error:
        raise ToolError(f"review_code: {error}") from None
    if not found.files and not new_only:
        raise ToolError(f"review_code: no Python in {path}: name another file or folder")
    return _data(found)


def _reviewed(workspace: Workspace, path: str, new_only: bool) -> Reviewed:
    if new_only:
        return review_new(workspace)
    return review_files(workspace, [path.removeprefix(_ROOT)])


def _data(found: Reviewed) -> dict[str, object]:
    shown = found.findings[:MOST]
    rules = {each.rule: each for each in shown}
    counts = {
        severity: sum(1 for each in found.findings if each.severity == severity)
        for severity in ("error", "warning", "note")
    }
    return {
        "files": found.files,
        "counts": counts,
        "findings": [_line(each) for each in shown],
        "left_out": len(found.findings) - len(shown),
        "rules": [
            {"rule": rule, "why": each.why, "fix": each.fix} for rule, each in sorted(rules.items())
        ],
    }


def _line(finding: Finding) -> str:
    where = f"{finding.path}:{finding.line}"
    return f"{where} {finding.rule} {finding.severity}: {finding.message}"


TOOLS: Final[tuple[Tool, ...]] = (review_code,)
