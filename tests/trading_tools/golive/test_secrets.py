"""G03: secrets are found in the tree, in the past and in logs, and are never shown."""

import random
from pathlib import Path

import pytest

from tests.support.golive import GateProject
from trading_tools.golive.verdict import Verdict

SECRET = "".join(random.Random(3).choices("abcdefghijkmnpqrstuvwxyz23456789", k=40))


@pytest.fixture
def project(tmp_path: Path) -> GateProject:
    return GateProject(tmp_path / "bot")


def test_a_clean_project_passes_and_says_what_was_looked_at(project: GateProject) -> None:
    found = project.ask("G03")
    assert found.verdict is Verdict.PASS, found
    assert "files and 0 older versions of files" in found.detail


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("settings.py", f'\napi_secret = "{SECRET}"\n'),
        ("notes.md", "\n-----BEGIN " + "EC PRIVATE KEY-----\nMHcCAQEEIB\n"),
        ("run.log", f"\nAuthorization: sk-ant-{SECRET}\n"),
    ],
)
def test_a_secret_is_named_by_its_place_alone(project: GateProject, name: str, text: str) -> None:
    project.write(name, text)
    found = project.ask("G03")
    assert found.verdict is Verdict.FAIL
    assert f"{name}:2 " in found.detail
    assert SECRET not in str(found)


def test_a_secret_that_was_deleted_is_still_in_the_past(project: GateProject) -> None:
    project.write("settings.py", f'api_secret = "{SECRET}"\n')
    commit = project.commit_all()
    (project.folder / "settings.py").unlink()
    found = project.ask("G03")
    assert found.verdict is Verdict.FAIL
    assert f"settings.py in commit {commit[:10]}:1 " in found.detail


def test_a_log_that_git_ignores_is_looked_at_too(project: GateProject) -> None:
    project.write(".gitignore", "*.log\n")
    project.write("run.log", f'api_secret = "{SECRET}"\n')
    assert "run.log:1 " in project.ask("G03").detail


def test_a_line_that_is_marked_as_none_is_left_alone(project: GateProject) -> None:
    project.write("settings.py", f'api_secret = "{SECRET}"  # pragma: allowlist secret\n')
    assert project.ask("G03").verdict is Verdict.PASS


def test_the_name_of_a_variable_in_golive_toml_is_no_secret(project: GateProject) -> None:
    venue = {"name": "binance", "symbols": ["BTC/USDT"], "secret_variable": "BINANCE_API_SECRET"}
    assert project.ask("G03", venues=[venue]).verdict is Verdict.PASS


def test_a_secret_in_place_of_a_variables_name_is_found(project: GateProject) -> None:
    venue = {"name": "binance", "symbols": ["BTC/USDT"], "secret_variable": SECRET.upper()}
    assert project.ask("G03", venues=[venue]).verdict is Verdict.FAIL


def test_a_file_that_is_too_large_leaves_the_question_open(project: GateProject) -> None:
    project.write("data.csv", "1,2\n" * 600_000)
    assert "1 files over 2 MB were not looked at" in project.ask("G03").detail
