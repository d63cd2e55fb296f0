from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.main import entry
from orchestrator.cli.place import Place
from orchestrator.run.ownership import owning
from tests.support.golden import assert_golden
from tests.support.recorded_runs import (
    RecordedRun,
    Ticking,
    blocked_run,
    normal_run,
    waiting_run,
)
from trading_tools.audit.ledger import Ledger

Orc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three runs."""
    monkeypatch.delenv("ORC_AUDIT_KEY", raising=False)
    folder = tmp_path / "bot"
    place = Place.find(_made(folder))
    place.state.mkdir()
    with Ledger.open(place.ledger_file, clock=Ticking()) as ledger:
        blocked_run(ledger)
        waiting_run(ledger)
        normal_run(ledger)
        ledger.append("orders", "order.intent", {"side": "buy"})
    return folder


@pytest.fixture
def orc(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Orc:
    """The command line as a shell calls it: exit code, stdout, stderr."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["orc", *words])
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.chdir(project)
        with pytest.raises(SystemExit) as ended:
            entry()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def document(out: str) -> Any:
    return json.loads(out)


def test_show_gives_the_page_of_a_run_from_the_ledger(orc: Orc) -> None:
    code, out, err = orc("show", "260302-7f3a2c")
    assert (code, err) == (0, "")
    assert out.startswith("✓ done, verified   implement · 3 min 24 s · $0.49")
    assert "git merge orc/260302-7f3a2c" in out


def test_show_without_a_name_and_last_are_the_newest_run(orc: Orc) -> None:
    assert document(orc("show", "--json")[1])["run"] == "260302-7f3a2c"
    assert document(orc("show", "last", "--json")[1])["run"] == "260302-7f3a2c"


def test_the_unique_beginning_of_an_id_is_enough(orc: Orc) -> None:
    assert document(orc("show", "260302-b", "--json")[1])["status"] == "blocked"


@pytest.mark.parametrize("name", ["260302-7f3a2x", "260302-"])
def test_an_unknown_or_ambiguous_run_is_a_usage_error_that_names_near_ones(
    orc: Orc, name: str
) -> None:
    code, out, err = orc("show", name, "--json")
    assert code == 2
    assert "260302-7f3a2c" in document(out)["error"]["fix"]
    assert "260302-7f3a2c" in err


def test_show_json_has_the_shape_of_a_finished_run(orc: Orc) -> None:
    report = document(orc("show", "260302-0a11ce", "--json")[1])
    assert report["status"] == "waiting"
    assert report["waiting_for"]["tool"] == "place_order"
    assert report["branch"] == "orc/260302-0a11ce"


def test_show_json_says_what_each_agent_and_tool_used(orc: Orc) -> None:
    _, out, _ = orc("show", "260302-7f3a2c", "--json")
    spend = document(out)["spend"]
    dearest = spend["agents"][0]
    assert dearest == {
        "agent": "exchange-integration-specialist",
        "model_calls": 5,
        "attempts": 5,
        "input_tokens": 6_000,
        "output_tokens": 4_100,
        "cache_read_tokens": 47_000,
        "cache_write_tokens": 1_500,
        "cost_usd": "0.2060",
    }
    assert spend["router"] is None
    _, out, _ = orc("show", "260302-b10c4e", "--json")
    assert document(out)["spend"]["tools"] == [
        {"tool": "edit_file", "calls": 1, "errors": 0, "refused": 0, "result_characters": 26},
        {"tool": "run_command", "calls": 1, "errors": 1, "refused": 1, "result_characters": 60},
    ]


def test_runs_adds_up_and_says_which_runs_have_no_price(orc: Orc, project: Path) -> None:
    with Ledger.open(Place.find(project).ledger_file) as ledger:
        run = RecordedRun(ledger, "260302-00f4ee")
        run.open("ask a model of my own", "api-expert", "answer")
        run.reply({"type": "text", "text": "hm"}, cost=None, stop_reason="end_turn")
    code, out, _ = orc("runs")
    assert code == 0
    money, tokens = out.splitlines()[-2:]
    assert money == "4 runs · $0.82 and 1 run without a price"
    assert tokens.startswith("21 model calls · 25,200 tokens in")
    rows = document(orc("runs", "--json")[1])
    unpriced = next(row for row in rows if row["run"] == "260302-00f4ee")
    assert (unpriced["cost_usd"], unpriced["input_tokens"]) == (None, 1_200)


def test_calibration_counts_the_runs_of_the_project(orc: Orc) -> None:
    code, out, _ = orc("agents", "--calibration", "--json")
    told = document(out)
    assert code == 0
    assert (told["runs"], told["all"]["n"], told["all"]["few"]) == (3, 4, True)
    assert told["left_out"] == {"no_check": 1, "unchecked": 0, "playbook": 0, "copied": 0}
    assert {agent["agent"]: agent["n"] for agent in told["agents"]} == {
        "exchange-integration-specialist": 1,
        "risk-engine-architect": 1,
        "trading-bot-specialist": 1,
        "trading-logic-validator": 1,
    }
    _, page, _ = orc("agents", "--calibration")
    assert "too few to say" in page
    assert "3 runs in all; left out: 1 reached no check" in page


def test_a_run_that_nobody_works_on_is_stopped_and_an_owned_one_runs(
    project: Path, orc: Orc
) -> None:
    place = Place.find(project)
    with Ledger.open(place.ledger_file) as ledger:
        RecordedRun(ledger, "open-run").open("a request", "api-expert")
    assert document(orc("show", "open-run", "--json")[1])["status"] == "stopped"
    with owning(place.state, "open-run"):
        assert document(orc("show", "open-run", "--json")[1])["status"] == "running"
        assert document(orc("runs", "--json")[1])[0]["status"] == "running"


