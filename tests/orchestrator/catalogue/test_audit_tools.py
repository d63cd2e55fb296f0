"""The ledger tools as agents call them, on a real ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalogue.audit import TOOLS, Receipts, decisions_stream
from orchestrator.toolbox.tool import Effect, ToolContext, ToolError, ToolResult
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Outcome, TradeAudit

BY_NAME = {tool.name: tool for tool in TOOLS}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite", key=b"k" * 32) as opened:
        yield opened


class Kept:
    """Receipts of a run, as the run offers them."""

    def text(self, seq: int) -> str:
        if seq != 12:
            raise ToolError(f"there is no receipt [r{seq}]")
        return "0123456789" * 5


async def call(
    name: str, services: Mapping[type, object], /, key: str = "run:1", **arguments: Any
) -> ToolResult:
    context = ToolContext(run="r1", agent="api-expert", key=key, services=services)
    return await BY_NAME[name].call(context, arguments)


async def test_a_decision_is_recorded_with_who_made_it_and_its_numbers_exactly(
    ledger: Ledger,
) -> None:
    made = await call(
        "record_decision",
        {Ledger: ledger},
        decision="Use a quarter of Kelly",
        reason="The edge is estimated",
        data={"fraction": 0.1, "caps": [Decimal("0.250"), {"most": 3}]},
    )

    assert made.data["seq"] == 1
    (event,) = ledger.read(decisions_stream("r1"))
    assert event.hash == made.data["hash"]
    trail = await call("read_trail", {Ledger: ledger})
    (entry,) = trail.data["entries"]
    assert entry["body"]["data"] == {
        "run": "r1",
        "agent": "api-expert",
        "key": "run:1",
        "given": {"fraction": "0.1", "caps": ["0.250", {"most": 3}]},
    }
    assert entry["seq"] == 1
    assert entry["at"] == event.at


async def test_the_same_call_made_again_is_answered_with_the_first_event(ledger: Ledger) -> None:
    words = {"decision": "Reject", "reason": "No stop"}
    first = await call("record_decision", {Ledger: ledger}, **words)
    again = await call("record_decision", {Ledger: ledger}, **words)
    other = await call("record_decision", {Ledger: ledger}, key="run:2", **words)

    assert again.data == first.data
    assert other.data["seq"] == 2
    assert len(ledger.read(decisions_stream("r1"))) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"decision": "", "reason": "x"}, "decision"),
        ({"decision": "x"}, "reason: Field required"),
        ({"decision": "x", "reason": "y", "data": {"a": {"b": float("nan")}}}, "data.a.b"),
        ({"decision": "x", "reason": "y", "data": {"$decimal": "1"}}, "rename it"),
        ({"decision": "x", "reason": "y", "other": 1}, "other"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_with_the_place(
    ledger: Ledger, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ToolError, match=said.replace(".", r"\.").replace("$", r"\$")):
        await call("record_decision", {Ledger: ledger}, **arguments)
    assert ledger.streams() == []


async def test_the_trail_of_an_order_is_told_apart_and_in_parts(ledger: Ledger) -> None:
    audit = TradeAudit(ledger, "bot")
    at = datetime(2026, 1, 2, tzinfo=UTC)
    for number in range(3):
        audit.order_intent(
            client_order_id=f"c{number}",
            symbol="BTC/USDT",
            side="buy",
            order_type="limit",
            size_base=Decimal("0.010"),
            price_quote=Decimal(60_000),
            at=at,
        )
    audit.decision("wait", "spread")
    audit.order_result(client_order_id="c1", outcome=Outcome.ACCEPTED, at=at)

    one = await call("read_trail", {Ledger: ledger}, stream="bot", client_order_id="c1")
    assert [entry["seq"] for entry in one.data["entries"]] == [2, 5]
    assert one.data["entries"][0]["body"]["size_base"] == "0.010"
    first = await call("read_trail", {Ledger: ledger}, stream="bot", limit=3)
    assert first.data["more"] is True
    rest = await call("read_trail", {Ledger: ledger}, stream="bot", after=3)
    assert [entry["kind"] for entry in rest.data["entries"]] == [
        "trade.decision",
        "trade.order_result",
    ]
    assert rest.data["more"] is False


async def test_an_unknown_trail_is_answered_with_those_there_are(ledger: Ledger) -> None:
    TradeAudit(ledger, "bot").decision("wait", "spread")
    with pytest.raises(ToolError, match="no trail 'bto'; trails: bot"):
        await call("read_trail", {Ledger: ledger}, stream="bto")
    own = await call("read_trail", {Ledger: ledger})
    assert own.data == {
        "stream": "decisions/r1",
        "entries": [],
        "more": False,
        "streams": ["bot"],
    }


async def test_verification_says_what_is_broken(tmp_path: Path, ledger: Ledger) -> None:
    TradeAudit(ledger, "bot").decision("wait", "spread")
    sound = await call("verify_ledger", {Ledger: ledger})
    assert sound.data == {"valid": True, "events": 3, "streams": 2, "problems": []}

    with Ledger.open(tmp_path / "ledger.sqlite", key=b"x" * 32) as other:
        broken = await call("verify_ledger", {Ledger: other})
    assert broken.data["valid"] is False
    assert broken.data["problems"]


async def test_a_receipt_is_read_in_parts_to_its_end() -> None:
    services: dict[type, object] = {Receipts: Kept()}
    first = await call("read_receipt", services, receipt=12, limit=30)
    assert first.data == {
        "receipt": 12,
        "offset": 0,
        "characters": 50,
        "text": "0123456789" * 3,
    }
    assert first.text.endswith("[20 of 50 characters follow: read_receipt with offset 30]")
    last = await call("read_receipt", services, receipt=12, offset=30)
    assert last.text == "0123456789" * 2
    with pytest.raises(ToolError, match="has 50 characters"):
        await call("read_receipt", services, receipt=12, offset=50)
    with pytest.raises(ToolError, match=r"no receipt \[r3\]"):
        await call("read_receipt", services, receipt=3)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("read_trail", {}),
        ("verify_ledger", {}),
        ("read_receipt", {"receipt": 1}),
        ("record_decision", {"decision": "x", "reason": "y"}),
    ],
)
async def test_outside_a_run_a_tool_says_what_is_missing(
    name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ToolError, match="this run has no"):
        await call(name, {}, **arguments)


def test_only_recording_is_more_than_reading() -> None:
    assert {tool.name for tool in TOOLS if tool.effect is not Effect.READ} == {"record_decision"}
