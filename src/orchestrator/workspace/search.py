"""Tools that find things in the workspace: `grep`, `glob`, `list_files`.

Results are in one order and cut at one place on every machine, whatever programs it has. Ignored
files are left out (`ignore`).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import orchestrator
from orchestrator.toolbox.tool import Effect, ToolContext, ToolError, ToolResult, tool
from orchestrator.workspace.globs import GlobError, chosen, ways
from orchestrator.workspace.listing import files, printable, walk
from orchestrator.workspace.paths import WORKSPACE, Place, locate, workspace_of
from orchestrator.workspace.scan import Question

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SEARCH_S = 20.0

_LINE_CHARACTERS = 300
_LISTED = 500


def _subject(arguments: Mapping[str, Any]) -> str:
    return str(arguments.get("path") or WORKSPACE)


@tool(effect=Effect.READ, name="grep", subject=_subject, timeout_s=SEARCH_S + 10)
async def grep(
    context: ToolContext,
    pattern: Annotated[
        str, Field(description="a Python regular expression, searched in each line")
    ],
    path: Annotated[str, Field(description="folder or file")] = WORKSPACE,
    glob: Annotated[
        str | None, Field(description="only these files, e.g. *.py or src/**/*.toml")
    ] = None,
    ignore_case: bool = False,
    context_lines: Annotated[int, Field(ge=0, le=10)] = 0,
    max_matches: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> ToolResult:
    """Search the files of the workspace, leaving out ignored and binary ones.

    Lines are shown as `path:line:text`, context lines with `-` in place of `:`.
    """
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise ToolError(f"{pattern!r} is not a regular expression: {error}") from None
    _understood(glob)
    place = _existing(context, path)
    question = Question(
        root=str(place.root),
        start=_from_root(place),
        pattern=pattern,
        glob=glob,
        ignore_case=ignore_case,
        context=context_lines,
        limit=max_matches,
    )
    *found, (more, searched) = await _ask(question)
    matches = sum(1 for line in found if line[3])
    if not matches:
        return ToolResult(_nothing(pattern, place, glob, searched), {"matches": 0, "more": 0})
    text = _shown(found, separate=context_lines > 0)
    if more:
        text += f"[{more} more matches: narrow the pattern, path or glob]\n"
    return ToolResult(text, {"matches": matches, "more": more})


@tool(effect=Effect.READ, name="glob", subject=_subject, timeout_s=SEARCH_S)
def find_by_name(
    context: ToolContext,
    pattern: Annotated[
        str, Field(description="*.py finds by name at any depth, src/**/test_*.py by path")
    ],
    path: Annotated[str, Field(description="the folder to look below")] = WORKSPACE,
) -> ToolResult:
    """Find files by name, leaving out ignored ones."""
    _understood(pattern)
    place = _existing(context, path)
    try:
        inside = _from_root(place)
        paths = chosen(files(str(place.root), inside), inside, pattern)
        found = [printable(path) for path in paths]
    except OSError as error:
        raise _not_listable(place, error) from None
    return _list(found, f"No file matches {pattern} below {place.shown}.")


@tool(effect=Effect.READ, name="list_files", subject=_subject, timeout_s=SEARCH_S)
def list_files(
    context: ToolContext,
    path: Annotated[str, Field(description="the folder to look below")] = WORKSPACE,
    levels: Annotated[int, Field(ge=1, le=20, description="how many levels deep")] = 20,
) -> ToolResult:
    """List files and folders, leaving out ignored ones."""
    place = _existing(context, path)
    try:
        found = [entry.shown for entry in walk(str(place.root), _from_root(place), levels=levels)]
    except OSError as error:
        raise _not_listable(place, error) from None
    return _list(found, f"{place.shown} is empty.")


def _existing(context: ToolContext, path: str) -> Place:
    place = locate(workspace_of(context).root, path)
    with place.open_folder() as (folder, name):
        try:
            os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            raise ToolError(f"{place.shown} does not exist") from None
    return place


def _from_root(place: Place) -> str:
    return "/".join(place.inside.parts)


def _understood(glob: str | None) -> None:
    try:
        ways(glob or "")
    except GlobError as error:
        raise ToolError(str(error)) from None


def _nothing(pattern: str, place: Place, glob: str | None, searched: int) -> str:
    """Whether it was the glob or the pattern that found nothing."""
    if glob is None:
        return f"No match for {pattern!r} in {place.shown}."
    if not searched:
        return f"No file below {place.shown} matches the glob {glob!r}: no line was searched."
    count = "1 file" if searched == 1 else f"{searched} files"
    return f"No line matches {pattern!r} in {place.shown} ({count} by the glob {glob!r})."


def _not_listable(place: Place, error: OSError) -> ToolError:
    return ToolError(f"{place.shown} cannot be listed: {error.strerror}")


def _list(found: list[str], none: str) -> ToolResult:
    if not found:
        return ToolResult(none, {"files": [], "more": 0})
    more = max(0, len(found) - _LISTED)
    text = "".join(f"{path}\n" for path in found[:_LISTED])
    if more:
        text += f"[{more} more: name a folder or a narrower pattern]\n"
    return ToolResult(text, {"files": found[:_LISTED], "more": more})


def _shown(found: list[list[Any]], *, separate: bool) -> str:
    out = []
    for before, (path, number, text, matched) in pairwise([["", 0, "", False], *found]):
        if separate and before[0] and (before[0], before[1] + 1) != (path, number):
            out.append("--\n")
        mark = ":" if matched else "-"
        cut = text if len(text) <= _LINE_CHARACTERS else f"{text[:_LINE_CHARACTERS]}[...]"
        out.append(f"{printable(path)}{mark}{number}{mark}{cut}\n")
    return "".join(out)


async def _ask(question: Question) -> list[Any]:
    source = str(Path(orchestrator.__path__[0]).parent)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-P", "-m", "orchestrator.workspace.scan",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
        cwd="/",
    )  # fmt: skip
    try:
        async with asyncio.timeout(SEARCH_S):
            out, said = await process.communicate(json.dumps(asdict(question)).encode())
    except TimeoutError:
        raise ToolError(
            f"the search for {question.pattern!r} took longer than {SEARCH_S:g} s: "
            "simplify the pattern or narrow path and glob"
        ) from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        # What nobody has read keeps its pipes open, also those of one that has ended.
        await process.communicate()
    if process.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise ToolError(f"the search failed: {lines[-1]}")
    return [json.loads(line) for line in out.splitlines()]
