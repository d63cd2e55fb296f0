"""`orc review` of changes that are more than files of text: links, conflicts, unreadable ones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import ORC, CommandLine
from tests.support.repositories import Repo

BAD = "import ccxt\nx = ccxt.okx()\nx.create_order('A', 'limit', 'buy', 1, 2)\n"


@pytest.fixture
def repo(orc: CommandLine) -> Repo:
    """The project as a repository with one sound file."""
    made = Repo(orc.project, orc.home)
    made.git("init", "--quiet", "--initial-branch=main")
    made.write("bot.py", "x = 1\n")
    made.commit("first")
    return made


def test_a_file_that_could_not_be_reviewed_before_either_is_told(
    orc: CommandLine, repo: Repo
) -> None:
    repo.write("bot.py", "def f(:\n")
    repo.commit("broken already")
    repo.write("bot.py", BAD + "def f(:\n")
    done = orc("review", "--diff", "HEAD", "--format", "brief")
    assert done.code == 1
    assert done.out.startswith("bot.py:4: R01 is no valid Python: invalid syntax: not reviewed\n")


def test_a_merge_that_is_not_resolved_does_not_pass(orc: CommandLine, repo: Repo) -> None:
    base = repo.git("rev-parse", "HEAD")
    repo.write("bot.py", "x = 2\n")
    theirs = repo.commit("theirs")
    repo.git("reset", "--quiet", "--hard", base)
    repo.write("bot.py", "x = 3\n")
    ours = repo.commit("ours")
    repo.git("read-tree", "-m", base, ours, theirs)
    repo.write("bot.py", "<<<<<<< ours\nx = 3\n=======\nx = 2\n>>>>>>> theirs\n")
    for given in ("--staged",), ("--diff", "HEAD"):
        done = orc("review", *given, "--format", "brief")
        assert done.code == 1
        assert "bot.py:1: R01 holds a merge conflict: not reviewed\n" in done.out


def test_links_and_submodules_in_a_change_are_not_followed(
    orc: CommandLine, repo: Repo, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.py").write_text(BAD)
    (repo.path / "link.py").symlink_to("../elsewhere.py")
    inner = Repo.at(repo.path / "inner.py", {"bot.py": BAD})
    untracked = orc("review", "--diff", "HEAD")
    repo.git("add", "link.py")
    commit = inner.git("rev-parse", "HEAD")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},inner.py")
    for done in untracked, orc("review", "--diff", "HEAD"), orc("review", "--staged"):
        assert (done.code, done.out) == (0, "nothing to review: no Python was read\n")


def test_other_tools_are_held_to_the_lines_of_the_change(orc: CommandLine, repo: Repo) -> None:
    repo.write("ruff.toml", 'lint.select = ["F401"]\n')
    repo.write("old.py", "import os\nx = 1\n")
    repo.write("user.py", "from old import x\n")
    repo.commit("unused already")
    repo.write("old.py", "# more\nimport os\nx = 1\nimport sys\n")
    repo.git("add", "old.py")
    for given in "--staged", "--diff=HEAD":
        found = orc("review", given, "--with", "ruff", "--json").json["findings"]
        assert [(each["path"], each["line"]) for each in found] == [("old.py", 4)]
    repo.write("old.py", "import json\n")
    done = orc("review", "--staged", "--with", "ruff")
    said = "orc: old.py: not looked at by ruff: the file differs from the index\n"
    assert (done.out, done.err) == ("nothing found in 1 file\n", said)


def test_what_may_not_be_opened_is_told_and_the_rest_is_reviewed(repo: Repo) -> None:
    repo.write("bot.py", BAD)
    repo.write("held/bot.py", BAD)
    repo.write("open.py", BAD)
    (repo.path / "bot.py").chmod(0)
    (repo.path / "held").chmod(0)
    as_anyone = ["--bounding-set", "-dac_override,-dac_read_search"]
    command = [
        *(["setpriv", *as_anyone] if os.getuid() == 0 else []),
        *(str(ORC), "review", "--format", "brief"),
    ]
    for given, found in (
        ([], ["bot.py:1: R01 ", "held:1: R01 ", "open.py:3:1: T11 "]),
        (["bot.py"], ["bot.py:1: R01 "]),
        (["--diff", "HEAD", "bot.py"], ["bot.py:1: R01 "]),
    ):
        done = subprocess.run(
            [*command, *given], cwd=repo.path, env=repo.environ, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        *lines, _ = done.stdout.splitlines()
        assert [line.startswith(start) for line, start in zip(lines, found, strict=True)]
