"""What a workspace starts from, and that the user's files and repository stay as they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.workspace import Workspace
from tests.support.repositories import AT, Repo


def make(
    repo: Repo, run: str = "r1", *, clean: bool = False, project: Path | None = None
) -> Workspace:
    return Workspace.create(
        project or repo.path,
        run,
        state_dir=(project or repo.path) / ".orchestrator",
        clean=clean,
        at=AT,
        environ=repo.environ,
    )


def listing(root: Path) -> dict[str, str]:
    return {
        file.relative_to(root).as_posix(): file.read_text()
        for file in root.rglob("*")
        if file.is_file() and not {".git", ".orchestrator"} & set(file.relative_to(root).parts)
    }


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo.at(tmp_path / "p", {"a.py": "a = 1\n", "b.txt": "b\n", ".gitignore": "*.log\n"})
    made.write("a.py", "a = 2\n")
    made.write("new.py", "n = 1\n")
    made.write("noise.log", "x")
    return made


def test_tracked_changes_and_untracked_files_are_the_base_and_ignored_ones_are_not(
    repo: Repo,
) -> None:
    space = make(repo)
    assert space.kind == "git"
    assert space.branch == "orc/r1"
    assert listing(space.root) == {
        "a.py": "a = 2\n",
        "b.txt": "b\n",
        ".gitignore": "*.log\n",
        "new.py": "n = 1\n",
    }
    assert repo.git("rev-parse", f"{space.base}^") == repo.git("rev-parse", "HEAD")
    assert repo.git("rev-parse", "orc/r1") == space.base
    assert space.changes() == ()


def test_clean_starts_from_the_last_commit_and_says_so(repo: Repo) -> None:
    space = make(repo, clean=True)
    assert space.base == repo.git("rev-parse", "HEAD")
    assert listing(space.root)["a.py"] == "a = 1\n"
    assert any("uncommitted" in note for note in space.notes)


def test_an_unchanged_tree_needs_no_commit_of_its_own(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"a.py": "a = 1\n"})
    assert make(repo).base == repo.git("rev-parse", "HEAD")


def test_the_users_repository_stays_as_it_was(repo: Repo) -> None:
    repo.write("staged.py", "s = 1\n")
    repo.git("add", "staged.py")
    repo.write("b.txt", "stashed\n")
    repo.git("stash", "push", "--quiet", "b.txt")
    index = repo.path / ".git" / "index"

    def state() -> tuple[object, ...]:
        refs = [
            line
            for line in repo.git("for-each-ref").splitlines()
            if "\trefs/heads/orc/" not in line
        ]
        head = (repo.path / ".git" / "HEAD").read_bytes()
        return index.read_bytes(), index.stat().st_mtime_ns, refs, head

    before, files = state(), listing(repo.path)
    space = make(repo)
    space.open_board("do it")
    (space.root / "a.py").write_text("a = 3\n")
    space.commit("dev", 1, "change", "r1", "0" * 64, AT)
    assert state() == before
    assert listing(repo.path) == files
    assert "orchestrator" not in repo.git("status", "--porcelain")


def test_a_repository_without_commits(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"a.py": "a = 1\n"}, commit=False)
    space = make(repo)
    assert listing(space.root) == {"a.py": "a = 1\n"}
    (space.root / "a.py").write_text("a = 2\n")
    assert space.commit("dev", 1, "c", "r1", "h", AT)
    assert repo.git("rev-list", "--count", "orc/r1") == "2"


def test_clean_in_a_repository_without_commits_is_empty(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"a.py": "a = 1\n"}, commit=False)
    assert listing(make(repo, clean=True).root) == {}


def test_a_detached_head(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "--detach")
    head = repo.git("rev-parse", "HEAD")
    space = make(repo)
    assert repo.git("rev-parse", f"{space.base}^") == head
    assert (repo.path / ".git" / "HEAD").read_text().strip() == head


def test_part_of_a_repository_is_the_root_and_paths_are_seen_from_it(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"top.py": "t = 1\n", "bot/run.py": "r = 1\n"})
    space = make(repo, project=repo.path / "bot")
    assert space.root == space.top / "bot"
    assert (space.top / "top.py").is_file()
    space.open_board("x")
    (space.root / "run.py").write_text("r = 2\n")
    (space.top / "top.py").write_text("t = 2\n")
    assert [change.path for change in space.changes()] == ["../top.py", "run.py"]
    assert "+++ b/run.py" in space.diff()
    assert "+++ b/top.py" in space.diff()


def test_a_folder_outside_of_git_is_copied_and_says_so(tmp_path: Path) -> None:
    repo = Repo.plain(
        tmp_path / "p", {"a.py": "a = 1\n", ".env": "KEY=1", ".venv/x": "", "s/b": "1"}
    )
    space = make(repo)
    assert space.kind == "copy"
    assert space.branch is None
    assert listing(space.root) == {"a.py": "a = 1\n", "s/b": "1"}
    assert any("not under git" in note for note in space.notes)
    assert not (repo.path / ".git").exists()
    (space.root / "a.py").write_text("a = 2\n")
    made = space.commit("dev", 1, "c", "r1", "h", AT)
    assert made == space.head() != space.base
    again = Workspace.reopen(repo.path, "r1", repo.state_dir, space.base, environ=repo.environ)
    assert again.head() == made


def test_a_project_that_the_repository_around_it_ignores_is_copied(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {".gitignore": "scratch/\n"})
    repo.write("scratch/bot/a.py", "a = 1\n")
    space = make(repo, project=repo.path / "scratch" / "bot")
    assert space.kind == "copy"
    assert listing(space.root) == {"a.py": "a = 1\n"}


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    repo = Repo.plain(tmp_path / "p")
    repo.git("init", "--quiet", "--bare")
    with pytest.raises(WorkspaceError, match="bare git repository"):
        make(repo)


def test_a_broken_repository_is_refused_in_one_line(tmp_path: Path) -> None:
    repo = Repo.plain(tmp_path / "p", {"a.py": ""})
    (repo.path / ".git").mkdir()
    with pytest.raises(WorkspaceError, match="not a git repository") as caught:
        make(repo)
    assert "\n" not in str(caught.value)


def test_a_git_file_that_names_nothing_is_refused(tmp_path: Path) -> None:
    repo = Repo.plain(tmp_path / "p", {".git": "hello"})
    with pytest.raises(WorkspaceError, match="neither a git directory nor names one"):
        make(repo)


def test_unusual_names_links_and_executables_come_along(tmp_path: Path) -> None:
    names = ["with space.txt", "new\nline.txt", "ünïcödé.txt", "-dash", ":(top)x", '"q"', "*"]
    repo = Repo.at(tmp_path / "p", {"run.sh": "#!/bin/sh\n"})
    for name in names:
        repo.write(name, name)
    (repo.path / "run.sh").chmod(0o755)
    (repo.path / "link").symlink_to("run.sh")
    (repo.path / "dangling").symlink_to("/nowhere/at/all")
    space = make(repo)
    for name in names:
        assert (space.root / name).read_text() == name
        (space.root / name).write_text("changed")
    assert (space.root / "run.sh").stat().st_mode & 0o111
    assert (space.root / "link").readlink() == Path("run.sh")
    assert (space.root / "dangling").readlink() == Path("/nowhere/at/all")
    assert [change.path for change in space.changes()] == sorted(names)


def test_a_folder_that_became_a_link_is_taken_as_the_link(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"d/a.py": "1\n", "e/a.py": "1\n"})
    shutil.rmtree(repo.path / "d")
    (repo.path / "d").symlink_to("e")
    space = make(repo)
    assert (space.root / "d").is_symlink()
    assert repo.git("ls-tree", space.base, "d").startswith("120000")


def test_submodules_are_left_empty_and_named(tmp_path: Path) -> None:
    other = Repo.at(tmp_path / "o", {"x.py": "x\n"})
    repo = Repo.at(tmp_path / "p", {"a.py": "1\n"})
    repo.git("submodule", "--quiet", "add", str(other.path), "lib")
    repo.commit("with lib")
    space = make(repo)
    assert space.notes == ("submodules are left empty: lib",)
    assert list((space.root / "lib").iterdir()) == []
    (space.root / "a.py").write_text("2\n")
    made = space.commit("dev", 1, "c", "r1", "h", AT)
    assert repo.git("diff", "--name-only", "HEAD", str(made)) == "a.py"


def test_a_repository_inside_the_project_is_left_out_and_named(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"a.py": "1\n"})
    for name in ("full", "empty"):
        repo.write(f"{name}/x.py", "x\n")
        repo.git("init", "--quiet", cwd=repo.path / name)
    repo.git("add", "--all", cwd=repo.path / "full")
    repo.git("commit", "--quiet", "-m", "x", cwd=repo.path / "full")
    space = make(repo)
    assert space.notes == ("repositories inside the project are left out: empty, full",)
    assert listing(space.root) == {"a.py": "1\n"}


def test_files_ignored_by_the_users_own_settings_stay_out(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"a.py": "1\n"})
    (repo.home / "ignore").write_text("secret.txt\n")
    (repo.home / ".gitconfig").write_text("[core]\n\texcludesFile = ~/ignore\n")
    repo.write("secret.txt", "s")
    assert listing(make(repo).root) == {"a.py": "1\n"}


def test_a_linked_worktree_and_a_shallow_clone_can_be_the_project(tmp_path: Path) -> None:
    origin = Repo.at(tmp_path / "o", {"a.py": "1\n"})
    origin.write("a.py", "2\n")
    origin.commit("second")
    origin.git("clone", "--quiet", "--depth=1", f"file://{origin.path}", str(tmp_path / "p"))
    origin.git("worktree", "add", "--quiet", str(tmp_path / "w"))
    for name in ("p", "w"):
        repo = Repo(tmp_path / name, origin.home)
        repo.write("b.py", "b\n")
        space = make(repo, f"r-{name}")
        (space.root / "b.py").write_text("c\n")
        made = space.commit("dev", 1, "c", f"r-{name}", "h", AT)
        assert repo.git("diff", "--name-only", space.base, str(made)) == "b.py"


def test_sha256_repositories_work(tmp_path: Path) -> None:
    repo = Repo.plain(tmp_path / "p", {"a.py": "1\n"})
    repo.git("init", "--quiet", "--object-format=sha256")
    repo.commit("first")
    space = make(repo)
    (space.root / "a.py").write_text("2\n")
    assert len(str(space.commit("dev", 1, "c", "r1", "h", AT))) == 64


def test_conflicts_in_the_users_tree_come_as_they_stand(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"a.py": "1\n"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.write("a.py", "2\n")
    repo.commit("side")
    repo.git("checkout", "--quiet", "main")
    repo.write("a.py", "3\n")
    repo.commit("main")
    with pytest.raises(AssertionError):
        repo.git("merge", "side")
    assert "<<<<<<<" in (make(repo).root / "a.py").read_text()


@pytest.mark.parametrize("run", ["", "../x", "a/b", "a..b", "-x", "x.lock", "a b"])
def test_a_run_name_that_is_no_branch_name_is_refused(repo: Repo, run: str) -> None:
    with pytest.raises(WorkspaceError, match="cannot name a run"):
        make(repo, run)


def test_the_same_run_is_not_made_twice_and_a_foreign_branch_is_not_taken(repo: Repo) -> None:
    make(repo)
    with pytest.raises(WorkspaceError, match="reopen it"):
        make(repo)
    repo.git("branch", "orc/r2")
    with pytest.raises(WorkspaceError, match="branch orc/r2 exists"):
        make(repo, "r2")


def test_a_killed_attempt_is_cleared_and_made_again(repo: Repo) -> None:
    space = make(repo)
    (space.layout.store / "workspace.json").unlink()
    again = make(repo)
    assert listing(again.root)["a.py"] == "a = 2\n"


def test_the_same_files_and_time_give_the_same_commits_on_every_machine(tmp_path: Path) -> None:
    heads = []
    for name in ("p", "q"):
        repo = Repo.plain(tmp_path / name, {"a.py": "1\n"})
        repo.git("init", "--quiet")
        space = make(repo)
        (space.root / "a.py").write_text("2\n")
        heads.append(space.commit("dev", 1, "c", "r1", "h", AT))
    assert heads[0] == heads[1]
