"""What a bot leaves in the book: at its end, after SIGTERM, after the kill switch.

Stops and reduce-only orders may stay while they protect a position; all others are entry orders.
"""

from __future__ import annotations

import shlex
from decimal import Decimal
from itertools import pairwise
from math import inf
from typing import Final

from trading_tools.drill.oracle.facts import Facts, Order
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.wire.messages import Operation

CANCEL_WITHIN_MS: Final = 10_000
"""How long after SIGTERM entry orders may stand: what container platforms wait before SIGKILL."""
OBEY_WITHIN_MS: Final = 1_000
"""How long after the kill switch an order may still be on its way."""
KILL_SWITCH: Final = "kill_switch"
"""`why` of the signal that pulls the kill switch."""


def position(facts: Facts, symbol: str, seq: int | None = None) -> Decimal:
    """What the bot's fills add up to, in base, up to an entry: bought is positive."""
    total = Decimal(0)
    for fill in facts.fills:
        if fill.symbol == symbol and (seq is None or fill.seq <= seq):
            total += fill.size if fill.side == "BUY" else -fill.size
    return total


def entry_orders(facts: Facts, seq: int) -> list[Order]:
    """The orders open at an entry of the ledger that protect no position."""
    return [
        order for order in facts.orders if order.open_at(seq) and not protecting(facts, order, seq)
    ]


def protecting(facts: Facts, order: Order, seq: int) -> bool:
    """Whether an order closes, when it comes to it, a position that is there."""
    if not order.protects:
        return False
    held = position(facts, order.symbol, seq)
    return held > 0 if order.side == "SELL" else held < 0


def no_orphan_orders(facts: Facts) -> Finding:
    """The bot's end leaves no entry order open."""
    invariant = Invariant.NO_ORPHAN_ORDERS
    if not facts.orders:
        return Finding(invariant, None, "the venue accepted no order")
    if facts.exited is None:
        return Finding(invariant, None, "the bot's end is not in the ledger")
    left = entry_orders(facts, facts.exited.seq)
    if left:
        return Finding(invariant, False, f"{_listed(left)} left open at the bot's end", _seqs(left))
    return Finding(invariant, True, f"of {len(facts.orders)} orders none was left open")


def cancelled_after_sigterm(facts: Facts) -> Finding:
    """Entry orders that were open at SIGTERM, or came after it, end in time."""
    invariant = Invariant.CANCELLED_AFTER_SIGTERM
    signal = next(iter(_signals(facts, "SIGTERM")), None)
    if signal is None:
        return Finding(invariant, None, "SIGTERM was not sent")
    deadline = signal.at + CANCEL_WITHIN_MS
    seen = max((entry.seq for entry in facts.entries if entry.at <= deadline), default=signal.seq)
    left = entry_orders(facts, seen)
    if left:
        words = f"{_listed(left)} still open {_when(signal, facts, deadline)}"
        return Finding(invariant, False, words, (signal.seq, *_seqs(left)))
    if not entry_orders(facts, signal.seq):
        return Finding(invariant, None, "no entry order was open when SIGTERM came")
    return Finding(invariant, True, "every entry order was cancelled in time")


def no_orders_after_kill(facts: Facts, calm: Facts) -> Finding:
    """Nothing is placed after the kill switch, and a second for what was on its way.

    A bot that lives on must have been watched for longer than it ever pauses in its calm run.
    """
    invariant = Invariant.NO_ORDERS_AFTER_KILL
    kill = next((each for each in facts.signals if each.body.get("why") == KILL_SWITCH), None)
    if kill is None:
        kill = next(iter(_signals(facts, "SIGTERM")), None)
    if kill is None:
        return Finding(invariant, None, "the kill switch was not pulled")
    failed = next((each for each in facts.of("command.exited") if each.body.get("code") != 0), None)
    if failed is not None:
        return Finding(invariant, None, f"the kill switch's own command failed: {_ending(failed)}")
    late = [
        request
        for request in facts.asked_for(Operation.PLACE, Operation.AMEND)
        if request.at > kill.at + OBEY_WITHIN_MS
    ]
    if late:
        seconds = (late[0].at - kill.at) / 1000
        words = f"an order was sent {seconds:.1f} s after the kill switch"
        return Finding(invariant, False, words, (kill.seq, late[0].seq))
    if not [request for request in facts.asked_for(Operation.PLACE) if request.seq < kill.seq]:
        return Finding(invariant, None, "no order was sent before the kill switch")
    ends = facts.of("bot.signaled", "bot.exited")
    end = next((each for each in ends if each.seq > kill.seq), facts.entries[-1])
    watched, pause = end.at - kill.at - OBEY_WITHIN_MS, _longest_pause(calm)
    if end.kind != "bot.exited" and watched <= pause:
        words = f"seen for {watched / 1000:.1f} s only; in calm it pauses for {pause / 1000:.1f} s"
        return Finding(invariant, None, words)
    return Finding(invariant, True, "no order was sent after the kill switch")


def _longest_pause(calm: Facts) -> float:
    """The longest time between two orders; infinite where there are fewer."""
    times = [request.at for request in calm.asked_for(Operation.PLACE)]
    return max((later - earlier for earlier, later in pairwise(times)), default=inf)


def _signals(facts: Facts, name: str) -> list[Entry]:
    return [entry for entry in facts.signals if entry.body.get("signal") == name]


def _when(signal: Entry, facts: Facts, deadline: int) -> str:
    if facts.exited is not None and facts.exited.at < deadline:
        return f"at the bot's end, {(facts.exited.at - signal.at) / 1000:.1f} s after SIGTERM"
    return f"{(deadline - signal.at) / 1000:.0f} s after SIGTERM"


def _ending(command: Entry) -> str:
    body = command.body
    how = body.get("signal") or f"exit code {body.get('code')}"
    return f"{shlex.join(body['command'])} ended with {how}"


def _seqs(orders: list[Order]) -> tuple[int, ...]:
    return tuple(order.seq for order in orders)


def _listed(orders: list[Order]) -> str:
    first = orders[0]
    words = f"order {first.name} ({first.side.lower()} {first.symbol})"
    more = len(orders) - 1
    return f"{words} and {more} more are" if more else f"{words} is"
