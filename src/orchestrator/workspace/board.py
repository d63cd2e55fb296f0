"""The task board that agents share: the request, the deliverables, and one write zone per agent.

The files are seen at fixed places in the workspace, are never committed, and only they are the
board: a project's other `.claude/` files are ordinary files. Who may write what is decided here;
the file tools and the seal enforce it.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.workspace.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

TASK = ".claude/task.md"
WORK = ".claude/work.md"
SESSIONS = ".claude/tasks"

_AGENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MARKER = re.compile(rb"<!-- /?zone: [^\r\n]*? ?-->")

_TASK_TEXT = """\
# Task

{request}
"""
_WORK_TEXT = """\
# Work

What was made for the task in `task.md`. Each agent adds its deliverables and keeps the list true.

## Deliverables

| deliverable | where | by |
|---|---|---|

## Acceptance checklist

- [ ] Everything the task asks for is done, or what is missing is named here
- [ ] Tests cover the change, and pass
- [ ] Limits, quirks and risks that a person must know are written down
- [ ] No secret or key is in any file
"""
_SESSION_TEXT = """\
# Session {run}

Each agent writes between its own markers only, and reads all of it.
"""


def session_path(run: str) -> str:
    """Where the session file of a run is seen, from the workspace's root."""
    return f"{SESSIONS}/context_session_{run}.md"


def board_paths(run: str) -> tuple[str, str, str]:
    """The three files of the board: request, deliverables, session."""
    return TASK, WORK, session_path(run)


def open_board(root: Path, run: str, request: str, agents: Sequence[str] = ()) -> None:
    """Write the board into a fresh workspace, over what the project itself keeps at those places.

    Raises:
        WorkspaceError: `.claude` or `.claude/tasks` is not a real folder.
    """
    _write(root, TASK, _TASK_TEXT.format(request=request.rstrip("\n")))
    _write(root, WORK, _WORK_TEXT)
    text = _SESSION_TEXT.format(run=run)
    for agent in agents:
        text = with_zone(text, agent)
    _write(root, session_path(run), text)


def open_zone(root: Path, run: str, agent: str) -> None:
    """Give an agent its zone in the session file, if it has none yet."""
    where = session_path(run)
    _check_folders(root, where)
    path = root / where
    text = path.read_text(encoding="utf-8") if path.is_file() else _SESSION_TEXT.format(run=run)
    fresh = with_zone(text, agent)
    if fresh != text or not path.is_file():
        _write(root, where, fresh)


def with_zone(text: str, agent: str) -> str:
    """The session text with an (empty) zone for an agent at its end; unchanged if there is one."""
    start, end = _markers(agent)
    if start.decode() in text:
        return text
    return f"{text.rstrip()}\n\n## {agent}\n\n{start.decode()}\n{end.decode()}\n"


def may_write(path: str, agent: str, run: str) -> str | None:
    """Why an agent may not write a path (from the workspace's root); None when it may.

    The session file may be written, but only as `zone_violation` allows.
    """
    place = posixpath.normpath(path.replace(os.sep, "/")).casefold()
    if place == TASK:
        return f"{TASK} is the request: no agent may change it; write results to {WORK}"
    if place == session_path(run).casefold():
        if _AGENT.fullmatch(agent):
            return None
        return f"{agent!r} is no agent's name and has no zone in {session_path(run)}"
    if place in (".claude", SESSIONS):
        return f"{path} holds the task board and must stay a folder"
    if place.startswith(f"{SESSIONS}/context_session_"):
        return f"{path} belongs to another run; the session file of this one is {session_path(run)}"
    return None


def zone_violation(before: bytes, after: bytes, agent: str) -> str | None:
    """Why an edit of the session file is not allowed; None when only the agent's zone differs."""
    if before == after:
        return None
    parts = _split(before, agent)
    if parts is None:
        return f"{agent} has no zone in the session file, so it may not change it"
    head, _, tail = parts
    start, end = (marker.decode() for marker in _markers(agent))
    untouched = after.startswith(head) and after.endswith(tail)
    if not untouched or len(after) < len(head) + len(tail):
        return f"{agent} may write between `{start}` and `{end}` only; the rest must stay as it is"
    inside = after[len(head) : len(after) - len(tail)]
    if not inside.startswith(b"\n") or (inside != b"\n" and not inside.endswith(b"\n")):
        return f"the markers `{start}` and `{end}` must stay on lines of their own"
    if _MARKER.search(inside):
        return "what is written in a zone must not hold a zone marker"
    return None


def outside_zone(text: bytes, agent: str) -> bytes:
    """Everything an agent may not change in a session file."""
    parts = _split(text, agent)
    return text if parts is None else parts[0] + parts[2]


def save(root: Path, run: str) -> dict[str, bytes | None]:
    """The board's files as they are, None for those that are not there."""
    kept: dict[str, bytes | None] = {}
    for path in board_paths(run):
        file = root / path
        kept[path] = file.read_bytes() if file.is_file() and not file.is_symlink() else None
    return kept


def put_back(root: Path, kept: dict[str, bytes | None]) -> None:
    """Write saved board files again; one that was not there is removed."""
    for path, content in kept.items():
        if content is not None:
            _write(root, path, content)
        else:
            _check_folders(root, path)
            (root / path).unlink(missing_ok=True)


def _markers(agent: str) -> tuple[bytes, bytes]:
    if not _AGENT.fullmatch(agent):
        raise WorkspaceError(f"{agent!r} cannot have a zone: use letters, digits, '.', '_' and '-'")
    return f"<!-- zone: {agent} -->".encode(), f"<!-- /zone: {agent} -->".encode()


def _split(text: bytes, agent: str) -> tuple[bytes, bytes, bytes] | None:
    """Up to and with the opening marker, between, from the closing marker on."""
    start, end = _markers(agent)
    found = re.fullmatch(
        rb"(.*?^" + re.escape(start) + rb")(\n.*?)(^" + re.escape(end) + rb"$.*)",
        text,
        re.DOTALL | re.MULTILINE,
    )
    return None if found is None else (found[1], found[2], found[3])


def _check_folders(root: Path, path: str) -> None:
    for folder in (Path(path).parents[-2], Path(path).parent):
        place = root / folder
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            raise WorkspaceError(
                f"{place} is not a real folder, so the task board cannot be kept in it: replace it"
            )


def _write(root: Path, path: str, content: str | bytes) -> None:
    _check_folders(root, path)
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    fresh.unlink(missing_ok=True)
    data = content.encode() if isinstance(content, str) else content
    with fresh.open("xb") as file:
        file.write(data)
    fresh.replace(target)
