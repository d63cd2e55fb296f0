"""A new order's parameters, read into the core's ticket and Kraken's note."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, NamedTuple

from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.orders import (
    PRICED,
    STOPS,
    Kind,
    SelfTrade,
    Side,
    Ticket,
    TimeInForce,
)
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
from trading_tools.venue.kraken.prices import price
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
_SELF_TRADES: Final = {
    "cancel-newest": SelfTrade.TAKER,
    "cancel-oldest": SelfTrade.MAKER,
    "cancel-both": SelfTrade.BOTH,
}
_NOT_TAKEN: Final = ("close", "close[ordertype]", "displayvol", "starttm")
_FLAGS: Final = frozenset({"post", "fcib", "fciq", "nompp", "viqc"})
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
    limit = ("price2" if kind in STOPS else "price") if kind in PRICED else None
    rises = (kind in {Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT}) is (side is Side.BUY)
    ticket = Ticket(
        symbol=pair.symbol,
        side=side,
        kind=kind,
        size=0 if by_quote else volume // pair.instrument.step_atoms,
        price=0 if limit is None else price(call, pair, limit, above=side is Side.SELL),
        stop=price(call, pair, "price", above=rises) if kind in STOPS else 0,
        time_in_force=_time_in_force(call, note, word),
        quote_size=note.quote_volume,
        client_order_id=client_id(params, note.userref),
        self_trade=_self_trade(params),
    )
    return Wanted(pair, ticket, note)


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


def _userref(params: Params) -> int | None:
    found = params.integer("userref")
    if found is not None and not -(2**31) <= found < 2**31:
        raise invalid("userref")
    return found


def _self_trade(params: Params) -> SelfTrade:
    given = (params.optional("stptype") or "cancel-newest").replace("_", "-")
    if given not in _SELF_TRADES:
        raise invalid("stptype")
    return _SELF_TRADES[given]


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
    if note.post_only and given in {"IOC", "FOK"}:
        raise invalid("timeinforce")
    if word == "market":
        return TimeInForce.GTC  # it never rests
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
    asked = [name for name in _NOT_TAKEN if params.raw(name) not in (None, "", "0")]
    if word in _NOT_HERE:
        asked.append("ordertype")
    if asked:
        call.venue.ledger.record(
            call.at, "endpoint.missing", request=call.request, method=f"{word} with {asked[0]}"
        )
        raise invalid(asked[0])
