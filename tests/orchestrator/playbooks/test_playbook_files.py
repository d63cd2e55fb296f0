"""Playbook files: what is wrong with one is told with its line and the nearest right name."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.catalogue.playbook_library import unsuited
from orchestrator.playbooks.files import shipped_dir
from orchestrator.playbooks.reading import read_playbook
from tests.support.playbooks import AGENTS, library

SOUND = """\
name: count-files
description: How many files there are.
agent: python-expert
examples: ["How many files?"]
asks: [files]
steps:
  - id: found
    tool: list_files
answers:
  - say: ["{found.text} {found.receipt}"]
"""


def written(folder: Path, text: str, name: str = "own.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("asks:", "askes:", 5, "did you mean 'asks'"),
        ("tool: list_files", "tol: list_files", 8, "did you mean 'tool'"),
        ("{found.text}", "{fond.text}", 1, "names no slot"),
        ("{found.text}", "{found.text:pct}", 1, "formats are short, percent"),
        ("asks: [files]", "asks: [files]\nkind: anser", 6, "did you mean 'answer'"),
        ("asks: [files]", "asks: []", 5, "asks"),
        ("asks: [files]", "asks: [files", 6, "expected"),
        ("asks: [files]", "asks: &a [files]\nwords: *a", 5, "anchors"),
        ("asks: [files]", "asks: [files]\nasks: [file]", 6, "twice"),
        ("name: count-files\n", "", 1, "name is missing"),
    ],
)
def test_a_mistake_has_its_line_and_the_right_name(
    tmp_path: Path, before: str, after: str, line: int, told: str
) -> None:
    loaded = read_playbook(written(tmp_path, SOUND.replace(before, after, 1)))
    assert loaded.playbook is None
    assert any(told in str(problem) and problem.line == line for problem in loaded.problems), [
        str(problem) for problem in loaded.problems
    ]


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("python-expert", "pyton-expert", 3, "did you mean 'python-expert'"),
        ("list_files", "list_file", 8, "did you mean 'list_files'"),
        ("list_files", "kelly_fraction", 8, "was not granted kelly_fraction"),
        (
            "tool: list_files",
            "tool: list_files\n    arguments: {patern: x}",
            9,
            "no argument 'patern'",
        ),
        ("How many files?", "How many rows?", 4, "would not take its own example"),
    ],
)
def test_what_only_shows_beside_agents_and_tools_is_told_too(
    tmp_path: Path, before: str, after: str, line: int, told: str
) -> None:
    loaded = read_playbook(written(tmp_path, SOUND.replace(before, after, 1)))
    problems = unsuited(loaded, AGENTS)
    assert any(told in str(problem) and problem.line == line for problem in problems), problems


def test_a_file_that_is_no_text_is_told_and_not_read(tmp_path: Path) -> None:
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"name: \xff\xfe")
    assert "UTF-8" in str(read_playbook(binary).problems[0])
    assert "regular file" in str(read_playbook(tmp_path).problems[0])
    assert "cannot be read" in str(read_playbook(tmp_path / "none.yaml").problems[0])


def test_a_control_character_is_told_in_one_line(tmp_path: Path) -> None:
    loaded = read_playbook(written(tmp_path, "name: a\0b\n"))
    assert "control characters" in str(loaded.problems[0])
    assert "\n" not in str(loaded.problems[0])


def test_a_deeply_nested_file_is_refused(tmp_path: Path) -> None:
    loaded = read_playbook(written(tmp_path, "name: " + "[" * 5_000))
    assert loaded.playbook is None


def test_those_we_ship_are_sound_and_take_their_own_examples() -> None:
    for path in shipped_dir().glob("*.yaml"):
        loaded = read_playbook(path)
        assert (*loaded.problems, *unsuited(loaded, AGENTS)) == ()
    ours = library()
    assert ours.problems == ()
    assert [one.playbook.name for one in ours] == sorted(
        path.stem for path in shipped_dir().glob("*.yaml")
    )


def test_the_users_own_wins_over_the_shipped_one_and_the_projects_over_both(tmp_path: Path) -> None:
    text = SOUND.replace("count-files", "verify-ledger")
    written(tmp_path / "user" / "playbooks", text)
    own = library(user=tmp_path / "user")
    taken = next(one for one in own if one.playbook.name == "verify-ledger")
    assert (taken.source, taken.replaces) == ("user", "shipped")
    written(tmp_path / "project" / ".claude" / "playbooks", text)
    both = library(tmp_path / "project", tmp_path / "user")
    taken = next(one for one in both if one.playbook.name == "verify-ledger")
    assert taken.source == "project"


def test_a_broken_file_does_not_hide_the_shipped_one(tmp_path: Path) -> None:
    text = SOUND.replace("count-files", "verify-ledger").replace("list_files", "no_tool")
    written(tmp_path / "playbooks", text)
    found = library(user=tmp_path)
    taken = next(one for one in found if one.playbook.name == "verify-ledger")
    assert taken.source == "shipped"
    assert found.problems
