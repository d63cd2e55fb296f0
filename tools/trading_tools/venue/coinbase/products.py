"""Products, their books, trades and candles, for REST and for the streams."""

from __future__ import annotations

from typing import Any, Final

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.errors import invalid
from trading_tools.venue.coinbase.listing import NAMES
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.texts import plain, price_text, size_text, time_text
from trading_tools.venue.core.book import Book, BookSide
from trading_tools.venue.core.instruments import ATOMS, Instrument, atoms
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candles import MINUTE_MS, Candle

Rows = list[dict[str, Any]]

GRANULARITIES: Final = {
    "ONE_MINUTE": "1m",
    "FIVE_MINUTE": "5m",
    "FIFTEEN_MINUTE": "15m",
    "THIRTY_MINUTE": "30m",
    "ONE_HOUR": "1h",
    "TWO_HOUR": "2h",
    "FOUR_HOUR": "4h",
    "SIX_HOUR": "6h",
    "ONE_DAY": "1d",
}
_MINUTES: Final = dict(zip(GRANULARITIES, (1, 5, 15, 30, 60, 120, 240, 360, 1_440), strict=True))
_MOST_CANDLES = 350
_MOST_TRADES = 1_000
_MOST_PRODUCTS = 1_000


def products(call: Call) -> dict[str, Any]:
    """A page of products; there are none of futures."""
    params = call.params
    kind = params.text("product_type", "SPOT")
    ids = params.texts("product_ids")
    every = [each for each in call.place.instruments.values() if not ids or each.symbol in ids]
    if kind not in {"SPOT", "UNKNOWN_PRODUCT_TYPE"}:
        every = []
    first = params.limit(0, _MOST_PRODUCTS, "offset")
    page = every[first : first + params.limit(_MOST_PRODUCTS, _MOST_PRODUCTS)]
    more = first + len(page) < len(every)
    return {
        "products": [product_form(call.place, each, call.at) for each in page],
        "num_products": len(page),
        "pagination": {
            "prev_cursor": "",
            "next_cursor": str(first + len(page)) if more else "",
            "has_next": more,
            "has_prev": first > 0,
        },
    }


def product(call: Call) -> dict[str, Any]:
    """One product."""
    return product_form(call.place, call.listed(call.argument), call.at)


def trades(call: Call) -> dict[str, Any]:
    """The latest trades of a product, newest first, with its best bid and ask."""
    each, params = call.listed(call.argument), call.params
    start = params.seconds("start") * 1_000 if "start" in params else None
    end = params.seconds("end") * 1_000 if "end" in params else None
    rows = [
        trade_form(each, trade)
        for trade in reversed(call.place.recent[each.symbol])
        if (start is None or trade.at >= start) and (end is None or trade.at < end)
    ]
    best = best_prices(call.place, each)
    return {
        "trades": [
            {**row, "bid": "", "ask": "", "exchange": "coinbase"}
            for row in rows[: params.limit(_MOST_TRADES, _MOST_TRADES)]
        ],
        "best_bid": best["best_bid"],
        "best_ask": best["best_ask"],
    }


def candles(call: Call) -> dict[str, Any]:
    """Candles of a product from `start` to `end`, newest first."""
    each, params = call.listed(call.argument), call.params
    granularity = params.text("granularity")
    if granularity not in GRANULARITIES:
        raise invalid(f"granularity {granularity} is not known")
    start, end = params.seconds("start") * 1_000, params.seconds("end") * 1_000
    if (end - start) // MINUTE_MS // _MINUTES[granularity] > _MOST_CANDLES:
        raise invalid(f"number of candles requested should be less than {_MOST_CANDLES}")
    limit = params.limit(_MOST_CANDLES, _MOST_CANDLES)
    found = call.place.candles[each.symbol].query(
        GRANULARITIES[granularity], call.at, _MOST_CANDLES + 1, start, end
    )
    return {"candles": [candle_form(each, candle) for candle in reversed(found)][:limit]}


def book(call: Call) -> dict[str, Any]:
    """The book of a product with its middle and spread."""
    each = call.listed(call.params.text("product_id"))
    limit = call.params.limit(10_000, 10_000)
    sides = call.place.exchange.books[each.symbol]
    return {
        "pricebook": _pricebook(call.place, each, call.at, limit),
        "last": price_text(each, sides.last_price),
        **_spread(each, sides),
    }


def best_bid_ask(call: Call) -> dict[str, Any]:
    """The best bid and ask of some products, or of all."""
    ids = call.params.texts("product_ids")
    chosen = [call.listed(each) for each in ids] if ids else list(call.place.instruments.values())
    return {"pricebooks": [_pricebook(call.place, each, call.at, 1) for each in chosen]}


