"""A run's own place to work: its files, its branch, its commits, and what came of it.

The user's files, index, stash and other refs are never written: the base is a commit beside them,
the files lie under the state folder, and all contents pass through a private git directory
(`snapshot`). Running commands is `seal`; what may be written by whom is `board` and `protected`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.workspace import board, changes, layout, protected
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.git import find_repository
from orchestrator.workspace.history import History, message
from orchestrator.workspace.layout import Kind, Layout, Record
from orchestrator.workspace.snapshot import HEAD, Left, Snapshot, Store, gitlinks, snapshot
from orchestrator.workspace.staged import Staged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from orchestrator.workspace.changes import Change


@dataclass(frozen=True)
class Workspace:
    """Where one run works.

    `kind` is `git` (a worktree on branch `orc/<run>` of the user's repository) or `copy` (a plain
    copy of a folder outside of git, with history of its own). `notes` say what of the user's files
    is not here as it is there. `verify_files` (from `root`) are protected like the request, and
    `environments` shown to commands; both are given by `guarding`.
    """

    layout: Layout
    record: Record
    store: Store
    verify_files: tuple[str, ...] = ()
    environments: tuple[Path, ...] = ()

    @classmethod
    def create(
        cls,
        project: Path,
        run: str,
        *,
        state_dir: Path,
        clean: bool,
        at: datetime,
        environ: Mapping[str, str] | None = None,
    ) -> Workspace:
        """Make the workspace of a new run from the project's files as they are.

        Args:
            project: the user's folder; may be below the top of a repository.
            run: the run's name, also that of its branch.
            state_dir: the harness's own folder in the project; gets a `.gitignore` of `*`.
            clean: start from the last commit and leave uncommitted work out.
            at: the time written into commits.
            environ: where `PATH` and `HOME` are taken from; the process's own by default.

        Raises:
            WorkspaceError: the project is no folder or cannot be read by git, or the run exists.
        """
        environ = os.environ if environ is None else environ
        project = project.resolve()
        if not project.is_dir():
            raise WorkspaceError(f"{project} is not a folder: name the project's folder")
        repository = find_repository(project, environ)
        place = Layout.of(project, run, state_dir.resolve(), repository)
        layout.prepare(place, repository, environ)
        store = Store.create(place.store, repository, environ)
        head = repository.git(environ).resolve("HEAD^{commit}") if repository else None
        if clean and repository is not None:
            taken = Snapshot(_tree_of(store, head), Left(), ())
        else:
            taken = snapshot(store, place.source, layout.left_out(place))
        base = head if head and store.git().resolve(f"{head}^{{tree}}") == taken.tree else None
        if base is None:
            parents = [head] if head else []
            base = store.commit(
                taken.tree, parents, f"Snapshot of the working tree for run {run}\n", at, ref=None
            )
            store.hand_over(base, parents)
        made = cls._settle(place, store, base, head)
        links = gitlinks(store.git(place.top))
        notes = layout.notes(place, taken, links, clean=clean)
        return made._remember(links, notes)

    def fork(self, run: str, tree: str) -> Workspace:
        """A workspace for another run, from the same base, with the files of a tree of this one.

        Raises:
            WorkspaceError: there is no such tree, or the other run exists.
        """
        tree = self._named(tree)
        place = replace(self.layout, run=layout.checked_run(run))
        repository, environ = self.store.repository, self.store.environ
        layout.prepare(place, repository, environ)
        store = Store.create(place.store, repository, environ)
        store.copy_objects(self.store)
        made = self._settle(place, store, self.base, self.record.parent)
        made = made._remember(self.record.links, self.record.notes)
        made.restore(tree)
        return made

    @classmethod
    def anew(
        cls, project: Path, run: str, base: str, tree: str, notes: Sequence[str], *,
        state_dir: Path, environ: Mapping[str, str],
    ) -> Workspace:  # fmt: skip
        """A workspace from the base of a run whose own is gone, with the files of `tree`.

        Raises:
            WorkspaceError: the user's repository does not hold both of them (any more).
        """
        repository = find_repository(project.resolve(), environ)
        git = repository.git(environ) if repository else None
        wanted = (f"{base}^{{commit}}", f"{tree}^{{tree}}")
        if git is None or not all(map(git.resolve, wanted)):
            raise WorkspaceError(f"no repository holds {tree} any more")
        place = Layout.of(project.resolve(), run, state_dir.resolve(), repository)
        layout.prepare(place, repository, environ)
        store = Store.create(place.store, repository, environ)
        head = git.resolve("HEAD^{commit}")
        # A base that is in the user's history holds no uncommitted work.
        known = bool(head) and not git.run("rev-list", "-n1", base, f"^{head}")
        made = cls._settle(place, store, base, base if known else None)
        made = made._remember(gitlinks(store.git(place.top)), tuple(notes))
        made.restore(tree)
        return made

    @classmethod
    def _settle(cls, place: Layout, store: Store, base: str, parent: str | None) -> Workspace:
        """Set the files of the base up where agents work."""
        store.git().run("update-ref", HEAD, base)
        admin = layout.add_worktree(place, store.repository, store.environ, base)
        store.git(place.top).run("read-tree", "--reset", "-u", base)
        place.root.mkdir(parents=True, exist_ok=True)
        return cls(place, Record(base, admin, parent, (), ()), store)

    def _remember(self, links: tuple[str, ...], notes: tuple[str, ...]) -> Workspace:
        """The finished workspace, written down: from now on it exists."""
        made = replace(self, record=replace(self.record, links=links, notes=notes))
        made.history.show_index()
        layout.write_record(place=made.layout, record=made.record)
        return made

    @classmethod
    def reopen(
        cls,
        project: Path,
        run: str,
        state_dir: Path,
        base: str | None = None,
        *,
        environ: Mapping[str, str] | None = None,
    ) -> Workspace:
        """The workspace of a run that exists, mended where a killed process left it half done.

        Raises:
            WorkspaceError: there is none, or it does not start from `base`.
        """
        environ = os.environ if environ is None else environ
        project = project.resolve()
        repository = find_repository(project, environ)
        place = Layout.of(project, run, state_dir.resolve(), repository)
        record = layout.read_record(place)
        if base is not None and record.base != base:
            raise WorkspaceError(
                f"the workspace of run {run} starts from {record.base}, not {base}: "
                "it was made for another run"
            )
        found = cls(
            place, record, Store(git_dir=place.store, repository=repository, environ=environ)
        )
        found._mend()
        return found

    @property
    def kind(self) -> Kind:
        """`git` for a worktree, `copy` outside of git."""
        return self.layout.kind

    @property
    def root(self) -> Path:
        """The folder agents work in: the project's own place in the worktree."""
        return self.layout.root

    @property
    def top(self) -> Path:
        """The top of the worktree; above `root` where the project is part of a repository."""
        return self.layout.top

    @property
    def base(self) -> str:
        """The commit that the run started from."""
        return self.record.base

    @property
    def branch(self) -> str | None:
        """The branch that holds the run's commits, None for a copy."""
        return self.layout.branch

    @property
    def notes(self) -> tuple[str, ...]:
        """What differs from the user's own files, one line each."""
        return self.record.notes

    @cached_property
    def board_paths(self) -> tuple[str, str, str]:
        """The task board's files, from the top of the worktree."""
        task, work, session = board.board_paths(self.layout.run)
        prefix = self.layout.prefix
        return prefix + task, prefix + work, prefix + session

    def open_board(self, request: str, agents: Sequence[str] = ()) -> None:
        """Write the task board for a request."""
        board.open_board(self.root, self.layout.run, request, agents)

    def open_zone(self, agent: str) -> None:
        """Give an agent its zone in the session file."""
        board.open_zone(self.root, self.layout.run, agent)

    def guarding(self, verify_files: Sequence[str], environments: Sequence[Path] = ()) -> Workspace:
        """The same workspace, with the verify command's files protected and environments shown."""
        return replace(self, verify_files=tuple(verify_files), environments=tuple(environments))

    @property
    def visible(self) -> Sequence[Path]:
        """Folders outside that commands may read: environments, and the git folder for `git log`.

        A git folder whose settings hold a credential is not shown.
        """
        repository = self.store.repository
        if repository is None or protected.holds_credential(repository):
            return self.environments
        return (*self.environments, repository.common_dir)

    def refuse_write(self, path: Path, agent: str, before: str | None, after: str) -> str | None:
        """Why an agent may not change a file below `root` from `before` to `after`, None if so."""
        place = os.path.relpath(path, self.root)
        refused = self.may_write(place, agent)
        if refused is None and place == board.session_path(self.layout.run):
            return board.zone_violation((before or "").encode(), after.encode(), agent)
        return refused

    def may_write(self, path: str, agent: str) -> str | None:
        """Why an agent may not write a path (from `root`), None when it may.

        The session file is one it may write; `refuse_write` looks at the edit too.
        """
        return protected.refusal(path, agent, self.layout.run, self.verify_files)

    def read_only_paths(self, agent: str) -> Sequence[Path]:
        """Paths below `root` that a command of an agent may not change; the same for all agents.

        The session file is one of them: zones are written with the file tools.
        """
        return [path for path in self.protected_paths() if path.is_relative_to(self.root)]

    def protected_paths(self) -> tuple[Path, ...]:
        """What commands may not change: `.git`, the request, the session, verify's own files."""
        fixed = (board.TASK, board.session_path(self.layout.run), *self.verify_files)
        return (self.top / ".git", *(self.root / path for path in fixed))

    def fingerprint(self, agent: str) -> Mapping[str, str]:
        """The protected things as they are; compare with `protected.compare` after a command."""
        return protected.fingerprint(
            self.root, self.top, self.store.repository, self.layout.run, agent, self.verify_files
        )

    @cached_property
    def history(self) -> History:
        """The run's commits."""
        return History(self.store, self.record.base, self.layout.branch, self.record.admin)

    @cached_property
    def _staged(self) -> Staged:
        without = (*self.board_paths, *self.record.links)
        return Staged(self.store, self.top, self.layout.prefix, without)

    def tree(self) -> str:
        """The name of the git tree of the files as they are, without the task board."""
        return self._staged.tree()

    def tree_of(self, commit: str) -> str | None:
        """The tree of a commit or tree of this run; None where there is none."""
        return self._staged.tree_of(commit)

    def restore(self, tree: str) -> None:
        """Put the files back to a tree from `tree()`; the task board stays as it is.

        Raises:
            WorkspaceError: there is no such tree.
        """
        if self.tree_of(tree) is None:
            raise WorkspaceError(f"run {self.layout.run} has recorded no tree {tree}")
        kept = board.save(self.root, self.layout.run)
        self._staged.left_out()
        self.store.git(self.top).run("read-tree", "--reset", "-u", tree)
        self.root.mkdir(parents=True, exist_ok=True)
        board.put_back(self.root, kept)

    def check_out(self, tree: str, into: Path) -> Path:
        """Write a tree's files to an empty folder; returns the place of `root` in it."""
        self.store.check_out(tree, into)
        return into / self.layout.prefix

    def head(self) -> str:
        """The last commit of the run, `base` before the first."""
        return self.history.tip()

    def commit(
        self, agent: str, turn: int, summary: str, run: str, head: str, at: datetime
    ) -> str | None:
        """Commit what changed in an agent's turn; the commit there is if it was made before.

        `head` is the ledger's head, for the trailer. None when nothing changed.
        """
        tree, tip = self.tree(), self.head()
        if self.tree_of(tip) == tree:
            return self.history.find(run, turn)
        return self.history.add(tree, message(agent, turn, summary, run, head), at)

    def diff(self, against: str = "base") -> str:
        """The unified diff from `base`, `head` (the last commit) or a tree to the files now."""
        before = self._named(against)
        return changes.diff(self.store.git(), before, self.tree(), self.layout.prefix)

    def diff_summary(self) -> str:
        """The changed files since the base with their counts of lines, one line each."""
        return changes.summary(self.store.git(), self.base, self.tree(), self.layout.prefix)

    def changes(self, against: str = "base") -> tuple[Change, ...]:
        """What changed since the base (or as `diff`), path by path."""
        return self._staged.changes(self._named(against))

    def text_of_diff_and_configuration(self) -> str:
        """The lines added since the base, then the configuration files as they are now."""
        git, tree = self.store.git(), self.tree()
        added = changes.added_lines(git, self.base, tree)
        return f"{added}\n{changes.configuration_text(git, tree, self.layout.prefix)}"

    def for_the_merger(self) -> tuple[str, ...]:
        """What a person should look at before merging, one line each."""
        lines = [
            f"{change.path} was {change.status}: it steers the harness; no effect in this run"
            for change in self.changes()
            if changes.is_harness_configuration(change.path)
        ]
        left = self._staged.left_out()
        for path in map(changes.shown, left.nested):
            lines.append(f"{path} is a git repository of its own: its files are not in")
        for path in map(changes.shown, left.refused):
            lines.append(f"{path} cannot be in a commit: git refuses it")
        return tuple(lines)

    def merge_hint(self) -> tuple[str, ...]:
        """Commands that show the result and bring it into the user's files."""
        return layout.merge_hint(self.layout, self.record, self.head())

    def remove(self, *, with_branch: bool = False) -> None:
        """Remove the files and the private history; the branch only when asked to."""
        layout.clear(self.layout, self.store.repository, self.store.environ, self.record.admin)
        if with_branch and self.store.repository is not None:
            git = self.store.repository.git(self.store.environ)
            git.run("update-ref", "-d", f"refs/heads/{self.layout.branch}")

    def _named(self, against: str) -> str:
        name = {"base": self.base, "head": HEAD}.get(against, against)
        found = self.tree_of(name)
        if found is None:
            raise WorkspaceError(f"{against!r} is neither base, head nor a tree of this run")
        return found

    def _mend(self) -> None:
        with suppress(FileNotFoundError):
            (self.layout.store / "index.lock").unlink()
        layout.mend_link(self.layout, self.record.admin)
        if not self.top.is_dir():
            self.top.mkdir(parents=True)
            layout.mend_link(self.layout, self.record.admin)
            self.store.git(self.top).run("read-tree", "--reset", "-u", HEAD)
        self.root.mkdir(parents=True, exist_ok=True)
        self.history.mirror()


def _tree_of(store: Store, head: str | None) -> str:
    """The tree of a commit; the empty one where there is no commit yet."""
    if head is not None:
        return store.git().line("rev-parse", f"{head}^{{tree}}")
    return store.git().run("mktree", stdin=b"").decode().strip()
