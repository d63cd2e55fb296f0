"""What a review looks at: files that are named, folders, or a change against a revision.

The bridge between git and the workspace on one side and the rules on the other; what is found in
the files is `trading_tools.review`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.ignore import ALWAYS
from orchestrator.workspace.listing import walk
from orchestrator.workspace.tree_files import read_blobs
from trading_tools.review.comparing import new_ones, touched_lines
from trading_tools.review.engine import NOT_REVIEWED, unreadable
from trading_tools.review.parsing import Unreadable
from trading_tools.review.reading.files import (
    DOCUMENTS,
    FOUND_IN_FOLDERS,
    NOTEBOOKS,
    PYTHON,
    TEXTS,
    source_of,
)
from trading_tools.review.reading.finding import Reader, from_disk
from trading_tools.review.run import Target, review

if TYPE_CHECKING:
    from orchestrator.workspace.git import Git, Repository
    from trading_tools.review.findings import Finding
    from trading_tools.review.rule import Rule

_IMPORTERS: Final = 60
_LEADING_ELSEWHERE: Final = frozenset({"120000", "160000"})
"""Git's modes of a link and of a submodule."""

_REVIEWED: Final = FOUND_IN_FOLDERS | DOCUMENTS
"""Kinds of files that are looked at in a change; of folders only those that are code."""


