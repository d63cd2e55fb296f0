"""Orders in FIX 4.4's words: the requests, and what reports and refusals say; pure.

Codes are data, with the standard's meaning (FIX 4.4 volume 4 and 6). What is sent when is `orders`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.links.fix.message import Message, moment, stamp
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered, VenueFill, VenueOrder
from trading_tools.money import MoneyError, exact, plain

Fields = list[tuple[int, str]]

STAGES: Final[Mapping[str, Stage]] = MappingProxyType(
    {
        "0": Stage.OPEN,
        "1": Stage.OPEN,
        "2": Stage.FILLED,
        # Done for the day: a good-till-cancelled order comes back the next day.
        "3": Stage.OPEN,
        "4": Stage.CANCELED,
        "5": Stage.OPEN,
        "6": Stage.OPEN,
        "7": Stage.OPEN,
        "8": Stage.REJECTED,
        "9": Stage.OPEN,
        "A": Stage.OPEN,
        "B": Stage.OPEN,
        "C": Stage.CANCELED,
        "D": Stage.OPEN,
        "E": Stage.OPEN,
    }
)
"""By OrdStatus (39)."""

PENDING: Final = frozenset({"A", "6", "E"})
"""ExecType (150) of a report that a request is looked at: nothing is decided by it."""
STATUS, TRADE, CORRECTION, BUST = "I", "F", "G", "H"

_DUPLICATE_ORDER: Final = "6"
_UNKNOWN_ORDER: Final = "5"
_NO_PROOF: Final = frozenset({"0", "4", "7"})
"""BusinessRejectReason (380) by which it is not sure that nothing came of a request."""
_SIDES: Final[Mapping[str, Literal["buy", "sell"]]] = MappingProxyType({"1": "buy", "2": "sell"})
SIDE_CODES: Final = MappingProxyType({"buy": "1", "sell": "2"})


@dataclass(frozen=True)
class Names:
    """Our symbols and the venue's, both ways; `account` is put into each order."""

    theirs: Mapping[str, str]
    account: str | None = None

    def ours(self, symbol: str) -> str:
        """Our name of their symbol; theirs where we have none."""
        return next((ours for ours, theirs in self.theirs.items() if theirs == symbol), symbol)


def new_order(intent: Intent, name: str, names: Names, now: datetime) -> Fields:
    """A NewOrderSingle (D).

    Raises:
        KeyError: the symbol has no name at the venue.
    """
    fields: Fields = [(11, name)]
    if names.account is not None:
        fields.append((1, names.account))
    fields += [(21, "1"), (55, names.theirs[intent.symbol]), (54, SIDE_CODES[intent.side])]
    if intent.time_in_force == "PO":
        fields.append((18, "6"))
    fields += [
        (60, stamp(now)),
        (38, plain(intent.size_base)),
        (40, "1" if intent.price_quote is None else "2"),
    ]
    if intent.price_quote is not None:
        fields.append((44, plain(intent.price_quote)))
    fields.append((59, {"GTC": "1", "PO": "1", "IOC": "3", "FOK": "4"}[intent.time_in_force]))
    return fields


def change(
    order: Message, latest: str, name: str, now: datetime, size: Decimal, price: Decimal | None
) -> Fields:
    """An OrderCancelReplaceRequest (G) of the order whose present ClOrdID is `latest`."""
    kept = {1, 21, 55, 54, 18, 40, 59}
    fields: Fields = [(41, latest), (11, name)]
    fields += [(tag, value) for tag, value in order.fields if tag in kept]
    fields += [(60, stamp(now)), (38, plain(size))]
    if price is not None:
        fields.append((44, plain(price)))
    return fields


def cancel(order: Message, latest: str, name: str, now: datetime) -> Fields:
    """An OrderCancelRequest (F) of the order whose present ClOrdID is `latest`."""
    kept = {1, 55, 54, 38}
    return [
        (41, latest),
        (11, name),
        *((tag, value) for tag, value in order.fields if tag in kept),
        (60, stamp(now)),
    ]


def judged(message: Message) -> Judged | None:
    """What an answer says of a new order, a cancel or a replace; None where it decides nothing."""
    text = " ".join((message.get(58) or "").split())[:200] or None
    if message.type == "3":
        # The standard: a message that is rejected by the session was not processed.
        return Judged(Outcome.REJECTED, f"session reject {message.get(373) or '?'}", text)
    if message.type == "j":
        reason = message.get(380) or "?"
        outcome = Outcome.UNKNOWN if reason in _NO_PROOF else Outcome.REJECTED
        return Judged(outcome, f"business reject {reason}", text)
    if message.type == "9":
        return Judged(Outcome.REJECTED, f"cancel reject {message.get(102) or '?'}", text)
    if message.type != "8" or message.get(150) in PENDING | {STATUS, None}:
        return None
    number = _order_number(message)
    if message.get(39) == "8":
        reason = message.get(103) or "?"
        # A duplicate's refusal says that there is an order of that name.
        duplicate = reason == _DUPLICATE_ORDER
        return Judged(
            Outcome.UNKNOWN if duplicate else Outcome.REJECTED, f"order reject {reason}", text
        )
    return Judged(Outcome.ACCEPTED, venue_order_id=number)


def knows_no_such(message: Message) -> bool:
    """Whether an answer to a status request says that there is no such order."""
    if message.type == "j":
        return message.get(380) == "1"
    return message.get(39) == "8" and message.get(103) == _UNKNOWN_ORDER


def shown(message: Message, name: str, names: Names) -> VenueOrder:
    """The order that an ExecutionReport shows, under the name that it was first sent with.

    Raises:
        Unanswered: it lacks what a report must have.
    """
    try:
        stage, side = STAGES[message[39]], _SIDES[message[54]]
        filled = exact(message[14])
        told = message.get(38)
        size = exact(told) if told is not None else filled + exact(message[151])
        return VenueOrder(
            _order_number(message) or "",
            name,
            names.ours(message[55]),
            side,
            stage,
            size,
            filled,
        )
    except (KeyError, MoneyError) as error:
        raise Unanswered(f"a report that cannot be read: {type(error).__name__} {error}") from error


def fill(message: Message, name: str, names: Names) -> VenueFill:
    """The trade that an ExecutionReport of one (ExecType `TRADE`) tells.

    Raises:
        Unanswered: it lacks what a trade must have.
    """
    try:
        at = moment(message.get(60)) or moment(message[52])
        if at is None:
            raise Unanswered("a trade without a time")
        return VenueFill(
            message[17],
            _order_number(message) or "",
            names.ours(message[55]),
            _SIDES[message[54]],
            exact(message[32]),
            exact(message[31]),
            int(at.timestamp() * 1000),
            name,
        )
    except (KeyError, MoneyError) as error:
        raise Unanswered(f"a trade that cannot be read: {type(error).__name__} {error}") from error


def _order_number(message: Message) -> str | None:
    number = message.get(37)
    return None if number in (None, "NONE", "0") else number
