"""Orders: placing, testing, cancelling, replacing and asking for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trading_tools.venue.binance import errors, forms
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import BinanceError, refused
from trading_tools.venue.binance.tickets import Asked, asked, cancel_id
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Fill, Order, Reason, Rejected

_DAY_MS = 86_400_000


def place(call: Call) -> dict[str, Any]:
    """A new order."""
    return _place(call, asked(call))


def test(call: Call) -> dict[str, Any]:
    """Whether a new order would be accepted; nothing happens."""
    wanted = asked(call)
    try:
        call.venue.exchange.test(call.account, wanted.ticket)
    except Rejected as refusal:
        raise refused(refusal) from None
    if call.params.flag("computeCommissionRates"):
        return commission(call)
    return {}


def query(call: Call) -> dict[str, Any]:
    """One order, by `orderId` or `origClientOrderId`."""
    instrument = call.instrument()
    order = _find(call, instrument, "orderId", "origClientOrderId")
    if order is None:
        raise BinanceError(*errors.NO_SUCH_ORDER)
    return forms.queried(order, instrument)


def cancel(call: Call) -> dict[str, Any]:
    """Cancel one open order."""
    instrument = call.instrument()
    own_id = cancel_id(call)
    order = _find(call, instrument, "orderId", "origClientOrderId")
    return _cancel(call, instrument, order, own_id)


def cancel_all(call: Call) -> list[dict[str, Any]]:
    """Cancel every open order of one instrument.

    Raises:
        BinanceError: there is none.
    """
    instrument = call.instrument()
    orders = call.account.open_orders(instrument.symbol)
    if not orders:
        raise refused(Rejected(Reason.UNKNOWN_ORDER))
    return [_cancel(call, instrument, order, call.venue.made_id()) for order in orders]


def replace(call: Call) -> dict[str, Any]:
    """Cancel an order and place another one, in one request.

    Raises:
        BinanceError: -2022 where nothing was done, -2021 where one half was.
    """
    mode = call.params.text("cancelReplaceMode")
    if mode not in {"STOP_ON_FAILURE", "ALLOW_FAILURE"}:
        raise BinanceError(-1145, "Invalid cancelReplaceMode")
    wanted = asked(call)
    if "cancelOrderId" not in call.params and "cancelOrigClientOrderId" not in call.params:
        raise errors.missing("cancelOrderId")
    order = _find(call, wanted.instrument, "cancelOrderId", "cancelOrigClientOrderId")
    own_id = cancel_id(call) if "cancelNewClientOrderId" in call.params else call.venue.made_id()
    canceled, fault = _tried(lambda: _cancel(call, wanted.instrument, order, own_id))
    if fault is not None and mode == "STOP_ON_FAILURE":
        raise _replace_failed("FAILURE", "NOT_ATTEMPTED", fault.body(), None)
    placed, refusal = _tried(lambda: _place(call, wanted))
    if fault is None and refusal is None:
        return {
            "cancelResult": "SUCCESS",
            "newOrderResult": "SUCCESS",
            "cancelResponse": canceled,
            "newOrderResponse": placed,
        }
    raise _replace_failed(
        "SUCCESS" if fault is None else "FAILURE",
        "SUCCESS" if refusal is None else "FAILURE",
        canceled if fault is None else fault.body(),
        placed if refusal is None else refusal.body(),
    )


def open_orders(call: Call) -> list[dict[str, Any]]:
    """Open orders of one instrument or of all."""
    symbol = call.instrument().symbol if "symbol" in call.params else None
    instruments = call.venue.exchange.instruments
    return [
        forms.queried(order, instruments[order.ticket.symbol])
        for order in call.account.open_orders(symbol)
    ]


def all_orders(call: Call) -> list[dict[str, Any]]:
    """Orders of one instrument, oldest first: the latest, or those from `orderId` or a time on."""
    instrument, params = call.instrument(), call.params
    limit = params.limit(500, 1_000)
    first = params.optional_integer("orderId")
    start, end = _times(call)
    orders = [
        order
        for order in call.account.every_order()
        if order.ticket.symbol == instrument.symbol
        and order.id >= (first or 0)
        and order.created_ms >= (start or 0)
        and (end is None or order.created_ms <= end)
    ]
    page = orders[-limit:] if first is None and start is None else orders[:limit]
    return [forms.queried(order, instrument) for order in page]


def my_trades(call: Call) -> list[dict[str, Any]]:
    """The account's trades of one instrument: the latest, or those from an id or a time on."""
    instrument, params = call.instrument(), call.params
    limit = params.limit(500, 1_000)
    order_id, first = params.optional_integer("orderId"), params.optional_integer("fromId")
    start, end = _times(call)
    if first is not None and (start is not None or end is not None):
        raise BinanceError(*errors.BAD_COMBINATION)

    def wanted(fill: Fill) -> bool:
        return (
            fill.order.ticket.symbol == instrument.symbol
            and (order_id is None or fill.order.id == order_id)
            and fill.trade_id >= (first or 0)
            and fill.at >= (start or 0)
            and (end is None or fill.at <= end)
        )

    fills = [fill for fill in call.account.every_fill() if wanted(fill)]
    page = fills[-limit:] if first is None and start is None else fills[:limit]
    return [forms.my_trade(fill, instrument) for fill in page]


