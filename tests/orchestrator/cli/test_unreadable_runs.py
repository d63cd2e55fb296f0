"""Runs of the ledger that this version cannot read, as a user meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Desk
from tests.support.ledgers import tamper
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


def test_what_is_shown_of_an_altered_record_is_said_to_be_altered(desk: Desk) -> None:
    first = desk.orc("run", "Is the ledger intact?", "--json").document["run"]
    second = desk.orc("run", "Kelly, win rate 60%, payoff 2, 1000 USDT", "--json").document["run"]
    tamper(
        desk.project / ".orchestrator" / "ledger.sqlite",
        "UPDATE audit_event SET body = replace(body, '0.98', '0.11') "
        f"WHERE stream = '{second}' AND kind = 'handoff.returned'",
    )
    for words in ([], ["--events"], ["--receipt", "7"], ["--diff", first]):
        said = desk.orc("show", second, *words, "--json")
        assert said.code == 1, said
        assert said.document
        assert f"{second}:" in said.err
        assert "altered event" in said.err
    assert desk.orc("show", first).code == 0
    replayed = desk.orc("replay", second, "--json")
    assert replayed.code == 1
    assert "altered event" in replayed.document["altered"]
    assert desk.orc("replay", first, "--json").document["altered"] is None


@pytest.mark.parametrize("command", [["resume"], ["fork"], ["answer", "2"]])
def test_nothing_goes_on_from_an_altered_record(desk: Desk, command: list[str]) -> None:
    waiting = desk.orc("run", "Kelly, win rate 60%, 1000 USDT", "--json")
    assert waiting.code == 3
    tamper(
        desk.project / ".orchestrator" / "ledger.sqlite",
        "UPDATE audit_event SET body = replace(body, '1000 USDT', '9000 USDT') "
        "WHERE kind = 'run.opened'",
    )
    name, *words = command
    said = desk.orc(name, "last", *words, "--json")
    assert said.code == 2, said.out
    error = said.document["error"]
    assert "altered event - its content does not match its hash" in error["what"]
    assert "orc audit verify" in error["fix"]


def test_a_run_from_before_its_ledger_got_a_key_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.orc("run", "Kelly, win rate 60%, 1000 USDT", "--json").code == 3
    path = desk.project / ".orchestrator" / "ledger.sqlite"
    key = "a key that is kept elsewhere"
    with Ledger.open(path) as ledger:
        ledger.change_key(key.encode())
    monkeypatch.setenv("ORC_AUDIT_KEY", key)
    answered = desk.orc("answer", "last", "2", "--json")
    assert answered.code == 0, answered.err
    assert "Stake 400 USDT" in answered.document["result"]
