"""What a run does with its workspace: trees, commits, going back, reopening, handing over."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.workspace import Workspace
from tests.orchestrator.workspace.conftest import FILES, reopen, start
from tests.support.repositories import AT, Repo


def test_the_tree_follows_the_files_but_not_the_board_and_ignored_files(space: Workspace) -> None:
    first = space.tree()
    (space.root / ".claude/work.md").write_text("deliverables")
    (space.root / "noise.log").write_text("x")
    assert space.tree() == first
    (space.root / ".claude/agents.md").write_text("not the board")
    assert space.tree() != first


def test_restore_brings_back_changed_deleted_and_new_files(space: Workspace) -> None:
    (space.root / "kept.py").write_text("k = 1\n")
    (space.root / "a.py").chmod(0o755)
    tree = space.tree()
    (space.root / "a.py").write_text("broken")
    (space.root / "a.py").chmod(0o644)
    shutil.rmtree(space.root / "d")
    (space.root / "d").write_text("now a file")
    (space.root / "b.txt").unlink()
    (space.root / "b.txt").symlink_to("a.py")
    (space.root / "kept.py").unlink()
    (space.root / "extra").mkdir()
    (space.root / "extra/x.py").write_text("x")
    space.restore(tree)
    assert space.tree() == tree
    assert (space.root / "a.py").read_text() == "a = 1\n"
    assert (space.root / "a.py").stat().st_mode & 0o111
    assert (space.root / "d/c.py").read_text() == "c = 1\n"
    assert (space.root / "b.txt").read_text() == "b\n"
    assert (space.root / "kept.py").exists()
    assert not (space.root / "extra/x.py").exists()


def test_restore_leaves_the_board_as_it_is_even_where_the_project_has_one(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {**FILES, ".claude/work.md": "theirs", ".claude/x.md": "x"})
    space = start(repo)
    space.open_board("do it")
    tree = space.tree()
    assert space.changes() == ()
    (space.root / ".claude/work.md").write_text("ours")
    (space.root / ".claude/x.md").write_text("changed")
    space.restore(tree)
    assert (space.root / ".claude/work.md").read_text() == "ours"
    assert (space.root / ".claude/x.md").read_text() == "x"
    (space.root / "a.py").write_text("a = 2\n")
    made = space.commit("dev", 1, "c", "r1", "h", AT)
    assert repo.git("show", f"{made}:.claude/work.md") == "theirs"
    assert repo.git("diff", "--name-only", space.base, str(made)) == "a.py"


def test_restore_of_a_tree_that_never_was_is_refused(space: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="has recorded no tree"):
        space.restore("0" * 40)


def test_a_tree_that_was_never_committed_outlives_the_users_gc(
    repo: Repo, space: Workspace
) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    tree = space.tree()
    (space.root / "a.py").write_text("a = 3\n")
    repo.git("gc", "--quiet", "--prune=now")
    space.restore(tree)
    assert (space.root / "a.py").read_text() == "a = 2\n"


def test_a_turn_that_changed_something_is_one_commit(repo: Repo, space: Workspace) -> None:
    assert space.commit("dev", 1, "nothing", "r1", "h0", AT) is None
    (space.root / "a.py").write_text("a = 2\n")
    made = space.commit("dev", 2, "Raise a\n\nOrc-Run: other h", "r1", "h1", AT)
    assert made == repo.git("rev-parse", "orc/r1") == space.head()
    assert repo.git("log", "-1", "--format=%an <%ae> %cI%n%B", "orc/r1") == (
        "Orchestrator <orchestrator@localhost> 2026-01-02T03:04:05+00:00\n"
        "dev: Raise a Orc-Run: other h\n\nOrc-Run: r1 h1\nOrc-Turn: 2"
    )
    assert repo.git("show", "--name-only", "--format=", str(made)) == "a.py"


def test_a_commit_made_before_is_found_again_whatever_the_ledgers_head_is_now(
    space: Workspace,
) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    second = space.commit("dev", 2, "x", "r1", "h1", AT)
    (space.root / "a.py").write_text("a = 3\n")
    third = space.commit("dev", 3, "x", "r1", "h2", AT)
    later = AT + timedelta(hours=1)
    assert space.commit("dev", 2, "x", "r1", "h9", later) == second
    assert space.commit("dev", 3, "x", "r1", "h9", later) == third
    assert space.commit("dev", 4, "x", "r1", "h9", later) is None
    assert space.commit("dev", 2, "x", "r2", "h9", later) is None


def test_the_trailer_of_an_unusual_agent_name_stays_whole(space: Workspace) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    made = space.commit("d\n\nOrc-Turn: 7", 1, "s" * 200, "r1", "h", AT)
    assert space.commit("dev", 7, "x", "r1", "h", AT) is None
    assert space.commit("dev", 1, "x", "r1", "h", AT) == made


def test_a_branch_that_someone_moved_is_not_overwritten(repo: Repo, space: Workspace) -> None:
    tree = repo.git("rev-parse", "main^{tree}")
    other = repo.git("commit-tree", "-m", "mine", tree)
    repo.git("update-ref", "refs/heads/orc/r1", other)
    (space.root / "a.py").write_text("a = 2\n")
    with pytest.raises(WorkspaceError, match="git branch -f orc/r1"):
        space.commit("dev", 1, "x", "r1", "h", AT)
    with pytest.raises(WorkspaceError, match="not made by this run"):
        reopen(repo)
    assert repo.git("rev-parse", "orc/r1") == other


def test_git_status_in_the_workspace_shows_the_work_since_the_last_commit(
    repo: Repo, space: Workspace
) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    assert repo.git("status", "--porcelain", cwd=space.root).splitlines() == [
        " M a.py",
        "?? .claude/",
    ]
    space.commit("dev", 1, "x", "r1", "h", AT)
    (space.root / "b.txt").write_text("b2\n")
    assert repo.git("status", "--porcelain", cwd=space.root).splitlines() == [
        " M b.txt",
        "?? .claude/",
    ]
    assert repo.git("branch", "--show-current", cwd=space.root) == "orc/r1"


def test_a_reopened_workspace_goes_on_where_it_was(repo: Repo, space: Workspace) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    space.commit("dev", 1, "x", "r1", "h", AT)
    (space.root / "b.txt").write_text("unfinished")
    (space.layout.store / "index.lock").touch()
    again = reopen(repo, space.base)
    assert (again.root, again.base, again.branch, again.notes, again.kind) == (
        space.root, space.base, space.branch, space.notes, space.kind
    )  # fmt: skip
    assert again.head() == space.head()
    assert [change.path for change in again.changes()] == ["a.py", "b.txt"]
    assert again.commit("dev", 2, "y", "r1", "h", AT)


def test_reopening_mends_a_branch_left_behind_by_a_kill(repo: Repo, space: Workspace) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    made = space.commit("dev", 1, "x", "r1", "h", AT)
    repo.git("update-ref", "refs/heads/orc/r1", space.base)
    (repo.path / ".git/refs/heads/orc/r1.lock").touch()
    reopen(repo)
    assert repo.git("rev-parse", "orc/r1") == made


def test_reopening_brings_back_files_that_were_removed(repo: Repo, space: Workspace) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    space.commit("dev", 1, "x", "r1", "h", AT)
    shutil.rmtree(space.top)
    again = reopen(repo)
    assert (again.root / "a.py").read_text() == "a = 2\n"
    assert repo.git("branch", "--show-current", cwd=again.root) == "orc/r1"


def test_a_run_without_a_workspace_and_another_base_are_refused(
    repo: Repo, space: Workspace
) -> None:
    with pytest.raises(WorkspaceError, match="has no workspace"):
        Workspace.reopen(repo.path, "r9", repo.state_dir, environ=repo.environ)
    with pytest.raises(WorkspaceError, match="starts from"):
        reopen(repo, "0" * 40)


@pytest.mark.parametrize("dirty", [False, True])
def test_the_merge_hint_brings_the_work_to_the_users_files(tmp_path: Path, dirty: bool) -> None:
    repo = Repo.at(tmp_path / "p p", FILES)
    if dirty:
        repo.write("a.py", "a = 5\n")
        repo.write("un.py", "u = 1\n")
    space = start(repo)
    (space.root / "d/c.py").write_text("c = 2\n")
    (space.root / "img.bin").write_bytes(b"\x00\x01")
    space.commit("dev", 1, "x", "r1", "h", AT)
    run_hints(repo, space)
    assert (repo.path / "d/c.py").read_text() == "c = 2\n"
    assert (repo.path / "img.bin").read_bytes() == b"\x00\x01"
    assert (repo.path / "a.py").read_text() == ("a = 5\n" if dirty else "a = 1\n")


def test_the_merge_hint_of_a_copy_works_without_git_in_the_project(tmp_path: Path) -> None:
    repo = Repo.plain(tmp_path / "p", FILES)
    space = start(repo)
    (space.root / "d/c.py").write_text("c = 2\n")
    space.commit("dev", 1, "x", "r1", "h", AT)
    run_hints(repo, space)
    assert (repo.path / "d/c.py").read_text() == "c = 2\n"


def run_hints(repo: Repo, space: Workspace) -> None:
    for command in space.merge_hint():
        subprocess.run(
            ["bash", "-o", "pipefail", "-ec", command],
            env={**repo.environ, "GIT_PAGER": "cat"},
            cwd="/",
            check=True,
            capture_output=True,
        )


def test_removing_leaves_the_branch_and_nothing_else(repo: Repo, space: Workspace) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    made = space.commit("dev", 1, "x", "r1", "h", AT)
    other = start(repo, "r2")
    space.remove()
    assert not space.top.exists()
    assert repo.git("rev-parse", "orc/r1") == made
    listed = repo.git("worktree", "list", "--porcelain")
    assert "orc/r1" not in listed
    assert "orc/r2" in listed
    other.remove(with_branch=True)
    assert repo.git("branch", "--list", "orc/*").split() == ["orc/r1"]


def test_two_runs_work_beside_each_other(repo: Repo, space: Workspace) -> None:
    other = start(repo, "r2")
    (space.root / "a.py").write_text("a = 2\n")
    (other.root / "a.py").write_text("a = 3\n")
    assert space.commit("dev", 1, "x", "r1", "h", AT) != other.commit("dev", 1, "x", "r2", "h", AT)
    assert "+a = 2" in space.diff()
    assert "+a = 3" in other.diff()


def test_a_tree_is_checked_out_elsewhere(space: Workspace, tmp_path: Path) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    head = space.check_out(space.tree(), tmp_path / "head")
    base = space.check_out(space.base, tmp_path / "base")
    assert (head / "a.py").read_text() == "a = 2\n"
    assert (base / "a.py").read_text() == "a = 1\n"
    assert not (head / ".claude").exists()
