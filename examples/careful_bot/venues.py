"""What differs from venue to venue: names of parameters, how an order is found by our own id.

Facts are those of ccxt 4.5: it does not unify finding an order by its client id, and it maps one
class of exception to refusals and to unknown outcomes alike.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import ccxt

REFUSED = (
    ccxt.InsufficientFunds,
    ccxt.InvalidOrder,
    ccxt.BadRequest,
    ccxt.AuthenticationError,
    ccxt.InvalidNonce,
    ccxt.DDoSProtection,
    ccxt.RateLimitExceeded,
)
"""What ccxt raises only where the venue has said no. All else leaves the outcome open."""

LIMITED = (ccxt.DDoSProtection, ccxt.RateLimitExceeded)
"""Too many requests: Binance and Kraken raise the first, Bybit and Coinbase the second."""

_NO = ('"success":false', "EOrder:", "EGeneral:Invalid", "EFunding:")
"""Words of refusals for which ccxt has only the class that unknown outcomes have too."""

_TWICE = ("uplicate", "-4116", "110072", "170141", "already exists", "cl_ord_id")
"""Words of refusals that say: there is such an order already."""


def refused(error: ccxt.BaseError) -> bool:
    """Whether the venue has surely not taken the order.

    A duplicate is no such answer: the id is taken by the order that we ask about.
    """
    said = str(error)
    surely = isinstance(error, REFUSED) or any(word in said for word in _NO)
    return surely and not any(word in said for word in _TWICE)


@dataclass(frozen=True)
class Counter:
    """A venue's counter that calls fill and time empties: `costs` are by ccxt's method."""

    most: float
    per_s: float
    costs: dict[str, float]


@dataclass(frozen=True)
class Profile:
    """How one venue is spoken to. `valid_s`: after that a request that was sent is not acted on.

    `most` is how much base we hold at most: contracts have higher smallest worths than spot.

    `find` lists the calls, with parameters, whose rows may hold the order with a client id.
    """

    symbol: str
    id_name: str
    keys: tuple[str, str]
    valid_s: float
    find: tuple[tuple[str, str | None], ...]
    most: Decimal = Decimal("0.002")
    settings: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    pace_s: float = 1.5
    look_every_s: float = 0.5
    counters: tuple[Counter, ...] = ()
    page: int = 100


_KRAKEN_PRIVATE = ("fetch_balance", "fetch_order", "fetch_open_orders", "fetch_closed_orders")

PROFILES = {
    "binance": Profile(
        "BTC/USDT",
        "clientOrderId",
        ("BINANCE_API_KEY", "BINANCE_API_SECRET"),
        3.0,
        (("fetch_order", "origClientOrderId"),),
        settings={"recvWindow": 3_000},
        page=1_000,
    ),
    "binanceusdm": Profile(
        "BTC/USDT:USDT",
        "clientOrderId",
        ("BINANCE_API_KEY", "BINANCE_API_SECRET"),
        3.0,
        (("fetch_order", "origClientOrderId"),),
        most=Decimal("0.04"),
        settings={"recvWindow": 3_000},
        page=1_000,
    ),
    "bybit": Profile(
        "BTC/USDT",
        "clientOrderId",
        ("BYBIT_API_KEY", "BYBIT_API_SECRET"),
        3.0,
        (("fetch_open_orders", "orderLinkId"), ("fetch_closed_orders", "orderLinkId")),
        settings={"recvWindow": 3_000},
        query={"acknowledged": True},
        page=50,
    ),
    "kraken": Profile(
        "BTC/USD",
        "clientOrderId",
        ("KRAKEN_API_KEY", "KRAKEN_API_SECRET"),
        3.0,
        (("fetch_open_orders", "clientOrderId"), ("fetch_closed_orders", "clientOrderId")),
        pace_s=3.0,
        look_every_s=2.0,
        # ccxt paces Kraken without any burst, a call in three seconds; these are its counters.
        counters=(
            Counter(12, 0.33, dict.fromkeys(_KRAKEN_PRIVATE, 1)),
            Counter(50, 1.0, {"create_order": 1, "cancel_order": 8}),
        ),
        page=50,
    ),
    "coinbase": Profile(
        "BTC/USD",
        "client_order_id",
        ("COINBASE_API_KEY", "COINBASE_API_SECRET"),
        3.0,
        (("fetch_orders", None),),
        page=100,
    ),
}


def client(kind: type[Any], profile: Profile) -> Any:
    """A ccxt client with the credentials of the environment, and no retries of its own."""
    key, secret = profile.keys
    return kind(
        {
            "apiKey": os.environ[key],
            "secret": os.environ[secret],
            "timeout": 4_000,
            "enableRateLimit": not profile.counters,
            "options": {"maxRetriesOnFailure": 0, "newUpdates": True, **profile.settings},
        }
    )


def with_id(orders: Iterable[dict[str, Any]], client_id: str) -> dict[str, Any] | None:
    """The order with our id among some."""
    return next((each for each in orders if each.get("clientOrderId") == client_id), None)
