"""T13: an id for an order that two orders can share."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall, is_client_id
from trading_tools.review.model.imports import dotted
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_module

_STRONG: Final = frozenset(
    {
        "uuid1", "uuid3", "uuid4", "uuid5", "uuid7", "UUID", "ulid", "token_hex", "token_urlsafe",
        "urandom", "sha1", "sha256", "md5", "blake2b", "time_ns", "perf_counter_ns", "hexdigest",
        "next", "nanoid", "ObjectId", "getrandbits",
    }
)  # fmt: skip
"""Calls after which an id is not likely to come twice."""

_CHANCE: Final = frozenset({"randint", "random", "randrange", "choice", "choices"})
_SPELLING: Final = frozenset(
    {"str", "int", "hex", "format", "join", "lower", "upper", "replace", "strftime", "isoformat"}
) | {"time", "timestamp", "hash"}
"""Calls that make a text or a number of what they are given; others may make anything."""

_COUNTS: Final = frozenset({"counter", "count", "seq", "sequence"})
_FEW: Final = 10
"""Letters of a random id below which two may meet: 9 are 36 bits, and half a million orders."""

_MANY: Final = 12
"""Letters, or digits of a number, from which on a random id is as good as one of its kind."""


def _written(module: Module, _: Module) -> Iterator[Hit]:
    """`client_order_id = …`, `params["clientOrderId"] = …` and `{"clientOrderId": …}`."""
    for assign in module.nodes(ast.Assign):
        for target in assign.targets:
            name = target.slice if isinstance(target, ast.Subscript) else target
            text = name.value if isinstance(name, ast.Constant) else last_name(name)
            if isinstance(text, str) and _is_of_order(text):
                yield from _judged(assign.value, module)
    for table in module.nodes(ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and _is_of_order(str(key.value)):
                yield from _judged(value, module)


@lru_cache(maxsize=8192)
def _is_of_order(name: str) -> bool:
    """Whether a name outside of a venue's call is that of an order; connections have ids too."""
    return is_client_id(name) and name.replace("_", "").lower() != "clientid"


def _passed(call: VenueCall, module: Module) -> Iterator[Hit]:
    for name, value in call.arguments.items():
        if is_client_id(name):
            yield from _judged(value, module)


def _judged(node: ast.expr, module: Module) -> Iterator[Hit]:
    for value in module.values(node):
        made_by = last_name(value.node.func) if isinstance(value.node, ast.Call) else "str"
        if not isinstance(value.node, ast.expr) or made_by not in _SPELLING | _STRONG | _CHANCE:
            continue
        what = _weakness(value.node, value.module)
        if what:
            at = value.node if value.module is module else node
            yield Hit(at, f"`{ast.unparse(value.node)}` {what[0]}", what[1])


def _weakness(node: ast.expr, module: Module) -> tuple[str, Severity | None] | None:
    parts = list(_parts(node, module))
    names = {last_name(each.func) for each in parts if isinstance(each, ast.Call)}
    if names & _STRONG or any(words(dotted(each)) & _COUNTS for each in parts):
        return _cut(parts, names)
    if "strftime" in names or _in_seconds(parts):
        return "is the same for two orders in one second", None
    if names & _CHANCE and not any(_is_long(each, module) for each in parts):
        return "comes from few enough numbers to come twice", None
    if names & {"time", "timestamp", "now", "utcnow", "milliseconds"}:
        return "is the same for two orders at one moment", Severity.WARNING
    if "hash" in names:
        return "is another one in the next process: `hash` of text is seeded", None
    return None


def _parts(node: ast.expr, module: Module) -> Iterator[ast.AST]:
    """What an id is made of, local names followed one step."""
    for part in ast.walk(node):
        yield part
        if isinstance(part, ast.Name):
            for each in module.values(part):
                if each.node is not part and each.module is module:
                    yield from ast.walk(each.node)


