"""Exception classes as data: which one is a kind of which.

The tree of ccxt is that of version 4.5.90 (`ccxt.base.errors`); of other libraries there is what
code that trades catches. What a class means for an order is said by `UNKNOWN_OUTCOME`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_CCXT: Final = """
BaseError Exception
ExchangeError BaseError
AuthenticationError ExchangeError
PermissionDenied AuthenticationError
AccountNotEnabled PermissionDenied
AccountSuspended AuthenticationError
ArgumentsRequired ExchangeError
BadRequest ExchangeError
BadSymbol BadRequest
OperationRejected ExchangeError
NoChange OperationRejected
MarginModeAlreadySet NoChange
MarketClosed OperationRejected
ManualInteractionNeeded OperationRejected
RestrictedLocation OperationRejected
InsufficientFunds ExchangeError
InvalidAddress ExchangeError
AddressPending InvalidAddress
InvalidOrder ExchangeError
OrderNotFound InvalidOrder
OrderNotCached InvalidOrder
OrderImmediatelyFillable InvalidOrder
OrderNotFillable InvalidOrder
DuplicateOrderId InvalidOrder
ContractUnavailable InvalidOrder
NotSupported ExchangeError
InvalidProxySettings ExchangeError
ExchangeClosedByUser ExchangeError
OperationFailed BaseError
NetworkError OperationFailed
DDoSProtection NetworkError
RateLimitExceeded NetworkError
ExchangeNotAvailable NetworkError
OnMaintenance ExchangeNotAvailable
InvalidNonce NetworkError
ChecksumError InvalidNonce
RequestTimeout NetworkError
BadResponse OperationFailed
NullResponse BadResponse
CancelPending OperationFailed
UnsubscribeError BaseError
"""
_OTHERS: Final = """
Exception BaseException
asyncio.CancelledError BaseException
KeyboardInterrupt BaseException
OSError Exception
ConnectionError OSError
TimeoutError OSError
ValueError Exception
LookupError Exception
KeyError LookupError
RuntimeError Exception
requests.RequestException OSError
requests.Timeout requests.RequestException
requests.ReadTimeout requests.Timeout
requests.ConnectTimeout requests.Timeout
requests.ConnectionError requests.RequestException
requests.HTTPError requests.RequestException
httpx.HTTPError Exception
httpx.TransportError httpx.HTTPError
httpx.TimeoutException httpx.TransportError
httpx.ReadTimeout httpx.TimeoutException
aiohttp.ClientError Exception
aiohttp.ClientConnectionError aiohttp.ClientError
aiohttp.ServerTimeoutError aiohttp.ClientConnectionError
aiohttp.ServerDisconnectedError aiohttp.ClientConnectionError
websockets.ConnectionClosed Exception
binance.exceptions.BinanceAPIException Exception
binance.exceptions.BinanceRequestException Exception
"""


def _tree() -> dict[str, str]:
    tree = {}
    for line in _CCXT.split("\n"):
        if line:
            child, parent = line.split()
            tree[f"ccxt.{child}"] = parent if parent == "Exception" else f"ccxt.{parent}"
    for line in filter(None, _OTHERS.split("\n")):
        child, parent = line.split()
        tree[child] = parent
    return tree


PARENTS: Final[dict[str, str]] = _tree()

UNKNOWN_OUTCOME: Final = (
    "ccxt.RequestTimeout",
    "ccxt.ExchangeNotAvailable",
    "ccxt.BadResponse",
    "TimeoutError",
    "ConnectionError",
    "requests.ReadTimeout",
    "requests.ConnectionError",
    "httpx.ReadTimeout",
    "aiohttp.ServerTimeoutError",
    "aiohttp.ServerDisconnectedError",
)
"""After these nobody knows whether the venue has taken the order that was sent."""

_ALIASES: Final = {
    "asyncio.TimeoutError": "TimeoutError",
    "asyncio.exceptions.TimeoutError": "TimeoutError",
    "asyncio.exceptions.CancelledError": "asyncio.CancelledError",
    "concurrent.futures.TimeoutError": "TimeoutError",
    "socket.timeout": "TimeoutError",
    "socket.error": "OSError",
    "IOError": "OSError",
    "EnvironmentError": "OSError",
}
_MODULES: Final = (
    ("ccxt.async_support.base.errors.", "ccxt."),
    ("ccxt.base.errors.", "ccxt."),
    ("ccxt.async_support.", "ccxt."),
    ("ccxt.pro.", "ccxt."),
    ("requests.exceptions.", "requests."),
    ("websockets.exceptions.", "websockets."),
    ("aiohttp.client_exceptions.", "aiohttp."),
)


def canonical(name: str) -> str:
    """One name for a class that can be imported from several places."""
    for prefix, short in _MODULES:
        if name.startswith(prefix):
            name = short + name.removeprefix(prefix)
            break
    return _ALIASES.get(name, name)


def kinds(name: str) -> Iterator[str]:
    """A class and all that it is a kind of, as far as is known."""
    at: str | None = canonical(name)
    while at is not None:
        yield at
        at = PARENTS.get(at)


def covers(caught: Iterable[str], raised: str) -> bool:
    """Whether an `except` of the classes `caught` stops an exception of class `raised`."""
    names = {canonical(each) for each in caught}
    return any(kind in names for kind in kinds(raised))


def leaves_unknown(caught: Iterable[str]) -> bool:
    """Whether these classes stop an exception after which an order's outcome is not known."""
    names = tuple(caught)
    return any(covers(names, each) for each in UNKNOWN_OUTCOME)
