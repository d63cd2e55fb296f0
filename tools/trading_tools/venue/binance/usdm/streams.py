"""The public streams of contracts: spot's, in USD-M's shape, with mark prices and liquidations.

Trades go out as they happen, best prices within 50 ms, books every 100, 250 or 500 ms, mark prices
every one or three seconds, the rest every second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from trading_tools.venue.binance import quotes as spot_quotes
from trading_tools.venue.binance.streams import Streams, mini_ticker
from trading_tools.venue.binance.usdm import forms, quotes
from trading_tools.venue.binance.usdm.place import UsdmVenue
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Forced, Report, Trade
from trading_tools.venue.market.depth import DepthReader

_PARTIAL: Final = (5, 10, 20)
_MARK_PACES: Final = {"@1s": 1_000, "": 3_000}


class UsdmStreams(Streams):
    """All public streams of one venue."""

    paces: ClassVar[Mapping[str, int]] = {"@100ms": 100, "": 250, "@500ms": 500}

    def __init__(self, venue: UsdmVenue) -> None:
        super().__init__(venue)
        self._usdm = venue
        self._before: dict[tuple[str, str], int] = {}
        venue.exchange.on_report.append(self._on_forced)

    def pump(self, at: int) -> None:
        """Send what is due at `at`."""
        before = self._pumped
        super().pump(at)
        for pace, length in _MARK_PACES.items():
            if at // length != before // length:
                self._marks(pace, at)

    def _on_trade(self, trade: Trade) -> None:
        name, each = trade.symbol.lower(), self._usdm.instruments[trade.symbol]
        if self._wanted(f"{name}@trade"):
            message = {
                "e": "trade",
                "E": trade.at,
                "T": trade.at,
                "s": trade.symbol,
                "t": trade.id,
                "p": each.price_text(trade.price),
                "q": each.size_text(trade.size),
                "X": "MARKET",
                "m": trade.buyer_maker,
            }
            self._publish(f"{name}@trade", message)
        if self._wanted(f"{name}@aggTrade"):
            row = spot_quotes.agg_trade(each, trade)
            del row["M"]
            head = {"e": "aggTrade", "E": trade.at, "s": trade.symbol}
            self._publish(f"{name}@aggTrade", head | row)

    def _best_price(self, each: Instrument) -> None:
        stream = f"{each.symbol.lower()}@bookTicker"
        if not (self._wanted(stream) or self._wanted("!bookTicker")):
            return
        best = spot_quotes.best(self._usdm, each)
        if self._best.get(each.symbol) == best:
            return
        self._best[each.symbol] = best
        at = self._usdm.clock()
        message = {
            "e": "bookTicker",
            "u": self._usdm.depths[each.symbol].commit(),
            "E": at,
            "T": at,
            "s": each.symbol,
            "b": best["bidPrice"],
            "B": best["bidQty"],
            "a": best["askPrice"],
            "A": best["askQty"],
        }
        self._publish(stream, message)
        self._publish("!bookTicker", message)

    def _books(self, each: Instrument, reader: DepthReader, pace: str, at: int) -> None:
        """Levels that changed, with the last update before them in `pu`; and the best ones."""
        name, key = each.symbol.lower(), (each.symbol, pace)
        update = self._usdm.depths[each.symbol].take(reader)
        if update is None:
            return
        previous = self._before.get(key, update.first - 1)
        self._before[key] = update.last
        head = {
            "e": "depthUpdate",
            "E": at,
            "T": at,
            "s": each.symbol,
            "U": update.first,
            "u": update.last,
            "pu": previous,
        }
        if self._wanted(f"{name}@depth{pace}"):
            levels = {
                "b": spot_quotes.levels(each, update.bids),
                "a": spot_quotes.levels(each, update.asks),
            }
            self._publish(f"{name}@depth{pace}", head | levels)
        for count in _PARTIAL:
            if self._wanted(f"{name}@depth{count}{pace}"):
                book = spot_quotes.book(self._usdm, each, count)
                levels = {"b": book["bids"], "a": book["asks"]}
                self._publish(f"{name}@depth{count}{pace}", head | levels)

    def _tickers(self, at: int) -> None:
        every = self._wanted("!ticker@arr") or self._wanted("!miniTicker@arr")
        full: list[dict[str, Any]] = []
        mini: list[dict[str, Any]] = []
        for each in self._usdm.instruments.values():
            name = each.symbol.lower()
            if not (every or self._wanted(f"{name}@ticker") or self._wanted(f"{name}@miniTicker")):
                continue
            figures = quotes.day_figures(self._usdm, each, at)
            full.append(_ticker(each, figures, at))
            mini.append(mini_ticker(each, figures, at))
            self._publish(f"{name}@ticker", full[-1])
            self._publish(f"{name}@miniTicker", mini[-1])
        self._publish("!ticker@arr", full)
        self._publish("!miniTicker@arr", mini)

    def _marks(self, pace: str, at: int) -> None:
        rows = []
        for each in self._usdm.instruments.values():
            stream = f"{each.symbol.lower()}@markPrice{pace}"
            if self._wanted(stream) or self._wanted(f"!markPrice@arr{pace}"):
                rows.append(_mark(self._usdm, each, at))
                self._publish(stream, rows[-1])
        self._publish(f"!markPrice@arr{pace}", rows)

    def _on_forced(self, report: Report) -> None:
        """Tell everybody of a liquidation: its last fill."""
        found = report.order
        if found.forced is not Forced.LIQUIDATION or report.fill is None or found.open:
            return
        each = self._usdm.instruments[found.ticket.symbol]
        message = {
            "e": "forceOrder",
            "E": report.at,
            "o": {
                "s": each.symbol,
                "S": found.ticket.side.value,
                "o": "LIMIT",
                "f": "IOC",
                "q": each.size_text(found.size),
                "p": each.price_text(report.fill.price),
                "ap": forms.average(found, each),
                "X": "FILLED",
                "l": each.size_text(report.fill.size),
                "z": each.size_text(report.filled),
                "T": report.at,
            },
        }
        self._publish(f"{each.symbol.lower()}@forceOrder", message)
        self._publish("!forceOrder@arr", message)


def _ticker(each: Instrument, figures: dict[str, Any], at: int) -> dict[str, Any]:
    return {
        "e": "24hrTicker",
        "E": at,
        "s": each.symbol,
        "p": figures["priceChange"],
        "P": figures["priceChangePercent"],
        "w": figures["weightedAvgPrice"],
        "c": figures["lastPrice"],
        "Q": figures["lastQty"],
        "o": figures["openPrice"],
        "h": figures["highPrice"],
        "l": figures["lowPrice"],
        "v": figures["volume"],
        "q": figures["quoteVolume"],
        "O": figures["openTime"],
        "C": figures["closeTime"],
        "F": figures["firstId"],
        "L": figures["lastId"],
        "n": figures["count"],
    }


def _mark(venue: UsdmVenue, each: Instrument, at: int) -> dict[str, Any]:
    row = quotes.marked(venue, each, at)
    return {
        "e": "markPriceUpdate",
        "E": at,
        "s": each.symbol,
        "p": row["markPrice"],
        "i": row["indexPrice"],
        "P": row["estimatedSettlePrice"],
        "r": row["lastFundingRate"],
        "T": row["nextFundingTime"],
    }
