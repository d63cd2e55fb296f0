"""Running git so that nothing but git runs.

A repository can name programs to run: hooks, file system monitors, filters, diff drivers, pagers,
editors, transports. All are off here, the environment is built from nothing, and the git directory
is always named, so that a `.git` planted in a work tree is never looked at. What is done with git
is `snapshot` and `workspace`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from orchestrator.workspace.errors import GitError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TIMEOUT_S = 120.0

# `diff.external` is not here: git runs even an empty one. Diffs carry --no-ext-diff instead.
_OFF = {
    "advice.addEmbeddedRepo": "false",
    "commit.gpgSign": "false",
    "core.alternateRefsCommand": "false",
    "core.askPass": "false",
    "core.attributesFile": os.devnull,
    "core.editor": "false",
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.quotePath": "false",
    "core.splitIndex": "false",
    "core.sshCommand": "false",
    "core.untrackedCache": "false",
    "credential.helper": "",
    "diff.ignoreSubmodules": "all",
    "gc.auto": "0",
    "gpg.program": "false",
    "index.skipHash": "false",  # `staged` knows an index by its hash
    "log.showSignature": "false",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "submodule.recurse": "false",
}
_ENVIRONMENT = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_EDITOR": "false",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_DIFF_VERBS = frozenset({"diff", "diff-tree", "diff-index", "diff-files", "log", "show"})


@dataclass(frozen=True, kw_only=True)
class Git:
    """Git on one git directory.

    `index` replaces that directory's own index. Of `environ` only `PATH`, `HOME` and
    `XDG_CONFIG_HOME` are passed on.
    """

    git_dir: Path
    work_tree: Path | None = None
    index: Path | None = None
    environ: Mapping[str, str]
    timeout_s: float = TIMEOUT_S

    def run(
        self,
        verb: str,
        *arguments: str,
        stdin: bytes | IO[bytes] | None = None,
        stdout: IO[bytes] | None = None,
        settings: Mapping[str, str] | None = None,
        ok: Collection[int] = (0,),
    ) -> bytes:
        """Run one git command and return what it printed.

        Args:
            verb: the git command.
            arguments: what follows it.
            stdin: bytes or an open file to feed it.
            stdout: where the output goes instead of the result, which then is empty.
            settings: environment variables on top (identity and date of a commit).
            ok: exit codes that are no error.

        Raises:
            GitError: another exit code, the time limit, or no git on this machine.
        """
        executable = shutil.which("git", path=self.environ.get("PATH"))
        if executable is None:
            raise GitError("git is not on the PATH: install git", None)
        command = [executable, f"--git-dir={self.git_dir}"]
        if self.work_tree is not None:
            command.append(f"--work-tree={self.work_tree}")
        for name, value in _OFF.items():
            command += ["-c", f"{name}={value}"]
        command.append(verb)
        if verb in _DIFF_VERBS:
            command += ["--no-ext-diff", "--no-textconv", "--no-color"]
        command += arguments
        source = stdin if isinstance(stdin, bytes) else None
        handle = subprocess.DEVNULL if stdin is None or isinstance(stdin, bytes) else stdin
        try:
            done = subprocess.run(
                command,
                input=source,
                stdin=handle if source is None else None,
                stdout=stdout or subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self.work_tree or self.git_dir,
                env=self._environment(settings or {}),
                timeout=self.timeout_s,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            said = f"stopped after {self.timeout_s:g} s"
            raise GitError(f"git {verb} in {self._where()}: {said}", None) from None
        except OSError as error:
            raise GitError(f"git {verb} in {self._where()}: {error}", None) from None
        if done.returncode not in ok:
            said = _first_complaint(done.stderr) or f"exit code {done.returncode}"
            raise GitError(f"git {verb} in {self._where()}: {said}", done.returncode)
        return done.stdout or b""

    def line(self, verb: str, *arguments: str) -> str:
        """What the command printed, as text without the newline at its end."""
        return os.fsdecode(self.run(verb, *arguments)).removesuffix("\n")

    def names(self, verb: str, *arguments: str) -> list[str]:
        """What the command printed, as NUL-ended names (`-z`)."""
        return [os.fsdecode(name) for name in self.run(verb, *arguments).split(b"\0") if name]

    def resolve(self, revision: str) -> str | None:
        """The object name of a revision, None when there is no such object."""
        try:
            name = self.line("rev-parse", "--verify", "--quiet", "--end-of-options", revision)
        except GitError as error:
            if error.exit_code == 1:
                return None
            raise
        return name or None

    def _where(self) -> Path:
        return self.work_tree or self.git_dir

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        kept = {
            name: self.environ[name]
            for name in ("PATH", "HOME", "XDG_CONFIG_HOME")
            if name in self.environ
        }
        if self.index is not None:
            kept["GIT_INDEX_FILE"] = str(self.index)
        return {**kept, **_ENVIRONMENT, **settings}


@dataclass(frozen=True, kw_only=True)
class Repository:
    """Where a project's git repository lies.

    `prefix` is the project's place in it, `""` at the top, else with a slash at its end;
    `common_dir` differs from `git_dir` in a linked worktree.
    """

    top: Path
    git_dir: Path
    common_dir: Path
    prefix: str
    object_format: str

    def git(self, environ: Mapping[str, str]) -> Git:
        """Git on the user's own repository, for refs and objects; files are read by `snapshot`."""
        return Git(git_dir=self.git_dir, work_tree=self.top, environ=environ)


