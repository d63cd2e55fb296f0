"""A new order's parameters, read into the core's ticket and Kraken's note."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, NamedTuple

from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.orders import STOPS, Kind, Side, Ticket, TimeInForce
from trading_tools.venue.kraken.call import Call
from trading_tools.venue.kraken.errors import (
    ARGUMENTS,
    NO_MARGIN,
    NO_POSITION,
    KrakenError,
    invalid,
)
from trading_tools.venue.kraken.listing import Pair
from trading_tools.venue.kraken.params import Params, read_amount
from trading_tools.venue.kraken.spot import Note

KINDS: Final = {
    "limit": Kind.LIMIT,
    "market": Kind.MARKET,
    "stop-loss": Kind.STOP_LOSS,
    "stop-loss-limit": Kind.STOP_LOSS_LIMIT,
    "take-profit": Kind.TAKE_PROFIT,
    "take-profit-limit": Kind.TAKE_PROFIT_LIMIT,
}
WORDS: Final = {kind: word for word, kind in KINDS.items()} | {Kind.LIMIT_MAKER: "limit"}
"""Order types as Kraken calls them."""

_NOT_HERE: Final = frozenset({"trailing-stop", "trailing-stop-limit", "settle-position", "iceberg"})
_FLAGS: Final = frozenset({"post", "fcib", "fciq", "nompp", "viqc"})
_LIMITS: Final = frozenset({"limit", "stop-loss-limit", "take-profit-limit"})
_CLIENT_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[!-~]{1,18}", re.I
)
_SOON = re.compile(r"\+[0-9]{1,9}")


class Wanted(NamedTuple):
    """A new order as it was asked for."""

    pair: Pair
    ticket: Ticket
    note: Note


def wanted(call: Call, pair: Pair) -> Wanted:
    """Read a new order.

    Raises:
        KrakenError: the first parameter that is not in order.
    """
    params = call.params
    side = Side(params.choice("type", frozenset({"buy", "sell"})).upper())
    word = params.text("ordertype").lower()
    flags = frozenset(params.names("oflags"))
    if flags - _FLAGS or {"fcib", "fciq"} <= flags:
        raise invalid("oflags")
    _refuse_what_is_not_offered(call, word)
    if word not in KINDS:
        raise invalid("ordertype")
    kind = KINDS[word]
    if "post" in flags:
        if kind is not Kind.LIMIT:
            raise invalid("oflags")
        kind = Kind.LIMIT_MAKER
    by_quote = "viqc" in flags
    if by_quote and kind is not Kind.MARKET:
        raise KrakenError(f"{ARGUMENTS}:viqc")
    volume = params.amount("volume")
    if not volume:
        raise invalid("volume")
    note = Note(userref=_userref(params), post_only="post" in flags)
    note.quote_volume = volume if by_quote else 0
    core_time = _time_in_force(call, note, word)
    ticket = Ticket(
        symbol=pair.symbol,
        side=side,
        kind=kind,
        size=0 if by_quote else volume // pair.instrument.step_atoms,
        price=_limit(call, pair, word),
        stop=price(call, pair, "price") if kind in STOPS else 0,
        time_in_force=core_time,
        quote_size=note.quote_volume,
        client_order_id=client_id(params, note.userref),
    )
    return Wanted(pair, ticket, note)


def price(call: Call, pair: Pair, name: str) -> int:
    """A price in ticks: given as it is, or "+", "-" or "#" and what it is off the last price.

    Raises:
        KrakenError: it is no price, or finer than the pair's.
    """
    text = call.params.text(name)
    sign, given = (text[0], text[1:]) if text[0] in "+-#" else ("", text)
    percent = given.endswith("%")
    atoms = read_amount(given.removesuffix("%"), name)
    last = call.venue.exchange.books[pair.symbol].last_price * pair.instrument.tick_atoms
    if percent:
        atoms = last * atoms // (100 * ATOMS) // pair.instrument.tick_atoms
        atoms *= pair.instrument.tick_atoms
    if sign:
        atoms = last + (-atoms if sign == "-" else atoms)
    elif percent:
        raise invalid(name)
    ticks, rest = divmod(atoms, pair.instrument.tick_atoms)
    if rest or _finer(given, pair.pair_decimals):
        raise KrakenError(
            f"EOrder:Invalid price:{pair.altname} price can only be specified up to "
            f"{pair.pair_decimals} decimals."
        )
    if ticks % pair.tick_units:
        raise KrakenError("EOrder:Tick size check failed")
    return ticks


def client_id(params: Params, userref: int | None) -> str:
    """The client's order id: a UUID, 32 hexadecimal digits, or up to 18 characters of ASCII.

    Raises:
        KrakenError: it is none of these, or stands beside a `userref`.
    """
    given = params.optional("cl_ord_id")
    if given is None:
        return ""
    if not _CLIENT_ID.fullmatch(given) or userref is not None:
        raise invalid("cl_ord_id")
    return given


def _finer(text: str, places: int) -> bool:
    return not text.endswith("%") and len(text.partition(".")[2].rstrip("0")) > places


def _limit(call: Call, pair: Pair, word: str) -> int:
    if word not in _LIMITS:
        return 0
    return price(call, pair, "price" if word == "limit" else "price2")


def _userref(params: Params) -> int | None:
    found = params.integer("userref")
    if found is not None and not -(2**31) <= found < 2**31:
        raise invalid("userref")
    return found


def _time_in_force(call: Call, note: Note, word: str) -> TimeInForce:
    """The core's time in force; Kraken's own, and when the order ends, go into the note."""
    given = (call.params.optional("timeinforce") or "GTC").upper()
    if given not in {"GTC", "IOC", "FOK", "GTD"}:
        raise invalid("timeinforce")
    note.time_in_force = given
    expires = call.params.optional("expiretm")
    if given == "GTD":
        note.expires_ms = _expiry(expires or "", call.at)
    elif expires not in {None, "0"}:
        note.time_in_force, note.expires_ms = "GTD", _expiry(expires or "", call.at)
    if given in {"IOC", "FOK"} and (word not in _LIMITS or note.post_only):
        raise invalid("timeinforce")
    return TimeInForce(given) if given in {"IOC", "FOK"} else TimeInForce.GTC


def _expiry(text: str, at: int) -> int:
    """`+5` is in five seconds; else seconds since 1970, or a time as RFC 3339 has it."""
    if _SOON.fullmatch(text):
        expires = at + 1_000 * int(text)
    elif text.isascii() and text.replace(".", "", 1).isdigit():
        expires = read_amount(text, "expiretm") * 1_000 // ATOMS
    else:
        try:
            expires = round(datetime.fromisoformat(text).timestamp() * 1_000)
        except (ValueError, OverflowError):
            raise invalid("expiretm") from None
    if not at < expires <= at + 2_678_400_000:
        raise invalid("expiretm")
    return expires


def _refuse_what_is_not_offered(call: Call, word: str) -> None:
    """Margin has no place on this account; what is only missing here is told in the ledger."""
    params = call.params
    if (params.optional("leverage") or "none") not in {"none", "0", "1"}:
        raise KrakenError(NO_MARGIN)
    if params.flag("reduce_only"):
        raise KrakenError(NO_POSITION)
    closes = any(name.startswith("close[") for name in ("close[ordertype]",) if name in params)
    if word in _NOT_HERE or closes or params.raw("close") is not None or "displayvol" in params:
        call.venue.ledger.record(
            call.at, "endpoint.missing", request=call.request, method=f"order of type {word}"
        )
        raise invalid("close" if word not in _NOT_HERE else "ordertype")
