"""Who asks: API keys, HMAC-SHA512 over the exact bytes, nonces, and tokens for the WebSocket.

Source: "Authentication" and "WebSocket authentication" in the documentation of the spot API.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from trading_tools.venue.kraken.errors import INVALID_SESSION, LOCKOUT, KrakenError
from trading_tools.venue.wire.credentials import Credentials

TOKEN_S = 900
"""A token must be used within 15 minutes; a connection that used it keeps it."""
_FAULTS = 10
_LOCKOUT_MS = 900_000
_LONGEST_NONCE = 20


def drill_credentials(account: str, seed: int) -> Credentials:
    """A key of 56 characters and a secret of 64 bytes in base64, the same for a seed."""

    def made(what: str) -> bytes:
        return hashlib.sha512(f"kraken {what} of {account}, seed {seed}".encode()).digest()

    key = base64.b64encode(made("key")).decode()[:56].translate(str.maketrans("+=", "//"))
    return Credentials(key, base64.b64encode(made("secret")).decode(), account)


@dataclass
class Gate:
    """The one key that the venue knows. `on_hit` is told of a lockout: (time, kind, what).

    Ten invalid keys or nonces in a row lock all private requests for 15 minutes.
    """

    credentials: Credentials
    seed: int
    on_hit: Callable[[int, str, str], None]
    last_nonce: int = -1
    locked_until: int = 0
    _faults: int = 0
    _tokens: dict[str, int] = field(default_factory=dict)

    def signed(
        self, key: str | None, sign: str | None, path: str, nonce: str, body: bytes, at: int
    ) -> str:
        """Whose request it is.

        Raises:
            KrakenError: locked out, or key, signature or nonce are not in order.
        """
        if at < self.locked_until:
            raise KrakenError(LOCKOUT)
        if key is None or not hmac.compare_digest(key.encode(), self.credentials.key.encode()):
            raise self._fault("EAPI:Invalid key", at)
        wanted = signature(self.credentials.secret, path, nonce, body)
        if sign is None or not hmac.compare_digest(wanted.encode(), sign.encode()):
            raise KrakenError("EAPI:Invalid signature")
        number = int(nonce) if nonce.isascii() and nonce.isdigit() else -1
        if len(nonce) > _LONGEST_NONCE or number <= self.last_nonce:
            raise self._fault("EAPI:Invalid nonce", at)
        self.last_nonce = number
        self._faults = 0
        return self.credentials.account

    def token(self, at: int) -> str:
        """A new token for the WebSocket."""
        text = f"token {len(self._tokens)} at {at}, seed {self.seed}"
        made = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        self._tokens[made] = at
        return made

    def holder(self, token: object, at: int) -> str:
        """Whose token it is.

        Raises:
            KrakenError: it is unknown or too old.
        """
        made = self._tokens.get(token) if isinstance(token, str) else None
        if made is None or at - made > 1_000 * TOKEN_S:
            raise KrakenError(INVALID_SESSION)
        return self.credentials.account

    def _fault(self, words: str, at: int) -> KrakenError:
        self._faults += 1
        if self._faults >= _FAULTS:
            self._faults = 0
            self.locked_until = at + _LOCKOUT_MS
            self.on_hit(at, LOCKOUT, f"{_FAULTS} times {words}")
        return KrakenError(words)


def signature(secret: str, path: str, nonce: str, body: bytes) -> str:
    """What `API-Sign` must be: HMAC-SHA512 of path and SHA-256 of nonce and body."""
    message = path.encode() + hashlib.sha256(nonce.encode("utf-8", "replace") + body).digest()
    return base64.b64encode(
        hmac.new(base64.b64decode(secret), message, hashlib.sha512).digest()
    ).decode()
