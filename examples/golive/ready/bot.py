"""Asks for candles, and sends what the strategy says through the gateway."""

from __future__ import annotations

import os
import uuid
from decimal import Decimal

import ccxt
from gateway import Gateway
from strategy import signals


def main() -> None:
    """One look at the market, and one order at most."""
    key, secret = os.environ["BINANCE_API_KEY"], os.environ["BINANCE_API_SECRET"]
    exchange = ccxt.binance({"apiKey": key, "secret": secret})
    candles = exchange.fetch_ohlcv("BTC/USDT", "1m", limit=199)
    if signals(candles)[-1]:
        price = Decimal(str(candles[-1][4]))
        Gateway(exchange).send(uuid.uuid4().hex, "buy", Decimal("0.001"), price)


if __name__ == "__main__":
    main()
