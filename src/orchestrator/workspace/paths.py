"""Paths as agents write them, `/workspace/...`, and the files they may stand for.

Every use of a path goes through `Place`, whose `open_folder` walks from the workspace's root one
component at a time without following links: what was checked is what is used, whatever is swapped
meanwhile. Reading and writing contents is `files`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from orchestrator.toolbox.tool import ToolContext, ToolError
from orchestrator.workspace.beneath import open_folder

WORKSPACE = "/workspace"
PYTHON_LIBRARY = "/python/lib"
PYTHON_PACKAGES = "/python/site-packages"
FORBIDDEN = (".git", ".orchestrator")

_MAX_LINKS = 32


class WorkspaceRoot(Protocol):
    """What the workspace's tools ask of a run's workspace (`context.service(WorkspaceRoot)`)."""

    @property
    def root(self) -> Path:
        """The folder that agents see as `/workspace`."""
        ...

    @property
    def visible(self) -> Sequence[Path]:
        """Folders outside it that commands may read: the project's environment, its git folder."""
        ...

    def refuse_write(self, path: Path, agent: str, before: str | None, after: str) -> str | None:
        """Why `agent` may not change `path` (below `root`) from `before` to `after`; None if so.

        `before` is None for a file that does not exist yet.
        """
        ...

    def read_only_paths(self, agent: str) -> Sequence[Path]:
        """Paths below `root` that a command of `agent`'s may not change."""
        ...


def workspace_of(context: ToolContext) -> WorkspaceRoot:
    """The workspace of the run a call belongs to; a `ToolError` where there is none."""
    return context.service(WorkspaceRoot)  # type: ignore[type-abstract]  # a key, never made


@dataclass(frozen=True)
class Place:
    """A path in the workspace, with no link in it: `inside` is relative to `root`."""

    root: Path
    inside: PurePosixPath

    @property
    def shown(self) -> str:
        """The path as agents know it."""
        return str(PurePosixPath(WORKSPACE) / self.inside)

    @property
    def real(self) -> Path:
        """The path on this machine, for messages to people and rules; not for opening."""
        return self.root / self.inside

    @contextmanager
    def open_folder(self, *, create: bool = False) -> Iterator[tuple[int, str]]:
        """The descriptor of the containing folder, and the name in it.

        Raises:
            ToolError: a folder on the way is missing, or has become a link or a file.
        """
        try:
            folder = open_folder(str(self.root), self.inside.parts[:-1], create=create)
        except OSError as error:
            raise ToolError(f"{self.shown}: no folder leads there ({error.strerror})") from None
        try:
            yield folder, self.inside.name or "."
        finally:
            os.close(folder)


def locate(root: Path, text: str) -> Place:
    """The place that `text` names: absolute under `/workspace` or relative to it.

    Links that stay in the workspace are followed, here and now; the result has none.

    Raises:
        ToolError: the path leaves the workspace, or leads into `.git` or `.orchestrator`.
    """
    if "\0" in text or not text.strip():
        raise ToolError(f"{text!r} is not a path: name a file under {WORKSPACE}")
    root = root.resolve()
    inside = _below_workspace(root, text)
    parts = list(reversed(inside.parts))
    walked: list[str] = []
    links = 0
    while parts:
        part = parts.pop()
        if part == "..":
            if not walked:
                raise _outside(text)
            walked.pop()
            continue
        if part.casefold() in FORBIDDEN:
            raise ToolError(f"{text}: {part} belongs to the harness and is closed to file tools")
        here = root.joinpath(*walked, part)
        if not here.is_symlink():
            walked.append(part)
            continue
        links += 1
        target = here.readlink()
        if links > _MAX_LINKS:
            raise ToolError(f"{text}: too many symbolic links")
        if target.is_absolute():
            resolved = _absolute_target(root, target)
            if resolved is None:
                raise ToolError(
                    f"{text}: {'/'.join([*walked, part])} is a symbolic link to {target}, "
                    "which is outside the workspace"
                )
            walked, target = [], resolved
        parts += reversed(target.parts)
    return Place(root, PurePosixPath(*walked))


def with_paths_replaced(text: str, places: Mapping[str, str]) -> str:
    """`text` with each key that stands in it as a path, or the start of one, as its value."""
    if not places:
        return text
    keys = "|".join(re.escape(key) for key in sorted(places, key=len, reverse=True))
    whole = rf"(?<![\w.}}-])({keys})(?![\w-]|\.\w)"
    return re.sub(whole, lambda match: places[match[1]], text)


def _below_workspace(root: Path, text: str) -> PurePosixPath:
    path = PurePosixPath(text)
    if not path.is_absolute():
        return path
    for start in (WORKSPACE, str(root)):
        if path.is_relative_to(start):
            return path.relative_to(start)
    raise _outside(text)


def _absolute_target(root: Path, target: Path) -> Path | None:
    for start in (str(root), WORKSPACE):
        if target.is_relative_to(start):
            return target.relative_to(start)
    return None


def _outside(text: str) -> ToolError:
    return ToolError(
        f"{text} is outside the workspace: paths start with {WORKSPACE}/ or are relative to it"
    )
