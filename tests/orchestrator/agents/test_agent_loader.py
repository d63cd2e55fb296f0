"""Agent files of every oddity load under the name they mean, and say what was odd."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.agents.definition import AgentDefinition, LoadedAgent
from orchestrator.agents.loader import MAX_BYTES, load_agent_file

BODY = "You size positions.\n"


def load(folder: Path, content: str | bytes, name: str = "some-file.md") -> LoadedAgent:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_agent_file(path, "project")


def agent(folder: Path, head: str, body: str = BODY) -> tuple[AgentDefinition, list[str]]:
    loaded = load(folder, f"---\n{head}\n---\n\n{body}")
    assert loaded.definition is not None, loaded.problems
    return loaded.definition, [f"{p.line} {p.severity}: {p.message}" for p in loaded.problems]


def test_a_plain_file_loads_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "risk.md"
    path.write_text(
        "---\nname: risk-manager\ndescription: Sizes positions.\ntools: Read, Grep\n"
        "disallowedTools: Bash\nmodel: opus\neffort: high\nmaxTurns: 7\ncolor: red\n"
        f"triggers:\n  - position size\n---\n\n{BODY}",
        encoding="utf-8",
    )
    assert load_agent_file(path, "user") == LoadedAgent(
        path,
        AgentDefinition(
            name="risk-manager",
            description="Sizes positions.",
            prompt="You size positions.",
            tools=("Read", "Grep"),
            disallowed_tools=("Bash",),
            model="opus",
            effort="high",
            max_turns=7,
            path=path,
            source="user",
            triggers=("position size",),
        ),
        (),
    )


@pytest.mark.parametrize(
    "description",
    [
        "Use when: a limit is hit. Examples: user: 'stop' assistant: \"I stop\"",
        "**RISK DESK**: sizes what others want",
        "*starred from the start",
        "[risk] sizes positions",
        "{risk}: sizes",
        "@risk sizes",
        "`risk` sizes: all",
        "100%: sure",
        'a \\n<example>\\nuser: "x"\\n</example>',
    ],
)
def test_a_description_that_is_no_yaml_is_read_as_written(tmp_path: Path, description: str) -> None:
    found, problems = agent(tmp_path, f"name: risk\ndescription: {description}\nmodel: opus")
    assert (found.name, found.description, found.model) == ("risk", description, "opus")
    assert len(problems) == 1
    assert problems[0].startswith("3 warning: the frontmatter is not valid YAML")


def test_a_description_that_runs_over_unindented_lines_is_kept_whole(tmp_path: Path) -> None:
    text = 'Use it to "size" and more: see\n\n<example>\nuser: "size"\nassistant: done\n</example>'
    found, problems = agent(tmp_path, f"name: risk\ndescription: {text}\nmodel: opus\ntools: Read")
    assert found.description == text
    assert (found.name, found.model, found.tools) == ("risk", "opus", ("Read",))
    assert len(problems) == 1


def test_a_key_inside_an_example_does_not_replace_the_real_one(tmp_path: Path) -> None:
    head = "name: risk\ndescription: Use it: so\n<example>\nname: other\n  tools: Bash\n</example>"
    found, _ = agent(tmp_path, head)
    assert found.name == "risk"
    assert found.tools is None


@pytest.mark.parametrize(
    ("written", "tools"),
    [
        ("tools: *", None),
        ('tools: ["*"]', None),
        ('tools: "*"', None),
        ("tools: Read, Grep,Bash", ("Read", "Grep", "Bash")),
        ("tools: Read Grep", ("Read", "Grep")),
        ("tools: Read", ("Read",)),
        ("tools: [Read, Grep]", ("Read", "Grep")),
        ("tools:\n  - Read\n  - Grep", ("Read", "Grep")),
        ("tools:\n- Read\n- Bash(git status:*)", ("Read", "Bash(git status:*)")),
        ("tools:\n\t- Read\n\t- Grep", ("Read", "Grep")),
        ("tools: Bash(git log:*), Read", ("Bash(git log:*)", "Read")),
        ('tools: "Read", "Grep"', ("Read", "Grep")),
        ("tools: ['Read', 'edit/editFiles']", ("Read", "edit/editFiles")),
        ("tools: mcp__venue__depth, Read, Read", ("mcp__venue__depth", "Read")),
        ("tools: []", ()),
        ("tools:", None),
        ("model: opus", None),
    ],
)
def test_tools_are_read_in_every_spelling(
    tmp_path: Path, written: str, tools: tuple[str, ...] | None
) -> None:
    found, _ = agent(tmp_path, f"name: risk\ndescription: Sizes.\n{written}")
    assert found.tools == tools


def test_old_tool_names_become_the_present_ones_and_are_noted(tmp_path: Path) -> None:
    found, problems = agent(
        tmp_path, "name: risk\ndescription: Sizes.\ntools: Read, MultiEdit, LS, Task(sizer)"
    )
    assert found.tools == ("Read", "Edit", "Glob", "Agent(sizer)")
    assert problems == [
        "4 note: 'MultiEdit' is an old name of 'Edit'",
        "4 note: 'LS' is an old name of 'Glob'",
        "4 note: 'Task' is an old name of 'Agent'",
    ]


def test_the_wrong_key_allowed_tools_still_narrows_the_agent(tmp_path: Path) -> None:
    found, problems = agent(tmp_path, "name: risk\ndescription: Sizes.\nallowedTools: [Read]")
    assert found.tools == ("Read",)
    assert problems == [
        "4 warning: 'allowedTools' was read as 'tools', but other loaders ignore it"
    ]


def test_of_a_key_in_two_spellings_the_first_is_used_and_the_second_reported(
    tmp_path: Path,
) -> None:
    found, problems = agent(
        tmp_path, "name: risk\ndescription: Sizes.\ntools: Read\nallowed-tools: Bash"
    )
    assert found.tools == ("Read",)
    assert problems == ["5 warning: 'allowed-tools' is a second 'tools'; 'tools' was used"]


@pytest.mark.parametrize(
    ("line", "field", "value", "complaint"),
    [
        ("model: inherit", "model", "inherit", ""),
        ("model: Claude Sonnet 4.5 (copilot)", "model", "Claude Sonnet 4.5 (copilot)", "look like"),
        ("model: [gpt-4o, opus]", "model", "gpt-4o", "first entry"),
        ("effort: HIGH", "effort", "high", ""),
        ("effort: a lot", "effort", None, "unknown"),
        ('maxTurns: "12"', "max_turns", 12, ""),
        ("max_turns: 12", "max_turns", 12, "read as 'maxTurns'"),
        ("maxTurns: 0", "max_turns", None, "no count"),
        ("maxTurns: many", "max_turns", None, "no count"),
        ("maxTurns: [a: b]", "max_turns", None, "not a text"),
        ("color: '#10B981'", "name", "risk", "colour"),
        ("color: teal", "name", "risk", "colour"),
        ("triggers: size it, kelly", "triggers", ("size it", "kelly"), ""),
        ("triggers: 5", "triggers", (), "not a list"),
        ("hooks:\n  Stop: x", "name", "risk", "no effect"),
        ("capabilities:\n  - sizing", "name", "risk", "not a field"),
        ("disallowedTools: '*'", "disallowed_tools", ("*",), ""),
    ],
)
def test_odd_values_are_understood_or_reported(
    tmp_path: Path, line: str, field: str, value: Any, complaint: str
) -> None:
    found, problems = agent(tmp_path, f"name: risk\ndescription: Sizes.\n{line}")
    assert getattr(found, field) == value
    assert len(problems) == (1 if complaint else 0), problems
    assert all(complaint in problem and problem.startswith("4 ") for problem in problems)


@pytest.mark.parametrize("prefix", ["\ufeff", "\n\n", ""])
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_byte_order_marks_blank_lines_and_any_line_ends_do_not_matter(
    tmp_path: Path, prefix: str, end: str
) -> None:
    text = f"{prefix}---\nname: risk\ndescription: Sizes.\n--- \n\nYou size.\nTwice.\n"
    loaded = load(tmp_path, text.replace("\n", end))
    assert loaded.definition is not None
    assert loaded.problems == ()
    assert loaded.definition.prompt == "You size.\nTwice."


@pytest.mark.parametrize(
    "head", ["name:\trisk\ndescription:\tSizes.", "\tname: risk\n\tdescription: Sizes."]
)
def test_tabs_are_read_as_spaces(tmp_path: Path, head: str) -> None:
    found, _ = agent(tmp_path, head)
    assert (found.name, found.description) == ("risk", "Sizes.")


def test_unclosed_frontmatter_ends_at_the_first_blank_line(tmp_path: Path) -> None:
    loaded = load(tmp_path, f"---\nname: risk\ndescription: Sizes.\n\n{BODY}")
    assert loaded.definition is not None
    assert loaded.definition.name == "risk"
    assert loaded.definition.prompt == "You size positions."
    assert "never closed" in loaded.problems[0].message
    assert loaded.problems[0].fix == "put a line '---' after line 3"


def test_without_frontmatter_the_first_heading_is_the_name(tmp_path: Path) -> None:
    text = "# Exchange Integration Specialist\n\n## Role\nConnects venues,\nall of them.\n\nMore.\n"
    loaded = load(tmp_path, text)
    assert loaded.definition is not None
    assert loaded.definition.name == "exchange-integration-specialist"
    assert loaded.definition.description == "Connects venues, all of them."
    assert loaded.definition.prompt == text.strip()
    assert loaded.definition.tools is None
    assert [p.severity for p in loaded.problems] == ["warning"]


def test_without_frontmatter_and_heading_the_file_name_is_the_name(tmp_path: Path) -> None:
    loaded = load(tmp_path, "```\n# not a heading\n```\nYou size.\n", "Risk_Manager.md")
    assert loaded.definition is not None
    assert loaded.definition.name == "risk-manager"


def test_a_page_that_opens_with_a_ruler_has_no_frontmatter(tmp_path: Path) -> None:
    loaded = load(tmp_path, "---\n\n# Risk Desk\n\nNote: it sizes.\n\n---\nEnd.\n")
    assert loaded.definition is not None
    assert loaded.definition.name == "risk-desk"
    assert "Note: it sizes." in loaded.definition.prompt


def test_a_missing_description_is_taken_from_the_text_and_reported(tmp_path: Path) -> None:
    found, problems = agent(tmp_path, "name: risk")
    assert found.description == "You size positions."
    assert problems == ["1 warning: there is no description, so other loaders skip the file"]


def test_a_missing_name_is_taken_from_the_file_name_and_reported(tmp_path: Path) -> None:
    found, problems = agent(tmp_path, "description: Sizes.")
    assert found.name == "some-file"
    assert len(problems) == 1


def test_missing_instructions_are_reported(tmp_path: Path) -> None:
    _, problems = agent(tmp_path, "name: risk\ndescription: Sizes.", body="\n")
    assert problems == ["1 warning: there are no instructions below the frontmatter"]


@pytest.mark.parametrize("name", ["Data Architect", "microsoft_learn", "Ämt", "007", "true"])
def test_unusual_names_are_kept_as_they_are(tmp_path: Path, name: str) -> None:
    found, _ = agent(tmp_path, f'name: "{name}"\ndescription: Sizes.')
    assert found.name == name


@pytest.mark.parametrize(
    ("name", "why"),
    [("-risk", "hyphen"), ("plugin:risk", "colon"), ('"a\\nb"', "control character")],
)
def test_names_that_cannot_be_used_keep_the_file_out(tmp_path: Path, name: str, why: str) -> None:
    loaded = load(tmp_path, f"---\nname: {name}\ndescription: Sizes.\n---\n{BODY}")
    assert loaded.definition is None
    assert [p.severity for p in loaded.problems] == ["error"]
    assert why in loaded.problems[0].message
    assert loaded.problems[0].line == 2
    assert loaded.problems[0].fix.startswith("write 'name: ")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b" \n\n\t\n", "empty"),
        (b"\x7fELF\x00\x01\x02", "not a text file"),
        ("---\nname: x\n".encode("utf-16"), "not a text file"),
        (b"x" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_text_is_a_problem(tmp_path: Path, content: bytes, why: str) -> None:
    loaded = load(tmp_path, content)
    assert loaded.definition is None
    assert [p.severity for p in loaded.problems] == ["error"]
    assert why in loaded.problems[0].message


def test_bytes_that_are_not_utf8_are_replaced_and_reported_with_their_line(tmp_path: Path) -> None:
    loaded = load(tmp_path, b"---\nname: risk\ndescription: Sizes \x93all\x94.\n---\nYou.\n")
    assert loaded.definition is not None
    assert loaded.definition.description == "Sizes \ufffdall\ufffd."
    assert (loaded.problems[0].line, loaded.problems[0].severity) == (3, "warning")


def test_folders_pipes_loops_and_missing_files_are_problems(tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "loop.md").symlink_to("loop.md")
    os.mkfifo(tmp_path / "pipe.md")
    for name in ("folder.md", "loop.md", "pipe.md", "missing.md", "x" * 300 + ".md", "zero\0.md"):
        loaded = load_agent_file(tmp_path / name, "project")
        assert loaded.definition is None
        assert [p.severity for p in loaded.problems] == ["error"], name


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_read_permission_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "closed.md"
    path.write_text(BODY, encoding="utf-8")
    path.chmod(0)
    assert "cannot be read" in load_agent_file(path, "project").problems[0].message


def test_a_readme_without_frontmatter_is_no_agent(tmp_path: Path) -> None:
    loaded = load(tmp_path, "# Our agents\n\nSee below.\n", "README.md")
    assert loaded.definition is None
    assert [p.severity for p in loaded.problems] == ["note"]


@pytest.mark.parametrize(
    "value",
    [
        "[" * 50_000,
        "{a: " * 3_000,
        "!!timestamp soon",
        "!!bool maybe",
        "!!python/object/apply:os.system ['true']",
        "&a [*a]",
        '"\\ud800"',
        "2024-13-45",
        "1" * 6_000,
        "x" * 200_000,
    ],
)
def test_hostile_yaml_is_only_text(tmp_path: Path, value: str) -> None:
    found, _ = agent(tmp_path, f"name: risk\ndescription: Sizes.\ncolor: {value}")
    assert found.name == "risk"


# Pieces of which broken frontmatter is made.
PIECES = [
    *("---", "\n", "\n---\n", "name: ", "description: ", "tools: ", "model: ", "- ", "  ", "\t"),
    *(
        ": ",
        "*",
        "[",
        "]",
        "{",
        "}",
        "a",
        "B-c",
        '"',
        "'",
        "|",
        "# ",
        "\r",
        "&x",
        "!",
        "-",
        "\u2028",
    ),
]


@settings(max_examples=500, derandomize=True, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(st.sampled_from(PIECES), max_size=16).map(lambda some: "".join(some).encode()),
    )
)
def test_any_bytes_give_an_agent_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.md"
    path.write_bytes(content)
    loaded = load_agent_file(path, "project")
    assert loaded.definition is not None or loaded.problems
    if loaded.definition is not None:
        assert loaded.definition.name
        assert not loaded.definition.name.startswith("-")
        loaded.definition.description.encode()
