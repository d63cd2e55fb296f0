"""Candles and the rules of the markets we trade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Candle:
    """One closed bar; prices in quote currency, volume in base."""

    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True)
class MarketRules:
    """What a venue accepts for a symbol. Sizes in base, notional in quote."""

    symbol: str
    tick_size: Decimal
    step_size: Decimal
    min_notional_quote: Decimal


BTC_PERPETUAL = MarketRules(
    symbol="BTC/USDT:USDT",
    tick_size=Decimal("0.10"),
    step_size=Decimal("0.001"),
    min_notional_quote=Decimal("5"),
)
"""Bybit's linear BTC perpetual as configured for this sample; a live bot asks the venue."""