def product_form(place: CoinbasePlace, each: Instrument, at: int) -> dict[str, Any]:
    """A product with its rules and its last 24 hours."""
    day = place.candles[each.symbol].window(at)
    best = best_prices(place, each)
    tick, step = plain(atoms(each.tick_size)), plain(each.step_atoms)
    return {
        "product_id": each.symbol,
        "price": price_text(each, place.exchange.books[each.symbol].last_price),
        "price_percentage_change_24h": change(day),
        "volume_24h": size_text(each, day.volume),
        "volume_percentage_change_24h": "0",
        "base_increment": step,
        "quote_increment": tick,
        "quote_min_size": plain(each.min_worth),
        "quote_max_size": plain(each.max_worth),
        "base_min_size": size_text(each, each.min_steps),
        "base_max_size": size_text(each, each.max_steps),
        "base_name": NAMES[each.base],
        "quote_name": NAMES[each.quote],
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "online",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": False,
        "auction_mode": False,
        "product_type": "SPOT",
        "quote_currency_id": each.quote,
        "base_currency_id": each.base,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias": "",
        "alias_to": [],
        "base_display_symbol": each.base,
        "quote_display_symbol": each.quote,
        "view_only": False,
        "price_increment": tick,
        "display_name": each.symbol,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": plain(day.quote_volume),
        "new_at": "2023-01-01T00:00:00Z",
        "market_cap": "",
        "icon_color": "",
        "icon_url": "",
        "display_name_overwrite": "",
        "is_alpha_testing": False,
        "about_description": "",
        "best_bid_price": best["best_bid"],
        "best_ask_price": best["best_ask"],
    }


def ticker_form(
    place: CoinbasePlace, each: Instrument, at: int, year: tuple[int, int]
) -> dict[str, str]:
    """A product's ticker on the streams, without the best prices.

    `year` is the lowest and the highest price of the year before the venue began.
    """
    day = place.candles[each.symbol].window(at)
    return {
        "type": "ticker",
        "product_id": each.symbol,
        "price": price_text(each, place.exchange.books[each.symbol].last_price),
        "volume_24_h": size_text(each, day.volume),
        "low_24_h": price_text(each, day.low),
        "high_24_h": price_text(each, day.high),
        "low_52_w": price_text(each, min(day.low, year[0])),
        "high_52_w": price_text(each, max(day.high, year[1])),
        "price_percent_chg_24_h": change(day),
    }


def best_prices(place: CoinbasePlace, each: Instrument) -> dict[str, str]:
    """The best bid and ask with their sizes; "0" for an empty side."""
    sides = place.exchange.books[each.symbol]
    bid, ask = sides.bids.top(), sides.asks.top()
    return {
        "best_bid": price_text(each, bid.price),
        "best_bid_quantity": size_text(each, bid.size),
        "best_ask": price_text(each, ask.price),
        "best_ask_quantity": size_text(each, ask.size),
    }


def trade_form(each: Instrument, trade: Trade) -> dict[str, str]:
    """A trade; the side is the taker's."""
    return {
        "trade_id": str(trade.id),
        "product_id": each.symbol,
        "price": price_text(each, trade.price),
        "size": size_text(each, trade.size),
        "time": time_text(trade.at),
        "side": "SELL" if trade.buyer_maker else "BUY",
    }


def candle_form(each: Instrument, candle: Candle) -> dict[str, str]:
    """A candle; its start in seconds."""
    return {
        "start": str(candle.opened_ms // 1_000),
        "low": price_text(each, candle.low),
        "high": price_text(each, candle.high),
        "open": price_text(each, candle.open),
        "close": price_text(each, candle.close),
        "volume": size_text(each, candle.volume),
    }


def change(day: Candle) -> str:
    """What a price has changed since the candle's opening, in percent."""
    return plain((day.close - day.open) * 100 * ATOMS // day.open)


def _spread(each: Instrument, sides: Book) -> dict[str, str]:
    """What lies between the best prices; nothing where a side is empty."""
    bid, ask = sides.bids.best(), sides.asks.best()
    if bid is None or ask is None:
        return {"mid_market": "", "spread_bps": "", "spread_absolute": ""}
    return {
        "mid_market": plain((bid + ask) * each.tick_atoms // 2),
        "spread_bps": plain((ask - bid) * 20_000 * ATOMS // (bid + ask)),
        "spread_absolute": price_text(each, ask - bid),
    }


def _pricebook(place: CoinbasePlace, each: Instrument, at: int, limit: int) -> dict[str, Any]:
    sides = place.exchange.books[each.symbol]
    return {
        "product_id": each.symbol,
        "bids": _levels(each, sides.bids, limit),
        "asks": _levels(each, sides.asks, limit),
        "time": time_text(at),
    }


def _levels(each: Instrument, side: BookSide, limit: int) -> Rows:
    return [
        {"price": price_text(each, price), "size": size_text(each, size)}
        for price, size in side.depth(limit)
    ]
