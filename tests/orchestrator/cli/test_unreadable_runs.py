"""Runs of the ledger that this version cannot read, as a user meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Desk
from trading_tools.audit.ledger import Ledger


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    made = Desk(tmp_path, monkeypatch, capfd)
    made.commit()
    return made


def test_one_run_that_cannot_be_read_hides_no_other(desk: Desk) -> None:
    run = desk.orc("run", "Is the ledger intact?", "--json").document["run"]
    with Ledger.open(desk.project / ".orchestrator" / "ledger.sqlite") as ledger:
        ledger.append("of-tomorrow", "run.opened", {"request": "hello", "mood": "calm"})
    listed = desk.orc("runs", "--json")
    assert [row["run"] for row in listed.document] == [run]
    assert "of-tomorrow: event 1 (run.opened) cannot be read" in listed.err
    assert desk.orc("agents", "--calibration", "--json").code == 0
    for command in ("show", "replay", "fork", "resume"):
        said = desk.orc(command, "of-tomorrow", "--json")
        assert said.code == 2, said.err
        assert "this version knows no field 'mood'" in said.document["error"]["what"]
