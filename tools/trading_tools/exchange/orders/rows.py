"""ccxt's rows of orders and fills as the manager takes them: of REST and of streams, in base units.

What ccxt 4.5.90 makes of some streams is wrong, and read from the venue's own row here: Kraken's
orders have its `order_userref` for a client id and no filled size, Coinbase's have their filled
size for the whole (both seen with its unmodified clients). A row that lacks something is no news.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from trading_tools.exchange.errors import one_line
from trading_tools.exchange.orders.contracts import is_contract
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered, VenueFill, VenueOrder
from trading_tools.exchange.orders.records import OrderRecord
from trading_tools.exchange.orders.ways import ALGO
from trading_tools.money import from_json

Row = Mapping[str, Any]

_STAGES: Final[Mapping[str, Stage]] = {
    "open": Stage.OPEN,
    "closed": Stage.FILLED,
    "canceled": Stage.CANCELED,
    "expired": Stage.CANCELED,
    "rejected": Stage.REJECTED,
    # Binance's, of an order that waits for another one, and of one that is being cancelled.
    "PENDING_NEW": Stage.OPEN,
    "canceling": Stage.OPEN,
    # Coinbase's own words, which ccxt passes through.
    "PENDING": Stage.OPEN,
    "QUEUED": Stage.OPEN,
    "CANCEL_QUEUED": Stage.OPEN,
    "EDIT_QUEUED": Stage.OPEN,
}


class Unreadable(Unanswered):
    """A row lacks what an order or a fill must have: nothing is known by it."""


def order_of(row: Row, contract_size: Decimal = Decimal(1)) -> VenueOrder:
    """An order. `contract_size` is what one contract is in base, 1 on a spot market.

    Raises:
        Unreadable: it lacks what an order must have, as the later rows of Kraken's stream do.
    """
    try:
        if "algoId" in row["info"] or "caid" in row["info"]:
            return _stop_of(row, contract_size)
        stage = _STAGES[row["status"]]
        name, size, filled = _as_told(row)
        if stage is Stage.OPEN and not filled and _waits(row["info"]):
            stage = Stage.WAITING
        # Bybit's PartiallyFilledCanceled is "closed" in ccxt's words.
        if stage is Stage.FILLED and filled < size:
            stage = Stage.CANCELED
        if row["side"] not in ("buy", "sell") or not row["symbol"] or row["id"] is None:
            raise ValueError("it has no side, market or number")
        return VenueOrder(
            str(row["id"]),
            name,
            row["symbol"],
            row["side"],
            stage,
            size * contract_size,
            filled * contract_size,
            None if row.get("price") is None else from_json(row["price"], "price"),
            trigger_quote=_trigger_of(row),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"order {_named(row)} cannot be read: {one_line(error)}") from error


def number_of(row: Row) -> str | None:
    """The number of an order that a reply to its placing names."""
    number = row.get("id")
    waits = "algoId" in (row.get("info") or {})
    return None if number is None else f"{ALGO if waits else ''}{number}"


_ALGO_STAGES: Final[Mapping[str, Stage]] = {
    "NEW": Stage.WAITING,
    # Its price has come: seen to stay so for good, without an order and without protection.
    "TRIGGERING": Stage.OPEN,
    "CANCELED": Stage.CANCELED,
    "EXPIRED": Stage.CANCELED,
    "REJECTED": Stage.REJECTED,
}


def _stop_of(row: Row, contract_size: Decimal) -> VenueOrder:
    """A stop of Binance USD-M, an "algo order", as its own list or the stream shows it.

    Once it was triggered there is an order of another number, and how that one ends is its own:
    ccxt 4.5.90 takes such a stop for filled.
    """
    told = row["info"]
    became = told.get("actualOrderId") or told.get("ai")
    number = str(became) if became else f"{ALGO}{told.get('algoId') or told['aid']}"
    stage = Stage.OPEN if became else _ALGO_STAGES[told.get("algoStatus") or told["X"]]
    filled = from_json(told.get("aq") or 0, "aq") if became else Decimal(0)
    return VenueOrder(
        number,
        str(told.get("clientAlgoId") or told["caid"]),
        row["symbol"],
        row["side"],
        stage,
        from_json(row["amount"], "amount") * contract_size,
        filled * contract_size,
        from_json(told["price"] if "price" in told else told["p"], "price") or None,
        trigger_quote=_trigger_of(row),
    )


def _trigger_of(row: Row) -> Decimal | None:
    """A stop's trigger; one that is told in another way, as in per cents, spoils no row."""
    try:
        return from_json(row["triggerPrice"], "trigger")
    except (KeyError, TypeError, ValueError):
        return None


