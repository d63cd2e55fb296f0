"""`orc agents`, `orc agents lint` and `orc route`."""

from __future__ import annotations

import pytest

from orchestrator.agents.catalogue import bundled_agents_dir
from tests.support.command_line import CommandLine


def test_the_list_has_the_agents_we_ship(orc: CommandLine) -> None:
    listed = orc("agents", "--json")
    assert (listed.code, listed.err) == (0, "")
    assert listed.json["problems"] == []
    first = listed.json["agents"][0]
    assert set(first) == {"name", "source", "model", "tools", "description", "path"}
    assert {agent["source"] for agent in listed.json["agents"]} == {"bundled"}

    text = orc("agents")
    assert text.out.splitlines()[0].split() == ["NAME", "SOURCE", "MODEL", "TOOLS", "DESCRIPTION"]
    assert all(len(line) <= 160 for line in text.out.splitlines())
    assert len(text.out.splitlines()) == len(listed.json["agents"]) + 1


def test_a_projects_agents_count_only_once_they_are_trusted(orc: CommandLine) -> None:
    orc.agent("zebra-expert")
    orc("agents", "--json")
    before = orc("agents", "--json")
    assert "zebra-expert" not in before.out
    assert before.err == f"orc: 1 agent of {orc.project} not in force: look, then run `orc trust`\n"

    assert orc("trust", "--yes").code == 0
    after = orc("agents", "--json")
    assert after.err == ""
    assert [a["source"] for a in after.json["agents"] if a["name"] == "zebra-expert"] == ["project"]

    orc.agent("zebra-expert", "model: opus\n")
    assert "zebra-expert" not in orc("agents", "--json").out


def test_the_users_own_agents_need_no_trust(orc: CommandLine) -> None:
    file = orc.user / "agents" / "own.md"
    file.parent.mkdir(parents=True)
    file.write_text("---\nname: own\ndescription: Mine.\n---\nWork.\n")
    names = [agent["name"] for agent in orc("agents", "--json").json["agents"]]
    assert "own" in names


def test_lint_of_sound_files_is_quiet(orc: CommandLine) -> None:
    file = orc.agent("zebra-expert")
    linted = orc("agents", "lint", "agents", "--json")
    assert linted.code == 0
    assert linted.json == {
        "files": [
            {
                "path": str(file.relative_to(orc.project)),
                "name": "zebra-expert",
                "loads": True,
                "problems": [],
            }
        ]
    }
    assert orc("agents", "lint").out == "1 file: 1 load, 0 to mend\n"


def test_lint_tells_line_problem_and_mend_and_exits_1(orc: CommandLine) -> None:
    orc.agent("zebra-expert", "allowedTools: bash\n")
    orc.write("agents/empty.md", "")
    text = orc("agents", "lint", "agents/zebra-expert.md", "agents/empty.md")
    assert text.code == 1
    lines = text.out.splitlines()
    assert lines[0].startswith("agents/zebra-expert.md:4: warning: 'allowedTools' was read as")
    assert lines[0].endswith("; write 'tools'")
    assert lines[1].startswith("agents/empty.md:1: error: the file is empty; ")
    assert lines[2] == "2 files: 1 load, 2 to mend"

    (_, empty) = orc("agents", "lint", "agents/zebra-expert.md", "agents/empty.md", "--json").json[
        "files"
    ]
    assert (empty["name"], empty["loads"]) == (None, False)
    assert set(empty["problems"][0]) == {"line", "message", "fix"}


@pytest.mark.parametrize("path", ["nowhere", "nowhere.md", "src"])
def test_lint_of_a_wrong_path_never_looks_clean(orc: CommandLine, path: str) -> None:
    (orc.project / "src").mkdir()
    assert orc("agents", "lint", path).code == 1


def test_a_note_alone_is_no_reason_to_fail(orc: CommandLine) -> None:
    orc.agent("zebra-expert", "capabilities: many\n")
    linted = orc("agents", "lint")
    assert linted.code == 0
    assert "note: 'capabilities'" in linted.out


def test_lint_names_tools_that_nothing_answers_to(orc: CommandLine) -> None:
    orc.agent("zebra-expert", "tools: Bash, Read, Agent, mcp__a__b, Foo\n")
    linted = orc("agents", "lint")
    assert linted.code == 1
    assert "zebra-expert.md:4: warning: no tool answers to 'Foo'; " in linted.out


def test_lint_only_notes_tools_that_claude_code_alone_has(orc: CommandLine) -> None:
    orc.agent("zebra-expert", "tools: Bash, WebFetch\n")
    linted = orc("agents", "lint")
    assert linted.code == 0
    assert "note: not to be had here: 'WebFetch'" in linted.out


@pytest.mark.parametrize(
    "text",
    ["---\nname: a\ndescription: B.\n---\n", "---\nname: a\ndescription: B.\n---\n# Only this\n"],
)
def test_lint_tells_of_an_agent_without_instructions(orc: CommandLine, text: str) -> None:
    orc.write("agents/a.md", text)
    linted = orc("agents", "lint")
    assert linted.code == 1
    assert linted.out.count("warning: there are no instructions below") == 1


def test_the_agents_we_ship_need_no_mending(orc: CommandLine) -> None:
    shipped = bundled_agents_dir()
    assert orc("agents", "lint", str(shipped)).code == 0


def test_lint_without_any_folder_says_what_to_name(orc: CommandLine) -> None:
    failed = orc("agents", "lint", "--json")
    assert failed.code == 2
    assert failed.error["what"] == "no folder of agents"


def test_a_file_that_wants_to_paint_the_terminal_is_shown_as_text(orc: CommandLine) -> None:
    orc.agent("zebra-expert", 'model: "\\e[31mred alert \\e[2J"\n')
    assert "\x1b" not in orc("agents", "lint").out
