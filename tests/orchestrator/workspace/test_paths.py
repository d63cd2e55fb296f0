"""Which paths agents may name, and that what was checked is what is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.toolbox.tool import ToolError
from orchestrator.workspace.paths import locate, with_paths_replaced


@pytest.mark.parametrize(
    "text",
    ["/workspace/a/b.txt", "a/b.txt", "./a//b.txt", "a/../a/b.txt", "/workspace/./a/b.txt"],
)
def test_absolute_and_relative_paths_name_the_same_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").mkdir()
    place = locate(tmp_path, text)
    assert place.shown == "/workspace/a/b.txt"
    assert place.real == tmp_path / "a" / "b.txt"


def test_the_real_folder_may_be_named_too(tmp_path: Path) -> None:
    assert locate(tmp_path, f"{tmp_path}/x").shown == "/workspace/x"


@pytest.mark.parametrize(
    "text", ["..", "../x", "a/../../x", "/etc/passwd", "/workspace/../x", "/workspacex/y", "~/x"]
)
def test_a_path_out_of_the_workspace_is_refused_by_name(tmp_path: Path, text: str) -> None:
    if text == "~/x":
        assert locate(tmp_path, text).shown == "/workspace/~/x"
        return
    with pytest.raises(ToolError) as caught:
        locate(tmp_path, text)
    assert text in str(caught.value)
    assert "outside the workspace" in str(caught.value)


@pytest.mark.parametrize(
    "text", [".git", ".git/config", "a/.GIT/hooks/x", ".orchestrator/ledger.db", "a/../.git/x"]
)
def test_the_harness_and_git_are_closed(tmp_path: Path, text: str) -> None:
    with pytest.raises(ToolError, match="closed to file tools"):
        locate(tmp_path, text)


@pytest.mark.parametrize("text", ["", "  ", "a\0b"])
def test_what_is_no_path_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ToolError, match="not a path"):
        locate(tmp_path, text)


def test_a_link_inside_is_followed_and_one_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "absolute").symlink_to(tmp_path / "real")
    (tmp_path / "shown").symlink_to("/workspace/real")
    (tmp_path / "out").symlink_to("/etc")
    (tmp_path / "up").symlink_to("../..")
    (tmp_path / "git").symlink_to(".git")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("link", "absolute", "shown"):
        assert locate(tmp_path, f"{name}/x").shown == "/workspace/real/x"
    with pytest.raises(ToolError, match="out is a symbolic link to /etc, which is outside"):
        locate(tmp_path, "out/passwd")
    with pytest.raises(ToolError, match="outside the workspace"):
        locate(tmp_path, "up/x")
    with pytest.raises(ToolError, match="closed"):
        locate(tmp_path, "git/config")
    with pytest.raises(ToolError, match="too many symbolic links"):
        locate(tmp_path, "loop")


def test_a_folder_swapped_for_a_link_after_the_check_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    place = locate(root, "a/b.txt")
    (root / "a").rmdir()
    (root / "a").symlink_to(tmp_path)
    with pytest.raises(ToolError, match=r"/workspace/a/b\.txt: no folder"), place.open_folder():
        pass


def test_paths_in_text_are_replaced_as_whole_names_only() -> None:
    places = {"/home/u/p": "/workspace", "/home/u/p/.venv": "/venv"}
    text = "/home/u/p /home/u/p/x=/home/u/p. /home/u/pq /home/u/p.bak a/home/u/p /home/u/p/.venv/b"
    expected = "/workspace /workspace/x=/workspace. /home/u/pq /home/u/p.bak a/home/u/p /venv/b"
    assert with_paths_replaced(text, places) == expected
    assert with_paths_replaced(text, {}) == text
