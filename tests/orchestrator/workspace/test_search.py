"""Finding things in the workspace, the same on every machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from orchestrator.toolbox.tool import Tool, ToolContext, ToolError, ToolResult
from orchestrator.workspace import search
from orchestrator.workspace.ignore import ignored, parse, translate
from orchestrator.workspace.paths import WorkspaceRoot
from orchestrator.workspace.search import find_by_name, grep, list_files
from tests.support.sealing import Folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    texts = {
        "README.md": "Limit orders\nand more\n",
        "src/a.py": "import os\nLIMIT = 3\nx = 1\ny = 2\nlimit(LIMIT)\n",
        "src/deep/b.py": "no\r\nlimit\r\n",
        "src/deep/test_b.py": "assert limit\n",
        ".git/config": "limit\n",
        ".venv/lib/limit.py": "limit\n",
        "out/limit.log": "limit\n",
        ".gitignore": "*.log\n",
    }
    for name, text in texts.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (tmp_path / "tree" / "bin").write_bytes(b"limit\0")
    (tmp_path / "limit.txt").write_text("limit outside\n")
    (tmp_path / "tree" / "link.txt").symlink_to(tmp_path / "limit.txt")
    return tmp_path / "tree"


async def use(which: Tool, root: Path, **arguments: Any) -> ToolResult:
    services: dict[type, object] = {WorkspaceRoot: Folder(root)}
    return await which.call(ToolContext(run="r", agent="a", key="k", services=services), arguments)


async def test_grep_shows_matches_in_order_without_ignored_binary_and_outside_files(
    root: Path,
) -> None:
    found = await use(grep, root, pattern="limit")
    assert found.text == (
        "src/a.py:5:limit(LIMIT)\nsrc/deep/b.py:2:limit\nsrc/deep/test_b.py:1:assert limit\n"
    )
    assert found.data == {"matches": 3, "more": 0}


async def test_grep_takes_case_path_and_glob(root: Path) -> None:
    assert (await use(grep, root, pattern="limit", ignore_case=True, path="README.md")).text == (
        "README.md:1:Limit orders\n"
    )
    assert (await use(grep, root, pattern="limit", glob="test_*.py")).data["matches"] == 1
    assert (await use(grep, root, pattern="limit", glob="src/*.py")).data["matches"] == 1
    assert (await use(grep, root, pattern="limit", glob="src/**/*.py")).data["matches"] == 3
    inside = await use(grep, root, pattern="limit", path="/workspace/src/deep", glob="/b.py")
    assert inside.text == "src/deep/b.py:2:limit\n"


async def test_grep_shows_context_and_separates_groups(root: Path) -> None:
    found = await use(grep, root, pattern=r"import|limit\(", path="src/a.py", context_lines=1)
    assert found.text == (
        "src/a.py:1:import os\nsrc/a.py-2-LIMIT = 3\n--\n"
        "src/a.py-4-y = 2\nsrc/a.py:5:limit(LIMIT)\n"
    )


async def test_grep_is_cut_and_says_how_much_is_missing(root: Path) -> None:
    (root / "many.txt").write_text("hit\n" * 30 + "x" * 1000 + "hit\n")
    found = await use(grep, root, pattern="hit", max_matches=5)
    assert found.text.endswith(
        "many.txt:5:hit\n[26 more matches: narrow the pattern, path or glob]\n"
    )
    last = await use(grep, root, pattern="xhit")
    assert last.text == "many.txt:31:" + "x" * 300 + "[...]\n"


async def test_grep_without_a_match_says_so(root: Path) -> None:
    assert (await use(grep, root, pattern="zzz")).text == "No match for 'zzz' in /workspace."


async def test_grep_tells_a_glob_without_files_from_a_pattern_without_lines(root: Path) -> None:
    none = await use(grep, root, pattern="limit", glob="*.{rs,go}")
    assert none.text == (
        "No file below /workspace matches the glob '*.{rs,go}': no line was searched."
    )
    several = await use(grep, root, pattern="zzz", glob="*.{py,md}")
    assert several.text == "No line matches 'zzz' in /workspace (4 files by the glob '*.{py,md}')."
    one = await use(grep, root, pattern="zzz", path="src", glob="a.py")
    assert one.text == "No line matches 'zzz' in /workspace/src (1 file by the glob 'a.py')."


async def test_a_bad_pattern_and_a_bad_path_are_named(root: Path) -> None:
    with pytest.raises(ToolError, match=r"'\(' is not a regular expression"):
        await use(grep, root, pattern="(")
    with pytest.raises(ToolError, match="/workspace/none does not exist"):
        await use(grep, root, pattern="x", path="none")
    with pytest.raises(ToolError, match="outside the workspace"):
        await use(grep, root, pattern="x", path="link.txt")
    with pytest.raises(ToolError, match="outside the workspace"):
        await use(list_files, root, path="/etc")


async def test_a_pattern_that_explodes_is_ended(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SEARCH_S", 0.5)
    (root / "evil.txt").write_text("a" * 60 + "!\n")
    with pytest.raises(ToolError, match=r"took longer than 0\.5 s"):
        await use(grep, root, pattern="^(a+)+$")


async def test_glob_finds_by_name_or_by_path(root: Path) -> None:
    assert (await use(find_by_name, root, pattern="*b.py")).text == (
        "src/deep/b.py\nsrc/deep/test_b.py\n"
    )
    assert (await use(find_by_name, root, pattern="src/*.py")).text == "src/a.py\n"
    assert (await use(find_by_name, root, pattern="**/deep/?.py")).text == "src/deep/b.py\n"
    assert (await use(find_by_name, root, pattern="deep/*", path="src")).data["files"] == [
        "src/deep/b.py",
        "src/deep/test_b.py",
    ]
    assert (await use(find_by_name, root, pattern="*.rs")).text == (
        "No file matches *.rs below /workspace."
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.{md,rs}", ["README.md"]),
        ("{src,out}/*.py", ["src/a.py"]),
        ("src/{a,deep/{test_b,c}}.py", ["src/a.py", "src/deep/test_b.py"]),
        ("{README.md,src/*.py}", ["README.md", "src/a.py"]),
        ("{test_,}b.py", ["src/deep/b.py", "src/deep/test_b.py"]),
        ("x{odd}.txt", ["x{odd}.txt"]),
        ("*{odd*", ["x{odd}.txt"]),
        ("{}", []),
    ],
)
async def test_braces_of_a_glob_are_alternatives_where_a_comma_parts_them(
    root: Path, pattern: str, expected: list[str]
) -> None:
    (root / "x{odd}.txt").write_text("")
    assert (await use(find_by_name, root, pattern=pattern)).data["files"] == expected


async def test_a_glob_of_too_many_alternatives_is_refused(root: Path) -> None:
    for which, name in ((grep, "glob"), (find_by_name, "pattern")):
        with pytest.raises(ToolError, match="stands for more than 256 others"):
            await use(which, root, **{"pattern": "x", name: "{a,b}" * 400})
        with pytest.raises(ToolError, match="stands for more than 256 others"):
            await use(which, root, **{"pattern": "x", name: "{" + "," * 100_000 + "}{"})


async def test_list_files_takes_levels_and_is_cut(root: Path) -> None:
    assert (await use(list_files, root, levels=1)).text.splitlines() == [
        ".gitignore",
        "README.md",
        "bin",
        "link.txt",
        "out/",
        "src/",
    ]
    for number in range(600):
        (root / "out" / f"{number:03}").write_text("")
    cut = await use(list_files, root, path="out")
    assert cut.text.endswith("out/499\n[100 more: name a folder or a narrower pattern]\n")
    assert cut.data["more"] == 100
    with pytest.raises(ToolError, match="cannot be listed: Not a directory"):
        await use(list_files, root, path="bin")


async def test_odd_file_names_are_shown_on_one_line_of_text(root: Path) -> None:
    for name in (b"out/a\xff", b"out/b\nc"):
        Path(os.fsdecode(bytes(root) + b"/" + name)).write_text("odd\n")
    listed = await use(list_files, root, path="out")
    assert listed.text == "out/a\ufffd\nout/b\ufffdc\n"
    assert (await use(grep, root, pattern="odd")).text == "out/a\ufffd:1:odd\nout/b\ufffdc:1:odd\n"
    assert (await use(find_by_name, root, pattern="b*c")).text == "out/b\ufffdc\n"


@pytest.mark.parametrize(
    ("rules", "path", "folder", "expected"),
    [
        ("*.log", "a/b.log", False, True),
        ("*.log\n!keep.log", "a/keep.log", False, False),
        ("/build", "build", True, True),
        ("/build", "a/build", True, False),
        ("build/", "build", False, False),
        ("build/", "a/build", True, True),
        ("doc/*.txt", "doc/a.txt", False, True),
        ("doc/*.txt", "doc/a/b.txt", False, False),
        ("**/tmp", "a/b/tmp", True, True),
        ("a/**/z", "a/z", False, True),
        ("a/**/z", "a/b/c/z", False, True),
        ("# c\n\n\\#x", "#x", False, True),
        ("[ab].c", "b.c", False, True),
        ("[!ab].c", "b.c", False, False),
        ("", "x/__pycache__", True, True),
        ("", "node_modules", False, False),
    ],
)
def test_ignore_rules_mean_what_git_means(
    rules: str, path: str, folder: bool, expected: bool
) -> None:
    assert ignored(path, folder=folder, rules=parse(rules, "")) is expected


def test_rules_of_a_folder_hold_below_it_only() -> None:
    rules = parse("*.x\n/top", "sub/")
    assert ignored("sub/a/b.x", folder=False, rules=rules)
    assert ignored("sub/top", folder=False, rules=rules)
    assert not ignored("a.x", folder=False, rules=rules)
    assert not ignored("top", folder=False, rules=rules)


def test_a_broken_glob_matches_itself_only() -> None:
    assert translate("[z-a]").fullmatch("[z-a]")
    assert not translate("[z-a]").fullmatch("b")
