"""T14: what an order has filled in all is added up as if it were new."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_CUMULATIVE: Final = frozenset(
    {
        "filled", "executedQty", "executed_qty", "cumExecQty", "cum_exec_qty", "cumQty",
        "cummulativeQuoteQty", "accFillSz", "filled_size", "filled_qty", "filled_quantity",
        "filledSize", "size_matched", "executed_volume", "vol_exec", "filled_amount", "dealSize",
        "cum_filled", "filledQuantity", "cumFilledQty", "totalFilled",
    }
)  # fmt: skip
_BINANCES: Final = frozenset({"executionreport", "ordertradeupdate"})
"""Names of Binance's events, whose `z` is what has filled so far and `l` what has filled now."""

_TOLD: Final = frozenset({"on", "handle", "process", "update", "updated", "poll", "sync", "track"})
_ORDER: Final = frozenset({"order", "update", "event", "report", "message", "msg", "data", "o"})


def _added(node: ast.AugAssign, module: Module) -> Iterator[Hit]:
    if not isinstance(node.op, ast.Add | ast.Sub):
        return
    keys = _CUMULATIVE | {"z"} if module.mentions(_BINANCES) else _CUMULATIVE
    for part in _terms(node.value):
        held = _cumulative(part, keys)
        if held is not None and _comes_again(node, held, module):
            what = f"`{ast.unparse(part)}` is all that the order has filled so far"
            yield Hit(node, f"{what}, and it is added again at each update")


def _terms(node: ast.expr) -> Iterator[ast.expr]:
    """The value itself, of a product each factor, of `Decimal(str(x))` what is inside."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _terms(node.left)
        yield from _terms(node.right)
    elif isinstance(node, ast.Call) and len(node.args) == 1 and last_name(node.func) != "get":
        yield from _terms(node.args[0])
    elif isinstance(node, ast.BoolOp):
        yield from _terms(node.values[0])
    else:
        yield node


def _cumulative(node: ast.expr, keys: frozenset[str]) -> ast.expr | None:
    """The order whose cumulative field a node is."""
    if isinstance(node, ast.Attribute) and node.attr in keys:
        return node.value
    key: ast.expr | None = None
    holder: ast.expr = node
    if isinstance(node, ast.Subscript):
        holder, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        holder, key = node.func.value, node.args[0]
    if isinstance(key, ast.Constant) and key.value in keys:
        return holder
    return None


def _comes_again(node: ast.AugAssign, order: ast.expr, module: Module) -> bool:
    """Whether the same order can be seen here more than once."""
    if _is_summed(node, order, module):
        return False
    acts = {each.node: each.act for each in module.venue_calls}
    for value in module.values(order):
        if isinstance(value.node, ast.Call):
            act = acts.get(value.node)
            if act is Act.WATCH or (act is Act.READ and _polled(node, value.node, module)):
                return True
    function = module.function(node)
    if function is None or isinstance(node.target, ast.Name):
        return _over_stream(node, order, module)
    given = isinstance(order, ast.Name) and order.id in module.scope(function).parameters
    told = bool(words(function.name) & _TOLD and words(last_name(order)) & _ORDER)
    return (given and told) or _over_stream(node, order, module)


def _is_summed(node: ast.AugAssign, order: ast.expr, module: Module) -> bool:
    """A sum over different orders: a local total in a plain loop over them."""
    for above in module.parents(node):
        if isinstance(above, ast.For) and last_name(above.target) == last_name(order):
            return isinstance(node.target, ast.Name) and not _watched(above.iter, module)
    return False


def _over_stream(node: ast.AugAssign, order: ast.expr, module: Module) -> bool:
    """`for order in await exchange.watch_orders(): total += order["filled"]`."""
    return any(
        last_name(above.target) == last_name(order) and _watched(above.iter, module)
        for above in module.parents(node)
        if isinstance(above, ast.For | ast.AsyncFor)
    )


def _watched(node: ast.expr, module: Module) -> bool:
    watched = {each.node for each in module.acts(Act.WATCH)}
    return any(each.node in watched for each in module.values(node))


def _polled(node: ast.AST, call: ast.Call, module: Module) -> bool:
    """Whether one loop asks for the same order again and again, and sends none itself."""
    function = module.function(node)
    for above in module.parents(node):
        if above is function:
            return False
        if isinstance(above, ast.While | ast.For | ast.AsyncFor):
            sends = any(module.holds(above, each.node) for each in module.submits)
            names = {each.id for each in ast.walk(call) if isinstance(each, ast.Name)}
            each_other = isinstance(above, ast.For) and last_name(above.target) in names
            return module.holds(above, call) and not sends and not each_other
    return False


RULE = Rule(
    id="T14",
    title="what an order has filled in all is added up as if it were new",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="An order of 10 that fills by 4, 3 and 3 reports 4, 7 and 10: the bot books 21, hedges or "
    "sells 21, and its limits count it so.",
    fix="book the difference to what was recorded of this order, or the single trades",
    link="https://github.com/hummingbot/hummingbot/commit/a8e969ed3d",
    visits=(on_nodes(_added, ast.AugAssign),),
    bad=(
        """
import ccxt.pro

class Book:
    def __init__(self):
        self.exchange = ccxt.pro.okx()
        self.position = 0

    async def run(self):
        while True:
            for order in await self.exchange.watch_orders():
                self.position += order["filled"]  # <-

    def on_order_update(self, order):
        self.position += float(order.get("filled") or 0)  # <-

    def handle_execution_report(self, event):
        self.cost += Decimal(event["executedQty"]) * Decimal(event["price"])  # <-
""",
        """
import ccxt

exchange = ccxt.kraken()

def wait_for(order_id, symbol, target):
    total = 0
    while total < target:
        order = exchange.fetch_order(order_id, symbol)
        total += order["filled"]  # <-
    return total
""",
    ),
    good=(
        """
import ccxt.pro

class Book:
    def __init__(self):
        self.exchange = ccxt.pro.okx()
        self.position = 0
        self.seen = {}

    async def run(self):
        while True:
            for order in await self.exchange.watch_orders():
                self.position += order["filled"] - self.seen.get(order["id"], 0)
                self.seen[order["id"]] = order["filled"]

    def on_order_update(self, order):
        self.filled[order["id"]] = order["filled"]

    def on_fill(self, fill):
        self.position += fill["qty"]
""",
        """
import ccxt

exchange = ccxt.kraken()

def bought_today(symbol):
    total = 0
    for order in exchange.fetch_closed_orders(symbol):
        total += order["filled"]
    return total

def once(intent):
    result = send(intent)
    book.position += result.filled

def of_all(order_ids, symbol):
    total = 0
    for order_id in order_ids:
        order = exchange.fetch_order(order_id, symbol)
        total += order["filled"]
    return total

def in_slices(symbol, target):
    got = 0
    while got < target:
        order = exchange.create_order(symbol, "market", "buy", target - got)
        order = exchange.fetch_order(order["id"], symbol)
        got += order["filled"]
""",
    ),
)
