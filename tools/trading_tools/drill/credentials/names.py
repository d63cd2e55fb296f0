"""Which names are a venue's key and secret, and what a drill puts there.

The environment is `environment`, files are `files`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from trading_tools.audit.redact import is_credential_name
from trading_tools.venue.wire.credentials import Credentials

# What people call a venue in names, the closest first.
_CALLED = {
    "binance": ("BINANCE",),
    "binanceusdm": ("BINANCEUSDM", "BINANCE_USDM", "BINANCE_FUTURES", "BINANCE"),
    "bybit": ("BYBIT",),
    "kraken": ("KRAKEN",),
    "coinbase": ("COINBASE", "COINBASE_ADVANCED", "CDP", "CB"),
}
_OTHER_VENUES = (
    "OKX", "KUCOIN", "GATE", "GATEIO", "BITGET", "MEXC", "HUOBI", "HTX", "BITFINEX", "BITSTAMP",
    "GEMINI", "DERIBIT", "BITMEX", "HYPERLIQUID", "ALPACA", "POLYMARKET",
)  # fmt: skip
_KEY_TAILS = ("KEY", "API_KEY", "APIKEY", "API_KEY_NAME", "KEY_NAME", "API_KEY_ID")
_SECRET_TAILS = (
    "SECRET", "API_SECRET", "APISECRET", "SECRET_KEY", "API_SECRET_KEY", "API_KEY_SECRET",
    "PRIVATE_KEY", "API_PRIVATE_KEY", "API_KEY_PRIVATE_KEY",
)  # fmt: skip
_VENUELESS = ("", "EXCHANGE_", "CCXT_")
_VENUELESS_KEYS = ("API_KEY", "APIKEY")
_VENUELESS_SECRETS = ("API_SECRET", "APISECRET", "SECRET")
# Words of names that belong to no other service: EXCHANGE_SECRET, FREQTRADE__EXCHANGE__KEY.
_NEUTRAL = frozenset(
    {"API", "KEY", "KEYS", "SECRET", "SECRETS", "APIKEY", "APISECRET", "SECRETKEY", "PRIVATE"}
    | {"PUBLIC", "ACCESS", "ID", "NAME", "PASSPHRASE", "PASSWORD", "EXCHANGE", "EXCHANGES", "CCXT"}
    | {"FREQTRADE", "TRADING", "TRADE", "BOT", "ACCOUNT", "MAIN", "LIVE", "PROD", "REAL", "TEST"}
    | {"TESTNET", "SANDBOX", "SPOT", "FUTURES", "MY"}
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OF_VARIABLES = (["VARIABLE"], ["VAR"], ["ENV"])
_VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
PASSPHRASE = "drill"  # noqa: S105 - no venue of a drill asks for one


class Role(StrEnum):
    """What a credential is to a venue."""

    KEY = "key"
    SECRET = "secret"  # noqa: S105 - a role's name
    PASSPHRASE = "passphrase"  # noqa: S105 - likewise


def words_of(name: str) -> list[str]:
    """`binanceApiKey` and `BINANCE-API-KEY` are the same words."""
    return [word for word in re.split(r"[^A-Z0-9]+", _CAMEL.sub("_", name).upper()) if word]


def role_of(name: str) -> Role | None:
    """What a name says its value is, or None where it is no credential's."""
    if not is_credential_name(name):
        return None
    words = words_of(name)
    text = "_".join(words)
    if "SECRET" in text or "PRIVATE" in words:
        return Role.SECRET
    if not {"PASSPHRASE", "PASSWORD", "PASS", "PWD"}.isdisjoint(words):
        return Role.PASSPHRASE
    if "KEY" in words or "KEYS" in words or "APIKEY" in text:
        return Role.KEY
    return None


def names_a_variable(name: str, value: str) -> bool:
    """Whether it only names one: `secret_variable = "BINANCE_API_SECRET"` holds none."""
    return words_of(name)[-1:] in _OF_VARIABLES and _VARIABLE_NAME.fullmatch(value) is not None


def masked(value: str) -> str:
    """A value of the same form that means nothing: for services that are no venues."""
    return re.sub(r"[a-z]", "x", re.sub(r"[A-Z]", "X", re.sub(r"[0-9]", "0", value)))


class Keys:
    """The keys that a drill's venues know. `known` is by venue name, the first is the main one."""

    def __init__(self, known: Mapping[str, Credentials]) -> None:
        self._known = dict(known)
        self._main = next(iter(self._known))

    def venue_of(self, name: str, near: str | None = None) -> str | None:
        """Whose credential a name is: the venue it names, else `near`, else the main one.

        None where it is another service's or a venue's that is not in the drill.
        """
        words = words_of(name)
        if (mentioned := self.mentioned(name)) is not None:
            return mentioned if mentioned in self._known else None
        if any(not word.isdigit() and word not in _NEUTRAL for word in words):
            return None
        near = near or self._main
        return near if near in self._known else None

    def mentioned(self, text: str) -> str | None:
        """The venue that a name or a short text mentions, in the drill or not; None for none.

        One in the drill goes before another of the same name.
        """
        joined = f"_{'_'.join(words_of(text))}_"
        found = [
            (-len(called), venue not in self._known, venue)
            for venue, names in _CALLED.items()
            for called in names
            if f"_{called}_" in joined
        ]
        found.sort(key=lambda each: (each[1], each[0]))
        if found:
            return found[0][2]
        return next((venue for venue in _OTHER_VENUES if f"_{venue}_" in joined), None)

    def value(self, venue: str, role: Role) -> str:
        """What a venue of the drill expects in this role."""
        credentials = self._known[venue]
        if role is Role.KEY:
            return credentials.key
        return credentials.secret if role is Role.SECRET else PASSPHRASE

    def usual(self) -> Iterator[tuple[str, str]]:
        """The names under which bots look for these keys, with the values."""
        main = self._known[self._main]
        for prefix in _VENUELESS:
            yield from ((prefix + tail, main.key) for tail in _VENUELESS_KEYS)
            yield from ((prefix + tail, main.secret) for tail in _VENUELESS_SECRETS)
        # The main venue last: where two share a name, the name is its.
        for venue in reversed(self._known):
            for called in _CALLED.get(venue, (venue.upper(),)):
                yield from ((f"{called}_{tail}", self._known[venue].key) for tail in _KEY_TAILS)
                yield from (
                    (f"{called}_{tail}", self._known[venue].secret) for tail in _SECRET_TAILS
                )

    @property
    def private_key(self) -> str | None:
        """The PEM that a venue of the drill expects, where one does."""
        secrets = (each.secret for each in self._known.values())
        return next((secret for secret in secrets if secret.startswith("-----BEGIN")), None)

    @property
    def private_key_name(self) -> str | None:
        """The key's name that goes with `private_key`."""
        pairs = self._known.values()
        return next((each.key for each in pairs if each.secret.startswith("-----BEGIN")), None)
