"""The port: what is asked of one venue, in ccxt's unified structures.

The one that asks real venues is `ccxt_venue`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from trading_tools.exchange.trade_pages import Page, Place


class Venue(Protocol):
    """One venue's public market data; every method raises a `MarketDataError` that names it."""

    @property
    def name(self) -> str:
        """The venue's id."""

    @property
    def version(self) -> str:
        """Which library reads it, for saying where a default comes from."""

    @property
    def intervals(self) -> Sequence[str]:
        """The candle intervals it keeps."""

    @property
    def precision_mode(self) -> int:
        """What its markets' precision means, in ccxt's numbers."""

    async def markets(self) -> Sequence[Mapping[str, Any]]:
        """All its markets, asked anew."""

    async def ticker(self, symbol: str) -> Mapping[str, Any]:
        """Last price and the last 24 hours."""

    async def order_book(self, symbol: str, levels: int | None) -> Mapping[str, Any]:
        """Bids and asks; `levels` of each, or as many as it gives by itself."""

    async def candles(
        self, symbol: str, interval: str, since_ms: int, count: int
    ) -> Sequence[Sequence[Any]]:
        """Candles that open at or after `since_ms`."""

    async def trades(self, symbol: str, place: Place) -> Page:
        """One page of past trades."""

    async def close(self) -> None:
        """Let go of its connections."""
