"""A request for an order as a ticket: which parameters each type takes, and their words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from trading_tools.venue.binance import errors
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import CLIENT_ID
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Kind, Side, Ticket, TimeInForce

NAMES: Final = (
    "symbol side type timeInForce quantity quoteOrderQty price newClientOrderId strategyId "
    "strategyType stopPrice trailingDelta icebergQty newOrderRespType selfTradePreventionMode"
)
"""Every parameter of a new order."""

_DEPENDENT: Final = ("timeInForce", "quantity", "quoteOrderQty", "price", "stopPrice")
_TAKES: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.LIMIT: ("timeInForce", "quantity", "price"),
    Kind.LIMIT_MAKER: ("quantity", "price"),
    Kind.MARKET: ("quantity",),
    Kind.STOP_LOSS: ("quantity", "stopPrice"),
    Kind.STOP_LOSS_LIMIT: ("timeInForce", "quantity", "price", "stopPrice"),
    Kind.TAKE_PROFIT: ("quantity", "stopPrice"),
    Kind.TAKE_PROFIT_LIMIT: ("timeInForce", "quantity", "price", "stopPrice"),
}
"""What each type needs; of the dependent parameters it takes no other."""


@dataclass(frozen=True)
class Asked:
    """A new order: the ticket, its instrument, and how much the reply is to say."""

    ticket: Ticket
    instrument: Instrument
    detail: str = field(default="ACK")


def asked(call: Call) -> Asked:
    """Read a new order.

    Raises:
        BinanceError: the first parameter that is not in order.
    """
    params = call.params
    instrument = call.instrument()
    side = params.choice("side", Side, -1117, "Invalid side.")
    kind = params.choice("type", Kind, -1116, "Invalid orderType.")
    by_quote = kind is Kind.MARKET and "quoteOrderQty" in params
    takes = ("quoteOrderQty",) if by_quote else _TAKES[kind]
    for name in takes:
        params.text(name)
    for name in _DEPENDENT:
        if name in params and name not in takes:
            raise errors.not_required(name)
    _refuse_what_is_not_offered(call)
    ticket = Ticket(
        symbol=instrument.symbol,
        side=side,
        kind=kind,
        size=_size(call, instrument) if "quantity" in takes else 0,
        price=_price(call, "price", instrument) if "price" in takes else 0,
        stop=_price(call, "stopPrice", instrument) if "stopPrice" in takes else 0,
        time_in_force=_time_in_force(call, kind, "timeInForce" in takes),
        quote_size=params.amount("quoteOrderQty") if by_quote else 0,
        client_order_id=_client_id(call, "newClientOrderId"),
    )
    return Asked(ticket, instrument, _detail(call, kind))


def cancel_id(call: Call) -> str:
    """The client's id of a cancel, or one made here.

    Raises:
        BinanceError: it has other characters than an id may have.
    """
    name = "cancelNewClientOrderId" if "cancelNewClientOrderId" in call.params else ""
    return _client_id(call, name or "newClientOrderId")


def _client_id(call: Call, name: str) -> str:
    if name in call.params:
        return call.params.matching(name, CLIENT_ID)
    return call.venue.made_id()


def _time_in_force(call: Call, kind: Kind, taken: bool) -> TimeInForce:
    if not taken:
        return TimeInForce.GTC
    return call.params.choice("timeInForce", TimeInForce, -1115, "Invalid timeInForce.")


def _size(call: Call, instrument: Instrument) -> int:
    amount = call.params.amount("quantity")
    if not amount:
        raise BinanceError(-1013, "Invalid quantity.")
    steps, rest = divmod(amount, instrument.step_atoms)
    if rest:
        raise errors.filter_failure("LOT_SIZE")
    return steps


def _price(call: Call, name: str, instrument: Instrument) -> int:
    amount = call.params.amount(name)
    if not amount:
        raise BinanceError(-1013, "Invalid price." if name == "price" else "Invalid stopPrice.")
    ticks, rest = divmod(amount, instrument.tick_atoms)
    if rest:
        raise errors.filter_failure("PRICE_FILTER")
    return ticks


def _detail(call: Call, kind: Kind) -> str:
    if "newOrderRespType" not in call.params:
        return "FULL" if kind in {Kind.LIMIT, Kind.MARKET} else "ACK"
    detail = call.params.text("newOrderRespType")
    if detail not in {"ACK", "RESULT", "FULL"}:
        raise BinanceError(-1137, "Invalid newOrderRespType.")
    return detail


def _refuse_what_is_not_offered(call: Call) -> None:
    if "trailingDelta" in call.params:
        raise errors.filter_failure("TRAILING_DELTA")
    if "icebergQty" in call.params:
        raise BinanceError(-2010, "Iceberg orders are not supported for this symbol.")
    mode = "selfTradePreventionMode"
    if mode in call.params and call.params.text(mode) != "EXPIRE_MAKER":
        raise BinanceError(
            -2010, "This symbol does not allow the specified self-trade prevention mode."
        )
