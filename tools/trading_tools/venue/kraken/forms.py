"""Orders and trades as REST tells them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from trading_tools.venue.core.instruments import text_of
from trading_tools.venue.core.orders import PRICED, STOPS, Fill, Order, Side, Status, Ticket
from trading_tools.venue.kraken.info import COST_DECIMALS
from trading_tools.venue.kraken.listing import Asset, Pair, decimal
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.kraken.tickets import WORDS

_ZERO: Final = decimal(0, COST_DECIMALS)
_REASONS: Final = {
    Status.EXPIRED: "Order could not be filled",
    Status.EXPIRED_IN_MATCH: "Self trade prevention",
}


def cost(atoms: int) -> str:
    """A cost or fee."""
    return decimal(atoms, COST_DECIMALS)


def sentence(pair: Pair, ticket: Ticket, quote_volume: int = 0) -> str:
    """An order in words, which clients take apart: "buy 0.01000000 XBTUSD @ limit 50000.0"."""
    volume = text_of(quote_volume) if quote_volume else pair.size(ticket.size)
    how = WORDS[ticket.kind]
    if ticket.kind in STOPS:
        how = f"{how.removesuffix('-limit').replace('-', ' ')} {pair.price(ticket.stop)}"
        if ticket.kind in PRICED:
            how += f" -> limit {pair.price(ticket.price)}"
    elif ticket.kind in PRICED:
        how += f" {pair.price(ticket.price)}"
    return f"{ticket.side.value.lower()} {volume} {pair.altname} @ {how}"


def status(order: Order, reason: str) -> str:
    """Where an order stands, in Kraken's words."""
    if order.open:
        return "open"
    if order.status is Status.FILLED:
        return "closed"
    return "expired" if reason == "expired" else "canceled"


def reason(order: Order, noted: str) -> str | None:
    """Why an order was canceled, or None."""
    if order.open or order.status is Status.FILLED:
        return None
    if noted == "expired":
        return "Order expired"
    return _REASONS.get(order.status) or noted or None


def fees(venue: KrakenSpot, order: Order) -> int:
    """What an order has cost in fees so far, in quote atoms."""
    account = venue.exchange.accounts[order.account]
    return sum(fill.fee for fill in account.fills_of(order))


def average(order: Order, pair: Pair) -> int:
    """An order's average price in atoms, 0 before its first trade."""
    return order.quote_filled * 10**8 // (order.filled * pair.instrument.step_atoms or 1)


def flags(order: Order, venue: KrakenSpot) -> str:
    """An order's flags."""
    note = venue.notes[order.id]
    return ",".join(
        ["fciq", *(["post"] if note.post_only else []), *(["viqc"] if note.quote_volume else [])]
    )


def order_form(venue: KrakenSpot, order: Order, trades: bool = False) -> dict[str, Any]:
    """One order; with the ids of its trades where they were asked for."""
    pair, note, ticket = venue.pair(order.ticket.symbol), venue.notes[order.id], order.ticket
    stops, priced = ticket.kind in STOPS, ticket.kind in PRICED
    limit = pair.price(ticket.price) if priced else "0"
    executed = order.quote_filled if note.quote_volume else 0
    form: dict[str, Any] = {
        "refid": None,
        "userref": note.userref,
        "status": status(order, note.reason),
        "opentm": order.created_ms / 1_000,
        "starttm": 0,
        "expiretm": note.expires_ms / 1_000 if note.expires_ms else 0,
        "descr": {
            "pair": pair.altname,
            "aclass": "forex",
            "type": ticket.side.value.lower(),
            "ordertype": WORDS[ticket.kind],
            "price": pair.price(ticket.stop) if stops else limit,
            "price2": limit if stops else "0",
            "leverage": "none",
            "order": sentence(pair, ticket, note.quote_volume),
            "close": "",
        },
        "vol": text_of(note.quote_volume) if note.quote_volume else pair.size(order.size),
        "vol_exec": text_of(executed) if executed else pair.size(order.filled),
        "cost": cost(order.quote_filled),
        "fee": cost(fees(venue, order)),
        "price": decimal(average(order, pair), max(COST_DECIMALS, pair.pair_decimals)),
        "stopprice": pair.price(ticket.stop) if stops and order.working_ms > 0 else _ZERO,
        "limitprice": pair.price(ticket.price) if stops and priced else _ZERO,
        "misc": "amended" if note.amends else "",
        "oflags": flags(order, venue),
    }
    if stops:
        form["trigger"] = "last"
    if ticket.client_order_id:
        form["cl_ord_id"] = ticket.client_order_id
    if not order.open:
        form["reason"] = reason(order, note.reason)
        form["closetm"] = order.updated_ms / 1_000
    if trades:
        fills = venue.exchange.accounts[order.account].fills_of(order)
        form["trades"] = [trade_id(venue, fill) for fill in fills]
    return form


def trade_id(venue: KrakenSpot, fill: Fill) -> str:
    """The id of one side of a trade."""
    ticket = fill.order.ticket
    return venue.ids.of("T", f"{ticket.symbol} {fill.trade_id} {ticket.side.value} {fill.order.id}")


def trade_form(venue: KrakenSpot, fill: Fill) -> dict[str, Any]:
    """One trade of the account."""
    order, pair = fill.order, venue.pair(fill.order.ticket.symbol)
    traded = trade_id(venue, fill)
    return {
        "ordertxid": venue.txid(order),
        "postxid": venue.ids.of("T", f"position of {traded}"),
        "pair": pair.id,
        "aclass": "forex",
        "time": fill.at / 1_000,
        "type": order.ticket.side.value.lower(),
        "ordertype": WORDS[order.ticket.kind],
        "price": pair.long_price(fill.price),
        "cost": cost(fill.quote),
        "fee": cost(fill.fee),
        "vol": pair.size(fill.size),
        "margin": _ZERO,
        "leverage": "0",
        "misc": "",
        "trade_id": fill.trade_id,
        "maker": fill.maker,
        "ledgers": [move.id for move in moves(venue, fill)],
    }


class Move(NamedTuple):
    """What a trade does to one asset of the account; amounts in atoms, the fee apart."""

    id: str
    asset: Asset
    amount: int
    fee: int


def moves(venue: KrakenSpot, fill: Fill) -> list[Move]:
    """The two entries that a trade leaves in the account's ledger: what went, then what came."""
    pair, traded = venue.pair(fill.order.ticket.symbol), trade_id(venue, fill)
    buys = fill.order.ticket.side is Side.BUY
    base = fill.size * pair.instrument.step_atoms

    def move(asset: Asset, amount: int, fee: int) -> Move:
        made = venue.ids.of("L", f"{asset.name} of {traded}")
        return Move(made, asset, amount if buys else -amount, fee)

    both = [move(pair.quote, -fill.quote, fill.fee), move(pair.base, base, 0)]
    return both if buys else both[::-1]
