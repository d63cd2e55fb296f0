"""Venues by name: how people write them, which are gone, and how ccxt's client is set up for each.

No venue is asked anything here; the client is `ccxt_venue`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from trading_tools.exchange.errors import UnknownVenue

PREFERRED: Final = ("bybit", "binance")
"""Asked in this order where no venue is named."""

KNOWN: Final = ("bybit", "binance", "binanceusdm", "kraken", "coinbase")
"""Those that the tests replay; ccxt's others work as ccxt has them."""

OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        # Without these, loading the markets asks for margin pairs, options and inverse contracts:
        # up to a dozen requests, and one refused one loses all of them.
        "binance": {"fetchMargins": False, "fetchMarkets": {"types": ["spot", "linear"]}},
        "binanceusdm": {"fetchMargins": False, "fetchMarkets": {"types": ["linear"]}},
        "bybit": {"fetchMarkets": {"types": ["spot", "linear"]}},
    }
)

OPENS_AT_MIDNIGHT: Final = frozenset({"kraken"})
"""Venues whose ticker has today's opening price where others have that of 24 hours ago."""

_OTHER_NAMES: Final = {
    "binancefutures": "binanceusdm",
    "binancelinear": "binanceusdm",
    "binanceperp": "binanceusdm",
    "binancespot": "binance",
    "bybitlinear": "bybit",
    "bybitspot": "bybit",
    "coinbaseadvanced": "coinbase",
    "gateio": "gate",
    "huobi": "htx",
    "huobipro": "htx",
    "okex": "okx",
    "okex5": "okx",
}

_GONE: Final = {
    "bittrex": "bittrex closed in December 2023 and has no successor",
    "coinbasepro": "coinbasepro became Coinbase Advanced: ask `coinbase`",
    "coinbaseprime": "coinbaseprime has no public market data: ask `coinbase`",
    "ftx": "ftx closed in November 2022 and has no successor",
    "ftxus": "ftxus closed in November 2022 and has no successor",
    "gdax": "gdax became Coinbase Pro, then Coinbase Advanced: ask `coinbase`",
    "liquid": "liquid closed in November 2022 and has no successor",
    "quadrigacx": "quadrigacx closed in 2019 and has no successor",
}


def venue_id(name: str, offered: Collection[str]) -> str:
    """The id of the venue that `name` means, among those `offered`.

    Raises:
        UnknownVenue: it is none of them; the message has the successor or the nearest names.
    """
    squeezed = re.sub(r"[\s._-]", "", name).casefold()
    if squeezed in offered:
        return squeezed
    if squeezed in _OTHER_NAMES:
        return _OTHER_NAMES[squeezed]
    if squeezed in _GONE:
        others = "" if "ask `" in _GONE[squeezed] else f": ask {' or '.join(PREFERRED)} instead"
        raise UnknownVenue(_GONE[squeezed] + others)
    near = difflib.get_close_matches(squeezed, sorted(offered), n=3)
    known = f"did you mean {' or '.join(near)}?" if near else f"try {', '.join(KNOWN)}"
    raise UnknownVenue(f"there is no venue {name!r:.60}; {known}")
