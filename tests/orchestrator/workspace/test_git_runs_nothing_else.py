"""Programs that a repository or a work tree names must not run when the harness uses git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.workspace.errors import GitError, WorkspaceError
from orchestrator.workspace.git import Git, find_repository
from orchestrator.workspace.workspace import Workspace
from tests.support.repositories import AT, Repo


class Trap:
    """A program that leaves a mark when it runs."""

    def __init__(self, folder: Path) -> None:
        self.mark = folder / "it-ran"
        self.program = folder / "trap.sh"
        self.program.write_text(f"#!/bin/sh\necho $0 $@ >> '{self.mark}'\ncat\n")
        self.program.chmod(0o755)

    def settings(self) -> str:
        """A git configuration in which everything that can be a program is the trap."""
        it = self.program
        return f"""
[core]
\tfsmonitor = {it}
\thooksPath = {it.parent}
\tsshCommand = {it}
\tpager = {it}
\teditor = {it}
\taskPass = {it}
\talternateRefsCommand = {it}
[diff]
\texternal = {it}
[diff "d"]
\tcommand = {it}
\ttextconv = {it}
[filter "f"]
\tclean = {it}
\tsmudge = {it}
\trequired = true
[filter "p"]
\tprocess = {it}
\trequired = true
[merge "m"]
\tdriver = {it}
[commit]
\tgpgSign = true
[log]
\tshowSignature = true
[gpg]
\tprogram = {it}
[credential]
\thelper = {it}
"""

    def hooks(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (
            "post-checkout", "pre-commit", "post-commit", "reference-transaction", "post-rewrite",
            "fsmonitor-watchman", "commit-msg", "prepare-commit-msg", "post-index-change",
        ):  # fmt: skip
            (folder / name).symlink_to(self.program)


ATTRIBUTES = "*.py filter=f diff=d merge=m\n*.bin filter=p diff=d\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.at(tmp_path / "p", {"a.py": "a = 1\n", "x.bin": "x", ".gitattributes": ATTRIBUTES})


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def use_everything(space: Workspace) -> None:
    space.open_board("x")
    (space.root / "a.py").write_text("a = 3\n")
    (space.root / "x.bin").write_text("y")
    (space.root / "new.bin").write_text("z")
    tree = space.tree()
    assert space.commit("dev", 1, "c", "r1", "h", AT)
    (space.root / "a.py").write_text("a = 4\n")
    assert space.diff()
    assert space.diff_summary()
    assert space.changes()
    assert space.text_of_diff_and_configuration()
    space.restore(tree)
    assert (space.root / "a.py").read_text() == "a = 3\n"
    assert space.commit("dev", 1, "c", "r1", "h", AT)


def start(repo: Repo) -> Workspace:
    return Workspace.create(
        repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )


def test_nothing_that_the_users_repository_names_is_run(repo: Repo, trap: Trap) -> None:
    with (repo.path / ".git" / "config").open("a") as file:
        file.write(trap.settings())
    trap.hooks(repo.path / ".git" / "hooks")
    (repo.home / ".gitconfig").write_text(trap.settings())
    repo.write("a.py", "a = 2\n")
    space = start(repo)
    use_everything(space)
    Workspace.reopen(repo.path, "r1", repo.state_dir, space.base, environ=repo.environ)
    space.remove(with_branch=True)
    assert not trap.mark.exists()
    assert space.notes == (
        "git filters are not run (f, p): their files stand as the repository stores them",
    )


def test_the_trap_works(repo: Repo, trap: Trap) -> None:
    with (repo.path / ".git" / "config").open("a") as file:
        file.write(f'[filter "f"]\n\tclean = {trap.program}\n')
    repo.write("a.py", "a = 2\n")
    repo.git("add", "a.py")
    assert trap.mark.exists()


@pytest.mark.parametrize("plant", ["file", "folder", "link"])
def test_a_git_planted_in_the_workspace_is_never_looked_at(
    repo: Repo, trap: Trap, tmp_path: Path, plant: str
) -> None:
    space = start(repo)
    evil = Repo.at(tmp_path / "evil", {"e": "e"})
    with (evil.path / ".git" / "config").open("a") as file:
        file.write(trap.settings())
    trap.hooks(evil.path / ".git" / "hooks")
    link = space.root / ".git"
    right = link.read_text()
    link.unlink()
    if plant == "file":
        link.write_text(f"gitdir: {evil.path}/.git\n")
    elif plant == "link":
        link.symlink_to(evil.path / ".git")
    else:
        (evil.path / ".git").rename(link)
    (space.root / ".gitattributes").write_text("* filter=f diff=d\n")
    use_everything(space)
    again = Workspace.reopen(repo.path, "r1", repo.state_dir, space.base, environ=repo.environ)
    assert not trap.mark.exists()
    assert link.is_file()
    assert not link.is_symlink()
    assert link.read_text() == right
    assert again.head() == space.head()


def test_repositories_planted_in_the_workspace_are_left_out_and_named(
    repo: Repo, trap: Trap
) -> None:
    space = start(repo)
    inner = space.root / "inner"
    inner.mkdir()
    repo.git("init", "--quiet", cwd=inner)
    (inner / ".git" / "config").write_text(trap.settings())
    (inner / "hidden.py").write_text("h = 1\n")
    use_everything(space)
    assert not trap.mark.exists()
    assert space.for_the_merger() == ("inner is a git repository of its own: its files are not in",)
    assert "hidden" not in space.diff()


def test_settings_in_the_environment_do_not_reach_git(repo: Repo, trap: Trap) -> None:
    environ = {
        **repo.environ,
        "GIT_DIR": "/nowhere",
        "GIT_EXTERNAL_DIFF": str(trap.program),
        "GIT_SSH_COMMAND": str(trap.program),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": str(trap.program),
    }
    git = Git(git_dir=repo.path / ".git", work_tree=repo.path, environ=environ)
    repo.write("a.py", "a = 2\n")
    assert b"+a = 2" in git.run("diff")
    git.run("status")
    assert not trap.mark.exists()


def test_an_error_is_one_line_that_says_where(repo: Repo) -> None:
    git = Git(git_dir=repo.path / ".git", work_tree=repo.path, environ=repo.environ)
    with pytest.raises(GitError) as caught:
        git.run("checkout", "no-such-branch")
    assert str(caught.value).startswith(f"git checkout in {repo.path}: pathspec 'no-such-branch'")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1


def test_git_is_stopped_at_its_time_limit(repo: Repo) -> None:
    git = Git(git_dir=repo.path / ".git", environ=repo.environ, timeout_s=0.05)
    read, write = os.pipe()
    with os.fdopen(read, "rb") as silent, os.fdopen(write, "wb"):
        with pytest.raises(GitError, match=r"stopped after 0\.05 s") as caught:
            git.run("hash-object", "--stdin", stdin=silent)
    assert caught.value.exit_code is None


def test_a_machine_without_git_is_told_so(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="install git"):
        find_repository(repo.path, {"PATH": str(tmp_path), "HOME": str(repo.home)})


def test_a_revision_that_looks_like_an_option_is_only_a_revision(repo: Repo) -> None:
    git = Git(git_dir=repo.path / ".git", environ=repo.environ)
    assert git.resolve("--help") is None
    assert git.resolve("HEAD") == repo.git("rev-parse", "HEAD")
