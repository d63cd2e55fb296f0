"""An order's configuration: as its client sent it, or as a client would have sent it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from trading_tools.venue.coinbase.texts import plain, price_text, size_text
from trading_tools.venue.core.checks import rising
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import STOPS, Kind, Ticket, TimeInForce

_LIMITS: Final = {
    TimeInForce.GTC: "limit_limit_gtc",
    TimeInForce.IOC: "sor_limit_ioc",
    TimeInForce.FOK: "limit_limit_fok",
}


@dataclass
class Sent:
    """A configuration by its name, which every reply about the order repeats.

    `edits` are those that were accepted, oldest first.
    """

    name: str
    values: dict[str, Any]
    edits: list[dict[str, str]] = field(default_factory=list)


def sent_for(ticket: Ticket, each: Instrument) -> Sent:
    """What a client would have sent for a ticket: of orders that no request has placed."""
    if ticket.quote_size:
        return Sent("market_market_ioc", {"quote_size": plain(ticket.quote_size)})
    values: dict[str, Any] = {"base_size": size_text(each, ticket.size)}
    if ticket.kind is Kind.MARKET:
        return Sent("market_market_ioc", values)
    values["limit_price"] = price_text(each, ticket.price or ticket.stop)
    if ticket.kind in STOPS:
        values["stop_price"] = price_text(each, ticket.stop)
        values["stop_direction"] = f"STOP_DIRECTION_STOP_{'UP' if rising(ticket) else 'DOWN'}"
        return Sent("stop_limit_stop_limit_gtc", values)
    if ticket.time_in_force is TimeInForce.GTC:
        values["post_only"] = ticket.kind is Kind.LIMIT_MAKER
    return Sent(_LIMITS[ticket.time_in_force], values)