def account(call: Call) -> dict[str, Any]:
    """Balances and rights."""
    omit = call.params.flag("omitZeroBalances")
    return forms.account_form(call.account, call.venue.assets, omit)


def commission(call: Call) -> dict[str, Any]:
    """The account's fees for one instrument."""
    instrument = call.instrument()
    rates = forms.account_form(call.account, [], False)["commissionRates"]
    nothing = dict.fromkeys(rates, forms.ZERO)
    return {
        "symbol": instrument.symbol,
        "standardCommission": rates,
        "specialCommission": nothing,
        "taxCommission": nothing,
        "discount": {
            "enabledForAccount": False,
            "enabledForSymbol": False,
            "discountAsset": "BNB",
            "discount": forms.ZERO,
        },
    }


def order_counts(call: Call) -> list[dict[str, Any]]:
    """How many orders were placed in the running windows."""
    used = call.venue.limits.orders_used(call.account_name, call.at)
    return [
        {
            "rateLimitType": "ORDERS",
            "interval": rule.interval,
            "intervalNum": rule.number,
            "limit": rule.limit,
            "count": used[rule.name],
        }
        for rule in call.venue.limits.rules.orders
    ]


def _place(call: Call, wanted: Asked) -> dict[str, Any]:
    limits, exchange = call.venue.limits, call.venue.exchange
    limits.may_order(call.account_name, call.at)
    try:
        order = exchange.place(call.account, wanted.ticket, call.at, call.request)
    except Rejected as refusal:
        raise refused(refusal) from None
    limits.ordered(call.account_name, call.at)
    return forms.placed(order, wanted.instrument, call.account, wanted.detail)


def _cancel(call: Call, instrument: Instrument, order: Order | None, own_id: str) -> dict[str, Any]:
    try:
        if order is None:
            raise Rejected(Reason.UNKNOWN_ORDER)
        call.venue.exchange.cancel(call.account, order, call.at, call.request, own_id)
    except Rejected as refusal:
        raise refused(refusal) from None
    return forms.canceled(order, instrument, own_id)


def _find(call: Call, instrument: Instrument, by_id: str, by_client_id: str) -> Order | None:
    params, account = call.params, call.account
    if by_id in params:
        order = account.order(params.integer(by_id))
        if order is None or order.ticket.symbol != instrument.symbol:
            return None
        given = params.text(by_client_id) if by_client_id in params else None
        return order if given in {None, order.ticket.client_order_id} else None
    if by_client_id in params:
        return account.order_of_client(instrument.symbol, params.text(by_client_id))
    raise BinanceError(
        -1102,
        f"Param '{by_client_id}' or '{by_id}' must be sent, but both were empty/null!",
    )


def _times(call: Call) -> tuple[int | None, int | None]:
    start = call.params.optional_integer("startTime")
    end = call.params.optional_integer("endTime")
    if start is not None and end is not None and end - start > _DAY_MS:
        raise BinanceError(-1127, "More than 24 hours between startTime and endTime.")
    return start, end


def _tried(act: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any] | None, BinanceError | None]:
    try:
        return act(), None
    except BinanceError as error:
        return None, error


def _replace_failed(
    cancel_result: str,
    new_result: str,
    canceled: dict[str, Any] | None,
    placed: dict[str, Any] | None,
) -> BinanceError:
    partly = "SUCCESS" in {cancel_result, new_result}
    data = {
        "cancelResult": cancel_result,
        "newOrderResult": new_result,
        "cancelResponse": canceled,
        "newOrderResponse": placed,
    }
    if partly:
        return BinanceError(-2021, "Order cancel-replace partially failed.", 409, data)
    return BinanceError(-2022, "Order cancel-replace failed.", 400, data)
