"""T30: a limit is handled in one of the two classes that ccxt has for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.exceptions import covers
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_nodes, where_said

_LIMIT, _BAN = "ccxt.RateLimitExceeded", "ccxt.DDoSProtection"


def _half(attempt: ast.Try, module: Module) -> Iterator[Hit]:
    for handler in attempt.handlers:
        caught = module.caught(handler)
        for known, other in ((_LIMIT, _BAN), (_BAN, _LIMIT)):
            if known in caught and not _caught_here(attempt, other, module):
                yield Hit(
                    handler,
                    f"{known.partition('.')[2]} is handled, {other.partition('.')[2]} is not: "
                    "some venues answer a limit with the one, some with the other",
                )


def _caught_here(attempt: ast.Try, name: str, module: Module) -> bool:
    around = [handler for _, handler in module.handlers_around(attempt)]
    return any(covers(module.caught(each), name) for each in (*attempt.handlers, *around))


RULE = Rule(
    id="T30",
    title="a limit or a ban that is not handled",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="Binance and Kraken answer a limit with DDoSProtection (429, then 418: a ban), Bybit and "
    "Coinbase with RateLimitExceeded. Neither is a kind of the other, so the ban passes the "
    "handler by.",
    fix="catch both, and send nothing until `Retry-After` is over",
    link="https://github.com/ccxt/binance-trade-bot/issues/283",
    visits=(
        in_trading(where_said(on_nodes(_half, ast.Try), "ratelimitexceeded", "ddosprotection")),
    ),
    bad=(
        """
import ccxt

def ticker(exchange, symbol):
    try:
        return exchange.fetch_ticker(symbol)
    except ccxt.RateLimitExceeded:  # <-
        wait()
""",
    ),
    good=(
        """
import ccxt

LIMITED = (ccxt.RateLimitExceeded, ccxt.DDoSProtection)

def ticker(exchange, symbol):
    try:
        return exchange.fetch_ticker(symbol)
    except LIMITED:
        wait()

def book(exchange, symbol):
    try:
        return exchange.fetch_order_book(symbol)
    except ccxt.RateLimitExceeded:
        wait()
    except ccxt.NetworkError:
        pause()
""",
    ),
)
