"""The name of an order at a venue, derived from its intent: the same intent, the same name.

Lengths and alphabets as ccxt 4.5.90 passes them on: Binance `newClientOrderId` (36 of letters,
digits, `-_.:/`), Bybit `orderLinkId` (36 of letters, digits, `-_`), Kraken `cl_ord_id` (a UUID, or
18 characters), Coinbase `client_order_id` (a UUID is what its own clients send), Hyperliquid
`cloid` (0x and 32 hexadecimal digits), Alpaca and Kalshi `client_order_id` (text). Manifold has
none, but keeps the millisecond at which a limit order ends: the id is one, centuries ahead.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Container
from typing import Final

PREFIX: Final = "o-"
_UUID_VENUES: Final = frozenset({"kraken", "coinbase"})
_HEX_VENUES: Final = frozenset({"hyperliquid"})
_TIME_VENUES: Final = frozenset({"manifold"})
_TIMES_MS: Final = range(4_102_444_800_000, 4_102_444_800_000 + 2**43)
"""From the year 2100 on; Manifold takes times up to 1000 years after 1970."""


def client_order_id(venue: str, account: str, key: str) -> str:
    """The client order id of an intent's `key` for one account of a venue.

    Between 2 and 36 characters of an alphabet that every venue here takes. Another account or venue
    gives another id, so that two bots with equal keys do not take each other's orders for theirs.
    """
    digest = _digest(venue, account, key)
    if venue in _UUID_VENUES:
        return str(_marked(digest[:16]))
    if venue in _HEX_VENUES:
        return "0x" + digest[:16].hex()
    if venue in _TIME_VENUES:
        return str(_TIMES_MS[int.from_bytes(digest[:8], "big") % len(_TIMES_MS)])
    return PREFIX + digest[:15].hex()


def known_as(venue: str, account: str, key: str, known: Container[str]) -> str:
    """The id of a key's order: the one among those known, where an older version derived it."""
    if venue in _UUID_VENUES:
        older = str(uuid.UUID(bytes=_digest(venue, account, key)[:16], version=4))
        if older in known:
            return older
    return client_order_id(venue, account, key)


def is_ours(venue: str, client_id: str) -> bool:
    """Whether an id is one of these, of any account; others' at Hyperliquid may look so too."""
    if venue in _UUID_VENUES:
        try:
            told = uuid.UUID(client_id)
        except ValueError:
            return False
        return client_id == str(_marked(told.bytes))
    if venue in _HEX_VENUES:
        return re.fullmatch(r"0x[0-9a-f]{32}", client_id) is not None
    if venue in _TIME_VENUES:
        return re.fullmatch(r"[0-9]{13,14}", client_id) is not None and int(client_id) in _TIMES_MS
    return client_id.startswith(PREFIX) and len(client_id) == len(PREFIX) + 30


def _digest(venue: str, account: str, key: str) -> bytes:
    return hashlib.sha256("\n".join((venue, account, key)).encode()).digest()


def _marked(digest: bytes) -> uuid.UUID:
    """A UUID whose last four bytes follow from the others, as those of other programs do not."""
    head = uuid.UUID(bytes=digest, version=4).bytes[:12]
    return uuid.UUID(bytes=head + hashlib.sha256(head).digest()[:4])
