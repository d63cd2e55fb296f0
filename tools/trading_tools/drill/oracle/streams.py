"""A stream that fell silent or broke is back in time, or REST has taken its place.

Back is a new connection or subscription that brings a market's instruments again, or that a fault
breaks in its turn; for an account's own stream, which may rest, a new connection is enough. Expired
keys are made good by the first event that the account hears of itself. REST is a fair stand-in as
long as the bot asks for the same kind of data at least as often as the limit says, until then.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from trading_tools.drill.oracle.facts import Facts, Fault
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.faults.acts import MARKET
from trading_tools.venue.wire.messages import Operation

BACK_WITHIN_MS: Final = 5_000
"""How old data may become before something must have been done."""
_PRICES: Final = frozenset(each.value for each in MARKET)
_MARKET: Final = (Operation.MARKET_DATA,)
_PRIVATE: Final = (
    Operation.OPEN_ORDERS,
    Operation.QUERY_ORDER,
    Operation.ORDER_HISTORY,
    Operation.MY_TRADES,
    Operation.POSITIONS,
    Operation.BALANCE,
)


def stream_back_in_time(
    facts: Facts, private: Collection[str] = (), expiring: Collection[str] = ()
) -> Finding:
    """Judge each connection that a fault silenced or broke.

    `private` are the faults that take an account's own stream, and `expiring` those that let its
    keys expire; what others take is market data.
    """
    invariant = Invariant.STREAM_BACK_IN_TIME
    worst = 0
    losses = 0
    for fault in facts.faults:
        operations = _PRIVATE if fault.name in (*private, *expiring) else _MARKET
        for loss in fault.deliveries:
            if "connection" not in loss.body and fault.name not in expiring:
                continue
            losses += 1
            if fault.name in expiring:
                back = _heard_again(facts, loss)
            elif fault.name in private:
                back = _connected(facts, loss)
            else:
                back = _begun_again(facts, fault, loss)
            gap = _longest_gap(facts, loss, operations, back)
            if gap.ms > BACK_WITHIN_MS:
                what = loss.body.get("connection")
                words = (
                    f"{f'connection {what}' if what else 'the private stream'} brought nothing "
                    f"more, and for {gap.ms / 1000:.1f} s neither a new subscription nor REST did"
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


def _connected(facts: Facts, loss: Entry) -> int | None:
    """The first new connection or subscription after a loss."""
    lost = loss.body["connection"]
    return next(
        (
            entry.seq
            for entry in facts.entries
            if entry.seq > loss.seq
            and (
                entry.kind == "stream.opened"
                or (entry.kind == "stream.asked" and entry.body.get("connection") != lost)
            )
        ),
        None,
    )


def _heard_again(facts: Facts, loss: Entry) -> int | None:
    """When the account's stream that brings the next event was subscribed to, if one does."""
    told = next(
        (
            entry
            for entry in facts.of("stream.told")
            if entry.seq > loss.seq and not entry.body.get("lost")
        ),
        None,
    )
    return None if told is None else _asked_for(facts, loss, told)


def _begun_again(facts: Facts, fault: Fault, loss: Entry) -> int | None:
    """When the last of the lost connection's instruments was subscribed to again, if all were.

    A connection that the same fault broke later counts: the bot did what it could.
    """
    hit = {int(met.body.get("connection", 0)) for met in fault.deliveries}
    if broken := [number for number in hit if number > loss.seq]:
        return min(broken)
    begun = [entry for entry in facts.of("stream.began") if entry.body["about"] in _PRICES]
    symbols = {
        entry.body["symbol"]
        for entry in begun
        if entry.seq < loss.seq and entry.body["connection"] in hit
    }
    again: dict[str, int] = {}
    for entry in begun:
        if entry.seq > loss.seq and entry.body["connection"] != loss.body["connection"]:
            again.setdefault(entry.body["symbol"], _asked_for(facts, loss, entry))
    return max(again[each] for each in symbols) if symbols and symbols <= again.keys() else None


def _asked_for(facts: Facts, loss: Entry, message: Entry) -> int:
    """The last thing that was asked on a message's connection before it, if after the loss."""
    number = message.body["connection"]
    asked = (
        entry.seq
        for entry in facts.of("stream.opened", "stream.asked")
        if loss.seq < entry.seq < message.seq
        and number in (entry.seq, entry.body.get("connection"))
    )
    return max(asked, default=message.seq)


def _longest_gap(
    facts: Facts, loss: Entry, operations: tuple[Operation, ...], returns: int | None
) -> _Gap:
    asked = {request.seq for request in facts.asked_for(*operations) if request.done}
    fresh, longest, until = loss.at, 0, loss.seq
    for entry in facts.entries:
        if entry.seq <= loss.seq:
            continue
        ends = entry.kind in ("bot.signaled", "bot.exited") or entry is facts.entries[-1]
        back = entry.seq == returns
        if back or ends or entry.seq in asked:
            if entry.at - fresh > longest:
                longest, until = entry.at - fresh, entry.seq
            fresh = entry.at
        if back or ends:
            return _Gap(longest, until, back)
    return _Gap(longest, until, False)
