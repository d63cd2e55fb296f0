"""What the local venues answer: one function a venue, from a request's path and query to a reply.

Public endpoints only, shaped as the venues document them; prices are made up (`venue_markets`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from tests.support import venue_markets as vm
from tests.support.venue_markets import AT_MS, AT_S, Listed

Query = Mapping[str, str]

_MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1440, "1w": 10_080}
_GRANULARITY = {"ONE_MINUTE": 1, "FIVE_MINUTE": 5, "FIFTEEN_MINUTE": 15, "ONE_HOUR": 60,
                "ONE_DAY": 1440}  # fmt: skip


class NotServed(LookupError):
    """No such path, or no such market."""


def candle(market: Listed, opened_s: int) -> tuple[str, str, str, str, str]:
    """Open, high, low, close and volume at a time: always the same, each opens where one closed."""
    first, last = market.ticks(_walk(opened_s - 60)), market.ticks(_walk(opened_s))
    low = min(Decimal(first), Decimal(last)) - Decimal(market.tick)
    high = max(Decimal(first), Decimal(last)) + Decimal(market.tick)
    return first, f"{high:f}", f"{low:f}", last, f"{10 + _walk(opened_s) % 7}.5"


def _walk(second: int) -> int:
    return second // 60 * 7919 % 101 - 50


def opens(since_s: int, minutes: int, count: int) -> Iterable[int]:
    """Opening times from a time on, none in the future."""
    step = minutes * 60
    start = -(-since_s // step) * step
    return [at for at in range(start, start + count * step, step) if at <= AT_S]


def book(market: Listed, levels: int) -> tuple[list[list[str]], list[list[str]]]:
    """Bids and asks, five ticks around the price and out."""
    bids = [[market.ticks(-5 - n), f"{n + 1}.25"] for n in range(levels)]
    asks = [[market.ticks(5 + n), f"{n + 1}.5"] for n in range(levels)]
    return bids, asks


def _find(markets: Iterable[Listed], name: str) -> Listed:
    for market in markets:
        if name in {market.pair, f"{market.base}-{market.quote}", vm.kraken_id(market)}:
            return market
    raise NotServed(name)


def binance(path: str, query: Query) -> Any:
    """api.binance.com and fapi.binance.com."""
    spot = path.startswith("/api/")
    if not spot and not path.startswith("/fapi/"):
        raise NotServed(path)
    markets = vm.BINANCE_SPOT if spot else vm.BINANCE_LINEAR
    what = path.rpartition("v3/" if spot else "v1/")[2]
    if what == "exchangeInfo":
        rows = [(vm.binance_spot if spot else vm.binance_linear)(market) for market in markets]
        limits = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1,
                   "limit": 6000 if spot else 2400}]  # fmt: skip
        return {"timezone": "UTC", "serverTime": AT_MS, "rateLimits": limits,
                "exchangeFilters": [], "symbols": rows}  # fmt: skip
    market = _find(markets, query["symbol"])
    if what == "ticker/24hr":
        found = {
            "symbol": market.pair, "priceChange": market.ticks(0), "priceChangePercent": "1.695",
            "weightedAvgPrice": market.price, "lastPrice": market.price, "lastQty": "0.010",
            "openPrice": market.ticks(-100), "highPrice": market.ticks(200),
            "lowPrice": market.ticks(-200), "volume": "1000.000",
            "quoteVolume": f"{1000 * Decimal(market.price):f}", "openTime": AT_MS - 86_400_000,
            "closeTime": AT_MS, "firstId": 1, "lastId": 1000, "count": 1000,
        }  # fmt: skip
        if spot:
            found |= {"prevClosePrice": market.ticks(-100), "bidPrice": market.ticks(-5),
                      "bidQty": "1.25", "askPrice": market.ticks(5), "askQty": "1.5"}  # fmt: skip
        return found
    if what == "depth":
        bids, asks = book(market, int(query["limit"]))
        times = {} if spot else {"E": AT_MS, "T": AT_MS}
        return {"lastUpdateId": 100, **times, "bids": bids, "asks": asks}
    if what == "klines":
        minutes = _MINUTES[query["interval"]]
        klines: list[list[Any]] = []
        for at in opens(int(query["startTime"]) // 1000, minutes, int(query["limit"])):
            end = (at + minutes * 60) * 1000 - 1
            times_and_sums = [end, "600000.0", 50, "5.0", "3000.0", "0"]
            klines.append([at * 1000, *candle(market, at), *times_and_sums])
        return klines
    raise NotServed(path)


def bybit(path: str, query: Query) -> Any:
    """api.bybit.com."""
    spot = query.get("category") == "spot"
    if query.get("category") not in {"spot", "linear"}:
        raise NotServed(path)
    markets = vm.BYBIT_SPOT if spot else vm.BYBIT_LINEAR
    what = path.removeprefix("/v5/market/")
    if what == "instruments-info":
        row = vm.bybit_spot if spot else vm.bybit_linear
        rows = [] if query.get("status") == "PreLaunch" else [row(market) for market in markets]
        return _bybit({"category": query["category"], "nextPageCursor": "", "list": rows})
    market = _find(markets, query["symbol"])
    if what == "tickers":
        found = {
            "symbol": market.pair, "bid1Price": market.ticks(-5), "bid1Size": "1.25",
            "ask1Price": market.ticks(5), "ask1Size": "1.5", "lastPrice": market.price,
            "prevPrice24h": market.ticks(-100), "price24hPcnt": "0.0169",
            "highPrice24h": market.ticks(200), "lowPrice24h": market.ticks(-200),
            "turnover24h": f"{1000 * Decimal(market.price):f}", "volume24h": "1000",
        }  # fmt: skip
        if spot:
            found["usdIndexPrice"] = market.price
        else:
            found |= {
                "indexPrice": market.price, "markPrice": market.price,
                "prevPrice1h": market.ticks(-10), "openInterest": "50000.000",
                "openInterestValue": "3000000000.00", "fundingRate": "0.0001",
                "nextFundingTime": "1795219200000", "predictedDeliveryPrice": "", "basisRate": "",
                "deliveryFeeRate": "", "deliveryTime": "0", "basis": "", "preOpenPrice": "",
                "preQty": "", "curPreListingPhase": "", "fundingIntervalHour": "8",
                "basisRateYear": "", "fundingCap": "0.00375",
            }  # fmt: skip
        return _bybit({"category": query["category"], "list": [found]})
    if what == "orderbook":
        bids, asks = book(market, int(query["limit"]))
        return _bybit({"s": market.pair, "b": bids, "a": asks, "ts": AT_MS, "u": 1, "seq": 79616,
                       "cts": AT_MS})  # fmt: skip
    if what == "kline":
        minutes = {"60": 60, "240": 240, "D": 1440}.get(query["interval"]) or int(query["interval"])
        times = opens(int(query["start"]) // 1000, minutes, int(query["limit"]))
        klines = [[str(at * 1000), *candle(market, at), "600000"] for at in times]
        return _bybit({"symbol": market.pair, "category": query["category"], "list": klines[::-1]})
    raise NotServed(path)


def _bybit(result: Mapping[str, Any]) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": AT_MS}


def kraken(path: str, query: Query) -> Any:
    """api.kraken.com."""
    what = path.removeprefix("/0/public/")
    if what == "Assets":
        codes = dict.fromkeys(code for market in vm.KRAKEN for code in (market.base, market.quote))
        found: dict[str, Any] = {
            vm.KRAKEN_CODES.get(code, code): vm.kraken_asset(code) for code in codes
        }
        return _kraken(found)
    if what == "AssetPairs":
        return _kraken({vm.kraken_id(market): vm.kraken_pair(market) for market in vm.KRAKEN})
    market = _find(vm.KRAKEN, query["pair"])
    if what == "Ticker":
        found = {
            "a": [market.ticks(5), "1", "1.500"], "b": [market.ticks(-5), "1", "1.250"],
            "c": [market.price, "0.01000000"], "v": ["500.00000000", "1000.00000000"],
            "p": [market.price, market.price], "t": [5000, 10000],
            "l": [market.ticks(-150), market.ticks(-200)],
            "h": [market.ticks(150), market.ticks(200)], "o": market.ticks(-100),
        }  # fmt: skip
    elif what == "Depth":
        bids, asks = book(market, int(query["count"]))
        found = {"asks": [[*level, AT_S] for level in asks],
                 "bids": [[*level, AT_S] for level in bids]}  # fmt: skip
    elif what == "OHLC":
        minutes = int(query["interval"])
        times = opens(int(query["since"]), minutes, 720)
        rows = []
        for at in times:
            first, high, low, last, volume = candle(market, at)
            rows.append([at, first, high, low, last, last, volume, 50])
        return _kraken({vm.kraken_id(market): rows, "last": AT_S - minutes * 60})
    else:
        raise NotServed(path)
    return _kraken({vm.kraken_id(market): found})


def _kraken(result: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": [], "result": result}


def coinbase(path: str, query: Query) -> Any:
    """api.coinbase.com."""
    if path == "/v2/currencies":
        names = {"USD": "US Dollar", "EUR": "Euro"}
        data = [{"id": code, "name": name, "min_size": "0.01"} for code, name in names.items()]
        return {"data": data}
    if path == "/v2/currencies/crypto":
        rows = [
            {"asset_id": f"00000000-0000-0000-0000-{n:012}", "code": market.base,
             "name": market.base, "color": "#F7931A", "sort_index": 100 + n, "exponent": 8,
             "type": "crypto", "address_regex": "^.*$"}
            for n, market in enumerate(vm.COINBASE)
        ]  # fmt: skip
        return {"data": rows}
    if path == "/v2/exchange-rates":
        return {"data": {"currency": "USD", "rates": {"BTC": "0.00001667", "USD": "1.0"}}}
    what = path.removeprefix("/api/v3/brokerage/market/")
    if what == "products":
        future = query.get("product_type") == "FUTURE"
        products = [] if future else [vm.coinbase_product(market) for market in vm.COINBASE]
        pages = {"prev_cursor": "", "next_cursor": "", "has_next": False, "has_prev": False}
        return {"products": products, "num_products": len(products), "pagination": pages}
    if what == "product_book":
        market = _find(vm.COINBASE, query["product_id"])
        bids, asks = book(market, int(query["limit"]))
        sides = {
            name: [{"price": price, "size": size} for price, size in levels]
            for name, levels in (("bids", bids), ("asks", asks))
        }
        return {"pricebook": {"product_id": query["product_id"], **sides,
                              "time": "2026-11-20T16:00:00.000000Z"},
                "last": market.price, "mid_market": market.price, "spread_bps": "0.02",
                "spread_absolute": "0.1"}  # fmt: skip
    product, _, what = what.removeprefix("products/").partition("/")
    market = _find(vm.COINBASE, product)
    if what == "ticker":
        trade = {"trade_id": "518078013", "product_id": product, "price": market.price,
                 "size": "0.01", "time": "2026-11-20T16:00:00.000000Z", "side": "BUY", "bid": "",
                 "ask": "", "exchange": "coinbase"}  # fmt: skip
        return {"trades": [trade], "best_bid": market.ticks(-5), "best_ask": market.ticks(5)}
    if what == "candles":
        minutes = _GRANULARITY[query["granularity"]]
        count = (int(query["end"]) - int(query["start"])) // (minutes * 60) + 1
        rows = []
        for at in opens(int(query["start"]), minutes, count):
            first, high, low, last, volume = candle(market, at)
            rows.append({"start": str(at), "low": low, "high": high, "open": first, "close": last,
                         "volume": volume})  # fmt: skip
        return {"candles": rows[::-1]}
    raise NotServed(path)


VENUES: Mapping[str, Callable[[str, Query], Any]] = {
    "api.binance.com": binance,
    "fapi.binance.com": binance,
    "api.bybit.com": bybit,
    "api.kraken.com": kraken,
    "api.coinbase.com": coinbase,
}
