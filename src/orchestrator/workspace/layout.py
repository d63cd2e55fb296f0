"""Where a run's workspace lies on disk, what is remembered of it, and the words around it.

Folders, the record that makes a workspace whole, the link of a git worktree, notes and hints. What
happens to the files themselves is `workspace`.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestrator.workspace.errors import GitError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.workspace.git import Repository
    from orchestrator.workspace.snapshot import Snapshot

Kind = Literal["git", "copy"]

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_RECORD = "workspace.json"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The places of one run. `source` is the top of the user's own files."""

    project: Path
    run: str
    state_dir: Path
    kind: Kind
    source: Path
    prefix: str

    @classmethod
    def of(cls, project: Path, run: str, state_dir: Path, repository: Repository | None) -> Layout:
        """The places of a run of a project.

        Raises:
            WorkspaceError: the run's name cannot be part of a branch and a file name.
        """
        return cls(
            project=project,
            run=checked_run(run),
            state_dir=state_dir,
            kind="git" if repository else "copy",
            source=repository.top if repository else project,
            prefix=repository.prefix if repository else "",
        )

    @property
    def store(self) -> Path:
        """The private git directory."""
        return self.state_dir / "git" / self.run

    @property
    def top(self) -> Path:
        """The top of the files agents work on."""
        return self.state_dir / "worktrees" / self.run

    @property
    def root(self) -> Path:
        """The project's own place below `top`."""
        return self.top / self.prefix if self.prefix else self.top

    @property
    def branch(self) -> str | None:
        """The run's branch in the user's repository."""
        return f"orc/{self.run}" if self.kind == "git" else None


def checked_run(run: str) -> str:
    """The name of a run, if it can be part of a branch and a file name."""
    if not _RUN.fullmatch(run) or run.endswith(".lock"):
        raise WorkspaceError(
            f"{run!r} cannot name a run: use letters, digits, '-', '_' and single dots between"
        )
    return run


@dataclass(frozen=True)
class Record:
    """What is remembered of a workspace.

    `admin` is the worktree's own folder in the user's git directory, `parent` the user's commit at
    the start, `links` the submodules.
    """

    base: str
    admin: Path | None
    parent: str | None
    links: tuple[str, ...]
    notes: tuple[str, ...]


def write_record(place: Layout, record: Record) -> None:
    """Remember a workspace; from now on it exists."""
    text = json.dumps(
        {
            "base": record.base,
            "admin": None if record.admin is None else str(record.admin),
            "parent": record.parent,
            "links": record.links,
            "notes": record.notes,
        }
    )
    fresh = place.store / f"{_RECORD}.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(place.store / _RECORD)


def read_record(place: Layout) -> Record:
    """What is remembered of a workspace.

    Raises:
        WorkspaceError: nothing is.
    """
    try:
        data = json.loads((place.store / _RECORD).read_text(encoding="utf-8"))
        admin = data["admin"]
        return Record(
            data["base"],
            None if admin is None else Path(admin),
            data["parent"],
            tuple(data["links"]),
            tuple(data["notes"]),
        )
    except FileNotFoundError:
        raise WorkspaceError(f"run {place.run} has no workspace in {place.state_dir}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{place.store / _RECORD} cannot be read: {error}") from None


def prepare(place: Layout, repository: Repository | None, environ: Mapping[str, str]) -> None:
    """Make room for a new workspace, and clear what a killed attempt at the same one left.

    Raises:
        WorkspaceError: the workspace or its branch exists.
    """
    place.state_dir.mkdir(parents=True, exist_ok=True)
    ignore = place.state_dir / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    if (place.store / _RECORD).exists():
        raise WorkspaceError(f"run {place.run} has a workspace already: reopen it")
    half_made = place.store.exists()
    if repository is not None:
        git, ref = repository.git(environ), f"refs/heads/{place.branch}"
        if git.resolve(ref) is not None:
            if not half_made:
                raise WorkspaceError(
                    f"branch {place.branch} exists in {repository.top}, but no workspace of run "
                    f"{place.run} does: delete the branch or name another run"
                )
            clear(place, repository, environ, _admin_of(place, repository))
            git.run("update-ref", "-d", ref)
    if half_made or place.top.exists():
        clear(place, repository, environ, _admin_of(place, repository))


