"""What is told of orders: results for agents, and what a person sees who has to allow one.

Figures are written in full, with their units. Nothing is asked of a venue here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal, localcontext

from orchestrator.catalogue.acting.places import PLACES
from orchestrator.catalogue.acting.stock import Stock
from orchestrator.config.settings import OrderSettings
from orchestrator.toolbox.tool import ToolResult, render
from trading_tools.exchange.orders.guard import Quote
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.port import VenueOrder
from trading_tools.exchange.orders.records import EXACT, OrderRecord, Records
from trading_tools.exchange.readings import MarketLimits
from trading_tools.money import PlainDecimal, exact_product, plain

MOST_LISTED = 20

_TERMS = {
    "GTC": "stays in the book until it is filled or cancelled",
    "IOC": "what does not trade at once is cancelled",
    "FOK": "trades whole at once, or is cancelled",
    "PO": "only rests in the book; cancelled where it would trade at once",
}


@dataclass(frozen=True)
class Order:
    """One order of ours as it is known now. Sizes in `size_unit`, prices in `price_unit`."""

    place: str
    venue: str
    symbol: str
    side: str
    size: PlainDecimal
    size_unit: str
    limit_price: PlainDecimal | None
    price_unit: str
    stage: str
    filled: PlainDecimal
    average_price: PlainDecimal | None
    client_order_id: str
    venue_order_id: str | None
    reason: str | None


def order_of(place: str, venue: str, record: OrderRecord) -> Order:
    """A record of the ledger as it is told."""
    base, _, quote = record.symbol.partition("/")
    return Order(
        place=place,
        venue=venue,
        symbol=record.symbol,
        side=record.side,
        size=record.size_base,
        size_unit=base,
        limit_price=record.price_quote,
        price_unit=quote,
        stage=record.stage.value,
        filled=record.filled_size_base,
        average_price=_average(record),
        client_order_id=record.client_order_id,
        venue_order_id=record.venue_order_id,
        reason=record.reason if record.stage in (Stage.REJECTED, *UNSURE) else None,
    )


def told(place: str, venue: str, record: OrderRecord) -> ToolResult:
    """A record as a call's result: an error where the order is not certain to be placed."""
    shown = render(order_of(place, venue, record))
    stage, where = record.stage, f"{venue} ({place})"
    if stage in UNSURE:
        text = (
            f"UNKNOWN: {where} has not said what became of this order. It may exist. It is never "
            "sent again under this call: ask with order_status, do not place another, and hand off "
            f"as blocked while it stays unknown. {shown.text}"
        )
        return ToolResult(text, shown.data, is_error=True)
    if stage is Stage.REJECTED:
        why = record.reason or "without a word"
        return ToolResult(f"REJECTED by {where}: {why}. {shown.text}", shown.data, is_error=True)
    if stage is Stage.VOID:
        text = (
            f"NOT PLACED: its window has passed and {where} has no such order. It is not sent "
            f"again under this call: make a new one if it is still wanted. {shown.text}"
        )
        return ToolResult(text, shown.data, is_error=True)
    return shown


def placing(
    place: str,
    through: str | None,
    wanted: Intent,
    fitted: Intent,
    market: MarketLimits,
    quote: Quote,
    limits: OrderSettings,
) -> str:
    """What a person sees who has to allow an order: the one that would really be sent."""
    price = fitted.price_quote or Decimal(0)
    base, money = market.amount_unit, market.price_unit
    worth = exact_product(fitted.size_base, price)
    bid, ask = quote.bids[0][0], quote.asks[0][0]
    crosses = price >= ask if fitted.side == "buy" else price <= bid
    lines = [
        f"{PLACES[place]} at {market.venue}{_through(place, through)}:",
        f"  {fitted.side} {plain(fitted.size_base)} {base} at a limit of {plain(price)} {money} "
        f"({market.symbol}, spot)",
        f"  worth {plain(worth)} {money}; {_TERMS[fitted.time_in_force]}",
    ]
    if (wanted.size_base, wanted.price_quote) != (fitted.size_base, fitted.price_quote):
        asked_price = plain(wanted.price_quote or Decimal(0))
        lines.append(
            f"  asked for was {plain(wanted.size_base)} {base} at {asked_price} {money}: rounded "
            f"to the market's steps of {plain(market.step_size or Decimal(0))} {base} and "
            f"{plain(market.tick_size or Decimal(0))} {money}, never to more or worse"
        )
    lines += [
        f"  the book: best bid {plain(bid)}, best ask {plain(ask)}; it would "
        f"{'trade at once' if crosses else 'rest in the book'}",
        f"  the guard lets it pass: at most {plain(limits.max_order_quote)} {money} an order and "
        f"{plain(limits.max_exposure_quote)} in all, {limits.max_orders_a_day} orders a day, "
        f"{plain(limits.price_collar_percent)} % from the middle of the book",
    ]
    return "\n".join(lines)


def counted(
    market: MarketLimits, records: Records, stock: Stock, in_all: Decimal, alone: Decimal
) -> str:
    """What a person has to know of the limits: what they count, and what of it is ours."""
    others = [each for each in stock.others if each.symbol == market.symbol]
    elsewhere = len(stock.others) - len(others)
    ours = sum(not each.ended and each.symbol == market.symbol for each in records.orders.values())
    base, money = market.amount_unit, market.price_unit
    lines = [
        f"  with it and all that is open the account may come to {_worth(in_all)} {money}; what "
        f"this project ordered alone, to {_worth(alone)}",
        f"  held: {plain(stock.held.get(base, Decimal(0)))} {base}, by this project's orders "
        f"{plain(records.position_base(market.symbol))}; open in {market.symbol}: {ours} of this "
        f"project, {len(others)} of others; of others elsewhere: {elsewhere}",
    ]
    lines += [f"    {line_of(order)}" for order in others[:MOST_LISTED]]
    lines += [f"  not counted: {each}" for each in stock.uncounted]
    return "\n".join(lines)


def _worth(value: Decimal) -> str:
    return plain(value.quantize(Decimal("0.01"), ROUND_UP))


def cancelling(place: str, through: str | None, venue: str, orders: Sequence[VenueOrder]) -> str:
    """What a person sees who has to allow that orders are cancelled."""
    count = "1 order" if len(orders) == 1 else f"{len(orders)} orders"
    lines = [
        f"cancel {count} at {venue}, {place}{_through(place, through)}; no order is sent, and what "
        "has filled stays:"
    ]
    lines += [f"  {line_of(order)}" for order in orders[:MOST_LISTED]]
    if len(orders) > MOST_LISTED:
        lines.append(f"  and {len(orders) - MOST_LISTED} more")
    return "\n".join(lines)


def line_of(order: VenueOrder) -> str:
    """An open order in one line."""
    base, _, quote = order.symbol.partition("/")
    price = "" if order.price_quote is None else f" at {plain(order.price_quote)} {quote}"
    return (
        f"{order.side} {plain(order.size_base)} {base}{price}, {plain(order.filled_size_base)} "
        f"{base} of it filled, venue id {order.venue_order_id}"
    )


def _through(place: str, through: str | None) -> str:
    return f", through the gateway {through}" if through and place != "simulator" else ""


def _average(record: OrderRecord) -> Decimal | None:
    fills = record.fills.values()
    with localcontext(EXACT):
        size = sum((fill.size_base for fill in fills), Decimal(0))
        paid = sum((fill.size_base * fill.price_quote for fill in fills), Decimal(0))
        return (paid / size).quantize(Decimal("1e-8")) if size else None