def _is_long(node: ast.AST, module: Module) -> bool:
    """Whether so many letters, or one of so many numbers, are drawn that none comes twice."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    made_by, most = last_name(node.func), module.constant(node.args[-1])
    if made_by == "choices":
        drawn = [module.constant(each.value) for each in node.keywords if each.arg == "k"]
        return any(isinstance(each, int) and each >= _MANY for each in drawn)
    least = {"range": _MANY, "randint": 10**_MANY, "randrange": 10**_MANY}.get(made_by)
    return least is not None and isinstance(most, int) and most >= least


def _in_seconds(parts: list[ast.AST]) -> bool:
    """`int(time.time())`, and not `int(time.time() * 1000)`."""
    return any(
        isinstance(each, ast.Call)
        and last_name(each.func) == "int"
        and len(each.args) == 1
        and isinstance(each.args[0], ast.Call)
        and last_name(each.args[0].func) in {"time", "timestamp"}
        for each in parts
    )


def _cut(parts: list[ast.AST], names: set[str]) -> tuple[str, Severity | None] | None:
    """`uuid4().hex[:8]`, and a text that is cut off behind its symbol."""
    for each in parts:
        if isinstance(each, ast.Subscript) and isinstance(each.slice, ast.Slice):
            upper = each.slice.upper
            length = upper.value if isinstance(upper, ast.Constant) else None
            if each.slice.lower is not None or not isinstance(length, int):
                continue
            if isinstance(each.value, ast.JoinedStr | ast.BinOp):
                return f"is cut to {length} letters, its changing end first", None
            if length < _FEW and not names & _CHANCE:
                return f"keeps {length} letters of its own, so that two may meet", Severity.WARNING
    return None


RULE = Rule(
    id="T13",
    title="an id for an order that two orders can share",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="The second order of a second is refused as a duplicate, or taken for the first: fills and "
    "cancels go to the wrong one, and after a timeout the wrong order is found.",
    fix="use `uuid4().hex`, or a hash of the intent, within the length that the venue allows",
    link="https://github.com/hummingbot/hummingbot/commit/87990e365d",
    visits=(
        on_module(_written),
        on_acts(_passed, Act.SUBMIT, Act.EDIT),
    ),
    bad=(
        """
import random
import time
import uuid
import ccxt

exchange = ccxt.binance()

def buy(symbol, amount):
    params = {"newClientOrderId": f"{symbol}-{int(time.time())}"}  # <-
    exchange.create_order(symbol, "market", "buy", amount, None, params)

def sell(symbol, amount):
    params = {}
    params["clientOrderId"] = f"{symbol}-{uuid.uuid4()}"[:20]  # <-
    exchange.create_order(symbol, "market", "sell", amount, None, params)

def close(symbol, amount):
    client_order_id = "x-" + str(random.randint(0, 99999))  # <-
    params = {"clientOrderId": client_order_id}
    exchange.create_order(symbol, "market", "sell", amount, None, params)
""",
        """
from datetime import UTC, datetime
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import MarketOrderRequest

def _order_id(symbol):
    return symbol + datetime.now(UTC).strftime("%Y%m%d%H%M%S")  # <-

class Desk:
    def __init__(self):
        self.client = TradingClient(key, secret)

    async def buy(self, symbol, qty):
        client_order_id = _order_id(symbol)
        self.client.submit_order(
            MarketOrderRequest(symbol=symbol, qty=qty, client_order_id=client_order_id)
        )
""",
    ),
    good=(
        """
import hashlib
import time
import uuid
import ccxt

exchange = ccxt.binance()

def buy(symbol, amount, intent):
    params = {"newClientOrderId": f"b-{uuid.uuid4().hex}"}
    exchange.create_order(symbol, "market", "buy", amount, None, params)
    params = {"newClientOrderId": intent.client_order_id}
    exchange.create_order(symbol, "market", "buy", amount, None, params)
    params = {"newClientOrderId": hashlib.sha256(intent.key).hexdigest()[:32]}
    exchange.create_order(symbol, "market", "buy", amount, None, params)
    params = {"newClientOrderId": "b-" + uuid.uuid4().hex[:15]}
    client_order_id = Intent(uuid.uuid4().hex, time.time()).client_order_id
    started_at = int(time.time())
    return started_at
""",
        """
import random
import string

length = 15
client_order_id = "".join(random.choices(string.ascii_uppercase + string.digits, k=15))
client_order_id = "".join(random.choice(string.ascii_letters) for _ in range(length))
client_order_id = str(random.randint(0, 10000000000000))
""",
        """
import itertools

class Connection:
    def __init__(self):
        self.client_id = random.randint(1, 9999)

class Ids:
    def __init__(self, run):
        self._numbers = itertools.count()
        self.run = run

    def new(self):
        client_order_id = f"{self.run}-{next(self._numbers)}"
        return client_order_id
""",
        """

from datetime import UTC, datetime
import ccxt

class Desk:
    def send(self, exchange: ccxt.okx):
        prefix = datetime.now(UTC).strftime("%y%m%d%H%M%S")
        self.order_count += 1
        suffix = str(self.order_count).rjust(5, "0")
        client_order_id = "x-" + prefix + suffix
        exchange.create_order("BTC/USDT", "market", "buy", 1, None, {"clOrdId": client_order_id})
""",
    ),
)
