"""G03: secrets are found in the tree, in the past and in logs, and are never shown."""

import random
from pathlib import Path

import pytest

from tests.support.golive import GateProject
from trading_tools.golive.verdict import Finding, Verdict

SECRET = "".join(random.Random(3).choices("abcdefghijkmnpqrstuvwxyz23456789", k=40))


@pytest.fixture
def project(tmp_path: Path) -> GateProject:
    return GateProject(tmp_path / "bot")


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Finding:
    """What is found in a project that holds secrets of several kinds, scanned once."""
    project = GateProject(tmp_path_factory.mktemp("spoilt") / "bot")
    project.write(".gitignore", "*.log\n")
    project.write("settings.py", f'\napi_secret = "{SECRET}"\n')
    project.write("notes.md", "\n-----BEGIN " + "EC PRIVATE KEY-----\nMHcCAQEEIB\n")
    project.write("run.log", f"\nAuthorization: sk-ant-{SECRET}\n")
    project.write("marked.py", f'api_secret = "{SECRET}"  # pragma: allowlist secret\n')
    return project.ask("G03")


def test_a_clean_project_that_names_its_variables_passes_and_says_what_was_looked_at(
    project: GateProject,
) -> None:
    venue = {"name": "binance", "symbols": ["BTC/USDT"], "secret_variable": "BINANCE_API_SECRET"}
    found = project.ask("G03", venues=[venue])
    assert found.verdict is Verdict.PASS, found
    assert "files and 0 older versions of files" in found.detail


@pytest.mark.parametrize("name", ["settings.py", "notes.md", "run.log"])
def test_a_secret_is_named_by_its_place_alone_in_a_log_that_git_ignores_too(
    spoilt: Finding, name: str
) -> None:
    assert spoilt.verdict is Verdict.FAIL
    assert f"{name}:2 " in spoilt.detail
    assert SECRET not in str(spoilt)


def test_a_line_that_is_marked_as_none_is_left_alone(spoilt: Finding) -> None:
    assert spoilt.verdict is Verdict.FAIL
    assert "marked.py" not in spoilt.detail


def test_a_secret_that_was_deleted_is_still_in_the_past(project: GateProject) -> None:
    project.write("settings.py", f'api_secret = "{SECRET}"\n')
    commit = project.commit_all()
    (project.folder / "settings.py").unlink()
    found = project.ask("G03")
    assert found.verdict is Verdict.FAIL
    assert f"settings.py in commit {commit[:10]}:1 " in found.detail


def test_a_secret_in_place_of_a_variables_name_is_found(project: GateProject) -> None:
    venue = {"name": "binance", "symbols": ["BTC/USDT"], "secret_variable": SECRET.upper()}
    assert project.ask("G03", venues=[venue]).verdict is Verdict.FAIL


def test_a_file_that_is_too_large_leaves_the_question_open(project: GateProject) -> None:
    project.write("data.csv", "1,2\n" * 600_000)
    assert "1 files over 2 MB were not looked at" in project.ask("G03").detail
