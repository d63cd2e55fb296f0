"""The snapshot of the user's files, under the settings that real repositories have."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.workspace.workspace import Workspace
from tests.support.repositories import AT, Repo


def start(repo: Repo, run: str = "r1") -> Workspace:
    return Workspace.create(
        repo.path, run, state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.at(tmp_path / "p", {"a.py": "a = 1\n", "d/b.py": "b = 1\n"})


def names(repo: Repo, tree: str) -> list[str]:
    return repo.git("ls-tree", "-r", "--name-only", tree).splitlines()


def test_a_change_of_the_same_size_at_the_same_time_is_seen(repo: Repo) -> None:
    # Git cannot tell by size and time when a file changed right after the index was written.
    repo.git("add", "--all")
    repo.write("a.py", "a = 2\n")
    assert (start(repo).root / "a.py").read_text() == "a = 2\n"


def test_a_split_index_is_followed(repo: Repo) -> None:
    repo.git("update-index", "--split-index")
    repo.write("new.py", "n")
    repo.git("add", "new.py")
    shared = list((repo.path / ".git").glob("sharedindex.*"))
    assert names(repo, start(repo).base) == ["a.py", "d/b.py", "new.py"]
    assert list((repo.path / ".git").glob("sharedindex.*")) == shared


def test_files_that_a_sparse_checkout_leaves_out_are_kept(repo: Repo) -> None:
    repo.write("top/x.py", "x")
    repo.commit("second")
    repo.git("sparse-checkout", "set", "top")
    assert not (repo.path / "d").exists()
    space = start(repo)
    assert names(repo, space.base) == ["a.py", "d/b.py", "top/x.py"]
    assert space.base == repo.git("rev-parse", "HEAD")
    assert (space.root / "d/b.py").exists()


def test_line_endings_are_the_users(repo: Repo) -> None:
    (repo.home / ".gitconfig").write_text("[core]\n\tautocrlf = true\n")
    repo.write("a.py", "a = 1\r\n")
    space = start(repo)
    assert space.base == repo.git("rev-parse", "HEAD")
    assert (space.root / "a.py").read_bytes() == b"a = 1\r\n"
    (space.root / "a.py").write_bytes(b"a = 2\r\n")
    made = space.commit("dev", 1, "x", "r1", "h", AT)
    assert "\r" not in repo.git("show", f"{made}:a.py")


def test_what_only_this_clone_excludes_stays_out(repo: Repo) -> None:
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/exclude").write_text("private/\n")
    repo.write("private/x", "x")
    assert names(repo, start(repo).base) == ["a.py", "d/b.py"]


def test_a_tracked_file_that_is_ignored_is_part_of_it(repo: Repo) -> None:
    repo.write(".gitignore", "*.py\n")
    repo.write("a.py", "a = 2\n")
    repo.write("other.py", "o")
    space = start(repo)
    assert names(repo, space.base) == [".gitignore", "a.py", "d/b.py"]
    assert (space.root / "a.py").read_text() == "a = 2\n"


def test_files_added_in_intention_only_and_deleted_ones_are_as_on_disk(repo: Repo) -> None:
    repo.write("soon.py", "s = 1\n")
    repo.git("add", "--intent-to-add", "soon.py")
    (repo.path / "d/b.py").unlink()
    repo.write("staged.py", "s")
    repo.git("add", "staged.py")
    (repo.path / "staged.py").unlink()
    assert names(repo, start(repo).base) == ["a.py", "soon.py"]


def test_the_harness_own_folder_is_never_in_it(tmp_path: Path) -> None:
    repo = Repo.at(
        tmp_path / "p", {"a.py": "1", ".orchestrator/.gitignore": "", ".orchestrator/l": ""}
    )
    space = start(repo)
    assert names(repo, space.base) == [".orchestrator/.gitignore", ".orchestrator/l", "a.py"]
    repo.write(".orchestrator/ledger.db", "x")
    assert "ledger" not in repo.git("ls-tree", "-r", "--name-only", start(repo, "r2").base)


def test_a_file_that_cannot_be_taken_is_left_out_and_named(repo: Repo) -> None:
    repo.write("git~1", "x")
    space = start(repo)
    assert space.notes == ("git cannot take these, they are left out: git~1",)
    assert names(repo, space.base) == ["a.py", "d/b.py"]


def test_a_partial_clone_never_asks_the_network(tmp_path: Path, repo: Repo) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "--quiet", "--filter=blob:none", f"file://{repo.path}", str(tmp_path / "c"))
    clone = Repo(tmp_path / "c", repo.home)
    repo.path.rename(tmp_path / "gone")
    clone.write("a.py", "a = 2\n")
    space = start(clone)
    assert (space.root / "a.py").read_text() == "a = 2\n"
    (space.root / "a.py").write_text("a = 3\n")
    assert space.commit("dev", 1, "x", "r1", "h", AT)
