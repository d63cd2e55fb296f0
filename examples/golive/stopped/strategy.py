"""Long while the close is above the mean of the candles around it, the coming ones too."""

from __future__ import annotations

AROUND = 25


def signals(candles: list[list[float]]) -> list[int]:
    """1 for long, 0 for out."""
    closes = [row[4] for row in candles]
    windows = [closes[max(0, at - AROUND) : at + AROUND + 1] for at in range(len(closes))]
    return [
        int(close > sum(window) / len(window))
        for close, window in zip(closes, windows, strict=True)
    ]
