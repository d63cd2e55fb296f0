"""What a failed request means: ccxt's exceptions and the venue's answer become errors to act on.

A venue's text is data: it is shown cut, on one line, and never decides more than the kind of error.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trading_tools.exchange.errors import (
    BadReply,
    MarketDataError,
    RateLimited,
    Refused,
    UnknownSymbol,
    Unreachable,
    Unsupported,
)

_SHOWN: Final = 160
_LOOKED_AT: Final = 4_000
_LIMITED: Final = frozenset({418, 429})
_REFUSED: Final = frozenset({403, 451})
_BLANKS: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_TAGS: Final = re.compile(
    r"<(?:script|style|head)\b.*?</(?:script|style|head)>|<[^>]{0,500}>", re.S | re.I
)


@dataclass(frozen=True)
class Answer:
    """One reply of a venue; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


def explained(venue: str, error: Exception, answers: Sequence[Answer]) -> MarketDataError:
    """The error of ours that says what happened and what to do; `answers` are those it followed."""
    import ccxt

    if (why := unreached(error)) is not None:
        return Unreachable(f"{venue} cannot be reached: {why}")
    if isinstance(error, ccxt.BadSymbol):
        return UnknownSymbol(f"{venue} does not know this market: {_line(str(error))}")
    refused_by_ccxt = not answers and isinstance(error, ccxt.BaseError)
    if refused_by_ccxt or isinstance(error, ccxt.NotSupported):
        return Unsupported(f"{venue} cannot be asked this: {_line(str(error))}")
    if not answers:
        return BadReply(f"asking {venue} failed ({_named(error)})")
    refused = [answer for answer in answers if answer.status >= 400]
    answer = (refused or [*answers])[-1]
    return _by_status(venue, error, answer) or _by_content(venue, error, answer)


def unreached(error: BaseException) -> str | None:
    """Why no whole reply came, of an exception of ccxt's; None where that was not the trouble."""
    import aiohttp

    cause = error.__cause__
    sort = OSError | TimeoutError | aiohttp.ClientError
    return _why(cause) if isinstance(cause, sort) else None


def no_json(venue: str, answer: Answer) -> BadReply:
    """The error of a reply that is no JSON, or breaks off."""
    return BadReply(f"{venue} answered with something that is no whole JSON{_said(answer)}")


def _by_status(venue: str, error: Exception, answer: Answer) -> MarketDataError | None:
    import ccxt

    told = f"HTTP {answer.status}{_said(answer)}"
    if answer.status in _REFUSED:
        return Refused(
            f"{venue} refuses requests from this place or network ({told}); ask another venue"
        )
    if answer.status in _LIMITED or isinstance(error, ccxt.RateLimitExceeded | ccxt.DDoSProtection):
        wait = _retry_after_s(answer)
        when = "ask again later" if wait is None else f"ask again in {wait:g} s"
        return RateLimited(f"{venue} asks to slow down ({told}); {when}", wait)
    if isinstance(error, ccxt.OnMaintenance):
        return Unreachable(f"{venue} is under maintenance ({told}); ask again later")
    if answer.status >= 500:
        return Unreachable(f"{venue} is out of order ({told}); ask again later")
    if answer.status >= 400:
        return BadReply(f"{venue} answered with an error ({told})")
    return None


def _by_content(venue: str, error: Exception, answer: Answer) -> MarketDataError:
    import ccxt

    if isinstance(error, ccxt.NetworkError):
        return Unreachable(f"{venue} cannot serve this now{_said(answer)}; ask again later")
    if isinstance(error, ccxt.BaseError):
        return BadReply(f"{venue} answered with an error{_said(answer)}")
    return BadReply(f"{venue}'s reply lacks what it should have ({_named(error)})")


def _retry_after_s(answer: Answer) -> float | None:
    """Seconds of `Retry-After`; a date is not read, no venue sends one."""
    text = answer.headers.get("retry-after", "")
    return float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text.strip()) else None


def _why(cause: BaseException) -> str:
    """The shape of a failure below HTTP, from the exception that ccxt wrapped."""
    import aiohttp

    inner = getattr(cause, "os_error", None) or cause
    if isinstance(cause, aiohttp.ClientConnectorDNSError) or isinstance(inner, socket.gaierror):
        return "its name is not found (no network, or no name service)"
    if isinstance(cause, aiohttp.ClientSSLError) or isinstance(inner, ssl.SSLError):
        return "its TLS certificate is not sound, or something stands in between"
    if isinstance(cause, TimeoutError):
        return "it did not answer in time"
    if isinstance(inner, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(
        cause, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError
    ) or isinstance(inner, ConnectionError):
        return "the connection was cut before the reply was whole"
    return _named(cause)


def _said(answer: Answer) -> str:
    """What the venue said, to go behind our words; nothing where it said nothing."""
    text = _line(_TAGS.sub(" ", answer.body[:_LOOKED_AT]))
    return f": {text}" if text else ""


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {_line(str(error))}"


def _line(text: str) -> str:
    line = _BLANKS.sub(" ", text).strip()
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
