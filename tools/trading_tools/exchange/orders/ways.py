"""How each venue is asked about orders by ccxt: its names for ids, its lists, its pages.

Every list is read to its end: an order or a fill that is on a later page is not an absence.
ccxt 4.5.90 passes the unified client id on in some calls, as a stray field in others, and drops it
on Coinbase; what is written here are the calls that reach the venue.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trading_tools.exchange.orders.contracts import is_contract

Raw = Mapping[str, Any]

WINDOW_MS: Final = 5_000
_EVERY_PAGE: Final[Mapping[str, Any]] = {"paginate": True, "paginationCalls": 100_000}
_WEEK_MS: Final = 7 * 86_400_000


class NoSuchOrder(Exception):
    """The venue says that it has no such order."""


@dataclass(frozen=True)
class Kind:
    """Open orders that a venue lists in one call: the parameters of that, and of ending one."""

    listing: Mapping[str, Any] = field(default_factory=dict)
    ending: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ways:
    """One venue's ways. `validity_s`: a request that arrives later than that is refused.

    `named` are the parameters that give a new order its client id, `listing` those by which ccxt
    lists all open orders and not the first page alone. `find` takes client, symbol,
    client id, venue id or None, and the time since which to look; it raises NoSuchOrder. `fills`
    takes client, symbol and a time, `positions` client and symbol; one that is `hedged` says that
    the account keeps long and short apart, and None that the venue has no contracts here. Times in
    milliseconds.
    """

    validity_s: float
    named: Callable[[Any, str], dict[str, Any]]
    cancel: Callable[[Any, str, str, str | None], Awaitable[Any]]
    find: Callable[[Any, str, str, str | None, int], Awaitable[Raw]]
    fills: Callable[[Any, str, int], Awaitable[Sequence[Raw]]]
    listing: Mapping[str, Any] = field(default_factory=dict)
    positions: Callable[[Any, str], Awaitable[Sequence[Raw]]] | None = None
    everywhere: Mapping[str, Kind] = field(default_factory=lambda: {"": Kind()})
    """All kinds of open orders in all markets, by names of ours; stops may be a kind of their own,
    which is ended in a way of its own too. They come first: what is triggered between two lists
    is in both then, and not in neither."""
    ready: Callable[[Any], Awaitable[Any]] | None = None
    """What ccxt asks before the first order and keeps then."""
    market_buys: bool = True
    """Whether a market buy has a size; else the venue wants what it may cost."""
    waiting: Mapping[str, Any] | None = None
    """How stops that wait are listed where those of a market are in a list of their own."""
    clock_ms: int = 1
    """To what the venue's time is cut, as ccxt asks for it."""


def _the_one(orders: Sequence[Raw], name: str, number: str | None) -> Raw | None:
    return next(
        (order for order in orders if name == order["clientOrderId"] or number == order["id"]), None
    )


# Binance


def _named(client: Any, name: str) -> dict[str, Any]:
    return {"clientOrderId": name}


async def _binance_cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    params = {} if number is not None else {"clientOrderId": name}
    return await client.cancel_order(number, symbol, params)


async def _binance_find(
    client: Any, symbol: str, name: str, number: str | None, since_ms: int
) -> Raw:
    import ccxt

    params = {} if number is not None else {"clientOrderId": name}
    try:
        found: Raw = await client.fetch_order(number, symbol, params)
    except ccxt.ExchangeError as error:
        # -2026 on spot: it ended without a fill more than 90 days ago, and is in the archive.
        if isinstance(error, ccxt.OrderNotFound) or '"code":-2026,' in str(error):
            raise NoSuchOrder from error
        raise
    return found


async def _binance_fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    found: dict[str, Raw] = {}
    page = await client.fetch_my_trades(symbol, since_ms, 1_000)
    while fresh := [fill for fill in page if fill["id"] not in found]:
        found |= {fill["id"]: fill for fill in fresh}
        last = max(int(fill["id"]) for fill in page)
        page = await client.fetch_my_trades(symbol, None, 1_000, {"fromId": last + 1})
    return list(found.values())


# Binance USD-M

ALGO: Final = "algo:"
"""What the number of a stop begins with here while it waits. Its order gets another one."""
_WAITS: Final[Mapping[str, Any]] = {"trigger": True}


