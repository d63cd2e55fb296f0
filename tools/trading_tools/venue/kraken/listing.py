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

from trading_tools.venue.core.instruments import Instrument, atoms


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
    """One pair: its rules in the core, as they are now, and its names on REST."""

    instrument: Instrument

    @property
    def symbol(self) -> str:
        """The name on the WebSocket and in the core."""
        return self.instrument.symbol

    @property
    def base(self) -> Asset:
        """What is bought and sold."""
        return ASSETS[self.instrument.base]

    @property
    def quote(self) -> Asset:
        """What is paid with."""
        return ASSETS[self.instrument.quote]

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

    @cached_property
    def pair_decimals(self) -> int:
        """Decimals that a new price may have."""
        return _places(self.instrument.tick_size)

    @cached_property
    def lot_decimals(self) -> int:
        """Decimals that a volume may have; what is finer is cut off."""
        return _places(self.instrument.step_size)

    @cached_property
    def tick_units(self) -> int:
        """What a new price must be a multiple of, in the core's units of price."""
        return atoms(self.instrument.tick_size) // self.instrument.tick_atoms

    @cached_property
    def _price_decimals(self) -> int:
        """Decimals with which prices are printed: old ones may be finer than a tick is now."""
        return _places(Decimal(self.instrument.tick_atoms).scaleb(-8))

    def price(self, ticks: int) -> str:
        """A price with the pair's decimals."""
        return decimal(ticks * self.instrument.tick_atoms, self._price_decimals)

    def long_price(self, ticks: int) -> str:
        """A price with at least five decimals, as some of REST's replies have it."""
        return decimal(ticks * self.instrument.tick_atoms, max(5, self._price_decimals))

    def size(self, steps: int) -> str:
        """A volume with eight decimals, as REST has them."""
        return self.instrument.size_text(steps)

    def quantity(self, steps: int) -> str:
        """A volume with the pair's own decimals, as the WebSocket has them."""
        return decimal(steps * self.instrument.step_atoms, self.lot_decimals)


def _places(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def decimal(amount: int, places: int) -> str:
    """An amount with `places` decimals; what is finer is cut off."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10**8)
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


def _listed(
    symbol: str, price_decimals: int, lot_decimals: int, smallest: str, cost: str, largest: str
) -> Instrument:
    base, quote = symbol.split("/")
    return Instrument(
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


LISTED: Final[Mapping[Instrument, int]] = {
    _listed("BTC/USD", 1, 7, "0.00005", "0.5", "10000"): 600_000,
    _listed("BTC/EUR", 1, 7, "0.00005", "0.45", "10000"): 550_000,
    _listed("BTC/USDT", 1, 7, "0.00005", "0.5", "10000"): 600_000,
    _listed("ETH/USD", 2, 6, "0.001", "0.5", "100000"): 300_000,
    _listed("ETH/BTC", 5, 3, "0.001", "0.00002", "100000"): 5_000,
    _listed("SOL/USD", 2, 6, "0.02", "0.5", "1000000"): 15_000,
    _listed("XRP/USD", 5, 3, "2", "0.5", "10000000"): 250_000,
    _listed("DOGE/USD", 7, 1, "13", "0.5", "100000000"): 2_000_000,
}
"""Instruments and their last price in ticks at the start."""

_SYMBOLS: Final = {
    name: pair.symbol
    for pair in map(Pair, LISTED)
    for name in (pair.symbol, pair.wsname, pair.altname, pair.id)
}
_ASSET_BY_ANY_NAME: Final = {
    name: asset for asset in _ASSETS for name in (asset.name, asset.altname, asset.id)
}


def symbol_called(name: str) -> str | None:
    """The symbol of the pair with this name, of any of its names."""
    return _SYMBOLS.get(name.upper())


def asset_called(name: str) -> Asset | None:
    """The asset with this name, of any of its names."""
    return _ASSET_BY_ANY_NAME.get(name.upper())