def clear(
    place: Layout, repository: Repository | None, environ: Mapping[str, str], admin: Path | None
) -> None:
    """Remove the folders of a workspace; its branch stays."""
    for folder in (place.top, place.store):
        if folder.exists():
            shutil.rmtree(folder)
    if admin is not None and repository is not None and admin.is_dir():
        # `git worktree remove` would read the worktree's files, `prune` would take others with it.
        shutil.rmtree(admin)
        with suppress(OSError):
            admin.parent.rmdir()


def add_worktree(
    place: Layout, repository: Repository | None, environ: Mapping[str, str], base: str
) -> Path | None:
    """Make the folder agents work in, still without files; the worktree's own folder in git."""
    if repository is None:
        place.top.mkdir(parents=True)
        return None
    place.top.parent.mkdir(parents=True, exist_ok=True)
    git = repository.git(environ)
    try:
        git.run(
            "worktree", "add", "--quiet", "--no-checkout", "--no-track", "-b", f"{place.branch}",
            str(place.top), base,
        )  # fmt: skip
    except GitError as error:
        raise WorkspaceError(f"no worktree for run {place.run}: {error}") from None
    admin = _admin_of(place, repository)
    if admin is None:
        raise WorkspaceError(f"git made no worktree at {place.top}")
    return admin


def mend_link(place: Layout, admin: Path | None) -> None:
    """Make the worktree's `.git` what git made it, whatever is there now."""
    link = place.top / ".git"
    if not place.top.is_dir():
        return
    if admin is not None and not admin.is_dir():
        admin = None
    right = f"gitdir: {admin}\n"
    if link.is_symlink() or (link.exists() and not link.is_file()):
        shutil.rmtree(link) if link.is_dir() and not link.is_symlink() else link.unlink()
    if admin is None:
        link.unlink(missing_ok=True)
    elif not link.exists() or link.read_bytes() != right.encode(errors="surrogateescape"):
        link.write_text(right, encoding="utf-8", errors="surrogateescape")


def left_out(place: Layout) -> tuple[str, ...]:
    """The harness's own folder, when it lies among the user's files; from their top."""
    if not place.state_dir.is_relative_to(place.source):
        return ()
    return (place.state_dir.relative_to(place.source).as_posix(),)


def notes(place: Layout, taken: Snapshot, links: Sequence[str], *, clean: bool) -> tuple[str, ...]:
    """What a person should know about how the workspace differs from their files."""
    said = []
    if place.kind == "copy":
        said.append(
            f"{place.project} is not under git: work happens in a plain copy of its files as they "
            "are, without virtual environments, caches and .env files"
        )
    elif clean:
        said.append("uncommitted work is left out: the run starts from the last commit")
    if links:
        said.append(f"submodules are left empty: {', '.join(links)}")
    if taken.left.nested:
        said.append(f"repositories inside the project are left out: {', '.join(taken.left.nested)}")
    if taken.left.refused:
        said.append(f"git cannot take these, they are left out: {', '.join(taken.left.refused)}")
    if taken.filters:
        said.append(
            f"git filters are not run ({', '.join(taken.filters)}): "
            "their files stand as the repository stores them"
        )
    return tuple(said)


def merge_hint(place: Layout, record: Record, tip: str) -> tuple[str, ...]:
    """Commands to look at what a run made and to bring it into the user's files."""
    source = shlex.quote(str(place.source))
    if place.kind == "copy":
        git = f"git --git-dir={shlex.quote(str(place.store))}"
        patch = f"{git} diff --binary {record.base} {tip}"
        return (patch, f"cd {source} && {patch} | git apply")
    git, branch = f"git -C {source}", place.branch
    look = f"{git} log --stat {record.base}..{branch}"
    if record.base == record.parent:
        return (look, f"{git} merge {branch}")
    # The base holds uncommitted work, which a merge would commit along.
    return look, f"{git} diff --binary {record.base} {branch} | {git} apply"


def _admin_of(place: Layout, repository: Repository | None) -> Path | None:
    if repository is None:
        return None
    for link in sorted((repository.common_dir / "worktrees").glob("*/gitdir")):
        try:
            named = link.read_text(encoding="utf-8", errors="surrogateescape").rstrip("\n")
        except OSError:
            continue
        if Path(named) == place.top / ".git":
            return link.parent
    return None
