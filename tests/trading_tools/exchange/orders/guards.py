"""A market, a book and a guard with wide limits, for tests that change one thing each."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from trading_tools.exchange.orders.guard import Guard, GuardLimits, Quote
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.readings import MarketLimits, Source

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WIDE: dict[str, Any] = {
    "max_order_quote": Decimal(10_000_000),
    "max_position_base": {
        name: Decimal(1_000) for name in ("BTC/USDT", "ETH/USDT", "BTC/USD", "BTC/USDT:USDT")
    },
    "max_exposure_quote": Decimal(100_000_000),
    "max_orders_a_day": 1_000,
    "price_collar": Decimal("0.5"),
    "stop_collar": Decimal(1),
    "max_leverage": Decimal(100),
    "repeats": 1_000,
}
BOOK = Quote(
    bids=((Decimal("59999"), Decimal("1")), (Decimal("59000"), Decimal("50"))),
    asks=((Decimal("60001"), Decimal("1")), (Decimal("61000"), Decimal("50"))),
    at=100.0,
)


def market(symbol: str = "BTC/USDT", **changes: Any) -> MarketLimits:
    """A market like Binance's BTCUSDT on spot, or its perpetual."""
    pair, _, settle = symbol.partition(":")
    base, quote = pair.split("/")
    given: dict[str, Any] = {
        "venue": "binance",
        "symbol": symbol,
        "venue_symbol": base + quote,
        "kind": "swap" if settle else "spot",
        "status": "trading",
        "price_unit": quote,
        "amount_unit": base,
        "notional_unit": quote,
        "tick_size": Decimal("0.01"),
        "step_size": Decimal("0.00001"),
        "price_decimals": 2,
        "amount_decimals": 5,
        "min_amount": Decimal("0.00001"),
        "max_amount": Decimal(9_000),
        "max_market_amount": Decimal(900),
        "min_price": Decimal("0.01"),
        "max_price": Decimal(1_000_000),
        "min_notional": Decimal(5),
        "max_notional": Decimal(9_000_000),
        "contract_size": Decimal(1) if settle else None,
        "missing": {},
        "order": None,
        "source": Source(venue="binance", fetched_at=NOW, age_s=0),
    }
    return MarketLimits(**{**given, **changes})


def guard(folder: Path, **changes: Any) -> Guard:
    """A guard of a simulated venue; `limits` and `markets` change its rules."""
    limits = GuardLimits(**{**WIDE, **changes.pop("limits", {})})
    given: dict[str, Any] = {
        "markets": {name: market(name) for name in WIDE["max_position_base"]},
        "quotes": lambda symbol: BOOK,
        "kill_switch": KillSwitch(folder / "stop"),
        "live": None,
        "simulated": True,
        "equity": lambda: Decimal(1_000_000),
        "clock": lambda: 100.0,
        "now": lambda: NOW,
    }
    return Guard(limits, **{**given, **changes})
