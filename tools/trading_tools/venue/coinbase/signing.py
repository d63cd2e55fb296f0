"""Who asks: keys, and tokens that are signed with ES256 for one request and two minutes.

A token's `uri` is "METHOD host/path" without the query. A client that is pointed here by URL signs
the URL that it was given, so on a loopback address that one is accepted too. Source: "API key
authentication" and "WebSocket authentication" in the documentation of Advanced Trade.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from trading_tools.venue.coinbase.errors import CoinbaseError, listed_error, unauthorized
from trading_tools.venue.coinbase.texts import uuid_text
from trading_tools.venue.wire.credentials import Credentials
from trading_tools.venue.wire.messages import Asked

_ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LIFE_S = 120
_HALF = 32
_ISSUERS: Final = frozenset({"coinbase-cloud", "cdp"})
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})


def drill_credentials(account: str, seed: int) -> Credentials:
    """A key's name and its private key as PEM, as the real ones look; the same for a seed."""
    digest = hashlib.sha512(f"key of {account}, seed {seed}".encode()).digest()
    number = int.from_bytes(digest, "big") % (_ORDER_OF_P256 - 1) + 1
    pem = ec.derive_private_key(number, ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    organization, key = uuid_text(seed, "organization"), uuid_text(seed, f"key of {account}")
    return Credentials(f"organizations/{organization}/apiKeys/{key}", pem.decode(), account)


class Gate:
    """The keys that the venue knows."""

    def __init__(self, known: Mapping[str, Credentials]) -> None:
        """`known` is by the key's name."""
        self._known = {name: (each, _public(each.secret)) for name, each in known.items()}

    def signed(self, asked: Asked, at: int) -> Credentials:
        """Whose request it is.

        Raises:
            CoinbaseError: 401; the v2 API gives a reason for keys of the old kind.
        """
        kind, _, token = asked.headers.get("Authorization", "").partition(" ")
        if kind == "Bearer":
            return self.token(token, at, uris(asked))
        if "CB-ACCESS-KEY" in asked.headers and asked.path.startswith("/v2/"):
            raise listed_error(401, "authentication_error", "invalid api key")
        raise unauthorized()

    def token(self, token: str, at: int, allowed: frozenset[str] | None = None) -> Credentials:
        """Whose token it is. `allowed` are the URIs of a request; a stream's token has none.

        Raises:
            CoinbaseError: 401.
        """
        head, claims, signature = _parts(token)
        name = head.get("kid")
        if head.get("alg") != "ES256" or not isinstance(name, str) or name not in self._known:
            raise unauthorized()
        credentials, public = self._known[name]
        try:
            public.verify(signature, token.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise unauthorized() from None
        if claims.get("sub") != name or claims.get("iss") not in _ISSUERS:
            raise unauthorized()
        if not _current(claims, at) or (allowed is not None and claims.get("uri") not in allowed):
            raise unauthorized()
        return credentials


def key_name(asked: Asked) -> str:
    """The key that a request names, whether or not its token is sound; "" for none."""
    token = asked.headers.get("Authorization", "").partition(" ")[2]
    if not token:
        return asked.headers.get("CB-ACCESS-KEY", "")
    try:
        name = _object(token.partition(".")[0]).get("kid")
    except CoinbaseError:
        return ""
    return name if isinstance(name, str) else ""


def uris(asked: Asked) -> frozenset[str]:
    """What a token for this request may name."""
    found = {f"{asked.method} {asked.host}{asked.path}"}
    door = asked.headers.get("Host", "")
    if door.partition(":")[0] in _LOOPBACK:
        for scheme in ("", "http://"):
            for place in (f"/{asked.host}{asked.path}", asked.path):
                found.add(f"{asked.method} {scheme}{door}{place}")
    return frozenset(found)


def _public(pem: str) -> ec.EllipticCurvePublicKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"a key of Coinbase is an EC key, not {type(key).__name__}")
    return key.public_key()


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """A token's head, claims, and signature in DER.

    Raises:
        CoinbaseError: it is not three parts of base64 with two JSON objects and 64 bytes.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise unauthorized()
    raw = _decoded(parts[2])
    if len(raw) != 2 * _HALF:
        raise unauthorized()
    halves = int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big")
    return _object(parts[0]), _object(parts[1]), encode_dss_signature(*halves)


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(part))
    except (ValueError, RecursionError):
        raise unauthorized() from None
    if not isinstance(found, dict):
        raise unauthorized()
    return found


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:  # binascii's own error is one
        raise unauthorized() from None


def _current(claims: Mapping[str, Any], at: int) -> bool:
    start, end = claims.get("nbf"), claims.get("exp")
    if not isinstance(start, (int, float)) or not isinstance(end, (int, float)):
        return False
    return start * 1_000 <= at < end * 1_000 and end - start <= _LIFE_S
