"""The venues' market rules for the configured symbols: asked now, or from a young file.

A file is as old as the older of its own date and that of its last commit: a fresh checkout makes no
old rules young.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.limits import fees_of, limits_of
from trading_tools.exchange.listing import Market
from trading_tools.exchange.readings import MarketLimits, Source
from trading_tools.golive.check import Case
from trading_tools.golive.code import committed_at
from trading_tools.golive.config.model import Venue
from trading_tools.golive.venues.asking import NotTold
from trading_tools.golive.verdict import Evidence

MOST_AGE: Final = timedelta(days=7)
ALL_TYPES: Final = frozenset({"limit", "market", "stop"})


@dataclass(frozen=True)
class Rule:
    """What one market takes. None is what the venue does not say."""

    limits: MarketLimits
    taker_fee: Decimal | None
    order_types: frozenset[str] | None
    inverse: bool


@dataclass(frozen=True)
class Rulebook:
    """A venue's markets, and where they were read."""

    venue: Venue
    raw: Mapping[str, Mapping[str, Any]]
    at: datetime
    here: Evidence

    def rule(self, symbol: str) -> Rule | None:
        """The rules of a symbol; None where the venue does not list it.

        Raises:
            NotTold: a rule is no number.
        """
        raw = self.raw.get(symbol)
        if raw is None:
            return None
        name = self.venue.name
        try:
            market = Market.of(raw)
            source = Source(venue=name, fetched_at=self.at, age_s=0)
            limits = limits_of(name, market, _precision_mode(name), None, source)
            taker = fees_of(name, market, "", source).taker
        except (BadReply, KeyError) as error:
            raise NotTold(f"{name} {symbol}: {error}", "keep the markets anew") from None
        return Rule(limits, taker, _order_types(name, raw), raw.get("inverse") is True)


def read_rules(case: Case, venue: Venue) -> Rulebook:
    """The rules of a venue.

    Raises:
        NotTold: the venue may not be asked or does not answer, and no young file is there.
    """
    if case.contact_venues:
        markets = case.venues.markets(venue)
        raw = {str(each.get("symbol")): each for each in markets}
        wanted = {symbol: raw[symbol] for symbol in venue.symbols if symbol in raw}
        text = json.dumps(wanted, sort_keys=True, default=str)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        figures = {"at": case.now.isoformat(), "markets": len(raw)}
        return Rulebook(venue, raw, case.now, Evidence(f"{venue.name}'s markets", sha256, figures))
    if venue.markets is None:
        raise NotTold(
            f"{venue.name}: its market rules are not known",
            "run `orc golive --contact-venues`, or name a kept copy under [[venues]] markets",
        )
    return _kept(case, venue, venue.markets)


def _kept(case: Case, venue: Venue, name: str) -> Rulebook:
    path = case.project.path(name)
    fix = "keep ccxt's load_markets anew, as JSON"
    try:
        content = path.read_bytes()
        told = json.loads(content, parse_float=str)
        age = case.now - _date(path, case.project.folder, name)
    except (OSError, ValueError, RecursionError) as error:
        raise NotTold(f"{name} cannot be read: {error}", fix) from None
    if age > MOST_AGE:
        raise NotTold(f"{name} is {age.days} days old, {MOST_AGE.days} at most", fix)
    rows = list(told.values()) if isinstance(told, dict) else told
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise NotTold(f"{name} is no list of markets", fix)
    raw = {str(each.get("symbol")): each for each in rows}
    here = Evidence(name, hashlib.sha256(content).hexdigest(), {"markets": len(raw)})
    return Rulebook(venue, raw, case.now - age, here)


def _date(path: Path, folder: Path, name: str) -> datetime:
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    committed = committed_at(folder, name)
    return written if committed is None else min(written, committed)


def _precision_mode(name: str) -> int:
    import ccxt

    return int(getattr(ccxt, name)().precisionMode) if name in ccxt.exchanges else ccxt.TICK_SIZE


def _order_types(name: str, raw: Mapping[str, Any]) -> frozenset[str] | None:
    info = raw.get("info")
    if not isinstance(info, Mapping):
        return None
    listed = info.get("orderTypes")
    if isinstance(listed, list):  # Binance
        kinds = {str(each).split("_")[0].lower() for each in listed}
        return ALL_TYPES & kinds
    if name in {"kraken", "coinbase"}:
        only_limit = info.get("status") == "limit_only" or info.get("limit_only") is True
        return frozenset({"limit"}) if only_limit else ALL_TYPES
    return ALL_TYPES if name == "bybit" else None