class NotThere(Exception):
    """Something that should be reviewed is not there: what is wrong, where, what to do."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        super().__init__(f"{where}: {what}; {fix}")
        self.what = what
        self.where = where
        self.fix = fix


@dataclass(frozen=True)
class Reviewed:
    """What a review found, and in how many files it looked."""

    findings: tuple[Finding, ...]
    files: int
    targets: tuple[Target, ...] = ()


def files_of(paths: Sequence[Path], here: Path, project: Path) -> list[Target]:
    """The files to review: those that are named, and the code below folders that are.

    Below folders, what git ignores is left out and links are not followed.

    Raises:
        NotThere: a path leads nowhere.
    """
    found: dict[Path, Target] = {}
    for path in paths:
        at = path if path.is_absolute() else here / path
        try:
            mode = at.stat().st_mode
        except OSError as error:
            raise NotThere(
                error.strerror or str(error), str(path), "name a file or a folder"
            ) from None
        inside = _below(at, project) if stat.S_ISDIR(mode) and _opens(at) else [at]
        for each in inside:
            found.setdefault(each.resolve(), _target(each, here))
    return [found[each] for each in sorted(found)]


def _target(file: Path, here: Path) -> Target:
    whole = file.resolve()
    shown = whole.relative_to(here).as_posix() if whole.is_relative_to(here) else str(whole)
    try:
        return Target(whole, shown, whole.stat().st_size)
    except OSError:
        return Target(whole, shown)


def _opens(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)


def _below(folder: Path, project: Path) -> Iterator[Path]:
    """The code below a folder; folders too that cannot be opened, which is a finding."""
    whole = folder.resolve()
    root, start = (
        (project, whole.relative_to(project).as_posix())
        if whole.is_relative_to(project)
        else (whole, "")
    )
    for entry in walk(str(root), start):
        at = root / entry.path
        code = entry.kind == "file" and at.suffix.lower() in FOUND_IN_FOLDERS
        if code or (entry.kind == "folder" and not _opens(at)):
            yield at


@dataclass(frozen=True, eq=False)
class _Side:
    """Reads one side of a change: files that changed as they are there, others where they lie."""

    texts: Mapping[Path, bytes | None]
    others: Reader

    def __call__(self, path: Path) -> bytes | None:
        return self.texts[path] if path in self.texts else self.others(path)


@dataclass(frozen=True)
class Change:
    """A change of a repository: its files before and after, by their place on disk."""

    top: Path
    before: Mapping[Path, bytes | None] = field(default_factory=dict)
    after: Mapping[Path, bytes | None] = field(default_factory=dict)
    importers: tuple[Path, ...] = ()
    unread: tuple[tuple[Path, str, str], ...] = ()
    """Files whose text after the change there is none of: why, and what to do."""

    def below(self, paths: Sequence[Path], here: Path) -> Change:
        """What of it lies in these files and folders; all of it where none are named.

        Raises:
            NotThere: a path leads nowhere, or out of the repository.
        """
        if not paths:
            return self
        within = [(here / each).resolve() for each in paths]

        def kept(path: Path) -> bool:
            return any(path == each or each in path.parents for each in within)

        for path, each in zip(paths, within, strict=True):
            fix = "name a file or a folder"
            if not each.is_relative_to(self.top):
                raise NotThere("lies outside of the repository", str(path), fix + " in it")
            gone = any(old == each or each in old.parents for old in self.before)
            if not os.path.lexists(each) and not gone:
                raise NotThere("No such file or directory", str(path), fix)

        return Change(
            self.top,
            {path: text for path, text in self.before.items() if kept(path)},
            {path: text for path, text in self.after.items() if kept(path)},
            tuple(path for path in self.importers if kept(path)),
            tuple(each for each in self.unread if kept(each[0])),
        )


def on_disk(change: Change, targets: Iterable[Target]) -> dict[str, frozenset[int]]:
    """For the files of a change that lie on disk as it has them the lines that it touches.

    So that tools which read from disk, and know no past, can be held to the change.
    """
    return {
        each.shown: touched_lines(change.before[each.file] or b"", text)
        for each in targets
        if (text := change.after.get(each.file)) is not None and text == from_disk(each.file)
    }


def since(repository: Repository, environ: Mapping[str, str], revision: str) -> Change:
    """What differs between a revision and the files as they lie on disk.

    Raises:
        NotThere: there is no such revision.
    """
    git = repository.git(environ)
    commit = git.resolve(f"{revision}^{{commit}}")
    if commit is None:
        raise NotThere(
            f"there is no commit {revision!r}",
            "--diff",
            "name one commit, branch or tag of this repository",
        )
    changed = _changed(git, commit)
    changed += [
        _Changed("A", each, None, None)
        for each in git.names("ls-files", "-z", "-o", "--exclude-standard")
        if ALWAYS.isdisjoint(each.split("/"))
        and (repository.top / each).is_file()
        and not (repository.top / each).is_symlink()
    ]
    return _change(repository, git, changed, staged=False)


def staged(repository: Repository, environ: Mapping[str, str]) -> Change:
    """What the index holds beyond the last commit."""
    git = repository.git(environ)
    last = git.resolve("HEAD") or git.line("hash-object", "-t", "tree", os.devnull)
    return _change(repository, git, _changed(git, "--cached", last), staged=True)


class _Changed(NamedTuple):
    """A file of a change: what git calls that, its path, and the blobs before and after."""

    status: str
    path: str
    old: str | None
    new: str | None


def _changed(git: Git, *what: str) -> list[_Changed]:
    """The changed files, without links and submodules: where they lead to is not in the change."""
    parts = git.names("diff", "--raw", "--no-abbrev", "-z", "-M", *what, "--")
    found = []
    at = 0
    while at < len(parts):
        old_mode, new_mode, old, new, status = parts[at].removeprefix(":").split(" ")
        at += 3 if status[0] in {"R", "C"} else 2
        if new_mode not in _LEADING_ELSEWHERE:
            was = old if old_mode not in _LEADING_ELSEWHERE else None
            found.append(_Changed(status[0], parts[at - 1], was, new))
    return found


def _change(
    repository: Repository, git: Git, changed: Iterable[_Changed], *, staged: bool
) -> Change:
    code = [each for each in changed if Path(each.path).suffix.lower() in _REVIEWED]
    names = {each.old for each in code} | {each.new for each in code if staged}
    blobs = read_blobs(git, (each for each in names if each))
    before: dict[Path, bytes | None] = {}
    after: dict[Path, bytes | None] = {}
    unread: dict[Path, tuple[str, str]] = {}
    for each in code:
        place = repository.top / each.path
        before[place] = blobs.get(each.old or "")
        after[place] = None
        if staged and each.status == "U":
            unread[place] = "holds a merge conflict", "resolve it"
        elif each.status != "D":
            after[place] = blobs.get(each.new or "") if staged else from_disk(place)
            if after[place] is None:
                unread[place] = "cannot be read", "name a readable file"
    modules = [each.stem for each in before if each.suffix in PYTHON]
    importers = _importers(repository, git, modules)
    return Change(
        repository.top,
        before,
        after,
        tuple(each for each in importers if each not in before),
        tuple((place, *told) for place, told in unread.items()),
    )


def _importers(repository: Repository, git: Git, modules: Sequence[str]) -> Sequence[Path]:
    """Files that may import one of the changed modules, by their names."""
    wanted = sorted({each for each in modules if each.isidentifier() and each != "__init__"})
    if not wanted:
        return ()
    pattern = rf"^[[:space:]]*(from|import)[[:space:]].*({'|'.join(map(re.escape, wanted))})"
    found = git.run("grep", "-l", "-z", "-w", "-E", pattern, "--", "*.py", ok=(0, 1))
    names = [os.fsdecode(each) for each in found.split(b"\0") if each]
    return [repository.top / each for each in names[:_IMPORTERS]]


def review_change(
    change: Change, rules: Sequence[Rule], here: Path, others: Reader = from_disk
) -> Reviewed:
    """The findings that a change brings, in the files it touches and in those that import them.

    `others` reads the files that it does not touch. That a touched file cannot be reviewed is told
    whether it could be before or not.
    """
    touched = [each for each, text in change.after.items() if text is not None]
    targets = [_target(each, here) for each in [*touched, *change.importers]]
    after = review(targets, rules, read=_Side(change.after, others), missing=True)
    after += [unreadable(_target(each, here).shown, what, fix) for each, what, fix in change.unread]
    before = review(targets, rules, read=_Side(change.before, others), missing=True)
    shown = {each.shown for each in targets[: len(touched)]}
    known = [each for each in before if each.path not in shown or each.rule not in NOT_REVIEWED]
    found = sorted(new_ones(after, known), key=lambda each: each.order)
    return Reviewed(tuple(found), len(touched) + len(change.unread), tuple(targets))


def review_paths(
    paths: Sequence[Path], rules: Sequence[Rule], here: Path, project: Path
) -> Reviewed:
    """All findings in files and folders.

    A page or a notebook that holds no Python is not counted: nothing in it was looked at.

    Raises:
        NotThere: a path leads nowhere.
    """
    targets = files_of(paths, here, project)
    read = sum(_holds_python(each.file) for each in targets)
    return Reviewed(tuple(review(targets, rules)), read, tuple(targets))


def _holds_python(file: Path) -> bool:
    if file.suffix.lower() not in NOTEBOOKS | DOCUMENTS | TEXTS:
        return True
    raw = from_disk(file)
    try:
        if raw is None:
            return True
        source = source_of(file.name, raw)
        return bool(source.unread or source.text.strip())
    except Unreadable:
        return True  # which is a finding


def repository_of(project: Path, environ: Mapping[str, str]) -> Repository:
    """The repository of a project.

    Raises:
        NotThere: it has none that can be read.
    """
    from orchestrator.workspace.git import find_repository

    try:
        found = find_repository(project, environ)
    except WorkspaceError as error:
        what, _, fix = str(error).rpartition(": ")
        raise NotThere(what, "git", fix) from None
    if found is None:
        raise NotThere("is in no git repository", str(project), "name paths instead")
    return found
