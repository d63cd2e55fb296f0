"""Streams of a ccxt.pro client: what is watched, and how a dead connection is let go.

All streams of one client share its connections: where one goes silent the others begin anew with
it, and each reports its gap.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from trading_tools.exchange.streams.continuity import Numbers, UpdatesLost, broken_books
from trading_tools.exchange.streams.inbox import Inbox
from trading_tools.exchange.streams.once import Once

Raw = Mapping[str, Any]
Watch = Callable[[], Awaitable[Sequence[Raw]]]

_NUMBERED: Final = frozenset({"binance", "coinbase", "kraken"})


def trades(client: Any, symbol: str) -> Watch:
    """Public trades of a market, each once, in ccxt's structure.

    The watch raises `UpdatesLost` where one did not come, on the spot markets of Binance, Kraken
    and Coinbase, which number a market's trades without a hole.
    """
    once: Once[Raw] = Once(lambda trade: trade["id"])
    client.newUpdates = True
    numbers = Numbers() if client.id in _NUMBERED and ":" not in symbol else None
    connections: Any = None

    async def watch() -> Sequence[Raw]:
        nonlocal connections
        told = await client.watch_trades(symbol)
        if numbers is not None:
            if connections is not client.clients:
                # What a new connection begins with follows a gap that is told anyway.
                numbers.forget()
                connections = client.clients
            numbers.follow(int(trade["id"]) for trade in told)
        return once.new(told)

    return watch


def book(client: Any, symbol: str, depth: int | None = None) -> Watch:
    """A market's book as it is after each change; a copy, which the client no longer changes.

    The watch raises `UpdatesLost` where an update did not come, if the venue is one of which that
    can be known: Binance by ccxt itself, Bybit, Kraken and Coinbase by `continuity`.
    """
    broken = broken_books(client)

    async def watch() -> Sequence[Raw]:
        shown = await client.watch_order_book(symbol, depth)
        why = broken.get(symbol) or broken.get(shown["symbol"])
        if why is not None:
            raise UpdatesLost(f"{symbol}: {why}")
        levels = {side: [list(level) for level in shown[side]] for side in ("bids", "asks")}
        return [{**levels, "symbol": symbol, "timestamp": shown["timestamp"]}]

    return watch


def own_orders(client: Any, symbol: str | None = None) -> Watch:
    """The account's orders as they change, every change of them; None for all markets."""
    client.newUpdates = True
    return Inbox(client, "orders", symbol, lambda: client.watch_orders(symbol)).watch


def own_trades(client: Any, symbol: str | None = None) -> Watch:
    """The account's fills, each once: ids of trades are unique for an order only."""
    once: Once[Raw] = Once(lambda trade: (trade["symbol"], trade["order"], trade["id"]))
    client.newUpdates = True
    inbox = Inbox(client, "myTrades", symbol, lambda: client.watch_my_trades(symbol))

    async def watch() -> Sequence[Raw]:
        return once.new(await inbox.watch())

    return watch


def letting_go(client: Any) -> Callable[[], Awaitable[None]]:
    """Closes the client's WebSocket connections; the next watch opens new ones."""

    async def reopen() -> None:
        connections, client.clients = dict(client.clients), {}
        for connection in connections.values():
            await connection.close()

    return reopen


def ping_often(client: Any, every_s: float = 2.0) -> None:
    """Let the client ping its connections so often; two pings without an answer break one."""
    client.streaming = {**client.streaming, "keepAlive": int(every_s * 1000)}
