from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.run import events as ev
from orchestrator.run.report import exit_code, report
from orchestrator.run.spending import spend_table
from orchestrator.run.state import State
from tests.support.recorded_runs import (
    RecordedRun,
    blocked_run,
    limited_run,
    normal_run,
    open_ledger,
    waiting_run,
)
from trading_tools.audit.event import canonical_json
from trading_tools.audit.ledger import Ledger

KEYS = [
    "run",
    "status",
    "kind",
    "result",
    "chain",
    "verified",
    "unmet",
    "unchecked",
    "unverified",
    "limit",
    "waiting_for",
    "usage",
    "head",
    "branch",
    "seconds",
]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened


def told(run: RecordedRun, *, owned: bool = False) -> dict[str, Any]:
    state = run.state
    return report(
        run.run, state, seconds=12.34567, head=state.head, branch=f"orc/{run.run}", owned=owned
    )


def test_a_verified_run_reports_chain_usage_head_and_branch(ledger: Ledger) -> None:
    run = normal_run(ledger)
    document = told(run)
    assert list(document) == KEYS
    assert (document["status"], document["kind"]) == ("complete", "implement")
    assert document["verified"] is True
    assert document["chain"][1] == {
        "agent": "risk-engine-architect",
        "status": "needs_help",
        "next_agent": "trading-logic-validator",
        "confidence": 0.7,
        "receipts": [27],
    }
    assert document["usage"] == {
        "model_calls": 12,
        "attempts": 12,
        "input_tokens": 14_400,
        "output_tokens": 9_840,
        "cache_read_tokens": 112_800,
        "cost_usd": "0.4944",
        "router": {
            "model_calls": 0,
            "attempts": 0,
            "input_tokens": 0,
            "output_tokens": 0,
            "cache_read_tokens": 0,
            "cost_usd": "0",
        },
    }
    assert document["head"] == ledger.read(run.run)[-1].hash
    assert document["seconds"] == 12.346
    assert exit_code(document) == 0


def test_a_report_is_the_same_from_the_ledger_and_is_json(ledger: Ledger) -> None:
    run = normal_run(ledger)
    again = State.fold(ledger.read(run.run))
    document = report(run.run, again, seconds=1, head=again.head, branch=None)
    assert document["chain"] == told(run)["chain"]
    assert json.loads(canonical_json(document)) == json.loads(json.dumps(document))


def test_a_blocked_run_lists_what_is_missing_and_unchecked(ledger: Ledger) -> None:
    document = told(blocked_run(ledger))
    assert document["status"] == "blocked"
    assert document["verified"] is False
    assert len(document["unmet"]) == 2
    assert document["unchecked"] == ["review: the rule engine is not installed"]
    assert document["unverified"] == ["about 40 ms"]
    assert exit_code(document) == 1


def test_a_run_that_waits_for_an_approval_says_for_which_call(ledger: Ledger) -> None:
    document = told(waiting_run(ledger))
    assert document["status"] == "waiting"
    assert document["waiting_for"] == {
        "kind": "approval",
        "id": "a1",
        "agent": "trading-bot-specialist",
        "tool": "place_order",
        "arguments": {
            "venue": "binance-testnet",
            "symbol": "BTC/USDT",
            "side": "buy",
            "size_base": "0.01",
        },
        "shows": "",
        "why": "orders to a venue's sandbox are asked for",
        "expires_at": "2026-03-03T09:30:00+00:00",
    }
    assert exit_code(document) == 3


def test_an_approval_whose_call_was_answered_is_not_waited_for(ledger: Ledger) -> None:
    run = waiting_run(ledger)
    asked = run.state.approvals["a1"].request
    run.journal.append(ev.ToolRefused(asked.frame, asked.call, asked.tool, "nobody approved it"))
    document = told(run)
    assert document["waiting_for"] is None
    assert document["status"] == "stopped"


def test_a_run_that_waits_for_an_answer_says_the_question(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "asks")
    run.open("size my positions", "risk-engine-architect")
    block = run.block("ask_user", {"question": "How much may one trade lose?"})
    run.reply(block)
    run.journal.append(ev.QuestionAsked(run.frame, block["id"], "How much may one trade lose?"))
    document = told(run)
    assert document["status"] == "waiting"
    assert document["waiting_for"] == {
        "kind": "question",
        "id": block["id"],
        "agent": "risk-engine-architect",
        "text": "How much may one trade lose?",
    }


def test_a_limited_run_says_which_limit_its_cap_and_what_is_left(ledger: Ledger) -> None:
    document = told(limited_run(ledger))
    assert document["status"] == "limited"
    assert set(document["limit"]) == {"limit", "cap", "reached", "left"}
    assert document["limit"]["cap"] == "0.15 USD"
    assert exit_code(document) == 4


def test_an_open_run_is_running_while_it_is_owned_and_stopped_otherwise(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "open")
    run.open("a request", "api-expert")
    assert told(run, owned=True)["status"] == "running"
    assert told(run)["status"] == "stopped"
    assert told(run)["result"] == ""


def test_a_run_without_a_route_reports_too(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "nowhere")
    run.journal.append(
        ev.RunOpened("hm", None, "answer", None, {}, {}, None, "{}", "0.1.0"),
    )
    run.close("blocked", "no specialist fits")
    document = told(run)
    assert (document["status"], document["kind"], document["chain"]) == ("blocked", "answer", [])


def test_cost_is_null_once_a_reply_had_no_price(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "free")
    run.open("what is Kelly", "risk-engine-architect", "answer")
    run.reply({"type": "text", "text": "hm"}, cost="0.5", stop_reason="max_tokens")
    run.reply({"type": "text", "text": "hm"}, cost=None, stop_reason="end_turn")
    assert told(run)["usage"]["cost_usd"] is None
    ((_, spend),) = spend_table(run.state).agents
    assert spend.unpriced
    assert spend.cost_usd == Decimal("0.5")


def test_the_spend_table_has_the_dearest_agent_and_the_most_used_tool_first(
    ledger: Ledger,
) -> None:
    state = normal_run(ledger).state
    table = spend_table(state)
    costs = [spend.cost_usd for _, spend in table.agents]
    assert costs == sorted(costs, reverse=True)
    assert sum(costs) == state.spend.cost_usd
    name, most_used = table.tools[0]
    assert (name, most_used.calls) == ("run_command", 2)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("success", 0),
        ("complete", 0),
        ("blocked", 1),
        ("needs_help", 1),
        ("waiting", 3),
        ("limited", 4),
        ("failed", 70),
        ("something new", 70),
    ],
)
def test_each_status_has_its_exit_code(status: str, code: int) -> None:
    assert exit_code({"status": status}) == code


@settings(derandomize=True, max_examples=30, deadline=None)
@given(
    met=st.lists(st.sampled_from([True, None]), max_size=4),
    status=st.sampled_from(["success", "complete", "blocked"]),
)
def test_verified_means_done_with_every_check_made_and_met(
    met: list[bool | None], status: str
) -> None:
    checks = tuple({"check": f"c{i}", "met": one, "detail": "d"} for i, one in enumerate(met))
    with TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
        run = RecordedRun(ledger, "any")
        run.open("a request", "api-expert")
        handoff = run.envelope("success", "done")
        call = run.offer(handoff)
        run.check(handoff, call, checks)
        run.accept(handoff, call)
        run.close(status, "done")
        expected = status != "blocked" and bool(met) and None not in met
        assert told(run)["verified"] is expected
