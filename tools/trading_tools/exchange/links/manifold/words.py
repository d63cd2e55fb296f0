"""Manifold's bets as orders and fills, and what its refusals mean; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Context
from typing import Any, Final

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered, VenueFill, VenueOrder
from trading_tools.money import MoneyError, from_json

_REFUSALS: Final = re.compile(
    r"(Insufficient balance|Trading is closed|Contract not found|User not found|Market is closed"
    r"|Error validating request|Invalid Authorization|No API key|limitProb|Bet already cancell?ed"
    r"|Bet not found|Not a limit order|You can only cancel your own|Bet cannot expire in the past"
    r"|Betting allowed only between|Trade too large for|You are banned|Cannot bet with CASH).*",
    re.S,
)
"""Messages by which no bet comes of a request, or a cancel does nothing; those of Manifold's own
source, `backend/api/src/place-bet.ts` and `cancel-bet.ts`, where its transaction is undone."""

_PRICES: Final = Context(prec=12)
"""Manifold tells mana and shares as floats; a price is their ratio, to 12 digits."""


def refused(status: int, told: Any) -> Judged:
    """What a reply means that is no bet."""
    message = told.get("message") if isinstance(told, dict) else None
    text = " ".join(str(message).split())[:200] if message else f"HTTP {status}"
    if 400 <= status < 500 and message and _REFUSALS.fullmatch(str(message)):
        return Judged(Outcome.REJECTED, str(status), text)
    return Judged(Outcome.UNKNOWN, str(status), text)


def shown(symbol: str, bet: Mapping[str, Any]) -> VenueOrder:
    """A limit bet as an order for YES: one of NO is a sale at the complement.

    Raises:
        Unanswered: it lacks what a limit bet must have.
    """
    try:
        buys = _buys(bet)
        price = from_json(bet["limitProb"], "limitProb")
        amount = from_json(bet["orderAmount"], "orderAmount")
        told = abs(from_json(bet["shares"], "shares"))
        size = _PRICES.divide(amount, price if buys else 1 - price).normalize()
        stage = Stage.OPEN
        if bet["isFilled"]:
            # Filled at better prices than its own it has more shares than its size.
            stage, size = Stage.FILLED, told
        elif bet["isCancelled"]:
            stage = Stage.CANCELED
        return VenueOrder(
            str(bet["id"]),
            str(bet.get("expiresAt", "")),
            symbol,
            "buy" if buys else "sell",
            stage,
            max(size, told),
            told,
        )
    except (KeyError, TypeError, ArithmeticError, MoneyError) as error:
        raise Unanswered(f"a bet that cannot be read: {type(error).__name__} {error}") from error


def fills_of(symbol: str, bet: Mapping[str, Any]) -> list[VenueFill]:
    """The trades of a limit bet; the place in its list names one for good: it only grows.

    Raises:
        Unanswered: one lacks what a trade must have.
    """
    try:
        buys, found = _buys(bet), []
        for place, fill in enumerate(bet["fills"]):
            shares = abs(from_json(fill["shares"], "shares"))
            paid = _PRICES.divide(abs(from_json(fill["amount"], "amount")), shares)
            found.append(
                VenueFill(
                    str(place),
                    str(bet["id"]),
                    symbol,
                    "buy" if buys else "sell",
                    shares,
                    paid if buys else 1 - paid,
                    int(fill["timestamp"]),
                )
            )
        return found
    except (KeyError, TypeError, ArithmeticError, MoneyError) as error:
        raise Unanswered(f"a fill that cannot be read: {type(error).__name__} {error}") from error


def _buys(bet: Mapping[str, Any]) -> bool:
    if bet["outcome"] not in ("YES", "NO"):
        raise KeyError(f"outcome {bet['outcome']!r}")
    return bool(bet["outcome"] == "YES")
