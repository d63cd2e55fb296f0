"""Which tools an agent file gets."""

from __future__ import annotations

import pytest

from orchestrator.toolbox.permissions import granted

EDIT = "str_replace_based_edit_tool"
OURS = (
    "bash", EDIT, "grep", "glob", "list_files", "hand_off", "ask_user", "read_receipt", "kelly",
    "mcp__gh__issue", "mcp__gh__pull", "mcp__db__query",
)  # fmt: skip
ALWAYS = {"hand_off", "ask_user", "read_receipt"}


def names(tools: tuple[str, ...] | None, disallowed: tuple[str, ...] = ()) -> set[str]:
    given, _ = granted(tools, disallowed, OURS)
    assert list(given) == sorted(given)
    return set(given)


@pytest.mark.parametrize("tools", [None, ("*",)])
def test_no_list_and_a_star_are_all_tools(tools: tuple[str, ...] | None) -> None:
    assert names(tools) == set(OURS)


def test_an_empty_list_leaves_what_every_agent_has() -> None:
    assert names(()) == ALWAYS


@pytest.mark.parametrize(
    ("alias", "tool"),
    [
        ("Bash", "bash"), ("BASH", "bash"), ("Edit", EDIT), ("write", EDIT), ("MultiEdit", EDIT),
        ("NotebookEdit", EDIT), ("Grep", "grep"), ("Glob", "glob"), ("LS", "list_files"),
        ("Kelly", "kelly"),
    ],
)  # fmt: skip
def test_names_of_claude_code_are_ours_in_any_case(alias: str, tool: str) -> None:
    assert granted((alias,), (), OURS) == (tuple(sorted({tool, *ALWAYS})), ())


@pytest.mark.parametrize("alias", ["Read", "View"])
def test_reading_alone_gives_no_right_to_edit_and_is_named(alias: str) -> None:
    assert names((alias,)) == {"list_files", "grep", "glob", *ALWAYS}
    assert granted((alias,), (), OURS)[1] == (alias,)
    assert granted((alias,), (), (*OURS, "read_file")) == (
        tuple(sorted({"read_file", *ALWAYS})),
        (),
    )


def test_reading_with_editing_is_the_edit_tool() -> None:
    given, unknown = granted(("Read", "Edit"), (), OURS)
    assert EDIT in given
    assert unknown == ()


def test_what_is_disallowed_wins_over_what_is_listed() -> None:
    assert "bash" not in names(("bash", "Grep"), ("Bash",))
    assert "bash" not in names(None, ("bash",))
    assert names(None, ("*",)) == {"hand_off"}


@pytest.mark.parametrize("alias", ["Edit", "Write", "Read"])
def test_disallowing_part_of_the_edit_tool_takes_it_away(alias: str) -> None:
    assert EDIT not in names(None, (alias,))
    assert EDIT not in names(("Edit", "Write"), (alias,))


def test_the_handoff_cannot_be_taken_away_the_question_and_the_receipts_can() -> None:
    assert "hand_off" in names(None, ("hand_off", "Task"))
    assert names((), ("AskUserQuestion", "read_receipt")) == {"hand_off"}


@pytest.mark.parametrize("pattern", ["mcp__gh__*", "mcp__gh"])
def test_the_tools_of_a_server_are_named_together(pattern: str) -> None:
    assert names((pattern,)) == {"mcp__gh__issue", "mcp__gh__pull", *ALWAYS}
    assert names(None, (pattern,)) == set(OURS) - {"mcp__gh__issue", "mcp__gh__pull"}


def test_names_we_have_nothing_for_are_given_back_as_written() -> None:
    tools = ("WebFetch", "Bash", "TodoWrite", "Bash(git:*)", "mcp__none__*", "kely", "Task(a, b)")
    assert granted(tools, (), OURS)[1] == (
        "WebFetch", "TodoWrite", "Bash(git:*)", "mcp__none__*", "kely",
    )  # fmt: skip


def test_a_disallowed_name_is_only_told_where_it_is_a_mistake() -> None:
    assert granted(None, ("WebFetch", "bahs"), OURS)[1] == ("bahs",)


def test_only_what_there_is_is_granted() -> None:
    assert granted(None, (), ("bash",)) == (("bash",), ())
