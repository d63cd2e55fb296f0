"""The file tool: what it shows, what it changes, what it refuses."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.toolbox.tool import ToolContext, ToolError, ToolResult
from orchestrator.workspace.edits import EditError, Text, insert_after, replace_once
from orchestrator.workspace.files import MAX_FILE_BYTES, edit_files
from orchestrator.workspace.paths import WorkspaceRoot
from tests.support.sealing import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "tree"
    root.mkdir()
    return Folder(root)


async def use(folder: Folder, command: str, path: str, **arguments: Any) -> ToolResult:
    context = ToolContext(run="r", agent="dev", key="k", services={WorkspaceRoot: folder})
    return await edit_files.call(context, {"command": command, "path": path, **arguments})


async def test_view_numbers_lines_and_takes_a_range(folder: Folder) -> None:
    (folder.root / "a.py").write_text("one\ntwo\nthree\n")
    assert (await use(folder, "view", "/workspace/a.py")).text == (
        "     1\tone\n     2\ttwo\n     3\tthree\n"
    )
    assert (await use(folder, "view", "a.py", view_range=[2, 2])).text == "     2\ttwo\n"
    assert (await use(folder, "view", "a.py", view_range=[2, -1])).text == (
        "     2\ttwo\n     3\tthree\n"
    )
    assert (await use(folder, "view", "a.py", view_range=[3, 99])).text == "     3\tthree\n"


@pytest.mark.parametrize("view_range", [[0, 1], [3, 2], [9, 10], [-1, 2], [2, -2]])
async def test_a_range_that_does_not_fit_says_how_many_lines_there_are(
    folder: Folder, view_range: list[int]
) -> None:
    (folder.root / "a.py").write_text("one\ntwo\nthree\n")
    with pytest.raises(ToolError, match="which has 3 lines"):
        await use(folder, "view", "a.py", view_range=view_range)


async def test_an_empty_file_and_a_last_line_without_end_can_be_viewed(folder: Folder) -> None:
    (folder.root / "empty").write_text("")
    (folder.root / "open").write_text("x")
    assert (await use(folder, "view", "empty")).text == "/workspace/empty is empty"
    assert (await use(folder, "view", "open")).text == "     1\tx\n"


async def test_a_long_file_is_shown_in_parts(folder: Folder) -> None:
    (folder.root / "long").write_text("".join(f"n {n}\n" for n in range(1, 5001)))
    first = await use(folder, "view", "long")
    assert first.text.endswith("[3000 more lines: view them with view_range [2001, 5000]]\n")
    rest = await use(folder, "view", "long", view_range=[2001, 2002])
    assert rest.text == "  2001\tn 2001\n  2002\tn 2002\n"
    (folder.root / "wide").write_text(("x" * 20_000 + "\n") * 3)
    wide = await use(folder, "view", "wide")
    assert wide.text.endswith("[2 more lines: view them with view_range [2, 3]]\n")


async def test_a_folder_is_listed_two_levels_deep_without_what_nobody_reads(folder: Folder) -> None:
    for name in ("b/c/d/e.txt", "a.txt", ".git/config", "node_modules/x/y", "out/log", "b/z.log"):
        (folder.root / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.root / name).write_text("")
    (folder.root / ".gitignore").write_text("*.log\n/out/\n")
    (folder.root / "link").symlink_to("/etc")
    listed = (await use(folder, "view", "/workspace")).text
    assert listed.splitlines() == [
        "/workspace/",
        "/workspace/.gitignore",
        "/workspace/a.txt",
        "/workspace/b/",
        "/workspace/b/c/",
        "/workspace/link",
    ]
    assert (await use(folder, "view", "b/c")).text.splitlines() == [
        "/workspace/b/c/",
        "/workspace/b/c/d/",
        "/workspace/b/c/d/e.txt",
    ]


async def test_create_makes_folders_and_writes_anew(folder: Folder) -> None:
    made = await use(folder, "create", "x/y/z.txt", file_text="a\nb\n")
    assert made.text == "/workspace/x/y/z.txt created: 2 lines"
    assert (folder.root / "x/y/z.txt").read_text() == "a\nb\n"
    again = await use(folder, "create", "x/y/z.txt", file_text="c")
    assert again.text == "/workspace/x/y/z.txt written anew: 1 line"
    assert (folder.root / "x/y/z.txt").read_text() == "c"


async def test_str_replace_changes_the_one_place_and_shows_it(folder: Folder) -> None:
    (folder.root / "a.py").write_text("".join(f"line {n}\n" for n in range(1, 21)))
    done = await use(folder, "str_replace", "a.py", old_str="line 10\n", new_str="ten\nten and\n")
    assert "    10\tten\n    11\tten and\n" in done.text
    assert "line 5\n" not in done.text
    assert "\tline 6\n" in done.text
    assert (folder.root / "a.py").read_text().count("\n") == 21


async def test_str_replace_without_new_str_deletes(folder: Folder) -> None:
    (folder.root / "a.py").write_text("keep\ndrop\n")
    await use(folder, "str_replace", "a.py", old_str="drop\n")
    assert (folder.root / "a.py").read_text() == "keep\n"


async def test_no_match_and_several_matches_say_what_to_do(folder: Folder) -> None:
    (folder.root / "a.py").write_text("  x = 1\ny\nz\n  x = 1\n")
    with pytest.raises(ToolError, match=r"did not appear verbatim in /workspace/a\.py"):
        await use(folder, "str_replace", "a.py", old_str="nope", new_str="")
    with pytest.raises(ToolError, match=r"Lines 2-3 differ from it in white space only"):
        await use(folder, "str_replace", "a.py", old_str="  y\n z", new_str="")
    with pytest.raises(ToolError, match=r"appears 2 times in /workspace/a\.py, on lines 1, 4"):
        await use(folder, "str_replace", "a.py", old_str="x = 1", new_str="")
    with pytest.raises(ToolError, match="old_str is empty"):
        await use(folder, "str_replace", "a.py", old_str="", new_str="x")
    with pytest.raises(ToolError, match="the same"):
        await use(folder, "str_replace", "a.py", old_str="y", new_str="y")
    assert (folder.root / "a.py").read_text() == "  x = 1\ny\nz\n  x = 1\n"


async def test_overlapping_matches_count_as_several(folder: Folder) -> None:
    (folder.root / "a").write_text("aaa")
    with pytest.raises(ToolError, match="appears 2 times"):
        await use(folder, "str_replace", "a", old_str="aa", new_str="b")


@pytest.mark.parametrize(
    ("line", "text", "after"),
    [
        (0, "new", "new\none\ntwo\n"),
        (1, "new\n", "one\nnew\ntwo\n"),
        (2, "new\nmore", "one\ntwo\nnew\nmore\n"),
    ],
)
async def test_insert_puts_whole_lines(folder: Folder, line: int, text: str, after: str) -> None:
    (folder.root / "a").write_text("one\ntwo\n")
    done = await use(folder, "insert", "a", insert_line=line, insert_text=text)
    assert (folder.root / "a").read_text() == after
    assert f"{line + 1:6}\tnew\n" in done.text


async def test_insert_beyond_the_end_is_refused(folder: Folder) -> None:
    (folder.root / "a").write_text("one\ntwo\n")
    with pytest.raises(ToolError, match=r"from 0 \(the top\) to 2"):
        await use(folder, "insert", "a", insert_line=3, insert_text="x")


async def test_windows_line_ends_and_the_byte_order_mark_stay(folder: Folder) -> None:
    (folder.root / "a").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\nthree\r\n")
    assert (await use(folder, "view", "a", view_range=[1, 1])).text == "     1\tone\n"
    await use(folder, "str_replace", "a", old_str="one\ntwo\n", new_str="1\n2\n")
    await use(folder, "str_replace", "a", old_str="2\r\n", new_str="zwei\r\n")
    await use(folder, "insert", "a", insert_line=3, insert_text="four\n")
    expected = b"\xef\xbb\xbf1\r\nzwei\r\nthree\r\nfour\r\n"
    assert (folder.root / "a").read_bytes() == expected


async def test_mixed_line_ends_are_left_as_they_are(folder: Folder) -> None:
    (folder.root / "a").write_bytes(b"one\r\ntwo\nthree\r\n")
    await use(folder, "str_replace", "a", old_str="two\n", new_str="2\n")
    assert (folder.root / "a").read_bytes() == b"one\r\n2\nthree\r\n"


async def test_binary_foreign_and_huge_files_are_refused_with_their_size(folder: Folder) -> None:
    (folder.root / "bin").write_bytes(b"\x7fELF\0\0")
    (folder.root / "latin").write_bytes(b"caf\xe9")
    (folder.root / "huge").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    with pytest.raises(ToolError, match="binary file, 6 bytes"):
        await use(folder, "view", "bin")
    with pytest.raises(ToolError, match=r"not UTF-8 text \(byte 3\), 4 bytes"):
        await use(folder, "view", "latin")
    with pytest.raises(ToolError, match=f"too large for this tool: {MAX_FILE_BYTES + 1} bytes"):
        await use(folder, "view", "huge")
    with pytest.raises(ToolError, match="would be too large"):
        await use(folder, "create", "new", file_text="x" * (MAX_FILE_BYTES + 1))


async def test_the_mode_of_a_file_survives_an_edit(folder: Folder) -> None:
    script = folder.root / "run.sh"
    script.write_text("echo 1\n")
    script.chmod(0o755)
    await use(folder, "str_replace", "run.sh", old_str="1", new_str="2")
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    assert [path.name for path in folder.root.iterdir()] == ["run.sh"]


async def test_a_missing_file_or_argument_is_named(folder: Folder) -> None:
    with pytest.raises(ToolError, match="/workspace/none does not exist"):
        await use(folder, "view", "none")
    with pytest.raises(ToolError, match="/workspace/no/such: no folder leads there"):
        await use(folder, "view", "no/such")
    with pytest.raises(ToolError, match="create needs file_text"):
        await use(folder, "create", "a")
    with pytest.raises(ToolError, match="command"):
        await use(folder, "undo_edit", "a")


async def test_devices_pipes_and_links_out_are_refused_without_waiting(folder: Folder) -> None:
    os.mkfifo(folder.root / "pipe")
    (folder.root / "null").symlink_to("/dev/null")
    (folder.root / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(ToolError, match="a device, pipe or socket"):
        await use(folder, "view", "pipe")
    for name in ("null", "passwd"):
        with pytest.raises(ToolError, match="outside the workspace"):
            await use(folder, "view", name)
        with pytest.raises(ToolError, match="outside the workspace"):
            await use(folder, "create", name, file_text="x")
    with pytest.raises(ToolError, match="pipe"):
        await use(folder, "create", "pipe", file_text="x")


async def test_a_folder_cannot_be_edited_as_a_file(folder: Folder) -> None:
    (folder.root / "d").mkdir()
    for path in ("d", "/workspace"):
        with pytest.raises(ToolError, match="a folder"):
            await use(folder, "create", path, file_text="x")
    with pytest.raises(ToolError, match="view_range is for files"):
        await use(folder, "view", "d", view_range=[1, 2])


async def test_a_refused_write_says_why_and_changes_nothing(folder: Folder) -> None:
    task = folder.root / "task.md"
    task.write_text("the task\n")
    (folder.root / "alias").symlink_to("task.md")
    for path in ("task.md", "alias", "x/../task.md"):
        with pytest.raises(ToolError, match=r"/workspace/task\.md was not written: task\.md is no"):
            await use(folder, "str_replace", path, old_str="task", new_str="joke")
    assert task.read_text() == "the task\n"
    assert folder.asked[0] == ("task.md", "the task\n", "the joke\n")


async def test_a_hard_link_to_a_file_elsewhere_is_not_written_through(
    folder: Folder, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text("theirs")
    (folder.root / "mine").hardlink_to(other)
    await use(folder, "create", "mine", file_text="mine")
    assert other.read_text() == "theirs"


async def test_half_a_surrogate_pair_does_not_break_the_write(folder: Folder) -> None:
    await use(folder, "create", "a", file_text="x\ud800y")
    assert (folder.root / "a").read_text() == "x?y"


def test_the_wire_form_is_the_trained_one() -> None:
    assert edit_files.wire_form() == {
        "type": "text_editor_20250728",
        "name": "str_replace_based_edit_tool",
    }


LINES = st.lists(st.text(alphabet="ab \t\u00e9", max_size=4), max_size=6)


@settings(derandomize=True, max_examples=200)
@given(lines=LINES, bom=st.booleans(), end=st.sampled_from(["\n", "\r\n"]))
def test_reading_and_writing_a_file_gives_its_bytes_back(
    lines: list[str], bom: bool, end: str
) -> None:
    data = (b"\xef\xbb\xbf" if bom else b"") + end.join(lines).encode()
    assert Text.of(data).data() == data


@settings(derandomize=True, max_examples=200)
@given(content=st.text("ab\n", max_size=12), old=st.text("ab\n", max_size=3), new=st.text("c\n"))
def test_a_replacement_is_the_only_difference(content: str, old: str, new: str) -> None:
    try:
        edited = replace_once(content, old, new, "f")
    except EditError:
        overlapping = sum(content.startswith(old, at) for at in range(len(content)))
        assert overlapping != 1 or not old or old == new
    else:
        assert edited.content == content.replace(old, new)


@settings(derandomize=True, max_examples=200)
@given(lines=LINES, at=st.integers(0, 6), fresh=LINES.filter(bool))
def test_inserted_lines_stand_where_they_were_put(
    lines: list[str], at: int, fresh: list[str]
) -> None:
    content = "".join(f"{line}\n" for line in lines)
    if at > len(lines):
        with pytest.raises(EditError):
            insert_after(content, at, "x")
        return
    edited = insert_after(content, at, "".join(f"{line}\n" for line in fresh))
    assert edited.content.split("\n")[:-1] == lines[:at] + fresh + lines[at:]
    assert edited.content.split("\n")[edited.first - 1 : edited.last] == fresh
