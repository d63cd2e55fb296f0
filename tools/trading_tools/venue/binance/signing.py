"""Who asks: API keys, HMAC signatures over the exact bytes, and the rules of the clock.

Source: "Request security" in the documentation of the spot API.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from trading_tools.venue.binance import errors
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import Params
from trading_tools.venue.wire.credentials import Credentials

AHEAD_MS = 1_000
_DEFAULT_WINDOW_MS = 5_000
_MOST_WINDOW_MS = 60_000
_KEY = re.compile(r"[A-Za-z0-9]{64}")


def drill_credentials(account: str, seed: int) -> Credentials:
    """A key and a secret of the real ones' shape: 64 letters and digits, the same for a seed."""

    def made(what: str) -> str:
        return hashlib.sha256(f"{what} of {account}, seed {seed}".encode()).hexdigest()

    return Credentials(made("key"), made("secret"), account)


class Gate:
    """The keys that the venue knows."""

    def __init__(self, known: Mapping[str, Credentials]) -> None:
        """`known` is by key."""
        self._known = known

    def key(self, sent: str | None) -> Credentials:
        """Whose key it is.

        Raises:
            BinanceError: it is missing, not of a key's shape, or unknown.
        """
        if sent is None or not _KEY.fullmatch(sent):
            raise BinanceError(*errors.BAD_KEY_FORMAT)
        if sent not in self._known:
            raise BinanceError(*errors.UNKNOWN_KEY)
        return self._known[sent]

    def signed(self, sent: str | None, payload: str, params: Params, at: int) -> Credentials:
        """Whose request it is. `payload` is what was signed: all that was sent, no signature.

        Raises:
            BinanceError: key, signature, timestamp or window are not in order.
        """
        credentials = self.key(sent)
        signature = params.text("signature")
        timestamp = params.integer("timestamp")
        window = _DEFAULT_WINDOW_MS
        if "recvWindow" in params:
            window = params.amount("recvWindow") // 10**8
            if window > _MOST_WINDOW_MS:
                raise BinanceError(-1131, "recvWindow must be less than 60000.")
        if timestamp >= at + AHEAD_MS:
            raise BinanceError(
                -1021, "Timestamp for this request was 1000ms ahead of the server's time."
            )
        if at - timestamp > window:
            raise BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")
        wanted = hmac.new(credentials.secret.encode(), payload.encode(), hashlib.sha256)
        if not hmac.compare_digest(wanted.hexdigest().encode(), signature.lower().encode()):
            raise BinanceError(*errors.BAD_SIGNATURE)
        return credentials


def rest_payload(query: str, body: str) -> str:
    """What a REST request signs: query and body as they were sent, without the signature."""
    return _unsigned(query) + _unsigned(body)


def socket_payload(params: Mapping[str, str]) -> str:
    """What a WebSocket request signs: the parameters by name, without the signature."""
    return "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "signature")


def _unsigned(text: str) -> str:
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))
