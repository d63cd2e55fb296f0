"""A private git directory over any folder of files: stage, write a tree, put a tree back.

Contents pass through this directory alone. Its configuration and attributes are written here, so
the filters, drivers and settings of the user's repository never apply; the user's objects are
borrowed (alternates), new ones stay private until they are handed over. Names of refs, branches and
worktrees are `workspace`.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.workspace.errors import GitError, WorkspaceError
from orchestrator.workspace.git import Git, Repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

AUTHOR_NAME = "Orchestrator"
AUTHOR_EMAIL = "orchestrator@localhost"
HEAD = "refs/heads/work"

_GITLINK = b"160000 "
_BOOLEAN = ("core.filemode", "core.symlinks", "core.ignorecase", "core.precomposeunicode")
_CHOICE = {"core.autocrlf": ("true", "false", "input"), "core.eol": ("lf", "crlf", "native")}
_FILTER = re.compile(rb"(?:^|\s)filter=(\S+)", re.MULTILINE)
# What a folder outside of git is assumed to ignore, since nobody has said so.
ASSUMED_IGNORED = (
    ".venv/", "venv/", "node_modules/", "__pycache__/", "*.pyc", ".tox/", ".nox/",
    ".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".env", ".env.*", "!.env.example",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Store:
    """A private git directory; `repository` is the user's, None for a plain folder."""

    git_dir: Path
    repository: Repository | None
    environ: Mapping[str, str]

    @classmethod
    def create(
        cls, git_dir: Path, repository: Repository | None, environ: Mapping[str, str]
    ) -> Store:
        """Make the directory. What ignores files for the user (exclude files) ignores them here."""
        git_dir.mkdir(parents=True)
        settings = _settings(repository, environ) if repository else {}
        git = Git(git_dir=git_dir, environ=environ)
        object_format = repository.object_format if repository else "sha1"
        git.run(
            "init", "--quiet", "--bare", "--template=", "--initial-branch=work",
            f"--object-format={object_format}",
        )  # fmt: skip
        (git_dir / "config").write_text(_config(settings, object_format), encoding="utf-8")
        info = git_dir / "info"
        info.mkdir(exist_ok=True)
        attributes, exclude = b"", "\n".join(ASSUMED_IGNORED).encode() + b"\n"
        if repository is not None:
            attributes = _read(repository.common_dir / "info" / "attributes")
            exclude = _user_exclude(settings, environ) + b"\n"
            exclude += _read(repository.common_dir / "info" / "exclude")
            alternates = git_dir / "objects" / "info" / "alternates"
            alternates.parent.mkdir(parents=True, exist_ok=True)
            alternates.write_text(f"{repository.common_dir / 'objects'}\n")
            shallow = repository.common_dir / "shallow"
            if shallow.exists():
                shutil.copyfile(shallow, git_dir / "shallow")
        # The last word on attributes, whatever a .gitattributes says: no filter, and no encoding
        # that could be wrong and stop git.
        (info / "attributes").write_bytes(attributes + b"\n* -filter -working-tree-encoding\n")
        (info / "exclude").write_bytes(exclude)
        return cls(git_dir=git_dir, repository=repository, environ=environ)

    def copy_objects(self, other: Store) -> None:
        """Take over all that another private directory holds."""
        for folder in other.git_dir.joinpath("objects").iterdir():
            if folder.name != "info":
                into = self.git_dir / "objects" / folder.name
                shutil.copytree(folder, into, dirs_exist_ok=True)

    def git(self, work_tree: Path | None = None, index: Path | None = None) -> Git:
        """Git on this directory, over the files in `work_tree`."""
        return Git(git_dir=self.git_dir, work_tree=work_tree, index=index, environ=self.environ)

    def commit(
        self, tree: str, parents: Sequence[str], message: str, at: datetime, ref: str | None = HEAD
    ) -> str:
        """Make a commit by the fixed author at a given time, and point `ref` at it."""
        stamp = f"{int(at.timestamp())} +0000"
        settings = {
            f"GIT_{role}_{field}": value
            for role in ("AUTHOR", "COMMITTER")
            for field, value in (("NAME", AUTHOR_NAME), ("EMAIL", AUTHOR_EMAIL), ("DATE", stamp))
        }
        above = [part for parent in parents for part in ("-p", parent)]
        made = self.git().run(
            "commit-tree", *above, "-F", "-", tree, stdin=message.encode(), settings=settings
        )
        commit = made.decode().strip()
        if ref is not None:
            self.git().run("update-ref", ref, commit)
        return commit

    def hand_over(self, commit: str, known: Sequence[str]) -> None:
        """Copy a commit's objects, less those of the `known` ones, to the user's repository."""
        if self.repository is None:
            return
        wanted = "".join(f"{line}\n" for line in (commit, *(f"^{name}" for name in known)))
        with tempfile.TemporaryFile(dir=self.git_dir) as pack:
            self.git().run(
                "pack-objects", "--revs", "--stdout", "-q", stdin=wanted.encode(), stdout=pack
            )
            pack.seek(0)
            self.repository.git(self.environ).run("unpack-objects", "-q", stdin=pack)

    def combine(self, tree: str, entries: Mapping[str, tuple[str, str]]) -> str:
        """A tree with some files put in: path from the top → mode and blob."""
        lines = [f"{mode} {blob}\t{path}\0" for path, (mode, blob) in entries.items()]
        with tempfile.TemporaryDirectory(dir=self.git_dir) as scratch:
            git = self.git(index=Path(scratch) / "index")
            git.run("read-tree", tree)
            git.run("update-index", "-z", "--index-info", stdin=os.fsencode("".join(lines)))
            return git.line("write-tree")

    def check_out(self, tree: str, into: Path) -> None:
        """Write the files of a tree into an empty or new folder."""
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.git_dir) as scratch:
            git = self.git(into, Path(scratch) / "index")
            git.run("read-tree", "--reset", "-u", tree)


