"""The file tool in the shape models are trained on: view, create, str_replace, insert.

Paths are checked by `paths`, text changes computed by `edits`, write zones decided by the
workspace's rules. Here files are read and written: never through a link, always as a whole.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from orchestrator.toolbox.tool import Effect, ToolContext, ToolError, ToolResult, tool
from orchestrator.workspace.beneath import NotAFile, read_file
from orchestrator.workspace.edits import (
    Edited,
    EditError,
    Text,
    insert_after,
    line_count,
    numbered,
    replace_once,
    snippet,
)
from orchestrator.workspace.listing import walk
from orchestrator.workspace.paths import WORKSPACE, Place, WorkspaceRoot, locate, workspace_of

T = TypeVar("T")

MAX_FILE_BYTES = 4 * 2**20
SHOWN_LINES = 2000
SHOWN_CHARACTERS = 32_000

_LISTED = 400
_LEVELS = 2
_NEW_MODE = 0o644

WIRE: Mapping[str, Any] = {
    "type": "text_editor_20250728",
    "name": "str_replace_based_edit_tool",
}


def _subject(arguments: Mapping[str, Any]) -> str:
    return f"{arguments.get('command', '')} {arguments.get('path', '')}"


@tool(
    effect=Effect.WORKSPACE,
    name="str_replace_based_edit_tool",
    wire=WIRE,
    subject=_subject,
    timeout_s=30,
)
def edit_files(
    context: ToolContext,
    command: Literal["view", "create", "str_replace", "insert"],
    path: str,
    view_range: Annotated[list[int] | None, Field(min_length=2, max_length=2)] = None,
    file_text: str | None = None,
    old_str: str | None = None,
    new_str: str | None = None,
    insert_line: int | None = None,
    insert_text: str | None = None,
) -> ToolResult:
    """View, create and edit text files under /workspace."""
    workspace = workspace_of(context)
    place = locate(workspace.root, path)
    try:
        if command == "view":
            return _view(place, view_range)
        if command == "create":
            return _create(workspace, context.agent, place, _need("file_text", file_text, command))
        before = _read(place)
        if command == "str_replace":
            old = _need("old_str", old_str, command)
            # The old text is looked for as the model sees the file, with plain line ends.
            plain = old.replace("\r\n", "\n") if before.crlf else old
            edited = replace_once(before.content, plain, new_str or "", place.shown)
        else:
            line = _need("insert_line", insert_line, command)
            edited = insert_after(before.content, line, _need("insert_text", insert_text, command))
    except EditError as error:
        raise ToolError(str(error)) from None
    return _change(workspace, context.agent, place, before, edited)


def _need(name: str, value: T | None, command: str) -> T:
    if value is None:
        raise ToolError(f"{command} needs {name}")
    return value


def _view(place: Place, view_range: list[int] | None) -> ToolResult:
    if _is_folder(place):
        if view_range is not None:
            raise ToolError(f"{place.shown} is a folder: view_range is for files")
        return _view_folder(place)
    text = _read(place).content
    lines = line_count(text)
    first, last = _range(view_range, lines, place)
    shown = numbered(text, first, min(last, first + SHOWN_LINES - 1))
    if len(shown) > SHOWN_CHARACTERS:
        cut = shown.rfind("\n", 0, SHOWN_CHARACTERS) + 1
        shown = shown[: cut or SHOWN_CHARACTERS].rstrip("\n") + "\n"
    until = first + shown.count("\n") - 1
    data = {"path": place.shown, "lines": lines, "first": first, "last": until}
    if lines == 0:
        return ToolResult(f"{place.shown} is empty", data)
    if until < last:
        shown += f"[{last - until} more lines: view them with view_range [{until + 1}, {last}]]\n"
    return ToolResult(shown, data)


def _range(view_range: list[int] | None, lines: int, place: Place) -> tuple[int, int]:
    if view_range is None:
        return 1, lines
    first, last = view_range
    if last == -1 or last > lines:
        last = lines
    if not 1 <= first <= max(lines, 1) or last < first:
        raise ToolError(
            f"view_range {view_range} does not fit {place.shown}, which has {lines} lines: "
            "give [first, last] counted from 1, with -1 for the end"
        )
    return first, last


def _view_folder(place: Place) -> ToolResult:
    try:
        entries = list(walk(str(place.root), str(place.inside), levels=_LEVELS))
    except OSError as error:
        raise ToolError(f"{place.shown} cannot be listed: {error.strerror}") from None
    lines = [f"{place.shown}/", *(f"{WORKSPACE}/{entry.shown}" for entry in entries[:_LISTED])]
    if len(entries) > _LISTED:
        lines.append(f"[{len(entries) - _LISTED} more]")
    return ToolResult("\n".join(lines) + "\n", {"path": place.shown, "entries": len(entries)})


def _create(workspace: WorkspaceRoot, agent: str, place: Place, file_text: str) -> ToolResult:
    before = _read(place) if _exists(place) else None
    _write(workspace, agent, place, before, Text(file_text))
    lines = line_count(file_text)
    done = "written anew" if before is not None else "created"
    return ToolResult(
        f"{place.shown} {done}: {lines} line{'' if lines == 1 else 's'}",
        {"path": place.shown, "created": before is None, "lines": lines},
    )


def _change(
    workspace: WorkspaceRoot, agent: str, place: Place, before: Text, edited: Edited
) -> ToolResult:
    _write(workspace, agent, place, before, before.with_content(edited.content))
    return ToolResult(
        f"{place.shown} edited. The lines there now:\n{snippet(edited)}",
        {"path": place.shown, "first": edited.first, "last": edited.last},
    )


def _is_folder(place: Place) -> bool:
    with place.open_folder() as (folder, name):
        try:
            return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            raise _missing(place) from None


def _exists(place: Place) -> bool:
    """Whether something is there; a missing folder on the way means no."""
    with suppress(ToolError, FileNotFoundError), place.open_folder() as (folder, name):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _read(place: Place) -> Text:
    with place.open_folder() as (folder, name):
        try:
            data, found = read_file(folder, name, MAX_FILE_BYTES)
        except FileNotFoundError:
            raise _missing(place) from None
        except NotAFile as error:
            raise ToolError(f"{place.shown} cannot be used: {error}") from None
        except OSError as error:
            raise ToolError(f"{place.shown} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE_BYTES:
        raise ToolError(
            f"{place.shown} is too large for this tool: {found.st_size} bytes, at most "
            f"{MAX_FILE_BYTES}; look at parts of it with grep or bash"
        )
    try:
        return Text.of(data)
    except EditError as error:
        raise ToolError(f"{place.shown} cannot be used: {error}, {len(data)} bytes") from None


def _write(
    workspace: WorkspaceRoot, agent: str, place: Place, before: Text | None, after: Text
) -> None:
    if not place.inside.parts:
        raise ToolError(f"{place.shown} is a folder")
    data = after.data()
    if len(data) > MAX_FILE_BYTES:
        raise ToolError(
            f"{place.shown} would be too large: {len(data)} bytes, at most {MAX_FILE_BYTES}"
        )
    known = None if before is None else before.content
    reason = workspace.refuse_write(place.real, agent, known, after.content)
    if reason is not None:
        raise ToolError(f"{place.shown} was not written: {reason}")
    try:
        with place.open_folder(create=True) as (folder, name):
            _replace(folder, name, data)
    except OSError as error:
        raise ToolError(f"{place.shown} cannot be written: {error.strerror}") from None


def _replace(folder: int, name: str, data: bytes) -> None:
    """Put a whole new file in the place of `name`, with its mode."""
    mode = _NEW_MODE
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    fresh = f".{secrets.token_hex(8)}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(fresh, flags, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(descriptor, mode & 0o777)
        os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=folder)
        raise


def _missing(place: Place) -> ToolError:
    return ToolError(f"{place.shown} does not exist")
