"""A stream that fell silent or broke is back in time, or REST has taken its place.

Back is a new connection or a new subscription. REST is a fair stand-in as long as the bot asks for
the same kind of data at least as often as the limit says, until the stream is back.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from trading_tools.drill.oracle.facts import Facts
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.wire.messages import Operation

BACK_WITHIN_MS: Final = 5_000
"""How old data may become before something must have been done."""
_MARKET: Final = (Operation.MARKET_DATA,)
_PRIVATE: Final = (
    Operation.OPEN_ORDERS,
    Operation.QUERY_ORDER,
    Operation.ORDER_HISTORY,
    Operation.MY_TRADES,
    Operation.POSITIONS,
    Operation.BALANCE,
)


def stream_back_in_time(facts: Facts, private: Collection[str] = ()) -> Finding:
    """Judge each connection that a fault silenced or broke.

    `private` are the faults that take an account's own stream; what others take is market data.
    """
    invariant = Invariant.STREAM_BACK_IN_TIME
    worst = 0
    losses = 0
    for fault in facts.faults:
        operations = _PRIVATE if fault.name in private else _MARKET
        for loss in fault.deliveries:
            if "connection" not in loss.body:
                continue
            losses += 1
            gap = _longest_gap(facts, loss, operations)
            if gap.ms > BACK_WITHIN_MS:
                words = (
                    f"connection {loss.body['connection']} brought nothing more, and for "
                    f"{gap.ms / 1000:.1f} s the bot neither subscribed anew nor asked by REST"
                )
                return Finding(invariant, False, words, (loss.seq, gap.until))
            if not gap.closed:
                words = "the run ended before it could be seen whether the stream comes back"
                return Finding(invariant, None, words)
            worst = max(worst, gap.ms)
    if not losses:
        return Finding(invariant, None, "no stream was lost")
    return Finding(invariant, True, f"{losses} lost, data never older than {worst / 1000:.1f} s")


class _Gap(NamedTuple):
    """The longest time without data, the entry that ended it, and whether the stream is back."""

    ms: int
    until: int
    closed: bool


def _longest_gap(facts: Facts, loss: Entry, operations: tuple[Operation, ...]) -> _Gap:
    asked = {request.seq for request in facts.asked_for(*operations) if request.done}
    fresh, longest, until = loss.at, 0, loss.seq
    for entry in facts.entries:
        if entry.seq <= loss.seq:
            continue
        ends = entry.kind in ("bot.signaled", "bot.exited") or entry is facts.entries[-1]
        back = entry.kind == "stream.opened" or (
            entry.kind == "stream.asked" and entry.body.get("connection") != loss.body["connection"]
        )
        if back or ends or entry.seq in asked:
            if entry.at - fresh > longest:
                longest, until = entry.at - fresh, entry.seq
            fresh = entry.at
        if back or ends:
            return _Gap(longest, until, back)
    return _Gap(longest, until, False)
