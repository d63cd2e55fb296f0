"""Lint says of each file whether it loads, as what, and what to mend."""

from __future__ import annotations

from pathlib import Path

from orchestrator.agents.lint import lint_paths

GOOD = "---\nname: risk\ndescription: Sizes.\n---\nYou.\n"


def test_a_clean_file_and_a_mended_one_in_the_printed_shape(tmp_path: Path) -> None:
    good, odd = tmp_path / "a.md", tmp_path / "b.md"
    good.write_text(GOOD, encoding="utf-8")
    odd.write_text("---\nname: odd\ndescription: Use: so\n---\nYou.\n", encoding="utf-8")
    first, second = lint_paths([tmp_path])
    assert first.as_json() == {"path": str(good), "name": "risk", "loads": True, "problems": []}
    assert first.clean
    shown = second.as_json()
    assert (shown["name"], shown["loads"], shown["problems"][0]["line"]) == ("odd", True, 3)
    assert set(shown["problems"][0]) == {"line", "message", "fix"}
    assert not second.clean


def test_missing_paths_and_folders_without_agents_are_reported(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    reports = lint_paths([tmp_path / "empty", tmp_path / "missing.md"])
    assert [(report.loads, len(report.problems)) for report in reports] == [(False, 1), (False, 1)]


def test_the_second_file_with_a_name_is_told_so(tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    first, second = lint_paths([tmp_path / "a.md", tmp_path / "b.md"])
    assert first.clean
    assert second.loads
    assert "is taken by" in second.problems[0].message


def test_a_file_named_twice_does_not_clash_with_itself(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD, encoding="utf-8")
    assert all(report.clean for report in lint_paths([tmp_path, tmp_path / "a.md"]))


def test_a_readme_beside_the_agents_needs_no_mending(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Our agents\n", encoding="utf-8")
    (report,) = lint_paths([tmp_path])
    assert report.clean
    assert not report.loads
