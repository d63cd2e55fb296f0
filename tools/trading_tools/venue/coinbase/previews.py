"""What an order would cost and whether it would be taken, without placing it."""

from __future__ import annotations

from typing import Any, NamedTuple

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.errors import OrderRefused, failure
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.products import best_prices
from trading_tools.venue.coinbase.texts import plain, uuid_text
from trading_tools.venue.coinbase.tickets import wanted
from trading_tools.venue.core.checks import available
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import PRICED, Kind, Rejected, Side, Ticket

_MILLION = 1_000_000


class Estimate(NamedTuple):
    """What an order trades, in base and quote atoms, and what that costs in quote atoms."""

    size: int = 0
    worth: int = 0
    fee: int = 0
    total: int = 0
    average: int = 0
    slippage: int = 0


def preview(call: Call) -> dict[str, Any]:
    """A new order that is not placed; `errs` says why it would not be taken."""
    place, found, errors = call.place, Estimate(), []
    try:
        want = wanted(call, "")
        found = estimate(call, want.ticket, want.each)
        try:
            place.exchange.test(call.account, want.ticket)
        except Rejected as refusal:
            raise OrderRefused(failure(refusal.reason, want.ticket, want.each)) from None
    except OrderRefused as refusal:
        errors.append(refusal.failure.preview)
    return {
        **estimate_form(found, place, call.params.text("product_id")),
        "errs": errors,
        "warning": [],
        "is_max": False,
        "leverage": "0",
        "long_leverage": "0",
        "short_leverage": "0",
        "preview_id": "" if errors else uuid_text(place.seed, f"preview {call.request}"),
        "current_liquidation_buffer": "",
        "projected_liquidation_buffer": "",
        "max_leverage": "",
        "est_average_filled_price": plain(found.average),
    }


def estimate(call: Call, ticket: Ticket, each: Instrument) -> Estimate:
    """What a ticket would trade at once, and at its own price what would wait."""
    book, account = call.place.exchange.books[each.symbol], call.account
    steps = worth = 0
    if ticket.kind in {Kind.MARKET, Kind.LIMIT}:
        limit = ticket.price or None
        steps, worth = available(ticket, book, account.name, each.lot_value, limit)
    fee = worth * account.taker_fee_ppm // _MILLION
    wanted_worth = steps * (book.other(ticket.side).best() or 0) * each.lot_value
    slippage = abs(worth - wanted_worth) * ATOMS // (wanted_worth or 1)
    if ticket.kind in PRICED:
        waiting = (ticket.size - steps) * ticket.price * each.lot_value
        fee += waiting * account.maker_fee_ppm // _MILLION
        steps, worth = ticket.size, worth + waiting
    size, buys = steps * each.step_atoms, ticket.side is Side.BUY
    average = worth * ATOMS // (size or 1)
    return Estimate(size, worth, fee, worth + fee if buys else worth - fee, average, slippage)


def estimate_form(found: Estimate, place: CoinbasePlace, product_id: str) -> dict[str, Any]:
    """An estimate as both previews show it, beside the best prices."""
    each = place.instruments.get(product_id)
    best = best_prices(place, each) if each is not None else {}
    return {
        "order_total": plain(found.total),
        "commission_total": plain(found.fee),
        "commission_detail_total": {"total_commission": plain(found.fee)},
        "quote_size": plain(found.worth),
        "base_size": plain(found.size),
        "slippage": plain(found.slippage),
        "best_bid": best.get("best_bid", ""),
        "best_ask": best.get("best_ask", ""),
        "order_margin_total": "0",
        "pnl_configuration": None,
    }