async def _usdm_cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    import ccxt

    if number is not None and number.startswith(ALGO):
        return await client.cancel_order(number.removeprefix(ALGO), symbol, dict(_WAITS))
    try:
        return await _binance_cancel(client, symbol, name, number)
    except ccxt.OrderNotFound:
        if number is not None:
            raise
    # Of a name alone nobody knows whether it is that of a stop.
    return await client.cancel_order(None, symbol, {**_WAITS, "clientOrderId": name})


async def _usdm_find(client: Any, symbol: str, name: str, number: str | None, since_ms: int) -> Raw:
    import ccxt

    waits = number is not None and number.startswith(ALGO)
    if not waits:
        try:
            return await _binance_find(client, symbol, name, number, since_ms)
        except NoSuchOrder:
            if number is not None:
                raise
    asked = {**_WAITS, **({} if waits else {"clientOrderId": name})}
    try:
        stop: Raw = await client.fetch_order((number or "").removeprefix(ALGO), symbol, asked)
    except ccxt.OrderNotFound as error:
        raise NoSuchOrder from error
    became = stop["info"].get("actualOrderId")
    if not became:
        return stop
    try:
        order = await _binance_find(client, symbol, name, str(became), since_ms)
    except NoSuchOrder:  # not to be seen yet
        return stop
    return {**order, "clientOrderId": name}


async def _usdm_fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    found: dict[str, Raw] = {}
    # It answers for a week at most, and an empty one may lie between two with fills.
    for start in range(since_ms, client.milliseconds() + 1, _WEEK_MS):
        until = {"endTime": start + _WEEK_MS - 1}
        page = await client.fetch_my_trades(symbol, start, 1_000, until)
        while fresh := [fill for fill in page if fill["id"] not in found]:
            found |= {fill["id"]: fill for fill in fresh}
            last = max(int(fill["id"]) for fill in page)
            page = await client.fetch_my_trades(symbol, None, 1_000, {"fromId": last + 1})
    return list(found.values())


async def _usdm_positions(client: Any, symbol: str) -> Sequence[Raw]:
    # A position says that it is hedged, an account without one says nothing.
    if (await client.fetch_position_mode(symbol))["hedged"]:
        return [{"hedged": True}]
    found: Sequence[Raw] = await client.fetch_positions([symbol])
    return found


# Bybit


async def _bybit_cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    import ccxt

    params = {} if number is not None else {"orderLinkId": name}
    try:
        return await client.cancel_order(number, symbol, params)
    except ccxt.OrderNotFound:
        if is_contract(symbol):
            raise
    # On spot a cancel finds an order by its kind alone; this is the one of our stops.
    return await client.cancel_order(number, symbol, {**params, "orderFilter": "tpslOrder"})


async def _bybit_find(
    client: Any, symbol: str, name: str, number: str | None, since_ms: int
) -> Raw:
    params = {"orderLinkId": name}
    # Of the list of open orders an order goes over to the history once it has ended.
    for ask in (client.fetch_open_orders, client.fetch_canceled_and_closed_orders):
        found = _the_one(await ask(symbol, params=params), name, number)
        if found is not None:
            return found
    raise NoSuchOrder


async def _bybit_fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    found: list[Raw] = []
    now = client.milliseconds()
    for start in range(since_ms, now + 1, _WEEK_MS):
        until = {"endTime": min(start + _WEEK_MS - 1, now + WINDOW_MS)}
        # ccxt asks for trades alone; positions are also closed by force, with fills of other kinds.
        for kind in ("Trade", "BustTrade", "AdlTrade") if ":" in symbol else ("Trade",):
            asked = {**_EVERY_PAGE, **until, "execType": kind}
            found += await client.fetch_my_trades(symbol, start, 100, asked)
    return found


async def _bybit_ready(client: Any) -> Any:
    return await client.is_unified_enabled()


async def _bybit_positions(client: Any, symbol: str) -> Sequence[Raw]:
    found: Sequence[Raw] = await client.fetch_positions([symbol])
    return found


# Kraken


