"""The venue's rules: no order against the filters, nothing sent on after a refusal for a limit."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from trading_tools.drill.oracle.facts import Facts, Request
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.faults.refusals import IN_A_BAN
from trading_tools.venue.wire.messages import Operation

_FILTERS: Final = frozenset({"PRICE", "SIZE", "MARKET_SIZE", "NOTIONAL", "PRICE_BAND"})
"""The core's reasons that an instrument's published rules would have told before."""
_FILTER_CODES: Final = re.compile(
    r"-(1013|1111|4003|4005|4014|4023|4164)"  # Binance
    r"|1701(24|3[2-7]|40)|17019[34]|110003|110094"  # Bybit
    r"|EOrder:(Invalid price|Cost minimum).*|EGeneral:Invalid arguments:volume.*"  # Kraken
    r"|.*(PRECISION|INVALID_LIMIT_PRICE|SIZE_TOO_(SMALL|LARGE)).*"  # Coinbase
)
"""The venues' codes for the same, where a wire finds it before the core does."""
LEARN_WITHIN_MS: Final = 1_000
"""How long orders may still be on their way that were sent before new rules were heard of."""
HEAR_WITHIN_MS: Final = 250
"""How long requests may still be on their way that were sent before a warning was heard."""
PAUSE_MS: Final = 1_000
"""The least pause after a warning that names none."""
_RATE_STATUS: Final = frozenset({418, 429})


@dataclass(frozen=True)
class _Refused:
    at: int
    seq: int
    symbol: str
    reason: str


def within_filters(facts: Facts, changing: Collection[str] = ()) -> Finding:
    """No order is refused for rules that the bot could have known.

    `changing` are the faults that change the rules. When they do, the first refusal may be how the
    bot learns of it.
    """
    invariant = Invariant.WITHIN_FILTERS
    placed = facts.asked_for(Operation.PLACE)
    if not placed:
        return Finding(invariant, None, "no order was sent")
    changed_at = _rules_changed_at(facts, changing)
    learnt: dict[str, int] = {}
    for refusal in _filter_refusals(facts):
        if changed_at is not None and refusal.at >= changed_at:
            first = learnt.setdefault(refusal.symbol, refusal.at)
            if refusal.at - first <= LEARN_WITHIN_MS:
                continue
            words = f"refused again ({refusal.reason}) after the bot had been told of the new rules"
        else:
            words = f"an order broke a published rule: {refusal.reason}"
        return Finding(invariant, False, words, (refusal.seq,))
    if changed_at is not None and placed[-1].at < changed_at:
        return Finding(invariant, None, "no order was sent after the rules had changed")
    return Finding(invariant, True, f"{len(placed)} orders sent, none against the rules")


def no_rate_violations(facts: Facts) -> Finding:
    """After a refusal for a limit nothing comes before its time is over, and no ban."""
    invariant = Invariant.NO_RATE_VIOLATIONS_AFTER_WARNING
    warnings = sorted([*_warnings(facts), *_broken_off(facts)], key=lambda each: each.seq)
    hits = facts.of("limit.hit")  # those of connections, too, which are no requests
    if not facts.requests:
        return Finding(invariant, None, "nothing was asked")
    if not warnings:
        words = f"{len(facts.requests)} requests, and the venue never had to warn"
        return Finding(invariant, True, words)
    for warning in warnings:
        heard = (warning.answered_at or warning.at) + HEAR_WITHIN_MS
        wait_ms = PAUSE_MS if warning.retry_after_s is None else warning.retry_after_s * 1000
        until = (warning.answered_at or warning.at) + wait_ms
        asked: tuple[Sequence[Request | Entry], ...] = facts.requests, hits
        early = [each for acts in asked for each in acts if heard < each.at < until]
        if early:
            seconds = (early[0].at - (warning.answered_at or warning.at)) / 1000
            words = (
                f"something was asked while the venue wanted a pause of {wait_ms / 1000:g} s, "
                f"first after {seconds:.1f} s"
            )
            return Finding(invariant, False, words, (warning.seq, early[0].seq))
        if warning.status == 418 and warning is not warnings[0]:
            return Finding(invariant, False, "banned for going on", (warning.seq,))
    if banned := next((hit for hit in hits if hit.body.get("what") == IN_A_BAN), None):
        return Finding(invariant, False, "banned for going on", (banned.seq,))
    return Finding(
        invariant, True, f"{len(warnings)} warnings, and nothing sent before their time was over"
    )


def _rules_changed_at(facts: Facts, changing: Collection[str]) -> int | None:
    times = [
        fault.deliveries[0].at
        for fault in facts.faults
        if fault.name in changing and fault.deliveries
    ]
    return min(times, default=None)


def _filter_refusals(facts: Facts) -> Iterator[_Refused]:
    rejected = {each.request: each for each in facts.rejections}
    for request in facts.asked_for(Operation.PLACE, Operation.AMEND):
        rejection = rejected.get(request.seq)
        at = request.answered_at or request.at
        if rejection is not None:
            if rejection.reason in _FILTERS:
                yield _Refused(at, rejection.seq, rejection.symbol, rejection.reason)
        elif _FILTER_CODES.fullmatch(request.code) and not request.changed:
            yield _Refused(at, request.seq, "", f"code {request.code}")


def _broken_off(facts: Facts) -> Iterator[Request]:
    """Requests over a WebSocket that a limit ended together with their connection."""
    limited = {hit.at for hit in facts.of("limit.hit")}
    met = {each.body.get("request") for fault in facts.faults for each in fault.deliveries}
    for request in facts.requests:
        if request.answered_at is None and request.at in limited and request.seq in met:
            yield request


def _warnings(facts: Facts) -> Iterator[Request]:
    limited = sorted(hit.at for hit in facts.of("limit.hit"))
    for request in facts.requests:
        if request.answered_at is None:
            continue
        hit = bisect_left(limited, request.at)
        by_limit = request.refused and hit < len(limited) and limited[hit] <= request.answered_at
        if request.status in _RATE_STATUS or by_limit:
            yield request
