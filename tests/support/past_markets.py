"""Local venues whose markets have run for a while, and the trades that they really made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import tests.support.bybit_venue as bybit_venue
import tests.support.coinbase_venue as coinbase_venue
import tests.support.kraken_venue as kraken_venue
from tests.support.usdm_venue import usdm
from tests.support.venues import Clock, point_at, serving, spot
from trading_tools.exchange.ccxt_venue import CcxtVenue, public_client
from trading_tools.exchange.market_data import MarketData
from trading_tools.venue.coinbase.limits import Rules as CoinbaseRules
from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.server import VenueServer


def _served(name: str, clock: Clock) -> tuple[Marketplace, VenueServer, str, str]:
    if name == "binance":
        place = spot(clock=clock)
        return place, serving(place), "BTCUSDT", "BTC/USDT"
    if name == "binanceusdm":
        contracts = usdm(clock=clock)
        return contracts, serving(contracts), "BTCUSDT", "BTC/USDT:USDT"
    if name == "kraken":
        quiet = kraken_venue.kraken(clock=clock, rules=kraken_venue.QUIET)
        return quiet, kraken_venue.serving(quiet), "BTC/USD", "BTC/USD"
    if name == "bybit":
        unified = bybit_venue.bybit(clock=clock, rules=bybit_venue.QUIET)
        return unified, bybit_venue.serving_bybit(unified), "BTCUSDT.P", "BTC/USDT:USDT"
    advanced = coinbase_venue.coinbase(clock=clock, rules=CoinbaseRules(public_1s=10**6))
    return advanced, coinbase_venue.serving(advanced), "BTC-USD", "BTC/USD"


@asynccontextmanager
async def past(name: str, steps: int = 240) -> AsyncIterator[tuple[MarketData, list[Any], str]]:
    """Market data of a venue whose market has run for a while, and the trades that it made."""
    clock = Clock()
    place, server, listed, symbol = _served(name, clock)
    for _ in range(steps):
        clock.now += 250
        place.advance()
    made = list(next(kept for key, kept in place.recent.items() if listed in str(key)))
    async with server:

        def venue(wanted: str) -> CcxtVenue:
            client = point_at(public_client(wanted), server.port)
            client.enableRateLimit, client.timeout_on_exit = False, 0
            return CcxtVenue(wanted, client)

        async with MarketData(venue, clock=clock.utc) as data:
            yield data, made, symbol
