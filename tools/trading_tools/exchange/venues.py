"""Venues by name, and how ccxt's client is set up for each.

No venue is asked anything here; the client is `ccxt_venue`. Which are gone and which other names
there are is in `facts`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from trading_tools.exchange.errors import UnknownVenue
from trading_tools.exchange.facts.book import ended, exchanges, squeezed

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


def venue_id(name: str, offered: Collection[str]) -> str:
    """The id of the venue that `name` means, among those `offered`.

    Raises:
        UnknownVenue: it is none of them; the message has the successor or the nearest names.
    """
    written = squeezed(name)
    if written in offered:
        return written
    if written in exchanges().other_names:
        return exchanges().other_names[written]
    gone = ended(name)
    if gone is not None:
        others = "" if "ask `" in gone else f": ask {' or '.join(PREFERRED)} instead"
        raise UnknownVenue(gone + others)
    near = difflib.get_close_matches(written, sorted(offered), n=3)
    known = f"did you mean {' or '.join(near)}?" if near else f"try {', '.join(KNOWN)}"
    raise UnknownVenue(f"there is no venue {name!r:.60}; {known}")