def _kraken_named(client: Any, name: str) -> dict[str, Any]:
    # Without a deadline an order that is held up anywhere may arrive at any time.
    return {
        "clientOrderId": name,
        "deadline": client.iso8601(client.milliseconds() + WINDOW_MS),
    }


async def _kraken_cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    params = {} if number is not None else {"clientOrderId": name}
    return await client.cancel_order(number, symbol, params)


async def _kraken_find(
    client: Any, symbol: str, name: str, number: str | None, since_ms: int
) -> Raw:
    if number is not None:
        # One call of the few that Kraken allows, where the two lists are two.
        known: Raw = await client.fetch_order(number, symbol)
        return known
    params = {"clientOrderId": name}
    found = _the_one(await client.fetch_open_orders(symbol, params=params), name, number)
    if found is None:
        closed = await client.fetch_closed_orders(symbol, since_ms, params=params)
        found = _the_one(closed, name, number)
    if found is None:
        raise NoSuchOrder
    return found


async def _kraken_fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    found: dict[str, Raw] = {}
    offset = 0
    market = client.market(symbol)
    while True:
        told = await client.privatePostTradesHistory({"start": since_ms // 1_000, "ofs": offset})
        rows = told["result"]["trades"]
        page = client.parse_trades([{**row, "id": number} for number, row in rows.items()], market)
        found |= {fill["id"]: fill for fill in page if fill["symbol"] == symbol}
        offset += len(rows)
        if not rows or offset >= int(told["result"]["count"]):
            return list(found.values())


# Coinbase


def _coinbase_named(client: Any, name: str) -> dict[str, Any]:
    return {"client_order_id": name}


async def _coinbase_cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    if number is None:
        since = client.milliseconds() - 86_400_000
        number = (await _coinbase_find(client, symbol, name, None, since))["id"]
    return await client.cancel_order(number, symbol)


async def _coinbase_find(
    client: Any, symbol: str, name: str, number: str | None, since_ms: int
) -> Raw:
    if number is not None:
        known: Raw = await client.fetch_order(number, symbol)
        return known
    orders = await client.fetch_orders(symbol, since_ms, 1_000, dict(_EVERY_PAGE))
    found = _the_one(orders, name, number)
    if found is None:
        raise NoSuchOrder
    return found


async def _coinbase_fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    found: Sequence[Raw] = await client.fetch_my_trades(symbol, since_ms, 250, dict(_EVERY_PAGE))
    return found


WAYS: Final[Mapping[str, Ways]] = {
    "binance": Ways(WINDOW_MS / 1_000, _named, _binance_cancel, _binance_find, _binance_fills),
    "binanceusdm": Ways(
        WINDOW_MS / 1_000,
        _named,
        _usdm_cancel,
        _usdm_find,
        _usdm_fills,
        positions=_usdm_positions,
        # Stops that wait for their price are "algo orders": no other list has them.
        everywhere={"algo": Kind(_WAITS, _WAITS), "": Kind()},
        waiting=_WAITS,
    ),
    "bybit": Ways(
        WINDOW_MS / 1_000,
        _named,
        _bybit_cancel,
        _bybit_find,
        _bybit_fills,
        _EVERY_PAGE,
        _bybit_positions,
        # A cancel on spot finds an order by its kind alone; of contracts one list has all kinds.
        {
            **{
                f"spot {kind}": Kind({"type": "spot", **kind_of}, kind_of)
                for kind in ("tpslOrder", "StopOrder", "Order")
                for kind_of in [{"orderFilter": kind}]
            },
            **{
                coin: Kind({"type": "swap", "subType": "linear", "settleCoin": coin})
                for coin in ("USDT", "USDC")
            },
        },
        _bybit_ready,
        market_buys=False,
    ),
    "kraken": Ways(
        WINDOW_MS / 1_000,
        _kraken_named,
        _kraken_cancel,
        _kraken_find,
        _kraken_fills,
        clock_ms=1_000,
    ),
    # The token that signs a request is good for two minutes.
    "coinbase": Ways(
        120,
        _coinbase_named,
        _coinbase_cancel,
        _coinbase_find,
        _coinbase_fills,
        _EVERY_PAGE,
        market_buys=False,
        clock_ms=1_000,
    ),
}
"""By venue: those whose client ids, queries and validity are tested."""
