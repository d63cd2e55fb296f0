"""The same idea, written in a hurry: it sends its orders itself."""

from __future__ import annotations

import os

import ccxt
from strategy import signals


def main() -> None:
    """One look at the market, and a market order."""
    key, secret = os.environ["BINANCE_API_KEY"], os.environ["BINANCE_API_SECRET"]
    exchange = ccxt.binance({"apiKey": key, "secret": secret})
    candles = exchange.fetch_ohlcv("BTC/USDT", "1m", limit=199)
    if signals(candles)[-1]:
        exchange.create_market_buy_order("BTC/USDT", 0.01)


if __name__ == "__main__":
    main()
