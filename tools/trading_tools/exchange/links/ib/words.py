"""Orders in the words of Interactive Brokers' TWS: statuses, message codes, numbers; pure.

Source of the codes: the TWS API's page of message codes. What is asked when is `orders`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.links.partly import readable
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered, VenueFill, VenueOrder
from trading_tools.money import MoneyError, from_json

REFUSALS: Final = frozenset(
    {
        # The order does not leave TWS: its numbers, its flags, its market.
        *(107, 109, 110, 111, 113, 114, 115, 116, 117, 132, 140, 141, 142, 144, 145, 146),
        *(152, 153, 154, 155, 157, 159, 160, 163, 164, 168, 200, 203, 355, 382, 383, 387, 388),
        *(392, 403, 411, 412, 424, 431, 432, 433, 434, 435, 436, 439, 441, 442, 443, 445, 460, 461),
        *(463, 478),
        # Parts of a share, or a size where the venue wants an amount of money.
        *(10243, 10245, 10246, 10247, 10248, 10249, 10250, 10252, 10289, 10290, 10318),
        # Refused by the system or the exchange: "Order rejected - reason".
        201,
    }
)
"""Codes by which no order comes of a new one. Not 103, a duplicate's: that order exists. Not 321
and 322, errors while a request was worked on, nor 133, which a lost connection may cause: they do
not say what became of it. Not 131 and 2109, by which a flag is ignored and the order goes."""

ENDED: Final = 202
"""The order was cancelled, by us or by the exchange."""

ENDINGS: Final = frozenset({201, ENDED})
"""Codes that end an order which the system had."""

CANCEL_REFUSALS: Final = frozenset({104, 135, 136, 161, 10147, 10148})
"""Codes by which a request to cancel does nothing."""

STAGES: Final[Mapping[str, Stage]] = MappingProxyType(
    {
        "ApiPending": Stage.OPEN,
        "PendingSubmit": Stage.OPEN,
        "PreSubmitted": Stage.OPEN,
        "Submitted": Stage.OPEN,
        "PendingCancel": Stage.OPEN,
        # Held back by the system, and perhaps let go again.
        "Inactive": Stage.OPEN,
        # ib_async's own, of an order with a warning: it stands at the broker.
        "ValidationError": Stage.OPEN,
        "ApiCancelled": Stage.CANCELED,
        "Cancelled": Stage.CANCELED,
        "Filled": Stage.FILLED,
    }
)
ACCEPTED: Final = frozenset({"PreSubmitted", "Submitted", "Filled"})
"""Statuses of an order that the system has."""

_UNSET: Final = 1e300
"""Above this a number is ib_async's sign for none."""
_SIDES: Final[Mapping[str, Literal["buy", "sell"]]] = MappingProxyType(
    {"BUY": "buy", "SELL": "sell", "BOT": "buy", "SLD": "sell"}
)


def refusal(code: int, text: str) -> Judged:
    """What a message code about a new order means."""
    outcome = Outcome.REJECTED if code in REFUSALS else Outcome.UNKNOWN
    return Judged(outcome, str(code), " ".join(text.split())[:200])


def told_by_tws(trade: Any) -> bool:
    """Whether the status of a trade is TWS's own, or that of a code which does end an order.

    ib_async 2.1.0 makes a cancelled order of any code that it does not know as a warning: of 10349
    (the time in force was set by a preset), of 161 (a cancel that was refused). The order lives.
    """
    code = trade.log[-1].errorCode if trade.log else 0
    return code == 0 or code in ENDINGS


def shown(symbol: str, order: Any, status: Any, *, over: bool = False) -> VenueOrder:
    """An order as TWS lists it; `over` is one of the list of those that have ended.

    Raises:
        Unanswered: it lacks what an order must have.
    """
    try:
        stage = STAGES[status.status]
        # One that was refused after it had been taken ends as Inactive.
        if over and stage is Stage.OPEN:
            stage = Stage.CANCELED
        # A completed order tells what it filled in itself, and no total size once all of it is.
        filled = max(_number(status.filled), _number(order.filledQuantity))
        size = max(_number(order.totalQuantity), filled)
        if stage is Stage.FILLED and filled < size:
            filled = size
        return VenueOrder(
            str(order.permId), order.orderRef, symbol, _SIDES[order.action], stage, size, filled
        )
    except (KeyError, MoneyError) as error:
        raise Unanswered(f"an order of TWS that cannot be read: {error}") from error


def fills(symbol: str, executions: list[Any]) -> list[VenueFill]:
    """The trades of one market, each once: a correction has the same number but for its last part.

    Raises:
        PartlyRead: some lack what a trade must have.
    """
    latest: dict[str, Any] = {}
    for execution in executions:
        trade = execution.execId.rpartition(".")[0] or execution.execId
        if trade not in latest or execution.execId >= latest[trade].execId:
            latest[trade] = execution
    read = readable("ib", lambda item: _fill(symbol, *item), latest.items())
    return sorted(read, key=lambda fill: fill.at_ms)


def _fill(symbol: str, trade: str, execution: Any) -> VenueFill:
    try:
        return VenueFill(
            trade,
            str(execution.permId),
            symbol,
            _SIDES[execution.side],
            _number(execution.shares),
            _number(execution.price),
            int(execution.time.timestamp() * 1000),
            execution.orderRef or None,
        )
    except (KeyError, MoneyError) as error:
        raise Unanswered(f"an execution of TWS that cannot be read: {error}") from error


def _number(value: Any) -> Decimal:
    return Decimal(0) if abs(value) > _UNSET else from_json(value)
