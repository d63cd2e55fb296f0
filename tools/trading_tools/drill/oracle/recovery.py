"""After the fault the bot acts as before, or it has ended and left nothing unprotected."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Final

from trading_tools.drill.oracle.facts import Facts
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.oracle.leftovers import entry_orders, position
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.core.ledger import Entry

ACT_WITHIN_MS: Final = 10_000
"""How long after the fault's end the bot may take, if it does not act less often by itself."""
LASTS_MS: Final = 5_000
"""Acts so soon after the beginning of a fault that lasts were on their way: no recovery."""
_PACE: Final = 3
_DUST: Final = 500


def recovered(facts: Facts, calm: Facts) -> Finding:
    """Judge what came after the last fault was over."""
    invariant = Invariant.RECOVERED
    trouble = _last_trouble(facts) if facts.entries else None
    if trouble is None:
        return Finding(invariant, None, "no fault was delivered")
    own_end = own_exit(facts)
    if own_end is not None:
        return _ended(facts, own_end, _meant(facts, calm, trouble))
    within, orders = _pace(calm)
    since = trouble.at + (LASTS_MS if trouble.kind == "fault.delivered" else 0)
    asked = [each for each in facts.requests if each.seq > trouble.seq and each.at >= since]
    acts = [each.at for each in asked if (each.seq in facts.placed_by if orders else each.done)]
    what = "order" if orders else "request"
    if acts:
        took = (acts[0] - trouble.at) / 1000
        if acts[0] - trouble.at <= within:
            words = f"an accepted {what} {took:.1f} s after the fault"
            return Finding(invariant, True, words)
        words = f"the first accepted {what} came {took:.1f} s after the fault"
        return Finding(invariant, False, words, (trouble.seq,))
    seen = _end_of_watch(facts).at - trouble.at
    if seen < within:
        words = f"no {what} was accepted in the {seen / 1000:.1f} s between the fault and the end"
        return Finding(invariant, None, words)
    words = f"no {what} was accepted in the {seen / 1000:.1f} s after the fault"
    return Finding(invariant, False, words, (trouble.seq,))


def own_exit(facts: Facts) -> Entry | None:
    """The bot's end, where it was the bot that ended and not the drill that ended it."""
    if facts.exited is None:
        return None
    last = facts.of("bot.started")[-1:]
    begun = last[0].seq if last else 0
    told = any(begun < signal.seq < facts.exited.seq for signal in facts.signals)
    return None if told else facts.exited


def unprotected(
    facts: Facts, seq: int, meant: Mapping[str, Decimal] = MappingProxyType({})
) -> list[str]:
    """Entry orders that are open, and positions that no order protects whole, in words.

    `meant` are positions, by symbol, that the bot leaves by design.
    """
    found = [f"order {order.name} is open" for order in entry_orders(facts, seq)]
    for symbol in sorted({fill.symbol for fill in facts.fills}):
        held = position(facts, symbol, seq)
        traded = sum(fill.size for fill in facts.fills if fill.symbol == symbol)
        bare = abs(held) - _guarded(facts, symbol, "SELL" if held > 0 else "BUY", seq)
        planned = meant.get(symbol, Decimal(0))
        if bare * _DUST <= traded or (held * planned > 0 and abs(held) <= abs(planned)):
            continue
        whole = f"a position of {held.normalize():f} {symbol}"
        how = "has no stop" if bare == abs(held) else f"has no stop for {bare.normalize():f} of it"
        found.append(f"{whole} {how}")
    return found


def _guarded(facts: Facts, symbol: str, closing: str, seq: int) -> Decimal:
    """How much the protecting orders that are open on a side would close."""
    total = Decimal(0)
    for order in facts.orders:
        if (
            order.protects
            and order.open_at(seq)
            and (order.symbol, order.side) == (symbol, closing)
        ):
            if not order.size:
                return Decimal("Infinity")  # it closes whatever is there
            total += order.size - facts.filled(order, seq)
    return total


def _meant(facts: Facts, calm: Facts, trouble: Entry) -> dict[str, Decimal]:
    """The positions of a calm run that ended well by itself, if the bot did its work here too."""
    end = own_exit(calm)
    later = any(order.request > trouble.seq for order in facts.orders)
    done = later or len(facts.orders) >= len(calm.orders)
    if end is None or end.body.get("code") != 0 or not done:
        return {}
    held = {fill.symbol: position(calm, fill.symbol, end.seq) for fill in calm.fills}
    return {symbol: size for symbol, size in held.items() if size}


def _ended(facts: Facts, end: Entry, meant: Mapping[str, Decimal]) -> Finding:
    left = unprotected(facts, end.seq, meant)
    code = end.body.get("code")
    how = f"the bot ended itself with exit code {code}"
    if left:
        words = f"{how} and left something: {left[0]}"
        return Finding(Invariant.RECOVERED, False, words, (end.seq,))
    if code != 0:
        return Finding(Invariant.RECOVERED, None, f"the bot died of the fault (exit code {code})")
    as_calm = ", but the position that it leaves in calm too" if meant else ""
    return Finding(Invariant.RECOVERED, True, f"{how} and left nothing unprotected{as_calm}")


def _last_trouble(facts: Facts) -> Entry | None:
    """The last entry of a fault: its end, or where it met the bot if it outlived the bot."""
    watched = _end_of_watch(facts)
    found = [
        fault.ended if fault.ended and fault.ended.seq < watched.seq else fault.deliveries[-1]
        for fault in facts.faults
        if fault.deliveries
    ]
    starts = facts.of("bot.started")[1:]
    return max([*found, *starts], key=lambda entry: entry.seq, default=None)


def _pace(calm: Facts) -> tuple[int, bool]:
    """How long to wait for the next act, and whether it should be an order."""
    times = [order.at for order in calm.orders]
    if len(times) < 2:
        return ACT_WITHIN_MS, False
    usual = median(later - earlier for earlier, later in pairwise(times))
    return max(ACT_WITHIN_MS, int(_PACE * usual)), True


def _end_of_watch(facts: Facts) -> Entry:
    """When the drill began to end the bot, or saw the last of it."""
    begun = facts.of("bot.started")[-1:]
    after = begun[0].seq if begun else 0
    ends = [each for each in (*facts.signals, *facts.of("bot.exited")) if each.seq > after]
    return ends[0] if ends else facts.entries[-1]
