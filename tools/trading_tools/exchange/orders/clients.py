"""ccxt's clients for an account: which host they talk to, with which key.

With a key a client is for the few requests around single orders, and not held to ccxt's own pace.
A client that is sent `through` an address talks to nobody else: the venue's own host becomes the
first part of the path, which is how a venue of `trading_tools.venue` is reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from trading_tools.exchange.ccxt_venue import public_client


class NoSandbox(ValueError):
    """The venue has no sandbox that ccxt knows of."""


@dataclass(frozen=True)
class Credentials:
    """An account's key. Neither is shown where this is printed."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return "Credentials(…)"


def client_of(
    venue: str,
    credentials: Credentials | None = None,
    *,
    sandbox: bool,
    through: str | None = None,
    spot: bool = True,
) -> Any:
    """A client of `ccxt.async_support`, which opens no connection yet.

    Args:
        venue: ccxt's id.
        credentials: the account's; None for public data.
        sandbox: the venue's own sandbox in the place of its live hosts.
        through: an address that everything is sent to instead, such as `http://127.0.0.1:7340`.
        spot: whether what names no market is asked of the spot markets, and not as ccxt has it.

    Raises:
        NoSandbox: `sandbox`, and there is none.
    """
    client = public_client(venue)
    if spot:
        client.options["defaultType"] = "spot"
    client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    if sandbox:
        if not _has_sandbox(client):
            raise NoSandbox(f"{venue} has no sandbox")
        client.set_sandbox_mode(True)
    if credentials is not None:
        client.apiKey, client.secret = credentials.key, credentials.secret
        # ccxt would hold a stamped order back behind other requests until its window has passed.
        client.enableRateLimit = False  # orc: ignore[T25] the port's pacer counts all of the key
    if through is not None:
        client.urls["api"] = _sent_through(through, client.urls["api"])
    return client


def has_sandbox(venue: str) -> bool:
    """Whether ccxt knows of a sandbox of this venue."""
    return _has_sandbox(public_client(venue))


def _has_sandbox(client: Any) -> bool:
    return bool(client.urls.get("test"))


def _sent_through(address: str, urls: Any) -> Any:
    """The addresses of a ccxt client, each behind another one with its host as first part."""
    if isinstance(urls, Mapping):
        return {name: _sent_through(address, inner) for name, inner in urls.items()}
    url = urlsplit(urls)
    return f"{address.rstrip('/')}/{url.netloc}{url.path}"
