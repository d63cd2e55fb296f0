"""What can go wrong when a venue is asked for market data, one small tree; errors as a line."""

import re


class MarketDataError(Exception):
    """No answer, and why; the message names the venue, the value and what to do."""


class UnknownVenue(MarketDataError):
    """There is no such venue, or it is gone; the message names the nearest or the successor."""


class UnknownSymbol(MarketDataError):
    """The venue lists no such market; the message names the nearest."""


class AmbiguousSymbol(MarketDataError):
    """What was written names several markets of the venue; the message names them all."""


class Unsupported(MarketDataError):
    """The venue does not offer this: an interval it does not keep, a kind of data it lacks."""


class Unreachable(MarketDataError):
    """No reply came: name not found, refused, cut, timed out, TLS not sound, under maintenance."""


class Refused(MarketDataError):
    """The venue does not serve this place or network (HTTP 403 or 451)."""


class RateLimited(MarketDataError):
    """The venue asks to slow down; `retry_after_s` is how long it says, where it says so."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BadReply(MarketDataError):
    """A reply came that cannot be used: no JSON, fields missing, an impossible book or candle."""


_QUERY = re.compile(r"(https?://[^\s?]+)\?\S*")


def one_line(error: BaseException) -> str:
    """An exception as a short line for a record or a message: its kind and what it says.

    Of an address the query is left out: a signed request carries its signature there.
    """
    said = _QUERY.sub(r"\1", f"{type(error).__name__}: {error}")
    return " ".join(said.split())[:200]
