"""What changed, and whether it can mean anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.workspace.changes import Change
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.workspace import Workspace
from tests.support.repositories import AT, Repo

PYTHON = "def f(x):\n    if x:\n        y = 1\n    return y\n"
YAML = "a:\n  b: 1\nc: 2\n"


def real_change(space: Workspace) -> bool:
    return any(not change.white_space_only for change in space.changes())


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    files = {"m.py": PYTHON, "c.yaml": YAML, "t.txt": "one two\nthree\n", "x.bin": "a\0b"}
    repo = Repo.at(tmp_path / "p", {**files, "run.sh": "true\n"})
    return Workspace.create(
        repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )


def test_every_kind_of_change_is_told_apart(space: Workspace) -> None:
    (space.root / "m.py").unlink()
    (space.root / "t.txt").write_text("one two\nthree\nfour\nfive\n")
    (space.root / "x.bin").write_bytes(b"a\0c")
    (space.root / "run.sh").unlink()
    (space.root / "run.sh").symlink_to("t.txt")
    (space.root / "n\new.py").write_text("n = 1\n")
    assert space.changes() == (
        Change("m.py", "deleted", False, 0, 4),
        Change("n\new.py", "added", False, 1, 0),
        Change("run.sh", "type", False, 1, 1),
        Change("t.txt", "modified", False, 2, 0),
        Change("x.bin", "modified", False, None, None),
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.py", "def f(x):\n  if x:\n      y = 1\n\n  return  y  \n"),
        ("m.py", PYTHON.replace("\n", "\r\n")),
        ("t.txt", "one  two\n\n  three"),
        ("c.yaml", "a:\n  b: 1\n\nc: 2  \n"),
        ("empty.py", "\n \n"),
        ("pkg/__init__.py", ""),
    ],
)
def test_white_space_that_cannot_mean_anything_is_no_change(
    space: Workspace, name: str, content: str
) -> None:
    file = space.root / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content.encode())
    assert [(change.path, change.white_space_only) for change in space.changes()] == [(name, True)]
    assert not real_change(space)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.py", "def f(x):\n    if x:\n        y = 1\n        return y\n"),
        ("m.py", PYTHON + "# a comment\n"),
        ("c.yaml", "a:\n  b: 1\n  c: 2\n"),
        ("t.txt", "one two\nthird\n"),
    ],
)
def test_white_space_that_changes_the_meaning_is_a_change(
    space: Workspace, name: str, content: str
) -> None:
    (space.root / name).write_text(content)
    assert real_change(space)


def test_a_changed_mode_is_a_change(space: Workspace) -> None:
    (space.root / "run.sh").chmod(0o755)
    assert real_change(space)
    assert space.changes() == (Change("run.sh", "modified", False, 0, 0),)


def test_nothing_changed_is_nothing(space: Workspace) -> None:
    assert not real_change(space)
    assert space.diff() == ""
    assert space.diff_summary() == ""


def test_the_diff_can_be_taken_against_the_last_commit_or_any_tree(space: Workspace) -> None:
    (space.root / "t.txt").write_text("two\n")
    tree = space.tree()
    space.commit("dev", 1, "x", "r1", "h", AT)
    (space.root / "m.py").write_text("m = 1\n")
    assert "b/t.txt" in space.diff()
    assert "b/t.txt" not in space.diff("head")
    assert space.diff("head") == space.diff(tree)
    assert [change.path for change in space.changes("head")] == ["m.py"]
    with pytest.raises(WorkspaceError, match="neither base, head nor a tree"):
        space.diff("--output=/tmp/x")


def test_the_summary_names_each_file_with_its_lines(space: Workspace) -> None:
    (space.root / "t.txt").write_text("one two\nthree\nfour\n")
    assert space.diff_summary() == (" t.txt | 1 +\n 1 file changed, 1 insertion(+)\n")


def test_added_lines_and_configuration_are_one_text_to_search(space: Workspace) -> None:
    (space.root / "m.py").write_text(PYTHON.replace("y = 1", "y = 0.55") + "++x\n")
    (space.root / "settings.toml").write_text("win_rate = 0.61\n")
    (space.root / "uv.lock").write_text("lock = 0.77\n")
    text = space.text_of_diff_and_configuration()
    assert "y = 0.55" in text
    assert "++x" in text
    assert "win_rate = 0.61" in text
    assert "  b: 1" in text
    assert "return y" not in text
