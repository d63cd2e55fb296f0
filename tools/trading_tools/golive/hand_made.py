"""Orders that no client's method sends: requests by hand, ccxt's raw endpoints, the kit's desk.

A request by hand is an order's where it writes (POST, PUT) and goes to a venue's host, as far as
its address can be followed to text in the bot's own files. Where it cannot, and those files name
such a host, it is a doubt.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from trading_tools.review.model.libraries import CCXT
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import values

N = TypeVar("N", bound=ast.AST)

WHERE: Final = "where does it go?"
WHOSE: Final = "whose method is it?"

_VENUES: Final = (
    "binance|bybit|kraken|coinbase|okx|kucoin|bitget|gateio|gate|bitfinex|bitstamp|bitmex|deribit|"
    "mexc|htx|huobi|hyperliquid|gemini|alpaca|polymarket|dydx|phemex|bingx|upbit|crypto"
)
_HOST: Final = re.compile(
    rf"(?:^|[/.@]|://)(?:[\w-]+\.)*(?:{_VENUES})\.(?:com|us|io|xyz|markets|exchange|trade)(?:[:/]|$)",
    re.IGNORECASE,
)
_HTTP: Final = frozenset({"requests", "httpx", "aiohttp", "urllib", "urllib3", "http"})
_WRITES: Final = frozenset({"post", "put", "patch"})
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_RAW: Final = re.compile(
    r"(?=.*(post|put))(?=.*order)(?!.*(open|closed|query|cancel|history))", re.IGNORECASE
)
_KIT: Final = ("trading_tools.exchange.desk", "trading_tools.exchange.orders")
_DEEP: Final = 4


@dataclass(frozen=True)
class Sent:
    """A node that sends an order, and the doubt about it, if any."""

    node: ast.expr
    shown: str
    doubt: str = ""


def hand_made(module: Module, hosts_named: bool) -> Iterator[Sent]:
    """Every such place of a file. `hosts_named`: some file of the bot names a venue's host."""
    yield from _requests(module, hosts_named)
    yield from _raw_endpoints(module)
    yield from _by_the_kit(module)


def names_a_host(module: Module) -> bool:
    """Whether text of a file, docstrings aside, has a venue's host in it."""
    told = {id(each.value) for each in module.nodes(ast.Expr)}
    return any(id(each) not in told and _is_host(each.value) for each in _of(module, ast.Constant))


def _is_host(value: object) -> bool:
    return isinstance(value, str) and _HOST.search(value) is not None


def _requests(module: Module, hosts_named: bool) -> Iterator[Sent]:
    if not _HTTP & {name.partition(".")[0] for name in _imported(module)}:
        return
    for call in module.nodes(ast.Call):
        if not _writes(module, call):
            continue
        shown = ast.unparse(call.func)
        texts = [text for each in _given(call) for text in _texts(module, each, _DEEP)]
        if any(map(_is_host, texts)):
            yield Sent(call, shown)
        elif hosts_named and not any("://" in text for text in texts):
            yield Sent(call, shown, WHERE)


def _writes(module: Module, call: ast.Call) -> bool:
    """Whether a call is a request that may change something."""
    name = module.dotted(call.func).rpartition(".")[2] or getattr(call.func, "attr", "")
    given = {each.arg for each in call.keywords}
    if name in _WRITES:
        return bool(call.args or given & {"url", "json", "data"})
    if name in ("request", "Request"):
        methods = [each.value for each in _given(call) if isinstance(each, ast.Constant)]
        return not _READS & {each.upper() for each in methods if isinstance(each, str)} and (
            name == "request" or bool(given & {"data", "method"}) or len(call.args) > 1
        )
    return name == "urlopen" and ("data" in given or len(call.args) > 1)


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(each.value for each in call.keywords)]


def _texts(module: Module, node: ast.expr, deep: int) -> Iterator[str]:
    """The pieces of text that an expression is put together from."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif deep and isinstance(each, ast.Name | ast.Attribute):
            for found in values(module, each):
                if found.node is not each and isinstance(found.node, ast.expr):
                    yield from _texts(found.module, found.node, deep - 1)


def _raw_endpoints(module: Module) -> Iterator[Sent]:
    """`exchange.private_post_order(…)`, `exchange.request("order", "private", "POST")`."""
    if "ccxt" not in {name.partition(".")[0] for name in _imported(module)}:
        return
    for node in _of(module, ast.Attribute):
        kind = module.kind(node.value)
        is_ccxt = kind is not None and kind.library is CCXT
        if _RAW.search(node.attr) and (is_ccxt or kind is None):
            yield Sent(node, f"….{node.attr}", "" if is_ccxt else WHOSE)
        elif is_ccxt and node.attr in ("request", "fetch2"):
            yield Sent(node, f"….{node.attr}", WHERE)


def _by_the_kit(module: Module) -> Iterator[Sent]:
    """`desk.submit(…)`, `orders.submit(…)`, `orders.replace(…)`: its guard is behind them."""
    uses = any(name.startswith(_KIT) for name in _imported(module))
    pools = any(name.startswith("concurrent.futures") for name in _imported(module))
    for node in _of(module, ast.Attribute):
        call = module.parent(node)
        awaited = isinstance(module.parent(call), ast.Await) if call is not None else False
        if module.kind(node.value) is not None:
            continue
        if uses and (node.attr == "submit" or (node.attr == "replace" and awaited)):
            yield Sent(node, ast.unparse(node), WHOSE if pools else "")
        elif node.attr == "submit" and awaited:
            yield Sent(node, ast.unparse(node), WHOSE)


def _of(module: Module, kind: type[N]) -> Iterator[N]:
    return (each for each in ast.walk(module.tree) if isinstance(each, kind))


def _imported(module: Module) -> set[str]:
    plain = {each.name for node in module.nodes(ast.Import) for each in node.names}
    return {*plain, *module.imports.modules}