@dataclass(frozen=True)
class Left:
    """What cannot be in a tree: repositories inside the work tree, and paths that git refuses.

    A repository would become a bare reference to a commit that nobody has. Git refuses names such
    as `.GIT`, and files it may not read.
    """

    nested: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """The user's files as they stood: the tree, and what is not in it."""

    tree: str
    left: Left
    filters: tuple[str, ...]


def snapshot(store: Store, work_tree: Path, leave_out: Sequence[str]) -> Snapshot:
    """Take tracked files as they are and untracked ones that are not ignored, into a tree.

    Works on a copy of the user's index, whose time is kept: git trusts an entry only if the index
    is younger than the file. `leave_out` are paths from the top, never taken.
    """
    with tempfile.TemporaryDirectory(dir=store.git_dir) as scratch:
        index = Path(scratch) / "index"
        if store.repository is not None:
            _borrow_index(store, store.repository, index)
        git = store.git(work_tree, index)
        links = gitlinks(git)
        left = stage(git, (*links, *leave_out))
        return Snapshot(git.line("write-tree"), left, _filters(git, work_tree))


def stage(git: Git, leave_out: Sequence[str]) -> Left:
    """Bring the index to what is in the work tree, as far as git can, and say what is left."""
    differing = _differing(git)
    nested = tuple(name.rstrip("/") for name in differing if name.endswith("/"))
    left = Left(tuple(name for name in nested if name not in leave_out))
    out = (*leave_out, *nested)
    if all(_is_in(name, out) for name in differing):
        return left
    # Only what is there is excluded: git takes it for a fault to name what it ignores.
    there = [path for path in out if any(_is_in(name, (path,)) for name in differing)]
    spec = [":(top)", *(f":(top,exclude,literal){path}" for path in there)]
    try:
        git.run(
            "add", "--all", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul",
            stdin=b"\0".join(os.fsencode(item) for item in spec),
        )  # fmt: skip
    except GitError as error:
        if error.exit_code != 1:
            raise
        refused = {name for name in _differing(git) if not _is_in(name, out)}
        return replace(left, refused=tuple(sorted(refused)))
    return left