def find_repository(project: Path, environ: Mapping[str, str]) -> Repository | None:
    """The repository that holds a folder; None outside of one, or where that repository ignores it.

    Raises:
        WorkspaceError: the folder is a bare repository, or what is there as `.git` is not one.
    """
    project = project.resolve()
    if _looks_bare(project):
        raise WorkspaceError(
            f"{project} is a bare git repository, which has no files to work on: "
            "clone it and name the clone"
        )
    for folder in (project, *project.parents):
        entry = folder / ".git"
        if not os.path.lexists(entry):
            continue
        prefix = "" if folder == project else f"{project.relative_to(folder).as_posix()}/"
        found = _open(folder, _git_dir(entry), prefix, environ)
        return None if prefix and _ignored(found, environ) else found
    return None


def _open(top: Path, git_dir: Path, prefix: str, environ: Mapping[str, str]) -> Repository:
    git = Git(git_dir=git_dir, work_tree=top, environ=environ)
    try:
        common, object_format = git.line(
            "rev-parse", "--git-common-dir", "--show-object-format"
        ).rsplit("\n", 1)
    except GitError as error:
        if error.exit_code is None:
            raise
        raise WorkspaceError(
            f"{top / '.git'} is not a git repository that git can read ({error}): mend or remove it"
        ) from None
    return Repository(
        top=top,
        git_dir=git_dir,
        common_dir=(top / common).resolve(),
        prefix=prefix,
        object_format=object_format,
    )


def _git_dir(entry: Path) -> Path:
    if entry.is_dir():
        return entry.resolve()
    try:
        match = re.match(r"gitdir: (.+?)\n*\Z", entry.read_text(errors="surrogateescape"))
    except OSError as error:
        raise WorkspaceError(f"{entry} cannot be read: {error}") from None
    if match is None:
        raise WorkspaceError(f"{entry} is neither a git directory nor names one: mend or remove it")
    return (entry.parent / match[1]).resolve()


def _ignored(repository: Repository, environ: Mapping[str, str]) -> bool:
    git = repository.git(environ)
    if git.run("ls-files", "-z", "--", f":(top,literal){repository.prefix}"):
        return False
    try:
        git.run("check-ignore", "-q", "--", repository.prefix.rstrip("/"))
    except GitError as error:
        if error.exit_code == 1:
            return False
        raise
    return True


def _looks_bare(folder: Path) -> bool:
    inside = (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    return inside and (folder / "refs").is_dir() and not os.path.lexists(folder / ".git")


def _first_complaint(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    for start in ("fatal: ", "error: "):
        for line in lines:
            if line.startswith(start):
                return line.removeprefix(start)
    return lines[0] if lines else ""
