"""What USD-M says when it refuses: codes and words of its own, where spot has others.

Source: "Error Code" in the documentation of the USD-M API.
"""

from __future__ import annotations

from typing import Final

from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Reason, Rejected, Ticket

MARGIN: Final = (-2019, "Margin is insufficient.")
_REASONS: Final[dict[Reason, tuple[int, str]]] = {
    Reason.OPEN_ORDERS: (-2025, "Reach max open order limit."),
    Reason.FUNDS: MARGIN,
    Reason.MARGIN: MARGIN,
    Reason.DUPLICATE: (-4116, "ClientOrderId is duplicated."),
    Reason.WOULD_MATCH: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history",
    ),
    Reason.WOULD_TRIGGER: (-2021, "Order would immediately trigger."),
    Reason.UNKNOWN_ORDER: (-2011, "Unknown order sent."),
    Reason.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    Reason.POSITION_SIDE: (-4061, "Order's position side does not match user's setting."),
    Reason.POSITION_LIMIT: (
        -2027,
        "Exceeded the maximum allowable position at current leverage.",
    ),
    Reason.POSITION_OPEN: (
        -4048,
        "Margin type cannot be changed if there exists position.",
    ),
    Reason.UNCHANGED: (-5027, "No need to modify the order."),
    Reason.MARKET_SIZE: (-4005, "Quantity greater than max quantity."),
}


def refused(refusal: Rejected, ticket: Ticket | None, instrument: Instrument) -> BinanceError:
    """The core's refusal of a ticket in USD-M's words."""
    reason = refusal.reason
    if ticket is not None:
        price, last = ticket.price or ticket.stop, instrument.max_ticks
        if reason is Reason.PRICE:
            if price > last:
                return BinanceError(-4002, "Price greater than max price.")
            return BinanceError(-4014, "Price not increased by tick size.")
        if reason is Reason.PRICE_BAND:
            return _out_of_band(ticket, instrument)
        if reason is Reason.SIZE:
            return _bad_size(ticket, instrument)
        if reason is Reason.NOTIONAL:
            least = instrument.min_notional.normalize()
            return BinanceError(
                -4164,
                f"Order's notional must be no smaller than {least:f} (unless you choose reduce "
                "only).",
            )
    return BinanceError(*_REASONS[reason])


def precision() -> BinanceError:
    """A size or price has more decimals than the contract has."""
    return BinanceError(-1111, "Precision is over the maximum defined for this asset.")


def _bad_size(ticket: Ticket, instrument: Instrument) -> BinanceError:
    if ticket.size > instrument.max_steps:
        return BinanceError(-4005, "Quantity greater than max quantity.")
    return BinanceError(-4004, "Quantity less than min quantity.")


def _out_of_band(ticket: Ticket, instrument: Instrument) -> BinanceError:
    if ticket.side.value == "BUY":
        return BinanceError(-4016, "Limit price can't be higher than the mark price's multiple.")
    return BinanceError(-4024, "Limit price can't be lower than the mark price's part.")


BAD_LEVERAGE: Final = (-4028, "Leverage {leverage} is not valid")
SAME_MARGIN_TYPE: Final = (-4046, "No need to change margin type.")
ORDERS_OPEN: Final = (-4047, "Margin type cannot be changed if there exists open orders.")
SAME_POSITION_SIDE: Final = (-4059, "No need to change position side.")
SIDE_WITH_ORDERS: Final = (-4067, "Position side cannot be changed if there exists open orders.")
SIDE_WITH_POSITION: Final = (-4068, "Position side cannot be changed if there exists position.")
REDUCE_ONLY_IN_HEDGE: Final = (-1106, "Parameter 'reduceonly' sent when not required.")
NOT_THIS_TYPE: Final = (
    -4120,
    "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
)
NO_LISTEN_KEY: Final = (-1125, "This listenKey does not exist.")
"""Arguments of `BinanceError` for refusals without a variable part."""
