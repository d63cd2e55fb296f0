"""Ledger tools for agents: record a decision, read the trail, verify the chain, read a receipt.

Only the door: arguments, wording and refusals. The ledger and the trade audit are
`trading_tools.audit`; where a run's receipts come from is the run's business (`Receipts`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

from pydantic import Field

from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, ToolResult, tool
from trading_tools.audit.errors import LedgerError
from trading_tools.audit.event import canonical_json
from trading_tools.money import MoneyError, from_json

if TYPE_CHECKING:
    from trading_tools.audit.event import Event
    from trading_tools.audit.ledger import Ledger

LONGEST_CUT: Final = 20_000
MOST_ENTRIES: Final = 200


class Receipts(Protocol):
    """The results of a run's tool calls; a run offers its own as the service of this type."""

    def text(self, seq: int) -> str:
        """The whole text of receipt `seq`; a `ToolError` where the run has no such receipt."""
        ...


def decisions_stream(run: str) -> str:
    """The ledger's stream that holds the decisions of a run."""
    return f"decisions/{run}"


@tool(effect=Effect.WORKSPACE)
def record_decision(
    context: ToolContext,
    decision: Annotated[
        str, Field(description="What was decided, in one sentence.", min_length=1, max_length=2_000)
    ],
    reason: Annotated[
        str, Field(description="Why, and what spoke against it.", min_length=1, max_length=8_000)
    ],
    data: Annotated[
        dict[str, Any] | None,
        Field(description="The figures and inputs it rests on; numbers keep every digit."),
    ] = None,
) -> ToolResult:
    """Record a decision, its reason and what it rests on in the append-only ledger.

    The record can be read with read_trail and never be changed. Returns `stream`, `seq` and `hash`
    of the event; the same call made again after an interruption answers with the first event.
    """
    # Declared like a workspace act: it reaches nothing but our own ledger, which asks nobody, and
    # a second attempt is known by its key, so that running it again is always safe.
    from trading_tools.audit.trade import TradeAudit

    ledger, stream = _ledger(context), decisions_stream(context.run)
    with _refusals("record_decision"):
        done = _recorded(ledger, stream, context.key)
        if done is None:
            basis = {
                "run": context.run,
                "agent": context.agent,
                "key": context.key,
                "given": _exact(data or {}, "data"),
            }
            done = TradeAudit(ledger, stream).decision(decision, reason, basis)
    found = {"stream": done.stream, "seq": done.seq, "hash": done.hash}
    return ToolResult(f"recorded as event {done.seq} of {done.stream}", found)


@tool(effect=Effect.READ)
def read_trail(
    context: ToolContext,
    stream: Annotated[
        str | None,
        Field(description="Stream to read; null = the decisions of this run."),
    ] = None,
    client_order_id: Annotated[
        str | None, Field(description="Only the entries of this order; null = all.")
    ] = None,
    after: Annotated[int, Field(description="Only entries with a higher seq.", ge=0)] = 0,
    limit: Annotated[int, Field(description="Most entries to return.", ge=1, le=MOST_ENTRIES)] = 50,
) -> ToolResult:
    """Read the trade audit: order intents, their results and decisions, oldest first.

    Returns: `stream`, `entries` (seq, at, kind, body), `more` (whether further ones follow: ask
    again with `after`), `streams` (all that hold a trail).
    """
    from trading_tools.audit.trade import OfOrder, TradeAudit

    ledger = _ledger(context)
    with _refusals("read_trail"):
        known = [info.stream for info in ledger.streams() if info.first_kind.startswith("trade.")]
        wanted = stream or decisions_stream(context.run)
        if stream is not None and stream not in known:
            named = ", ".join(known[-20:]) or "none yet"
            raise ToolError(f"read_trail: there is no trail {stream!r}; trails: {named}")
        # In this order: what is appended in between is in the second reading alone.
        events = [e for e in ledger.read(wanted, after) if e.kind.startswith("trade.")]
        trail = TradeAudit(ledger, wanted).trail(after=after)
    entries = [
        {"seq": event.seq, "at": event.at, "kind": event.kind, "body": asdict(entry)}
        for event, entry in zip(events, trail, strict=False)
        if client_order_id is None
        or (isinstance(entry, OfOrder) and entry.client_order_id == client_order_id)
    ]
    more = len(entries) > limit
    found = {"stream": wanted, "entries": entries[:limit], "more": more, "streams": known}
    return _plain(found)


@tool(effect=Effect.READ, timeout_s=600.0)
async def verify_ledger(context: ToolContext) -> ToolResult:
    """Verify the whole ledger: every hash, every head, every long text.

    Returns: `valid`, `events`, `streams`, `problems` (stream, seq, problem), at most 100 of them.
    """
    from trading_tools.audit.verify import verify

    ledger = _ledger(context)
    with _refusals("verify_ledger"):
        verdict = await asyncio.to_thread(verify, ledger)
    return _plain(
        {
            "valid": verdict.valid,
            "events": verdict.events,
            "streams": verdict.streams,
            "problems": [asdict(problem) for problem in verdict.problems[:100]],
        }
    )


@tool(effect=Effect.READ)
def read_receipt(
    context: ToolContext,
    receipt: Annotated[int, Field(description="The receipt's number: 12 for [r12].", ge=1)],
    offset: Annotated[int, Field(description="First character to show, from 0.", ge=0)] = 0,
    limit: Annotated[
        int, Field(description="Most characters to show.", ge=1, le=LONGEST_CUT)
    ] = LONGEST_CUT,
) -> ToolResult:
    """Read the result of an earlier tool call of this run, whoever made it.

    Long results come in parts: the last line says with which offset to go on.
    """
    offered: Any = context.services.get(Receipts)
    if offered is None:
        raise ToolError("read_receipt: this run has no receipts: the tool cannot work here")
    receipts: Receipts = offered
    text = receipts.text(receipt)
    if offset and offset >= len(text):
        raise ToolError(f"read_receipt: [r{receipt}] has {len(text)} characters; offset {offset}")
    part = text[offset : offset + limit]
    end = offset + len(part)
    rest = len(text) - end
    more = f"\n[{rest} of {len(text)} characters follow: read_receipt with offset {end}]"
    shown = {"receipt": receipt, "offset": offset, "characters": len(text), "text": part}
    return ToolResult(part + more if rest else part, shown)


def _ledger(context: ToolContext) -> Ledger:
    from trading_tools.audit.ledger import Ledger

    return context.service(Ledger)


def _recorded(ledger: Ledger, stream: str, key: str) -> Event | None:
    """The event of an earlier attempt at the same call."""
    for event in ledger.read(stream):
        if event.body.get("data", {}).get("key") == key:
            return event
    return None


def _exact(value: Any, where: str) -> Any:
    """The value with each JSON number as the Decimal its author wrote."""
    if isinstance(value, float | Decimal):
        return from_json(value, where)
    if isinstance(value, dict):
        return {key: _exact(inner, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(inner, f"{where}[{place}]") for place, inner in enumerate(value)]
    return value


def _plain(found: dict[str, Any]) -> ToolResult:
    text = canonical_json(found)
    return ToolResult(text, json.loads(text))


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    try:
        yield
    except (LedgerError, MoneyError, RecursionError) as error:
        raise ToolError(f"{name}: {error}") from None


TOOLS: Final[tuple[Tool, ...]] = (record_decision, read_trail, verify_ledger, read_receipt)
