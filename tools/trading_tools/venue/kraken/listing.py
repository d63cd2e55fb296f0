"""What Kraken lists, and the three names that each pair and each asset has there.

In the core a pair is called as on the WebSocket ("BTC/USD") and an asset likewise ("BTC"). REST has
its own: "XXBTZUSD" with the alternative name "XBTUSD", and "XXBT" with "XBT".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from trading_tools.venue.core.instruments import Instrument


@dataclass(frozen=True)
class Asset:
    """One asset. Amounts are printed with `decimals`, shown to people with `shown`."""

    name: str
    id: str
    altname: str
    decimals: int
    shown: int


@dataclass(frozen=True)
class Pair:
    """One pair: its rules in the core and its names on REST."""

    instrument: Instrument
    base: Asset
    quote: Asset
    price_decimals: int
    lot_decimals: int

    @property
    def symbol(self) -> str:
        """The name on the WebSocket and in the core."""
        return self.instrument.symbol

    @cached_property
    def id(self) -> str:
        """REST's name: "XXBTZUSD"; newer pairs have the alternative name only."""
        old = self.base.id != self.base.altname and self.quote.id != self.quote.altname
        return self.base.id + self.quote.id if old else self.altname

    @cached_property
    def altname(self) -> str:
        """The alternative name: "XBTUSD"."""
        return self.base.altname + self.quote.altname

    @cached_property
    def wsname(self) -> str:
        """The name on the older WebSocket: "XBT/USD"."""
        return f"{self.base.altname}/{self.quote.altname}"

    def price(self, ticks: int) -> str:
        """A price with the pair's decimals."""
        return decimal(ticks * self.instrument.tick_atoms, self.price_decimals)

    def size(self, steps: int) -> str:
        """A volume, with eight decimals as all of Kraken's."""
        return self.instrument.size_text(steps)


def decimal(atoms: int, places: int) -> str:
    """An amount with `places` decimals; what is finer is cut off."""
    sign = "-" if atoms < 0 else ""
    whole, rest = divmod(abs(atoms), 10**8)
    digits = f"{rest:08d}".ljust(places, "0")[:places]
    return f"{sign}{whole}.{digits}" if places else f"{sign}{whole}"


_ASSETS = (
    Asset("BTC", "XXBT", "XBT", 10, 5),
    Asset("ETH", "XETH", "ETH", 10, 5),
    Asset("SOL", "SOL", "SOL", 10, 5),
    Asset("XRP", "XXRP", "XRP", 8, 5),
    Asset("DOGE", "XXDG", "XDG", 8, 2),
    Asset("USDT", "USDT", "USDT", 8, 4),
    Asset("USD", "ZUSD", "USD", 4, 2),
    Asset("EUR", "ZEUR", "EUR", 4, 2),
)
ASSETS: Final[Mapping[str, Asset]] = {asset.name: asset for asset in _ASSETS}
"""Assets by their name in the core."""


def _pair(
    symbol: str, price_decimals: int, lot_decimals: int, smallest: str, cost: str, largest: str
) -> Pair:
    base, quote = symbol.split("/")
    instrument = Instrument(
        symbol=symbol,
        base=base,
        quote=quote,
        tick_size=Decimal(1).scaleb(-price_decimals),
        step_size=Decimal(1).scaleb(-lot_decimals),
        min_size=Decimal(smallest),
        max_size=Decimal(largest),
        max_market_size=Decimal(largest),
        min_notional=Decimal(cost),
        max_notional=Decimal(1_000_000_000),
        max_price=Decimal(10_000_000),
        price_band=1_000,
        max_orders=80,
    )
    return Pair(instrument, ASSETS[base], ASSETS[quote], price_decimals, lot_decimals)


_LISTED: Final = {
    _pair("BTC/USD", 1, 7, "0.00005", "0.5", "10000"): 600_000,
    _pair("BTC/EUR", 1, 7, "0.00005", "0.45", "10000"): 550_000,
    _pair("BTC/USDT", 1, 7, "0.00005", "0.5", "10000"): 600_000,
    _pair("ETH/USD", 2, 6, "0.001", "0.5", "100000"): 300_000,
    _pair("ETH/BTC", 5, 3, "0.001", "0.00002", "100000"): 5_000,
    _pair("SOL/USD", 2, 6, "0.02", "0.5", "1000000"): 15_000,
    _pair("XRP/USD", 5, 3, "2", "0.5", "10000000"): 250_000,
    _pair("DOGE/USD", 7, 1, "13", "0.5", "100000000"): 2_000_000,
}
PAIRS: Final[Mapping[str, Pair]] = {pair.symbol: pair for pair in _LISTED}
"""Pairs by their name in the core."""

LISTED: Final[Mapping[Instrument, int]] = {
    pair.instrument: price for pair, price in _LISTED.items()
}
"""Instruments and their last price in ticks at the start."""

_BY_ANY_NAME: Final = {
    name: pair
    for pair in PAIRS.values()
    for name in (pair.symbol, pair.wsname, pair.altname, pair.id)
}
_ASSET_BY_ANY_NAME: Final = {
    name: asset for asset in _ASSETS for name in (asset.name, asset.altname, asset.id)
}


def pair_called(name: str) -> Pair | None:
    """The pair with this name, of any of its names."""
    return _BY_ANY_NAME.get(name.upper())


def asset_called(name: str) -> Asset | None:
    """The asset with this name, of any of its names."""
    return _ASSET_BY_ANY_NAME.get(name.upper())
