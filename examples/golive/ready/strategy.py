"""Long while the close is above its mean of the last 50 candles."""

from __future__ import annotations

LOOKBACK = 50


def signals(candles: list[list[float]]) -> list[int | None]:
    """1 for long, 0 for out, None while there is no mean yet; rows are as ccxt has them."""
    closes = [row[4] for row in candles]
    said: list[int | None] = []
    for at, close in enumerate(closes):
        window = closes[at - LOOKBACK + 1 : at + 1]
        said.append(int(close > sum(window) / LOOKBACK) if len(window) == LOOKBACK else None)
    return said
