"""What a run's workspace protects, leaves out and refuses."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from orchestrator.workspace import board, protected
from orchestrator.workspace.paths import WorkspaceRoot
from orchestrator.workspace.seal import run_sealed
from orchestrator.workspace.workspace import Workspace
from tests.support.repositories import AT, Repo
from tests.support.zones import filled


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (".git", "git's own"),
        ("lib/.git/config", "git's own"),
        (".claude/task.md", "is the request"),
        ("../other.py", "outside of the workspace"),
        ("/etc/passwd", "outside of the workspace"),
        ("x/../scripts/verify.sh", "belongs to the verify command"),
    ],
)
def test_protected_paths_are_refused_with_the_reason(
    space: Workspace, path: str, said: str
) -> None:
    space = space.guarding(["scripts/verify.sh"])
    assert said in str(space.may_write(path, "dev"))
    assert said in str(space.refuse_write(space.root / path, "dev", None, "x"))
    assert space.may_write("src/x.py", "dev") is None


def test_what_a_command_did_to_protected_things_is_found(repo: Repo, space: Workspace) -> None:
    space = space.guarding(["a.py"])
    space.open_zone("auditor")
    session = space.root / board.session_path("r1")
    before = space.fingerprint("dev")
    session.write_text(filled(session.read_text(), "dev", "mine"))
    (space.root / "b.txt").write_text("free to change")
    assert protected.compare(before, space.fingerprint("dev")) == ()
    session.write_text(filled(session.read_text(), "auditor", "forged"))
    (space.root / ".claude/task.md").write_text("another task")
    (space.top / ".git").unlink()
    (space.root / "a.py").write_text("pass\n")
    (repo.path / ".git/hooks/pre-push").write_text("#!/bin/sh\n")
    found = protected.compare(before, space.fingerprint("dev"))
    assert found == (
        ".claude/task.md was changed, which no agent may do",
        ".claude/tasks/context_session_r1.md outside of dev's zone was changed, "
        "which no agent may do",
        ".git was deleted, which no agent may do",
        f"{repo.path}/.git/hooks/pre-push was created, which no agent may do",
        "a.py was changed, which no agent may do",
    )
    assert space.protected_paths() == tuple(
        space.root / path
        for path in (".git", ".claude/task.md", ".claude/tasks/context_session_r1.md", "a.py")
    )


def test_the_session_file_is_written_zone_by_zone(space: Workspace) -> None:
    path = space.root / board.session_path("r1")
    before = path.read_text()
    mine = filled(before, "dev", "notes")
    assert space.refuse_write(path, "dev", before, mine) is None
    assert "no zone" in str(space.refuse_write(path, "auditor", before, mine))
    assert "may write between" in str(space.refuse_write(path, "dev", before, before + "x"))
    assert path in space.read_only_paths("dev")


def test_a_git_folder_with_a_credential_in_it_is_not_shown_to_commands(
    repo: Repo, space: Workspace
) -> None:
    assert space.visible == (repo.path / ".git",)
    repo.git("remote", "add", "origin", "https://me:ghp_x@example.org/r.git")
    assert space.guarding([], [repo.path / ".venv"]).visible == (repo.path / ".venv",)


def test_changes_that_steer_the_harness_are_listed_for_the_person_who_merges(
    space: Workspace,
) -> None:
    (space.root / "orchestrator.toml").write_text("[workspace]\nverify = 'true'\n")
    (space.root / ".claude/agents").mkdir()
    (space.root / ".claude/agents/x.md").write_text("x")
    (space.root / "a.py").write_text("a = 2\n")
    assert space.for_the_merger() == (
        ".claude/agents/x.md was added: it steers the harness; no effect in this run",
        "orchestrator.toml was added: it steers the harness; no effect in this run",
    )


def test_a_fork_goes_on_from_a_recorded_tree_in_a_workspace_of_its_own(
    repo: Repo, space: Workspace
) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    tree = space.tree()
    (space.root / "a.py").write_text("a = 3\n")
    space.commit("dev", 1, "x", "r1", "h", AT)
    fork = space.fork("r2", tree)
    space.remove()
    assert (fork.root / "a.py").read_text() == "a = 2\n"
    assert (fork.base, fork.branch, fork.head()) == (space.base, "orc/r2", space.base)
    made = fork.commit("dev", 1, "x", "r2", "h", AT)
    assert repo.git("rev-parse", "orc/r2") == made
    again = Workspace.reopen(repo.path, "r2", repo.state_dir, environ=repo.environ)
    assert again.changes() == fork.changes()


HOSTILE = {
    "git-name": ".GIT/x",
    "short-name": "git~1/x",
    "dots": "sub/.git../x",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_name_that_git_refuses_is_left_out_and_named(space: Workspace, name: str) -> None:
    file = space.root / name
    file.parent.mkdir(parents=True)
    file.write_text("x")
    (space.root / "a.py").write_text("a = 2\n")
    assert space.commit("dev", 1, "x", "r1", "h", AT)
    assert [change.path for change in space.changes()] == ["a.py"]
    assert space.for_the_merger() == (f"{name} cannot be in a commit: git refuses it",)


def test_things_that_are_no_files_do_not_stop_the_work(space: Workspace) -> None:
    start = space.tree()
    os.mkfifo(space.root / "pipe")
    (space.root / "sub").mkdir()
    (space.root / "sub/.git").write_text("gitdir: /nowhere\n")
    (space.root / "sub/x.py").write_text("x = 1\n")
    (space.root / ".gitattributes").write_text("*.py working-tree-encoding=UTF-99\n")
    (space.root / ".gitmodules").symlink_to("a.py")
    (space.root / "loop").symlink_to("loop")
    raw = os.fsencode(space.root) + b"/\xff.txt"
    Path(os.fsdecode(raw)).write_text("x")
    assert [change.path for change in space.changes()] == [
        ".gitattributes", "\\xff.txt", "loop", "sub/x.py"
    ]  # fmt: skip
    space.restore(start)
    assert space.tree() == start


@pytest.mark.bubblewrap
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
async def test_in_the_seal_git_reads_the_work_and_writes_nothing(
    repo: Repo, space: Workspace
) -> None:
    (space.root / "a.py").write_text("a = 2\n")
    place: WorkspaceRoot = space
    done = await run_sealed(
        "git status --short && git log --format=%s && git add a.py; git commit -qm x; echo end",
        workspace_root=place.root,
        read_only=place.read_only_paths("dev"),
        extra_ro=place.visible,
        timeout_s=30,
        environ=repo.environ,
    )
    assert done.output.startswith(" M a.py\n?? .claude/\nfirst\n"), done.output
    assert done.output.endswith("end\n")
    assert repo.git("rev-parse", "orc/r1") == space.base
    assert repo.git("diff", "--name-only", cwd=space.root) == "a.py"
