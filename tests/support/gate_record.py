"""A bot's trade audit in the making, and what a check of the gate finds in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.support.golive import NOW, GateProject
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Outcome, TradeAudit
from trading_tools.golive.verdict import Finding

RECORD: dict[str, Any] = {"file": "state.sqlite", "venue_fills": "fills.json"}


class Bot:
    """A bot's record in the making; times count in seconds from `NOW`."""

    def __init__(self, audit: TradeAudit) -> None:
        self.audit = audit
        self.trades: list[dict[str, Any]] = []

    def quote(self, mid: str, symbol: str = "BTC/USDT") -> None:
        data = {"symbol": symbol, "mid_quote": Decimal(mid)}
        self.audit.decision("quote", "before an order", data)

    def refused(self, rule: str) -> None:
        self.audit.decision("order refused", f"{rule}: too far", {"symbol": "BTC/USDT"})

    def order(
        self,
        name: str,
        side: Any = "buy",
        price: str | None = "100",
        size: str = "1",
        at: float = 0,
        symbol: str = "BTC/USDT",
        mid: str | None = None,
        stop: str | None = None,
    ) -> None:
        self.audit.order_intent(
            client_order_id=name,
            symbol=symbol,
            side=side,
            order_type="limit" if price else "market",
            size_base=Decimal(size),
            price_quote=None if price is None else Decimal(price),
            at=NOW + timedelta(seconds=at),
            mid_quote=None if mid is None else Decimal(mid),
            stop_price_quote=None if stop is None else Decimal(stop),
        )

    def fill(self, name: str, price: str, fee: Any = None, trade: str = "", days: int = 0) -> None:
        trade, size = trade or f"t-{name}", "1"
        self.audit.order_fill(
            client_order_id=name,
            trade_id=trade,
            at=NOW + timedelta(days=days),
            size_base=Decimal(size),
            price_quote=Decimal(price),
        )
        row = {"id": trade, "price": price, "amount": size, "fee": fee}
        self.trades.append(row)

    def cancelled(self, name: str) -> None:
        self.audit.cancel_result(client_order_id=name, outcome=Outcome.ACCEPTED, at=NOW)


def judged(gate: GateProject, name: str, act: Callable[[Bot], object], **tables: Any) -> Finding:
    """What the check finds after the bot did that."""
    with Ledger.open(gate.folder / "state.sqlite") as ledger:
        bot = Bot(TradeAudit(ledger, "orders"))
        act(bot)
    if bot.trades:
        gate.write("fills.json", json.dumps(bot.trades))
    gate.configure(**{"record": RECORD, **tables})
    return gate.ask_as_it_is(name)


def round_trip(bot: Bot) -> None:
    bot.order("a", price="100")
    bot.fill("a", "100", fee={"currency": "USDT", "cost": "0.1"})
    bot.order("b", "sell", "110")
    bot.fill("b", "110", fee={"currency": "USDT", "cost": "0.11"})
