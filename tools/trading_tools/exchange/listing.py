"""What a venue lists, by name: which market a person means by "BTCUSDT" or "btc-usd".

Resolution is strict: a name that fits no market or several is an error that says which there are.
What a market's rules are is `limits`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.exchange.errors import AmbiguousSymbol, UnknownSymbol

_SHOWN: Final = 6
_OTHER_CODES: Final = {"XBT": "BTC", "XDG": "DOGE"}
_KINDS: Final = {
    "SPOT": "spot",
    "SWAP": "swap",
    "PERP": "swap",
    "PERPETUAL": "swap",
    "P": "swap",
}
_LONGEST: Final = 60
_SEPARATORS: Final = re.compile(r"[\s/_.-]+")


@dataclass(frozen=True)
class Market:
    """One market of a venue; `symbol` is ccxt's name, `venue_symbol` the venue's own.

    `kind` is spot, swap (a perpetual), future or option. `raw` is the market as ccxt gives it.
    """

    symbol: str
    venue_symbol: str
    kind: str
    base: str
    quote: str
    settle: str | None
    active: bool | None
    raw: Mapping[str, Any]

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Market:
        """The market that ccxt describes."""
        return cls(
            symbol=str(raw["symbol"]),
            venue_symbol=str(raw["id"]),
            kind=str(raw.get("type") or "spot"),
            base=str(raw.get("base") or ""),
            quote=str(raw.get("quote") or ""),
            settle=raw.get("settle"),
            active=raw.get("active"),
            raw=raw,
        )

    @property
    def shown(self) -> str:
        """Symbol and kind for a message."""
        kind = {"swap": f"perpetual settled in {self.settle}"}.get(self.kind, self.kind)
        state = ", not trading" if self.active is False else ""
        return f"{self.symbol} ({kind}{state})"


def resolve(written: str, venue: str, markets: Sequence[Market]) -> Market:
    """The one market that `written` means on this venue.

    Takes ccxt's symbol, the venue's own, and a pair in any of the usual spellings (BTCUSDT,
    btc/usdt, BTC-USD, XBT/USD, BTC/USDT:USDT), with `spot` or `perp` behind it where it is told.

    Raises:
        UnknownSymbol: none; the message has the nearest.
        AmbiguousSymbol: several; the message has them all.
    """
    text = " ".join(written.split()).upper()
    if not text or len(text) > _LONGEST:
        raise UnknownSymbol(f"{written!r:.80} is no symbol: write one such as BTC/USDT")
    for market in markets:
        if market.symbol.upper() == text:
            return market
    pair, kind = _without_kind(text)
    found = _as_pair(pair, markets) or _by_venue_symbol(pair, markets)
    if kind:
        found = [market for market in found if market.kind == kind]
    if len(found) > 1:
        found = [market for market in found if market.active is not False] or found
    if not found:
        near = _nearest(pair, markets)
        advice = f"near it: {near}" if near else "it lists no market like it"
        raise UnknownSymbol(f"{venue} lists no {written!r:.80}; {advice}")
    if len(found) > 1:
        named = ", ".join(market.shown for market in found[:_SHOWN])
        raise AmbiguousSymbol(
            f"{written!r:.80} is {len(found)} markets of {venue}: {named}; write the one you mean"
        )
    return found[0]


def _without_kind(text: str) -> tuple[str, str | None]:
    """The pair, and the kind where the text ends with a word for one."""
    _, separator, word = re.sub(_SEPARATORS, " ", text).rpartition(" ")
    if separator and word in _KINDS:
        return text[: -len(word)].rstrip(" /_.-"), _KINDS[word]
    return text, None


def _as_pair(text: str, markets: Iterable[Market]) -> list[Market]:
    """Spot markets and perpetuals of the pair; dated contracts and options go by their names."""
    pair, _, settle = text.partition(":")
    parts = [part for part in re.split(_SEPARATORS, pair) if part]
    spellings = {tuple(parts), tuple(_OTHER_CODES.get(part, part) for part in parts)}
    found = []
    for market in markets:
        if market.kind not in {"spot", "swap"}:
            continue
        if settle and (market.settle or "").upper() != settle:
            continue
        base, quote = market.base.upper(), market.quote.upper()
        if len(parts) == 1:
            joined = {base + quote, *(old + quote for old in _old_codes(base))}
            matches = parts[0] in joined
        else:
            matches = (base, quote) in spellings
        if matches:
            found.append(market)
    return found


def _old_codes(code: str) -> list[str]:
    return [old for old, new in _OTHER_CODES.items() if new == code]


def _by_venue_symbol(text: str, markets: Iterable[Market]) -> list[Market]:
    return [market for market in markets if market.venue_symbol.upper() == text]


def _nearest(text: str, markets: Sequence[Market]) -> str:
    """A few markets of the same base first, else those whose names look alike."""
    pair = text.partition(":")[0]
    parts = [part for part in re.split(_SEPARATORS, pair) if part]
    base = _OTHER_CODES.get(parts[0], parts[0]) if parts else ""
    living = [market for market in markets if market.active is not False]
    same = [market for market in living if market.base.upper() == base]
    if len(parts) == 1 and not same:
        bases = {market.base.upper() for market in living if base.startswith(market.base.upper())}
        longest = max(bases, key=len, default="")
        same = [market for market in living if longest and market.base.upper() == longest]
    same.sort(key=lambda market: (market.kind not in {"spot", "swap"}, len(market.symbol)))
    if same:
        return ", ".join(market.symbol for market in same[:_SHOWN])
    names = {market.symbol.upper(): market.symbol for market in living}
    close = difflib.get_close_matches(text, names, n=3)
    return ", ".join(names[name] for name in close)
