"""`orc review`: files, folders and changes; forms; exit codes; what cannot be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from tests.support.command_line import CommandLine
from tests.support.repositories import Repo

DATA = Path(__file__).resolve().parents[2] / "data"
HEAD = "import ccxt\n\nexchange = ccxt.okx()\n\n\n"
BAD = (
    HEAD
    + "def buy(amount, price):\n    exchange.create_order('A', 'limit', 'buy', amount, price)\n"
)
GOOD = HEAD + (
    "def buy(amount, price, params):\n"
    "    params = {'clientOrderId': params}\n"
    "    exchange.create_order('A', 'limit', 'buy', amount, price, params)\n"
)


@pytest.fixture
def repo(orc: CommandLine) -> Repo:
    """The project as a repository with one sound file."""
    made = Repo(orc.project, orc.home)
    made.git("init", "--quiet", "--initial-branch=main")
    made.write("bot.py", GOOD)
    made.commit("first")
    return made


def rules(orc: CommandLine, *arguments: str) -> list[tuple[str, str, int]]:
    """Rule, path and line of each finding."""
    found = orc("review", "--json", *arguments).json["findings"]
    return [(each["rule"], each["path"], each["line"]) for each in found]


def test_a_finding_is_told_with_its_line_and_what_to_do(orc: CommandLine) -> None:
    orc.write("bot.py", BAD)
    done = orc("review")
    assert done.code == 1
    assert done.out.startswith("bot.py:7:5: T11 `exchange.create_order` sends an order without an")
    assert "7 |     exchange.create_order('A', 'limit', 'buy', amount, price)\n" in done.out
    assert "  |     ^^^^^^^" in done.out
    assert "= why: " in done.out
    assert "= do:  " in done.out
    assert done.out.endswith("1 error in 1 file\n")


def test_sound_code_ends_with_0(orc: CommandLine) -> None:
    orc.write("bot.py", GOOD)
    done = orc("review")
    assert (done.code, done.out) == (0, "nothing found in 1 file\n")


@pytest.mark.parametrize("named", [(), ("notes.md",), ("empty", "--json")])
def test_where_there_is_no_python_nothing_looks_green(
    orc: CommandLine, named: tuple[str, ...]
) -> None:
    orc.write("notes.md", "# Notes\n\n```sh\nls\n```\n")
    orc.write("empty/table.csv", "a,b\n")
    done = orc("review", *named)
    assert done.code == 2
    assert "there is no Python to review, so nothing was checked" in done.out + done.err


def test_a_change_without_python_says_so_and_passes(orc: CommandLine, repo: Repo) -> None:
    repo.write("notes.txt", "more")
    repo.git("add", "notes.txt")
    done = orc("review", "--staged")
    assert (done.code, done.out) == (0, "nothing to review: no Python was read\n")


def test_json_has_the_documented_shape(orc: CommandLine) -> None:
    orc.write("bot.py", BAD)
    told = orc("review", "--json").json
    assert set(told) == {"findings", "files", "seconds"}
    (found,) = told["findings"]
    assert set(found) == {
        "rule", "severity", "path", "line", "end_line", "message", "why", "fix",
    }  # fmt: skip
    assert (found["severity"], found["line"], found["end_line"]) == ("error", 7, 7)


def test_sarif_is_valid_by_the_published_schema(orc: CommandLine) -> None:
    orc.write("a folder/böt.py", BAD + "import asyncio\nasyncio.create_task(x)\n")
    orc.write("cut.py", "def f(:\n")
    orc.write("late.py", "from datetime import UTC, datetime\nx = datetime.utcnow().date()\n")
    told = orc("review", "--format", "sarif").json
    schema = json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    jsonschema.Draft4Validator(schema).validate(told)
    (run,) = told["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["T11", "T36", "R01", "T31"]
    described = run["tool"]["driver"]["rules"]
    assert [described[each["ruleIndex"]]["id"] for each in run["results"]] == [
        each["ruleId"] for each in run["results"]
    ]
    first, fixed = run["results"][0], run["results"][3]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20folder/b%C3%B6t.py"
    assert place["region"]["startColumn"] == 5
    assert fixed["fixes"][0]["artifactChanges"][0]["replacements"]


def test_one_review_is_written_in_several_forms(orc: CommandLine) -> None:
    orc.write("bot.py", BAD)
    done = orc("review", "--format", "brief", "--write", "json=all.json", "--write", "text=all.txt")
    assert done.out.startswith("bot.py:7:5: T11 ")
    found = json.loads((orc.project / "all.json").read_text())["findings"]
    assert [each["rule"] for each in found] == ["T11"]
    assert "= why: " in (orc.project / "all.txt").read_text()


def test_no_form_holds_a_secret_of_the_code(orc: CommandLine) -> None:
    secret = "kW8sJz3nVq0pXr7tYb2mLc5dHf9gAe1u"
    placed = f'Client("{secret}", "{secret[::-1]}").futures_create_order(symbol="A")'
    orc.write("keys.py", f'from binance import Client\napi_secret = "{secret}"\n{placed}\n')
    for form in ("text", "brief", "json", "sarif", "github", "markdown"):
        told = orc("review", "--with", "bandit", "--format", form).out
        assert "T42" in told
        assert secret not in told
        assert secret[::-1] not in told


def test_the_report_says_first_what_was_not_read(orc: CommandLine) -> None:
    orc.write("bot.py", BAD)
    orc.write("cut.py", "def f(:\n")
    report = orc("review", "--format", "markdown").out
    head = report[: report.index("## 1.")]
    assert head.endswith("Not read, so what was checked was not checked there: `cut.py`.\n\n")


def test_a_name_of_a_file_is_no_link_in_the_report(orc: CommandLine) -> None:
    orc.write("`![x](http:__there).py", BAD)
    report = orc("review", "--format", "markdown").out
    assert "T11 error" in report
    assert "](http" not in report


def test_annotations_are_one_command_each_whatever_the_text_holds(orc: CommandLine) -> None:
    orc.write("a,b.py", BAD)
    (line,) = orc("review", "--format", "github").out.splitlines()
    assert line.startswith("::error file=a%2Cb.py,line=7,endLine=7,col=5,title=T11%3A ")


def test_the_report_has_the_seven_points_each_with_what_was_checked(orc: CommandLine) -> None:
    orc.write("bot.py", BAD)
    report = orc("review", "--format", "markdown").out
    points = [line for line in report.splitlines() if line.startswith("## ")]
    assert points == [
        "## 1. Edge cases",
        "## 2. Performance",
        "## 3. Error handling and resilience",
        "## 4. Risk controls",
        "## 5. Logging",
        "## 6. Tests",
        "## 7. Production",
    ]
    assert report.count("Not checked: ") == 7
    assert "| `bot.py:7` | T11 error | " in report


def test_a_folder_is_searched_without_what_git_ignores_and_without_links(
    orc: CommandLine, repo: Repo, tmp_path: Path
) -> None:
    repo.write(".gitignore", "old/\n")
    for name in ("old/bot.py", "new/bot.py", ".venv/lib/bot.py", "notes.txt", "page.md"):
        repo.write(name, BAD)
    (repo.path / "new/loop").symlink_to(repo.path)
    (repo.path / "new/itself.py").symlink_to("itself.py")
    assert rules(orc) == [("T11", "new/bot.py", 7)]
    assert rules(orc, "old/bot.py", "new") == [("T11", "new/bot.py", 7), ("T11", "old/bot.py", 7)]


def test_what_cannot_be_read_is_a_finding_and_the_rest_is_reviewed(orc: CommandLine) -> None:
    orc.write("cut.py", "def f(:\n")
    orc.write("bot.py", BAD)
    done = orc("review", "--format", "brief")
    assert done.code == 1
    assert done.out.splitlines() == [
        "bot.py:7:5: T11 `exchange.create_order` sends an order without an id of ours",
        "cut.py:1: R01 is no valid Python: invalid syntax: not reviewed",
        "2 errors in 2 files",
    ]


def test_a_diff_tells_what_is_new_and_not_what_moved(orc: CommandLine, repo: Repo) -> None:
    repo.write("bot.py", BAD)
    repo.commit("bad already")
    repo.write("bot.py", "# a line above\n" + BAD + "\nexchange.withdraw('BTC', 1, there)\n")
    repo.write("new.py", BAD)
    repo.write(".venv/lib/new.py", BAD)
    assert rules(orc, "--diff", "HEAD") == [("T43", "bot.py", 10), ("T11", "new.py", 7)]
    assert rules(orc, "--diff", "HEAD~1") == [
        ("T11", "bot.py", 8),
        ("T43", "bot.py", 10),
        ("T11", "new.py", 7),
    ]
    assert rules(orc, "--diff", "HEAD", "new.py") == [("T11", "new.py", 7)]


def test_a_change_is_told_what_it_makes_reachable_in_lines_that_it_did_not_touch(
    orc: CommandLine, repo: Repo
) -> None:
    repo.write("ids.py", "def named(intent):\n    return {'clientOrderId': intent}\n")
    repo.write(
        "desk.py",
        HEAD
        + "from ids import named\nexchange.create_order('A', 'limit', 'buy', 1, 2, named(7))\n",
    )
    repo.commit("named by a helper")
    assert rules(orc, "--diff", "HEAD") == []
    repo.write("ids.py", "def named(intent):\n    return {'postOnly': True}\n")
    assert rules(orc, "--diff", "HEAD") == [("T11", "desk.py", 7)]


def test_staged_sees_the_index_and_not_the_file(orc: CommandLine, repo: Repo) -> None:
    repo.write("bot.py", BAD)
    repo.git("add", "bot.py")
    repo.write("bot.py", GOOD)
    repo.write("other.py", BAD)
    assert rules(orc, "--staged") == [("T11", "bot.py", 7)]
    repo.git("add", "bot.py")
    assert rules(orc, "--staged") == []


def test_a_renamed_file_brings_nothing_new(orc: CommandLine, repo: Repo) -> None:
    repo.write("bot.py", BAD)
    repo.commit("bad already")
    repo.git("mv", "bot.py", "desk.py")
    assert rules(orc, "--staged") == []


def test_an_empty_change_and_a_first_commit_are_reviewed(orc: CommandLine) -> None:
    made = Repo(orc.project, orc.home)
    made.git("init", "--quiet", "--initial-branch=main")
    assert orc("review", "--staged").out == "nothing to review: no Python was read\n"
    made.write("bot.py", BAD)
    made.git("add", "bot.py")
    assert rules(orc, "--staged") == [("T11", "bot.py", 7)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--diff", "nowhere"), "--diff: there is no commit 'nowhere'; name one commit, branch or"),
        (("--diff", "HEAD:bot.py"), "there is no commit 'HEAD:bot.py'; name one commit"),
        (("--diff", "HEAD", "none.py"), "none.py: No such file or directory; name a file"),
        (("--diff", "HEAD", ".."), "..: lies outside of the repository; name a file or a folder"),
        (("none.py",), "none.py: No such file or directory; name a file or a folder"),
        (("--select", "T99"), "no rule is called T99; use one of T01, "),
        (("--with", "pylint"), "--with: no tool is called pylint; use one of ruff, bandit, "),
        (
            ("--write", "pdf=x"),
            "--write: 'pdf=x' is no form with a file; write FORM=FILE, the form",
        ),
        (("--write", "json=no/x"), "no/x: cannot be written (No such file or directory); name a"),
        (("--select", "T11", "--ignore", "T11"), "--ignore leaves out every rule that --select"),
        (("--staged", "--diff", "HEAD"), "--diff and --staged exclude each other"),
        (
            ("--baseline", "none.json"),
            "none.json: cannot be read (No such file or directory); name a",
        ),
        (("--baseline", "bot.py"), "bot.py: is no baseline; write one with --write-baseline"),
        (
            ("--write-baseline", "no/old.json"),
            "no/old.json: cannot be written (No such file or directory); name a file in a folder",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(
    orc: CommandLine, repo: Repo, arguments: tuple[str, ...], said: str
) -> None:
    del repo
    done = orc("review", *arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert said in done.err


def test_a_change_outside_of_git_says_so(orc: CommandLine) -> None:
    orc.write("bot.py", BAD)
    done = orc("review", "--diff", "HEAD", "--json")
    assert done.code == 2
    assert done.error["what"] == "is in no git repository"


def test_rules_are_named_in_either_case_with_commas_or_spaces(orc: CommandLine) -> None:
    orc.write("bot.py", BAD + "import asyncio\nasyncio.create_task(x)\n")
    found = [("T11", "bot.py", 7), ("T36", "bot.py", 9)]
    assert rules(orc, "--select", "t11 T36") == found
    assert rules(orc, "--select", "T36,t11", "--ignore", "t36") == found[:1]


def test_the_severity_that_fails_is_chosen(orc: CommandLine) -> None:
    orc.write("bot.py", "import asyncio\nasyncio.create_task(x)\n")
    assert orc("review").code == 0
    assert orc("review", "--fail-on", "warning").code == 1
    orc.write("bot.py", BAD)
    assert orc("review", "--fail-on", "never").code == 0


def test_a_baseline_leaves_old_findings_out(orc: CommandLine) -> None:
    orc.write("bot.py", BAD)
    kept = orc("review", "--write-baseline", "old.json")
    assert (kept.code, kept.out) == (0, "")
    orc.write("bot.py", "# moved\n" + BAD)
    assert rules(orc, "--baseline", "old.json") == []
    orc.write("bot.py", BAD + BAD.removeprefix(HEAD).replace("buy", "sell"))
    assert rules(orc, "--baseline", "old.json") == [("T11", "bot.py", 9)]


def test_a_fix_mends_the_file_and_tells_what_is_left(orc: CommandLine) -> None:
    orc.write(
        "late.py", "from datetime import UTC, datetime\r\nx = datetime.utcnow().date()\r\n" + BAD
    )
    done = orc("review", "--fix", "--format", "brief")
    assert done.code == 1
    assert done.err == "1 mended in 1 file\n"
    assert done.out.splitlines()[-1] == "1 error in 1 file"
    assert b"x = datetime.now(UTC).date()\r\n" in (orc.project / "late.py").read_bytes()


def test_other_tools_take_any_name_of_a_file_and_leave_nothing_behind(orc: CommandLine) -> None:
    name = os.fsdecode(b"half\xff.py")
    orc.write("ruff.toml", 'lint.select = ["F"]\n')
    (orc.project / name).write_text("import os\n")
    assert rules(orc, "--with", "ruff") == [("ruff:F401", name, 1)]
    assert sorted(each.name for each in orc.project.iterdir()) == [name, "ruff.toml"]


def test_what_is_left_after_a_fix_stands_at_the_lines_of_now(orc: CommandLine) -> None:
    orc.write(
        "late.py", "from datetime import UTC, datetime\nx = datetime.utcnow(\n).date()\n" + BAD
    )
    done = orc("review", "--fix", "--format", "brief")
    assert done.out.startswith("late.py:9:5: T11 ")


def test_a_fix_of_ours_keeps_the_import_that_another_tool_calls_unused(orc: CommandLine) -> None:
    orc.write("ruff.toml", 'lint.select = ["F"]\n')
    orc.write("late.py", "from datetime import UTC, datetime\nx = datetime.utcnow().date()\n")
    orc("review", "--fix", "--with", "ruff")
    after = (orc.project / "late.py").read_text()
    assert after == "from datetime import UTC, datetime\nx = datetime.now(UTC).date()\n"


def test_in_a_document_no_fix_is_offered(orc: CommandLine) -> None:
    text = "```python\nfrom datetime import UTC, datetime\nx = datetime.utcnow().date()\n```\n"
    orc.write("page.md", text)
    done = orc("review", "page.md", "--fix", "--format", "brief")
    assert (done.err, done.out.splitlines()[-1]) == ("0 mended in 0 files\n", "1 note in 1 file")


def test_other_tools_are_merged_in_by_file_and_line(orc: CommandLine) -> None:
    orc.write("bot.py", "import os\nimport subprocess\n\nsubprocess.run(name, shell=True)\n")
    found = rules(orc, "--with", "ruff,bandit", "bot.py")
    assert ("ruff:F401", "bot.py", 1) in found
    assert ("bandit:B602", "bot.py", 4) in found
    assert found == sorted(found, key=lambda each: each[2])
