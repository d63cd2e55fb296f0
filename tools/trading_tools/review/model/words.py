"""What names tell: the words of an identifier, and which of them speak of money.

Names are the weakest evidence there is, so rules use them only together with something else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

MONEY: Final = frozenset(
    {
        "amount", "ask", "balance", "bankroll", "bid", "budget", "capital", "cash", "commission",
        "cost", "equity", "exposure", "fee", "fees", "funds", "margin", "notional", "pnl",
        "position", "price", "prices", "profit", "qty", "quantity", "quote", "size", "stake",
        "volume", "px", "sz", "usd", "usdt", "balances", "loss", "premium", "proceeds",
    }
)  # fmt: skip
"""Words of names that hold an amount of money, a price or a size."""

NOT_MONEY: Final = frozenset(
    {
        "bps", "batch", "buffer", "cache", "chunk", "column", "columns", "count", "decimals",
        "dtype", "file", "font", "format", "history", "id", "ids", "idx", "index", "interval",
        "key", "keys",
        "label", "len", "length", "limit", "list", "log", "map", "maxlen", "method", "mode", "name",
        "names", "page", "path", "pct", "percent", "period", "pool", "precision", "queue", "rate",
        "ratio", "s", "seconds", "side", "source", "step", "symbol", "text", "time", "timeout",
        "timestamp", "type", "url", "weight", "window", "scale", "multiplier", "factor", "fraction",
        "at", "ms", "callback", "model", "data", "info", "feed", "stream", "currency", "asset",
        "digits", "places", "change", "mean", "std", "z", "score", "returns", "avg", "ema", "sma",
    }
)  # fmt: skip
"""Words that say that a name with a money word holds something else."""


@lru_cache(maxsize=8192)
def words(name: str) -> frozenset[str]:
    """The words of an identifier, in small letters: `maxPosition_size` has three."""
    return frozenset(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=8192)
def names_money(name: str) -> bool:
    """Whether an identifier says that it holds an amount, a price or a size."""
    own = words(name)
    return not own.isdisjoint(MONEY) and own.isdisjoint(NOT_MONEY)


def snake(name: str) -> str:
    """A camelCase name as ccxt spells it in Python: `createOrder` is `create_order`."""
    if name.islower() or "_" in name:
        return name
    return "_".join(word.lower() for word in _WORD.findall(name))