def test_events_prints_the_timeline(orc: Orc) -> None:
    code, out, _ = orc("show", "260302-b10c4e", "--events")
    assert code == 0
    assert_golden("timeline_blocked.txt", out)


def test_events_as_json_has_every_event_with_its_hash(orc: Orc) -> None:
    events = document(orc("show", "260302-b10c4e", "--events", "--json")[1])["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["kind"] == "run.opened"
    assert all(re.fullmatch("[0-9a-f]{64}", event["hash"]) for event in events)


def test_a_receipt_is_shown_whole(orc: Orc) -> None:
    code, out, _ = orc("show", "260302-b10c4e", "--receipt", "15")
    assert code == 0
    assert out == (
        "r15  run_command  by trading-bot-specialist  error\n"
        "  command: pytest -q tests/test_orders.py\n"
        "\n"
        "2 failed, 9 passed\n"
        "FAILED tests/test_orders.py::test_timeout\n"
    )


def test_a_receipt_that_was_shortened_for_the_model_is_read_from_its_blob(
    project: Path, orc: Orc
) -> None:
    whole = "".join(f"line {number}\n" for number in range(20_000))
    with Ledger.open(Place.find(project).ledger_file, clock=Ticking()) as ledger:
        run = RecordedRun(ledger, "long")
        run.open("a request", "api-expert")
        block = run.block("read_file", {"path": "big.txt"})
        run.reply(block)
        run.intend(block)
        seq = run.finish(block, "line 0\n[…]", whole=ledger.put_text(whole))
    assert orc("show", "long", "--receipt", str(seq))[1].endswith("\nline 19999\n")
    receipt = document(orc("show", "long", "--receipt", str(seq), "--json")[1])
    assert receipt["text"] == whole
    assert receipt["arguments"] == {"path": "big.txt"}


def test_an_unknown_receipt_is_a_usage_error_that_names_near_ones(orc: Orc) -> None:
    code, _, err = orc("show", "260302-b10c4e", "--receipt", "14")
    assert code == 2
    assert "r7, r15" in err


def test_events_and_receipt_exclude_each_other(orc: Orc) -> None:
    assert orc("show", "last", "--events", "--receipt", "7")[0] == 2


def test_runs_lists_the_newest_first_and_only_runs(orc: Orc) -> None:
    code, out, err = orc("runs")
    assert (code, err) == (0, "")
    assert_golden("runs.txt", out)


def test_runs_as_json_has_agents_cost_and_request(orc: Orc) -> None:
    rows = document(orc("runs", "--json")[1])
    assert [row["run"] for row in rows] == ["260302-7f3a2c", "260302-0a11ce", "260302-b10c4e"]
    assert rows[0]["agents"] == [
        "exchange-integration-specialist",
        "risk-engine-architect",
        "trading-logic-validator",
    ]
    assert rows[0]["cost_usd"] == "0.4944"
    assert rows[0]["verified"] is True
    assert rows[1]["request"] == "buy 0.01 BTC on the Binance testnet"


def test_runs_says_what_of_a_verified_run_was_not_checked(orc: Orc, project: Path) -> None:
    with Ledger.open(Place.find(project).ledger_file, clock=Ticking()) as ledger:
        run = RecordedRun(ledger, "260303-aaaaaa")
        run.open("a request", "trading-bot-specialist")
        checks: tuple[dict[str, Any], ...] = (
            {"check": "tests", "met": True, "detail": "no new failure"},
            {"check": "review", "met": None, "detail": "not to be had", "available": False},
        )
        run.end("complete", "done", checks)
    row = next(r for r in document(orc("runs", "--json")[1]) if r["run"] == "260303-aaaaaa")
    assert (row["verified"], row["unchecked"]) == (True, ["review: not to be had"])
    assert "  verified, but not: review\n" in orc("runs")[1]


def test_a_run_that_is_not_there_is_told_with_those_that_are(orc: Orc) -> None:
    _, _, err = orc("show", "zzz")
    assert "there is no run 'zzz'; the last ones: 260302-" in err
    assert "near it: 260302-7f3a2c" in orc("show", "260302-7f3a2d")[2]


def test_runs_says_how_many_it_leaves_out(orc: Orc) -> None:
    _, out, err = orc("runs", "--limit", "1", "--json")
    assert len(document(out)) == 1
    assert err == "2 older; `orc runs --limit 3` lists them all\n"


def test_a_project_without_runs_has_none(orc: Orc, tmp_path: Path) -> None:
    empty = _made(tmp_path / "empty")
    assert document(orc("runs", "--workspace", str(empty), "--json")[1]) == []
    code, out, _ = orc("runs", "--workspace", str(empty))
    assert code == 0
    assert out.startswith("no runs yet")


def test_looking_changes_nothing_in_the_ledger(project: Path, orc: Orc) -> None:
    file = Place.find(project).ledger_file
    with Ledger.open(file, read_only=True) as ledger:
        before = [(info.stream, info.head) for info in ledger.streams()]
    for words in (["show"], ["runs"], ["show", "last", "--events"]):
        orc(*words)
    with Ledger.open(file, read_only=True) as ledger:
        assert [(info.stream, info.head) for info in ledger.streams()] == before
