"""Binance USD-M on loopback for tests."""

from __future__ import annotations

from typing import Any

from tests.support.venues import QUIET, Reply, Wire, wall_clock
from trading_tools.venue.binance.usdm.listing import USDM
from trading_tools.venue.binance.usdm.place import UsdmVenue
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.orders import Kind, Side, Ticket

SYMBOL = "BTC/USDT:USDT"
TWO = {each: price for each, price in USDM.items() if each.symbol in {"BTCUSDT", "DOGEUSDT"}}
"""Contracts enough for tests that do not load them all."""


def usdm(seed: int = 7, **settings: Any) -> UsdmVenue:
    """A venue on the machine's clock, without limits that a test reaches by accident."""
    clock = settings.pop("clock", wall_clock)
    return UsdmVenue(seed, clock, settings.pop("rules", QUIET), **settings)


def quote(venue: UsdmVenue, symbol: str = "BTCUSDT") -> None:
    """Let somebody quote a large size ten ticks on each side of the mark price."""
    maker = venue.exchange.open_account(Account("maker", background=True), {})
    mark, steps = venue.exchange.books[symbol].mark, venue.instruments[symbol].max_steps
    for side, price in ((Side.BUY, mark - 10), (Side.SELL, mark + 10)):
        ticket = Ticket(symbol, side, Kind.LIMIT, steps, price)
        venue.exchange.place(maker, ticket, venue.clock())


class UsdmWire(Wire):
    """Plain HTTP to the venue; `order` is a limit order far from the market."""

    path = "/fapi/v1/order"

    @property
    def usdm(self) -> UsdmVenue:
        """The venue behind it."""
        assert isinstance(self.venue, UsdmVenue)
        return self.venue

    async def market(self, side: str, quantity: str, **params: Any) -> Reply:
        """A market order."""
        fixed = {"type": "MARKET", "price": None, "timeInForce": None}
        return await self.order(side=side, quantity=quantity, **fixed, **params)

    async def algo(self, **params: Any) -> Reply:
        """A stop below the market, but for `params`; None leaves one out."""
        usual = {
            "algoType": "CONDITIONAL",
            "symbol": "BTCUSDT",
            "side": "SELL",
            "type": "STOP_MARKET",
            "quantity": "0.01",
            "triggerPrice": "55000",
        }
        chosen = {name: text for name, text in {**usual, **params}.items() if text is not None}
        return await self.signed("POST", "/fapi/v1/algoOrder", **chosen)
