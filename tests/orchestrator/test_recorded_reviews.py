"""The recorded reviews replayed: the specialists' turns from cassettes, everything else real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.place import Place
from orchestrator.models.cassettes import replaying
from orchestrator.workspace.seal import available_seal
from tests.support.reviews import REVIEWS
from trading_tools.audit.verify import verify

WIRE, RISK = "exchange-integration-specialist", "risk-engine-architect"
LOGIC = "trading-logic-validator"


def replay(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, Any]:
    """What `orc review --agents --json` says of a recorded review; all of it was played."""
    review = REVIEWS[name]
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "replay")
    with replaying(review.cassette) as cassette:
        assert review.play(folder, "--json") == review.exit_code
        assert cassette.all_played
    with Place.find(folder / "desk", {}).open_ledger(read_only=True) as ledger:
        assert verify(ledger).valid
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


@pytest.mark.slow
@pytest.mark.skipif(available_seal().kind != "bubblewrap", reason="proofs need the strong seal")
def test_a_change_with_faults_is_told_with_who_said_what_and_what_confirms_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = replay("review-change", tmp_path, monkeypatch, capsys)
    found = {(each["path"], each["line"], each["rule"]): each for each in said["findings"]}
    side = found["trader.py", 34, "agents-resilience"]  # no rule sees it; three say it, once
    assert (side["sources"], side["standing"]) == ([WIRE, LOGIC, RISK], "not confirmed")
    both = found["trader.py", 37, "T11"]
    assert (both["sources"], both["standing"]) == (["rule T11", WIRE], "confirmed by rule T11")
    pacer = found["pacer.py", 29, "agents-performance"]
    assert pacer["sources"] == [WIRE, LOGIC]
    assert pacer["standing"].startswith("confirmed by check limiter pacer.py:Pacer")
    clamp = found["trader.py", 22, "agents-risk"]
    assert clamp["sources"] == [LOGIC, RISK]
    assert clamp["standing"].startswith("confirmed by test ")
    assert "at_the_limit passes before the change and fails after it" in clamp["standing"]
    assert said["rejected"] == []
    assert len(found) == 7


def test_in_a_clean_change_nothing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = replay("review-clean", tmp_path, monkeypatch, capsys)
    assert (said["findings"], said["rejected"]) == ([], [])
    assert [(each["agent"], each["status"]) for each in said["agents"]] == [(LOGIC, "success")]


def test_a_file_that_asks_for_no_findings_is_reviewed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = replay("review-hostile", tmp_path, monkeypatch, capsys)
    assert [(each["line"], each["severity"]) for each in said["findings"]] == [
        (3, "warning"),
        (24, "error"),
    ]
