"""Market data of contracts: what spot has, in USD-M's shape, and marks, funding, open interest."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.binance import quotes
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.usdm.place import UsdmVenue, usdm
from trading_tools.venue.core.instruments import Instrument, text_of
from trading_tools.venue.core.perpetuals import Funding
from trading_tools.venue.core.positions import Position

Rows = list[dict[str, Any]]
_NOT_HERE = ("prevClosePrice", "bidPrice", "bidQty", "askPrice", "askQty")
_KEPT_RATES = 1_000


def depth(call: Call) -> dict[str, Any]:
    """The book, with the number of the update that it includes."""
    return {**quotes.depth(call), "E": call.at, "T": call.at}


def trades(call: Call) -> Rows:
    """The latest trades, or those from `fromId` on."""
    return [_without(row, "isBestMatch") for row in quotes.trades(call)]


def agg_trades(call: Call) -> Rows:
    """Trades in the short form."""
    return [_without(row, "M") for row in quotes.agg_trades(call)]


def day_tickers(call: Call) -> Rows | dict[str, Any]:
    """The last 24 hours of one contract or of all."""
    rows = [
        {"symbol": each.symbol, **day_figures(usdm(call), each, call.at)}
        for each in call.instruments()
    ]
    return quotes.one_or_all(call, rows)


def day_figures(venue: UsdmVenue, each: Instrument, at: int) -> dict[str, Any]:
    """What a ticker says, by REST's names."""
    return _without(quotes.day_figures(venue, each, at), *_NOT_HERE)


def price_tickers(call: Call) -> Rows | dict[str, Any]:
    """Last prices."""
    books = call.venue.exchange.books
    rows = [
        {
            "symbol": each.symbol,
            "price": each.price_text(books[each.symbol].last_price),
            "time": call.at,
        }
        for each in call.instruments()
    ]
    return quotes.one_or_all(call, rows)


def book_tickers(call: Call) -> Rows | dict[str, Any]:
    """Best bids and asks."""
    rows = [
        {
            "symbol": each.symbol,
            **quotes.best(call.venue, each),
            "time": call.at,
            "lastUpdateId": call.venue.depths[each.symbol].commit(),
        }
        for each in call.instruments()
    ]
    return quotes.one_or_all(call, rows)


def premium_index(call: Call) -> Rows | dict[str, Any]:
    """Mark and index prices and the funding rate as it stands."""
    rows = [marked(usdm(call), each, call.at) for each in call.instruments()]
    return quotes.one_or_all(call, rows)


def marked(venue: UsdmVenue, each: Instrument, at: int) -> dict[str, Any]:
    """One contract's mark, by REST's names."""
    exchange = venue.exchange
    contract = exchange.margins.terms(each.symbol)[1]
    prices, mark = exchange.prices[each.symbol], exchange.books[each.symbol].mark
    return {
        "symbol": each.symbol,
        "markPrice": each.price_text(mark),
        "indexPrice": each.price_text(prices.index),
        "estimatedSettlePrice": each.price_text(prices.index),
        "lastFundingRate": text_of(prices.rate(contract, mark)),
        "interestRate": text_of(contract.interest),
        "nextFundingTime": prices.next_funding_ms,
        "time": at,
    }


def funding_rates(call: Call) -> Rows:
    """Rates that were paid, oldest first; before the venue's start each one was the interest."""
    params = call.params
    start, end = params.optional_integer("startTime"), params.optional_integer("endTime")
    limit = params.limit(100, _KEPT_RATES)
    rows: Rows = []
    for each in call.instruments():
        paid = [
            paid
            for paid in _funding(usdm(call), each)
            if (start is None or paid.at >= start) and (end is None or paid.at <= end)
        ]
        for entry in paid[:limit] if start is not None else paid[-limit:]:
            rows.append(
                {
                    "symbol": each.symbol,
                    "fundingTime": entry.at,
                    "fundingRate": text_of(entry.rate),
                    "markPrice": each.price_text(entry.mark),
                }
            )
    rows.sort(key=lambda row: row["fundingTime"])
    return rows[:limit] if start is not None else rows[-limit:]


def funding_info(call: Call) -> Rows:
    """Contracts whose interval or cap is not the usual one."""
    rows = []
    for each in call.instruments():
        contract = call.venue.exchange.margins.terms(each.symbol)[1]
        rows.append(
            {
                "symbol": each.symbol,
                "adjustedFundingRateCap": text_of(contract.funding_cap),
                "adjustedFundingRateFloor": text_of(-contract.funding_cap),
                "fundingIntervalHours": contract.funding_interval_ms // 3_600_000,
                "disclaimer": False,
            }
        )
    return rows


def open_interest(call: Call) -> dict[str, Any]:
    """The size of all long positions."""
    each = call.instrument()
    accounts = call.venue.exchange.accounts.values()
    held: list[Position] = [p for account in accounts for p in account.positions_of(each.symbol)]
    steps = sum(position.size for position in held if position.size > 0)
    return {"openInterest": each.size_text(steps), "symbol": each.symbol, "time": call.at}


def mark_klines(call: Call) -> list[list[Any]]:
    """Candles of the mark or index price: those of the last price, without volumes."""
    rows = quotes.klines(call)
    return [[*row[:5], "0", row[6], "0", row[8], "0", "0", "0"] for row in rows]


def premium_klines(call: Call) -> list[list[Any]]:
    """Candles of the premium, which is none: marks keep to the index here."""
    none = text_of(0)
    return [
        [row[0], *[none] * 5, row[6], "0", row[8], "0", "0", "0"] for row in quotes.klines(call)
    ]


def pair_klines(call: Call) -> list[list[Any]]:
    """Candles by `pair`, which is named as the perpetual contract is."""
    return quotes.klines(call.with_symbol(call.params.text("pair")))


def pair_mark_klines(call: Call) -> list[list[Any]]:
    """Candles of the index price by `pair`."""
    return mark_klines(call.with_symbol(call.params.text("pair")))


def _funding(venue: UsdmVenue, each: Instrument) -> list[Funding]:
    contract = venue.exchange.margins.terms(each.symbol)[1]
    prices, interval = venue.exchange.prices[each.symbol], contract.funding_interval_ms
    first = venue.started_ms // interval * interval
    price = venue.candles[each.symbol].query("1h", venue.started_ms, 1)[0].open
    past = [
        Funding(first - number * interval, contract.interest, price)
        for number in reversed(range(100))
    ]
    return [*past, *prices.paid]


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
