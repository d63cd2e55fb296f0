"""The entry point: help without imports, and one way to fail."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli.main import COMMANDS, app
from tests.support.command_line import CommandLine

DOCS = Path(__file__).resolve().parents[3] / "docs"


OURS = ("route", "agents", "schema", "tools", "audit", "doctor", "init", "trust")


def test_help_names_every_command_and_the_exit_codes() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert all(f"  {name} " in shown for name in COMMANDS)
    assert "70 a fault of ours" in " ".join(shown.split())


@pytest.mark.parametrize("name", OURS)
def test_every_command_explains_itself(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    assert shown.output.startswith("Usage: ")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from orchestrator.cli.main import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        "heavy = {'anthropic', 'ccxt', 'sqlmodel', 'sqlalchemy', 'aiohttp', 'jsonschema', 'yaml',"
        " 'genai_prices', 'pydantic', 'rich'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments", [("route", "check my stop"), ("agents",), ("schema", "handoff"), ("tools",)]
)
def test_commands_that_need_no_ledger_do_not_load_one(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from orchestrator.cli.main import app; "
        "done = CliRunner().invoke(app, sys.argv[1:]); assert done.exit_code == 0, done; "
        "heavy = {'anthropic', 'ccxt', 'sqlmodel', 'sqlalchemy', 'aiohttp', 'jsonschema',"
        " 'genai_prices'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("agents", "nonsense"),
        ("audit",),
        ("audit", "tail", "-n", "many"),
        ("schema", "handoff", "--nonsense"),
        ("tools", "call"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(orc: CommandLine, arguments: tuple[str, ...]) -> None:
    failed = orc(*arguments)
    assert failed.code == 2
    assert "see `orc" in failed.err or "Usage: " in failed.err


def test_wrong_usage_with_json_is_an_error_object(orc: CommandLine) -> None:
    failed = orc("audit", "tail", "-n", "many", "--json")
    assert failed.code == 2
    assert failed.error["where"] == "orc audit tail"


def test_a_relative_home_is_one_line(orc: CommandLine) -> None:
    orc.monkeypatch.setenv("ORC_HOME", "conf")
    failed = orc("agents", "--json")
    assert failed.code == 2
    assert failed.error["where"] == "ORC_HOME"


def test_the_version(orc: CommandLine) -> None:
    assert orc.process("--version").out.strip() == version("trading-orchestrator")


def test_a_reader_that_goes_away_is_no_fault(orc: CommandLine) -> None:
    script = f"{Path(sys.executable).parent / 'orc'} schema config | head -c 10"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=False)
    assert done.stderr == b""


@pytest.mark.parametrize(
    "arguments",
    [("agents",), ("runs",), ("tools", "--json"), ("audit", "--help"), ("--help",), ("doctor",)],
)
def test_a_closed_pipe_ends_a_command_quietly(orc: CommandLine, arguments: tuple[str, ...]) -> None:
    assert orc.into_closed_pipe(*arguments) == (0, "")


def test_trust_that_nobody_reads_about_is_given_all_the_same(orc: CommandLine) -> None:
    orc.agent("zebra-expert")
    assert orc.into_closed_pipe("trust", "--yes") == (0, "")
    assert "zebra-expert" in orc("agents", "--json").out


@pytest.mark.parametrize("arguments", [(), ("audit",)])
def test_a_group_alone_shows_its_help(orc: CommandLine, arguments: tuple[str, ...]) -> None:
    shown = orc(*arguments)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.startswith("Usage: orc")


def test_the_documentation_names_every_command() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    missing = [name for name in COMMANDS if f"orc {name}" not in text]
    assert missing == []


def test_a_missing_word_is_told_in_one_clean_sentence(orc: CommandLine) -> None:
    failed = orc("run")
    assert failed.code == 2
    assert failed.err == "orc: orc run: Missing argument 'REQUEST'; see `orc run --help`\n"
