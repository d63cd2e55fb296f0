"""T48: the first page is taken for all of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import CCXT, Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import snake
from trading_tools.review.rule import Hit, Rule, Topic, on_acts

_PAGED: Final = {
    "pybit": frozenset(
        {"get_open_orders", "get_order_history", "get_executions", "get_positions",
         "get_closed_pnl", "get_transaction_log"}
    ),
    "coinbase-advanced-py": frozenset({"list_orders", "get_fills", "get_accounts"}),
    "ccxt": frozenset(
        {"fetch_my_trades", "fetch_orders", "fetch_closed_orders", "fetch_ledger",
         "fetch_funding_history"}
    ),
}  # fmt: skip
"""Methods that answer with one page, by library; the caller has to go on."""

_ONE: Final = frozenset({"symbol", "orderId", "orderLinkId", "order_id", "order_ids", "cursor"})
_BOUNDS: Final = frozenset({"since", "limit", "params"})
_SINCE: Final = ("since", "paginat")
_GOING_ON: Final = ("cursor", "nextpage", "paginat", "hasnext")


def _listed(call: VenueCall, module: Module) -> Iterator[Hit]:
    library = call.library.name if call.library is not None else ""
    if snake(call.method) not in _PAGED.get(library, ()) or call.open:
        return
    if library == CCXT.name:
        if _asks_all(call) and _adds_up(call, module) and not module.mentions(_SINCE):
            yield _hit(call)
        return
    if call.arguments.keys() & _ONE or module.mentions(_GOING_ON):
        return
    yield _hit(call)


def _hit(call: VenueCall) -> Hit:
    return Hit(call.node, f"`{call.shown}` answers with one page, and nobody asks for the next")


def _asks_all(call: VenueCall) -> bool:
    """Whether neither a beginning nor a number of rows is given to ccxt."""
    return not call.carried and len(call.node.args) <= 1 and not call.arguments.keys() & _BOUNDS


def _adds_up(call: VenueCall, module: Module) -> bool:
    """Whether all rows are gone through, and not only the last one taken."""
    statement = module.statement(call.node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    names = {last_name(each) for each in targets}
    function = module.function(call.node)
    around = module.tree if function is None else function
    rows: list[ast.For | ast.comprehension] = [*module.within(around, ast.For)]
    rows += module.within(around, ast.comprehension)
    return any(
        each.iter is call.node or (isinstance(each.iter, ast.Name) and each.iter.id in names)
        for each in rows
    )


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
        """
import ccxt

exchange = ccxt.okx()

def fees(symbol):
    return sum(trade["fee"]["cost"] for trade in exchange.fetch_my_trades(symbol))  # <-
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.okx()

def last(symbol):
    trades = exchange.fetch_my_trades(symbol)
    return trades[-1]

def ten(symbol):
    return [trade["id"] for trade in exchange.fetch_my_trades(symbol, limit=10)]
""",
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
