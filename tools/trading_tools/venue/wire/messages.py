"""What passes over a venue's wire, in words that are the same for every venue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from trading_tools.venue.wire.interference import Request


def compact(told: Any) -> str:
    """JSON as all venues send it: without spaces."""
    return json.dumps(told, separators=(",", ":"))


class Operation(StrEnum):
    """What a request is for, whatever the venue calls it."""

    PLACE = "place"
    AMEND = "amend"
    CANCEL = "cancel"
    CANCEL_ALL = "cancel_all"
    QUERY_ORDER = "query_order"
    OPEN_ORDERS = "open_orders"
    ORDER_HISTORY = "order_history"
    MY_TRADES = "my_trades"
    BALANCE = "balance"
    POSITIONS = "positions"
    SETTINGS = "settings"
    """Leverage, margin mode, position mode, fees of the account, a dead man's switch."""
    MARKETS = "markets"
    """Instruments and assets with their rules."""
    MARKET_DATA = "market_data"
    TIME = "time"
    STREAM_KEY = "stream_key"
    """A listen key or a token for the private stream."""
    OTHER = "other"
    UNKNOWN = "unknown"
    """No endpoint of this venue."""


class Told(StrEnum):
    """What a message of a stream is about."""

    REPLY = "reply"
    BOOK = "book"
    TRADES = "trades"
    TICKER = "ticker"
    CANDLES = "candles"
    ORDERS = "orders"
    """The account's orders and fills."""
    BALANCE = "balance"
    POSITIONS = "positions"
    CONTROL = "control"
    """Pings, heartbeats, notices, expiries."""


class Trouble(StrEnum):
    """A way in which a venue fails or refuses as a whole; each has its own words for it."""

    RATE_LIMITED = "rate_limited"
    BANNED = "banned"
    FIREWALL = "firewall"
    MAINTENANCE = "maintenance"
    OVERLOADED = "overloaded"
    """503: what became of the request is not known."""
    BAD_GATEWAY = "bad_gateway"
    """502 or 504 from what stands in front of the venue, with a page of HTML."""
    BAD_CLOCK = "bad_clock"
    BAD_NONCE = "bad_nonce"
    NO_SUCH_ORDER = "no_such_order"


@dataclass(frozen=True)
class Asked:
    """A request as it came: bytes and text, nothing understood yet. `query` is as it was sent."""

    method: str
    host: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]


class Seen(NamedTuple):
    """What a venue understands of a request before it acts; no signature, no secret in it."""

    operation: Operation
    params: Mapping[str, Any]
    key: str = ""


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    """The venue's own code of a refusal, for the ledger; empty where nothing was refused."""


class Message(NamedTuple):
    """A message of a stream on its way to a client. `symbol` is the instrument's in the core."""

    text: str
    told: Told
    symbol: str = ""
    operation: Operation = Operation.OTHER
    """What a REPLY answers."""
    request: Request | None = None
    """The very request that a REPLY answers, where it is one that a venue acts on."""
    code: str = ""
    """The venue's own code of a refusal, as a `Reply` has it."""