def _differing(git: Git) -> list[str]:
    """Files that are not as in the index, or not in it; a repository ends in a slash."""
    return git.names("ls-files", "-z", "--others", "--modified", "--exclude-standard")


def _is_in(name: str, places: Sequence[str]) -> bool:
    return any(name.rstrip("/") == place or name.startswith(f"{place}/") for place in places)


def gitlinks(git: Git) -> tuple[str, ...]:
    """The submodules in the index: their paths from the top."""
    entries = git.run("ls-files", "-z", "--stage").split(b"\0")
    return tuple(
        os.fsdecode(entry.partition(b"\t")[2]) for entry in entries if entry.startswith(_GITLINK)
    )


def _borrow_index(store: Store, repository: Repository, index: Path) -> None:
    original = repository.git_dir / "index"
    try:
        shutil.copy2(original, index)
    except FileNotFoundError:
        return  # nothing was ever added
    for shared in repository.git_dir.glob("sharedindex.*"):
        shutil.copy2(shared, store.git_dir / shared.name)


def _filters(git: Git, work_tree: Path) -> tuple[str, ...]:
    names: set[str] = set()
    for path in git.names("ls-files", "-z", "--", ".gitattributes", "**/.gitattributes"):
        file = work_tree / path
        if file.is_file() and not file.is_symlink():
            names |= {found.decode(errors="replace") for found in _FILTER.findall(_read(file))}
    return tuple(sorted(names))


def _settings(repository: Repository, environ: Mapping[str, str]) -> dict[str, str]:
    """The user's settings, of all levels. Reading them runs nothing."""
    git = repository.git(environ)
    listed = git.run(
        "config", "--includes", "--null", "--list",
        settings={"GIT_CONFIG_GLOBAL": _global_config(environ)},
    )  # fmt: skip
    settings: dict[str, str] = {}
    # The command line's own settings come last in the list, and are not the user's.
    for entry in listed.split(b"\0"):
        name, _, value = entry.partition(b"\n")
        key, text = os.fsdecode(name).lower(), os.fsdecode(value)
        if key in _BOOLEAN or key in _CHOICE or (key == "core.excludesfile" and text != os.devnull):
            settings[key] = text
    return settings


def _global_config(environ: Mapping[str, str]) -> str:
    home = Path(environ.get("HOME", os.devnull))
    xdg = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "git" / "config"
    own = home / ".gitconfig"
    return str(own if own.is_file() else xdg if xdg.is_file() else os.devnull)


def _user_exclude(settings: Mapping[str, str], environ: Mapping[str, str]) -> bytes:
    home = environ.get("HOME", "")
    named = settings.get("core.excludesfile")
    if named is not None:
        where = Path(home + named[1:] if named.startswith("~/") else named)
    else:
        where = Path(environ.get("XDG_CONFIG_HOME") or f"{home}/.config") / "git" / "ignore"
    return _read(where) if where.is_absolute() else b""


def _config(settings: Mapping[str, str], object_format: str) -> str:
    lines = ["[core]", "\tbare = false", "\tlogAllRefUpdates = false", "\tsafecrlf = false"]
    for key in _BOOLEAN:
        if (value := settings.get(key)) is not None:
            truth = value.lower() in ("", "true", "yes", "on", "1")
            lines.append(f"\t{key.removeprefix('core.')} = {str(truth).lower()}")
    for key, allowed in _CHOICE.items():
        if (value := settings.get(key, "").lower()) in allowed:
            lines.append(f"\t{key.removeprefix('core.')} = {value}")
    if object_format == "sha1":
        return "\n".join([*lines, "\trepositoryformatversion = 0", ""])
    extension = f"[extensions]\n\tobjectformat = {object_format}\n"
    return "\n".join([*lines, "\trepositoryformatversion = 1", extension])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, PermissionError, IsADirectoryError):
        return b""
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error}") from None
