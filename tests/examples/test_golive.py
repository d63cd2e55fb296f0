"""The two bots of `examples/golive` before the gate: one gets a go, one is stopped."""

from __future__ import annotations

import runpy
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import CommandLine
from tests.support.sealing import needs_seal

BUILD = Path(__file__).parents[2] / "examples" / "golive" / "build.py"
DRILLED = ("G22", "G24", "G25", "G26", "G27", "G28")
pytestmark = [
    needs_seal,
    pytest.mark.bubblewrap,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen"),
]


@pytest.fixture
def orc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def built(which: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    runpy.run_path(str(BUILD))["build"](which, folder / which, datetime.now(UTC))
    monkeypatch.chdir(folder / which)
    return folder / f"{which}.keys"


def failed(checks: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in checks if each["verdict"] == "fail"]


def test_the_bot_that_is_ready_gets_a_go_that_two_people_sign(
    tmp_path: Path, orc: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = built("ready", tmp_path, monkeypatch)
    first = orc("golive", "--no-drills", "--json")
    assert first.code == 1
    assert not failed(first.json["checks"])
    for number in (1, 2, 3):
        trial = f"evidence/trial-{number}.csv"
        assert orc("trials", "record", "ready", trial, "--param", f"lookback={number}").code == 0
    until = str(datetime.now(UTC).date() + timedelta(days=30))
    by = ("--until", until, "--as", "ada", "--key", str(keys / "ada"))
    for check in DRILLED:
        assert orc("golive", "waive", check, "--reason", "it is never started", *by).code == 0
    report = tmp_path / "go.json"
    assert orc("golive", "--no-drills", "--format", f"json={report}").code == 0
    for name in ("ada", "grace"):
        signed = orc("golive", "sign", str(report), "--as", name, "--key", str(keys / name))
        assert signed.code == 0, signed.err
    assert orc("golive", "--verify", str(report)).code == 0
    run = orc("run", "--offline", "--json", "Is my bot ready to go live?")
    assert run.code == 0, run.err
    assert run.json["result"].startswith("GO for ready")


def test_the_bot_that_is_stopped_is_stopped_for_seven_reasons(
    tmp_path: Path, orc: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    built("stopped", tmp_path, monkeypatch)
    outcome = orc("golive", "--no-drills", "--json")
    assert outcome.code == 1
    assert failed(outcome.json["checks"]) == ["G09", "G12", "G13", "G15", "G16", "G21", "G23"]
    run = orc("run", "--offline", "--json", "Is my bot ready to go live?")
    assert run.code == 0, run.err
    assert run.json["verified"] is True
    assert "NO-GO for stopped" in run.json["result"]
    assert all(name in run.json["result"] for name in failed(outcome.json["checks"]))
