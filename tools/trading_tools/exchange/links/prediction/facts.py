"""Outcomes of prediction markets as the guard knows markets: prices are probabilities; pure.

A share pays 1 if its outcome comes true and 0 if not. So its price lies between 0 and 1, and no
order is worth sending at any other. Trading ends at a known time, and then the shares are settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.limits import decimals, number
from trading_tools.exchange.readings import MarketLimits, Source

ONE_SHARE: Final = Decimal(1)


@dataclass(frozen=True)
class Outcome:
    """One outcome that can be bought and sold. `limits` is what the guard takes.

    `closes_at` is when trading ends, None where the venue does not say. `pays` is what a share was
    settled at, None until it is.
    """

    limits: MarketLimits
    question: str
    label: str
    closes_at: datetime | None
    resolved: bool
    pays: Decimal | None


def outcome_limits(
    venue: str,
    symbol: str,
    unit: str,
    *,
    tick: Decimal,
    step: Decimal = ONE_SHARE,
    least_price: Decimal | None = None,
    most_price: Decimal | None = None,
    min_amount: Decimal = ONE_SHARE,
    min_notional: Decimal = Decimal(0),
    trading: bool,
    at: datetime,
) -> MarketLimits:
    """The rules of an outcome: a price from one tick to one tick below 1, sizes in shares.

    `unit` is what a share is paid in. Narrower bounds of the venue's hold where it has them.

    Raises:
        BadReply: a tick that leaves no price between 0 and 1.
    """
    if not 0 < tick < Decimal("0.5"):
        raise BadReply(f"{venue} {symbol} has a tick of {tick}: no price lies between 0 and 1")
    return MarketLimits(
        venue=venue,
        symbol=symbol,
        venue_symbol=symbol,
        kind="spot",
        status="trading" if trading else "not trading",
        price_unit=unit,
        amount_unit="shares",
        notional_unit=unit,
        tick_size=tick,
        step_size=step,
        price_decimals=decimals(tick),
        amount_decimals=decimals(step),
        min_amount=min_amount,
        max_amount=None,
        max_market_amount=None,
        min_price=max(tick, least_price or tick),
        max_price=min(1 - tick, most_price or 1 - tick),
        min_notional=min_notional,
        max_notional=None,
        contract_size=None,
        missing={},
        order=None,
        source=Source(venue=venue, fetched_at=at, age_s=0),
    )


def outcome_of(
    venue: str,
    market: Mapping[str, Any],
    outcome_id: str,
    at: datetime,
    tick: Decimal | None = None,
) -> Outcome:
    """An outcome of a market as `ccxt.prediction` parses it.

    `tick` goes before the one that it parses: where a venue has several, ccxt tells the first.

    Raises:
        BadReply: the market has no such outcome, or no tick.
    """
    told = next((each for each in market["outcomes"] if each["id"] == outcome_id), None)
    if told is None:
        raise BadReply(f"{venue} has no outcome {outcome_id} in {market['id']}")
    what = f"{venue} {outcome_id}"
    tick = tick or number(told["precision"]["price"], f"{what} tick_size")
    step = number(told["precision"]["amount"], f"{what} step_size") or ONE_SHARE
    if tick is None:
        raise BadReply(f"{what} has no tick")
    bounds = market["limits"]["price"]
    least_amount = number(market["limits"]["amount"].get("min"), f"{what} min_amount")
    least_cost = number(market["limits"]["cost"].get("min"), f"{what} min_notional")
    expiry = market.get("expiry")
    closes_at = None if expiry is None else datetime.fromtimestamp(int(expiry) / 1000, UTC)
    limits = outcome_limits(
        venue,
        outcome_id,
        str(market["quote"]),
        tick=tick,
        step=step,
        least_price=number(bounds.get("min"), f"{what} min_price"),
        most_price=number(bounds.get("max"), f"{what} max_price"),
        min_amount=least_amount or step,
        min_notional=least_cost or Decimal(0),
        trading=bool(market["active"]) and not market.get("resolved"),
        at=at,
    )
    return Outcome(
        limits,
        str(market["info"].get("question") or market["info"].get("title") or market["market"]),
        str(told["label"]),
        closes_at,
        bool(market.get("resolved")),
        number(told.get("settleFraction"), f"{what} settlement"),
    )


class Tradable(Mapping[str, MarketLimits]):
    """The outcomes that a guard may trade: each is "not trading" from the time it closes at.

    A venue may take orders for a while after the outcome is known to others: that is no time to
    send any, whatever the venue's status says.
    """

    def __init__(
        self,
        outcomes: Mapping[str, Outcome],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._outcomes = outcomes
        self._now = now

    def __getitem__(self, symbol: str) -> MarketLimits:
        outcome = self._outcomes[symbol]
        over = outcome.closes_at is not None and self._now() >= outcome.closes_at
        if over or outcome.resolved:
            return replace(outcome.limits, status="not trading")
        return outcome.limits

    def __iter__(self) -> Iterator[str]:
        return iter(self._outcomes)

    def __len__(self) -> int:
        return len(self._outcomes)
