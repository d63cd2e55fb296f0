"""Whether anything was built at all."""

from __future__ import annotations

from orchestrator.run.setting import Case, Finding
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.workspace import Workspace

CHECK = "change"


async def changed(case: Case) -> Finding:
    """The workspace differs from where the run started, in more than white space."""
    workspace = case.services.get(Workspace)
    if not isinstance(workspace, Workspace):
        return Finding(CHECK, None, "this run has no workspace, so nothing can have been built")
    try:
        found = workspace.changes()
    except WorkspaceError as error:
        return Finding(CHECK, None, f"the workspace cannot be compared with its start: {error}")
    real = [change.path for change in found if not change.white_space_only]
    if real:
        return Finding(CHECK, True, f"{_counted(len(real), 'file')} changed: {_listed(real)}")
    if found:
        blank = _listed([change.path for change in found])
        return Finding(
            CHECK,
            False,
            f"only white space changed, in {blank}",
            (f"only white space changed ({blank}): make the change that was asked for",),
        )
    return Finding(
        CHECK,
        False,
        "nothing in the workspace changed",
        (
            "nothing in /workspace changed: make the change that was asked for, or hand off as "
            "blocked and say why it cannot be made",
        ),
    )


async def unasked(case: Case) -> Finding:
    """No file changed in a job that asks for no change; what did is there to merge, unverified."""
    workspace = case.services.get(Workspace)
    if not isinstance(workspace, Workspace):
        return Finding(CHECK, True, "this run has no files to change", formal=True)
    try:
        found = [change.path for change in workspace.changes()]
    except WorkspaceError as error:
        return Finding(CHECK, None, f"the workspace cannot be compared with its start: {error}")
    if not found:
        return Finding(CHECK, True, "no file changed", formal=True)
    what = f"{_counted(len(found), 'file')} changed though no change was asked for"
    return Finding(CHECK, None, f"{what}, and nothing verified them: {_listed(found)}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
