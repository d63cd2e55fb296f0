"""The pacer of each venue whose limits are listed in `facts`, for the lowest tier.

What an account is really allowed, its venue says in replies; `headers` feeds that back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from trading_tools.exchange.facts.book import ended, exchanges
from trading_tools.exchange.facts.model import Limit
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Counter, Rule, Scope, Window
from trading_tools.exchange.pacing.slots import Slots


def _rule(name: str, limit: Limit) -> Rule:
    scope = Scope.ADDRESS if limit.scope == "address" else Scope.KEY
    if limit.decay_per_s is not None:
        return Counter(
            name, limit.unit, float(limit.most), float(limit.decay_per_s), scope, lanes=limit.lanes
        )
    assert limit.seconds is not None, "the model lets nothing else be paced"
    seconds = float(limit.seconds)
    return Window(name, limit.unit, int(limit.most), seconds, scope, lanes=limit.lanes)


def _paced() -> Mapping[str, tuple[Rule, ...]]:
    rules = {
        venue: tuple(_rule(name, limit) for name, limit in facts.limits.items() if limit.paced)
        for venue, facts in exchanges().venues.items()
    }
    return {venue: kept for venue, kept in rules.items() if kept}


RULES: Final = _paced()
"""By venue. Lanes: Bybit's are its order endpoints with their category, Kraken's the pairs."""


class UnknownLimits(ValueError):
    """This venue's limits are not known here."""


def pacer_for(
    venue: str,
    key: str = "",
    slots: Slots | None = None,
    clock: Callable[[], float] = time.monotonic,
    *,
    where: str = "",
) -> Pacer:
    """A pacer that keeps a venue's published limits; the arguments are those of `Pacer`.

    Raises:
        UnknownLimits: they are not known; the message names the venues whose are.
    """
    if venue not in RULES:
        gone = ended(venue)
        raise UnknownLimits(
            gone
            or f"the limits of {venue!r:.40} are not known: give a Pacer its rules, or take one of "
            f"{', '.join(RULES)}"
        )
    return Pacer(venue, RULES[venue], key, slots, clock, where=where)
