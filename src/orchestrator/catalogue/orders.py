"""The agents' order tools: place, cancel, cancel all, open orders, positions, status.

Only the doors: arguments, effects, what permission rules are held against. What they do is in
`acting`; that no order is sent twice is `trading_tools.exchange.orders`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field

from orchestrator.catalogue.acting import cancelling, looking, placing
from orchestrator.catalogue.acting.cancelling import Many, One
from orchestrator.catalogue.acting.looking import OpenOrder, OpenOrders, Positions, Whole
from orchestrator.catalogue.acting.places import Place
from orchestrator.catalogue.acting.placing import Wanted
from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolResult, tool
from trading_tools.exchange.orders.intent import TimeInForce
from trading_tools.money import JsonDecimal

R = TypeVar("R")
W = TypeVar("W")

TIMEOUT_S: Final = 60.0

PlaceName = Annotated[
    Place,
    Field(
        description="simulator: a venue on this machine, no money. sandbox: the venue's own test "
        "system; each act needs a person. live: REAL MONEY; closed unless the user opened it, and "
        "each act needs a person. Take the one that was asked for, never another."
    ),
]
VenueName = Annotated[
    str, Field(description="binance, bybit, kraken or coinbase.", min_length=1, max_length=60)
]
Symbol = Annotated[
    str, Field(description="A spot market, such as BTC/USDT.", min_length=1, max_length=60)
]
OneSymbol = Annotated[
    str | None, Field(description="A spot market; null = all markets.", max_length=60)
]
OrderId = Annotated[
    str,
    Field(
        description="An order's `client_order_id` or `venue_order_id`.", min_length=1, max_length=80
    ),
]


def _subject(arguments: Mapping[str, Any]) -> str:
    """What a permission pattern is held against: `live bybit BTC/USDT buy`."""
    names = ("place", "venue", "symbol", "side", "order_id")
    return " ".join(str(arguments[name]) for name in names if arguments.get(name) is not None)


def _of(
    name: str, wanted: Callable[..., W], work: Callable[[ToolContext, W], Awaitable[R]]
) -> Callable[[ToolContext, Mapping[str, Any]], Awaitable[R]]:
    """A preview or a reconciliation, which gets the arguments of its call checked."""

    async def asked(context: ToolContext, arguments: Mapping[str, Any]) -> R:
        checked = next(each for each in ACTS if each.name == name).check(arguments)
        return await work(context, wanted(**dict(checked)))

    return asked


@tool(
    effect=Effect.EXTERNAL,
    timeout_s=TIMEOUT_S,
    subject=_subject,
    preview=_of("place_order", Wanted, placing.preview),
    reconcile=_of("place_order", Wanted, placing.aftermath),
)
async def place_order(
    context: ToolContext,
    place: PlaceName,
    venue: VenueName,
    symbol: Symbol,
    side: Literal["buy", "sell"],
    size: Annotated[JsonDecimal, Field(description="In the base asset: 0.01 is 0.01 BTC.")],
    limit_price: Annotated[
        JsonDecimal,
        Field(description="In the quote currency, for one unit. The worst price that is taken."),
    ],
    time_in_force: Annotated[
        TimeInForce,
        Field(
            description="GTC rests; IOC trades at once or is cancelled; FOK whole; PO only rests."
        ),
    ] = "GTC",
    size_unit: Annotated[
        str | None,
        Field(description="The asset that `size` is meant in, to be checked.", max_length=20),
    ] = None,
    price_unit: Annotated[
        str | None,
        Field(description="The currency that `limit_price` is meant in, to be checked."),
    ] = None,
) -> ToolResult:
    """Place one limit order on a spot market. There are no market orders: to trade at once, give
    the worst price you take and IOC.

    Size and price are rounded to the market's steps, never to more or worse. The order passes the
    user's own guard (limits, price collar, kill switch). It is written down before it is sent, and
    never sent twice. Returns the order: `stage` is open, filled, canceled, rejected, void (it
    certainly never existed) or unknown. UNKNOWN is no refusal: the order may exist; ask with
    `order_status`, never place another for it.
    """
    wanted = Wanted(
        place, venue, symbol, side, size, limit_price, time_in_force, size_unit, price_unit
    )
    return await placing.place(context, wanted)


@tool(
    effect=Effect.EXTERNAL,
    timeout_s=TIMEOUT_S,
    subject=_subject,
    preview=_of("cancel_order", One, cancelling.cancel_preview),
    reconcile=_of("cancel_order", One, cancelling.cancel_aftermath),
)
async def cancel_order(
    context: ToolContext, place: PlaceName, venue: VenueName, order_id: OrderId
) -> ToolResult:
    """Cancel one open order, whoever placed it. Returns how it ended: a fill may be faster."""
    return await cancelling.cancel(context, One(place, venue, order_id))


@tool(
    effect=Effect.EXTERNAL,
    timeout_s=TIMEOUT_S,
    subject=_subject,
    preview=_of("cancel_all_orders", Many, cancelling.cancel_all_preview),
    reconcile=_of("cancel_all_orders", Many, cancelling.cancel_all_aftermath),
)
async def cancel_all_orders(
    context: ToolContext, place: PlaceName, venue: VenueName, symbol: OneSymbol = None
) -> ToolResult:
    """Cancel every open order of the account, those of other programs too, in one market or all.

    Returns `cancelled` and `still_open`; an error while anything is still open.
    """
    return await cancelling.cancel_all(context, Many(place, venue, symbol))


@tool(effect=Effect.READ, timeout_s=TIMEOUT_S, subject=_subject)
async def open_orders(
    context: ToolContext, place: PlaceName, venue: VenueName, symbol: OneSymbol = None
) -> OpenOrders | ToolResult:
    """List the account's open orders as the venue has them now, those of other programs too."""
    return await looking.open_orders(context, Many(place, venue, symbol))


@tool(effect=Effect.READ, timeout_s=TIMEOUT_S, subject=_subject)
async def positions(context: ToolContext, place: PlaceName, venue: VenueName) -> Positions:
    """Read what the account holds of each asset, and what this project's orders came to."""
    return await looking.positions(context, Whole(place, venue))


@tool(effect=Effect.READ, timeout_s=TIMEOUT_S, subject=_subject)
async def order_status(
    context: ToolContext, place: PlaceName, venue: VenueName, order_id: OrderId
) -> ToolResult | OpenOrder:
    """Ask the venue how one order stands: stage, filled size, average price."""
    return await looking.order_status(context, One(place, venue, order_id))


ACTS: Final[tuple[Tool, ...]] = (place_order, cancel_order, cancel_all_orders)
READS: Final[tuple[Tool, ...]] = (open_orders, positions, order_status)
TOOLS: Final[tuple[Tool, ...]] = (*ACTS, *READS)
