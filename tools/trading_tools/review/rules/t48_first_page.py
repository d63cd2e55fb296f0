"""T48: the first page is taken for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_acts

_PAGED: Final = {
    "pybit": frozenset(
        {"get_open_orders", "get_order_history", "get_executions", "get_positions",
         "get_closed_pnl", "get_transaction_log"}
    ),
    "coinbase-advanced-py": frozenset({"list_orders", "get_fills", "get_accounts"}),
}  # fmt: skip
"""Methods that answer with one page and a cursor, by library; the caller has to go on."""

_ONE: Final = frozenset({"symbol", "orderId", "orderLinkId", "order_id", "order_ids", "cursor"})
_GOING_ON: Final = ("cursor", "nextpage", "paginat", "hasnext")


def _listed(call: VenueCall, module: Module) -> Iterator[Hit]:
    library = call.library.name if call.library is not None else ""
    if call.method not in _PAGED.get(library, ()) or call.open:
        return
    if call.arguments.keys() & _ONE or module.mentions(_GOING_ON):
        return
    yield Hit(call.node, f"`{call.shown}` answers with one page, and nobody asks for the next")


RULE = Rule(
    id="T48",
    title="the first page is taken for all of it",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="Bybit sends 20 orders a page: the twenty-first is not known, not cancelled at the stop, "
    "and missing in the sum of the fills.",
    fix="go on with the cursor (`nextPageCursor`) until there is none",
    link="https://bybit-exchange.github.io/docs/v5/order/open-order",
    visits=(on_acts(_listed, Act.READ),),
    bad=(
        """
from pybit.unified_trading import HTTP

session = HTTP(testnet=True)

def open_orders():
    reply = session.get_open_orders(category="linear", settleCoin="USDT")  # <-
    return reply["result"]["list"]
""",
        """
from coinbase.rest import RESTClient

class Desk:
    def __init__(self):
        self.client = RESTClient()

    def fills(self):
        return [each.price for each in self.client.get_fills().fills]  # <-
""",
    ),
    good=(
        """
from pybit.unified_trading import HTTP

session = HTTP(testnet=True)

def open_orders():
    cursor = ""
    while True:
        page = session.get_open_orders(category="linear", cursor=cursor)["result"]
        yield from page["list"]
        cursor = page["nextPageCursor"]
        if not cursor:
            return
""",
        """
from pybit.unified_trading import HTTP

def state(session: HTTP, order_id):
    return session.get_open_orders(category="linear", symbol="BTCUSDT", orderId=order_id)
""",
    ),
)