def _waits(told: Row) -> bool:
    """Whether an open order is a stop that waits, in its venue's own words.

    By `isWorking` and `w` (Binance spot), `orderStatus` (Bybit), `trigger_status` (Coinbase),
    `stopprice` and `triggers` (Kraken).
    """
    if told.get("e") == "executionReport":
        return told["w"] is False and "STOP" in told["o"]
    if "isWorking" in told:
        return told["isWorking"] is False and "STOP" in told["type"]
    if told.get("orderStatus") == "Untriggered" or told.get("trigger_status") == "STOP_PENDING":
        return True
    if "triggers" in told:
        return bool(told["triggers"].get("status") == "untriggered")
    stop = str((told.get("descr") or {}).get("ordertype")).startswith("stop-loss")
    return stop and not from_json(told.get("stopprice") or 0, "stopprice")


def later_order_of(row: Row, known: OrderRecord) -> VenueOrder:
    """One of Kraken's later rows of an order, whose market and size only the first one has.

    Raises:
        Unreadable: it is none, or says that the order has ended and not what it has filled.
    """
    try:
        told = row["info"]
        stage = _STAGES[row["status"]]
        if "exec_type" not in told or (stage is not Stage.OPEN and "cum_qty" not in told):
            raise ValueError("it does not say what is filled")
        filled = from_json(told.get("cum_qty", 0), "cum_qty")
        if known.stop_price_quote is not None and told["exec_type"] in ("pending_new", "new"):
            stage = Stage.WAITING
        if stage is Stage.FILLED and filled < known.size_base:
            stage = Stage.CANCELED
        return VenueOrder(
            str(told["order_id"]),
            known.client_order_id,
            known.symbol,
            "buy" if known.side == "buy" else "sell",
            stage,
            known.size_base,
            filled,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"a later row that cannot be read: {one_line(error)}") from error


def fill_of(row: Row, contract_size: Decimal = Decimal(1)) -> VenueFill:
    """A fill. `contract_size` is as for `order_of`.

    Raises:
        Unreadable: it lacks what a fill must have.
    """
    try:
        if row["side"] not in ("buy", "sell") or None in (row["id"], row["order"], row["symbol"]):
            raise ValueError("it has no side, market or number")
        return VenueFill(
            str(row["id"]),
            str(row["order"]),
            row["symbol"],
            row["side"],
            from_json(row["amount"], "amount") * contract_size,
            from_json(row["price"], "price"),
            int(row["timestamp"]),
            fee_base=_fee_base(row),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Unreadable(f"fill {_named(row)} cannot be read: {one_line(error)}") from error


def position_of(row: Row, contract_size: Decimal) -> Decimal:
    """A contract's position in the base asset, below zero for a short one.

    Raises:
        Unreadable: it has no size, or one without a side.
    """
    try:
        size = from_json(row["contracts"] or 0, "contracts") * contract_size
        if size and row["side"] not in ("long", "short"):
            raise ValueError(f"its side is {row['side']!r}")
        return -size if row["side"] == "short" else size
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"a position that cannot be read: {one_line(error)}") from error


def _as_told(row: Row) -> tuple[str, Decimal, Decimal]:
    """Client id, size and filled size; of the venue's own row where ccxt reads it wrong."""
    told = row["info"]
    if "order_qty" in told and "exec_type" in told:
        name = told.get("cl_ord_id") or ""
        return name, from_json(told["order_qty"]), from_json(told["cum_qty"])
    name = str(row["clientOrderId"] or "")
    if "leaves_quantity" in told:
        filled = from_json(told["cumulative_quantity"])
        return name, filled + from_json(told["leaves_quantity"]), filled
    return name, from_json(row["amount"], "amount"), from_json(row["filled"], "filled")


def _fee_base(row: Row) -> Decimal:
    """What of the fee was taken in the base asset; below zero for a rebate in it.

    A contract's position is no coins: what is paid in its base, as in BNB, comes out of another
    pocket.
    """
    if is_contract(row["symbol"]):
        return Decimal(0)
    base = row["symbol"].partition("/")[0]
    fees = row.get("fees") or [row.get("fee") or {}]
    paid = (fee["cost"] for fee in fees if fee.get("currency") == base and fee.get("cost"))
    return sum((from_json(cost, "fee") for cost in paid), Decimal(0))


def _named(row: Row) -> str:
    """A row as a person finds it at the venue."""
    told = row if isinstance(row, Mapping) else {}
    return f"{str(told.get('id'))[:60]!r} of {str(told.get('symbol'))[:30]}"
