"""Who asks: API keys, HMAC signatures over the exact bytes, and the rules of the clock.

Source: "Integration Guidance" and "Connect" (WebSocket) in the documentation of the v5 API.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.wire.credentials import Credentials

AHEAD_MS = 1_000
_DEFAULT_WINDOW_MS = 5_000
_NUMBER = re.compile(r"[0-9]{1,19}")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def drill_credentials(account: str, seed: int) -> Credentials:
    """A key of 18 and a secret of 36 letters and digits, as the real ones; the same for a seed."""

    def made(what: str, length: int) -> str:
        text = f"bybit {what} of {account}, seed {seed}"
        return "".join(
            _LETTERS[byte % len(_LETTERS)]
            for byte in hashlib.sha512(text.encode()).digest()[:length]
        )

    return Credentials(made("key", 18), made("secret", 36), account)


class Gate:
    """The keys that the venue knows."""

    def __init__(self, known: Mapping[str, Credentials]) -> None:
        """`known` is by key."""
        self._known = known

    def signed(self, headers: Mapping[str, str], payload: str, at: int) -> Credentials:
        """Whose request it is. `payload` is the query as it was sent, or the body.

        Raises:
            BybitError: key, signature, timestamp or window are not in order.
        """
        key, sent = headers.get("X-BAPI-API-KEY"), headers.get("X-BAPI-SIGN")
        stamp = headers.get("X-BAPI-TIMESTAMP")
        if not key or not sent or not stamp:
            raise BybitError(*errors.NO_KEY)
        window = headers.get("X-BAPI-RECV-WINDOW", "")
        check_clock(stamp, window, at)
        credentials = self._of(key)
        origin = stamp + key + window + payload
        if not _matches(credentials, origin, sent):
            raise BybitError(10004, f"error sign! origin_string[{origin}]")
        return credentials

    def connected(self, args: object, at: int) -> Credentials:
        """Whose WebSocket it is: `args` are key, expiry in milliseconds, and signature.

        Raises:
            BybitError: one of them is not in order.
        """
        if not isinstance(args, list) or len(args) != 3:
            raise BybitError(10001, "Params Error")
        key, expires, sent = (str(each) for each in args)
        if not _NUMBER.fullmatch(expires) or int(expires) <= at:
            raise BybitError(10004, "Params Error: expires is over")
        credentials = self._of(key)
        if not _matches(credentials, f"GET/realtime{expires}", sent):
            raise BybitError(10004, "Invalid sign")
        return credentials

    def _of(self, key: str) -> Credentials:
        if key not in self._known:
            raise BybitError(*errors.UNKNOWN_KEY)
        return self._known[key]


def check_clock(stamp: str, window: str, at: int) -> None:
    """Hold a request's time against the venue's.

    Raises:
        BybitError: 10002, it is too old, too far ahead or no number.
    """
    window = window or str(_DEFAULT_WINDOW_MS)
    sound = _NUMBER.fullmatch(stamp) and _NUMBER.fullmatch(window)
    if not sound or not at - int(window) <= int(stamp) < at + AHEAD_MS:
        raise BybitError(
            10002,
            "invalid request, please check your server timestamp or recv_window param. "
            f"req_timestamp[{stamp[:32]}],server_timestamp[{at}],recv_window[{window[:32]}]",
        )


def _matches(credentials: Credentials, origin: str, sent: str) -> bool:
    wanted = hmac.new(credentials.secret.encode(), origin.encode(), hashlib.sha256)
    return hmac.compare_digest(wanted.hexdigest().encode(), sent.lower().encode())
