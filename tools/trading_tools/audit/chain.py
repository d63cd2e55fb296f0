"""How events are bound: a plain hash, or one under a key.

Here lives the signer. Which signer is in force in a ledger is told by its catalogue; see
``ledger`` and ``verify``.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from trading_tools.audit.errors import KeyMismatch
from trading_tools.audit.event import KEYED, PLAIN


def key_fingerprint(key: bytes) -> str:
    """A short name for a key (16 hex digits) that does not give the key away."""
    return hmac.digest(key, b"trading_tools.audit key fingerprint", "sha256").hex()[:16]


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes the hashes of a ledger: SHA-256 without a key, HMAC-SHA-256 with one."""

    alg: str = PLAIN
    key_id: str = ""
    key: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, key: bytes | None) -> "Signer":
        """The signer for ``key``; ``None`` means unkeyed. An empty key is refused."""
        if key is None:
            return cls()
        if not key:
            raise KeyMismatch("the audit key is empty: give a real key, or none at all")
        return cls(KEYED, key_fingerprint(key), key)

    def digest(self, message: bytes) -> str:
        """The hash of ``message`` in lower-case hex."""
        if self.key is None:
            return hashlib.sha256(message).hexdigest()
        return hmac.digest(self.key, message, "sha256").hex()

    def seal(self, stream: str, seq: int, head: str) -> str:
        """Binds a stream's head under the key; empty without one, where it would prove nothing."""
        if self.key is None:
            return ""
        # Cannot be taken for an event: those begin with a bracket.
        return self.digest(f"head {seq} {head} {stream}".encode())

    def describe(self) -> str:
        """For messages: which key this is, never the key."""
        return f"key {self.key_id}" if self.key_id else "no key"
