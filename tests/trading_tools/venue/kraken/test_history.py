"""What was: orders and trades page by page, and the account's own ledger."""

from __future__ import annotations

from decimal import Decimal

from tests.support.kraken_venue import Wire, kraken
from tests.support.venues import Clock
from trading_tools.venue.core.orders import Kind, Side, Ticket


async def test_closed_orders_are_asked_for_by_time_reference_and_page(
    wire: Wire, clock: Clock
) -> None:
    first = clock.now // 1_000
    for number in range(3):
        placed = await wire.order(userref=str(number))
        clock.now += 10_000
        await wire.private("CancelOrder", txid=placed["txid"][0])
        clock.now += 10_000
    everything = await wire.private("ClosedOrders")
    refs = [order["userref"] for order in everything["closed"].values()]
    assert (everything["count"], refs) == (3, [2, 1, 0])

    async def refs_of(**params: object) -> list[int]:
        told = await wire.private("ClosedOrders", **params)
        return [order["userref"] for order in told["closed"].values()]

    assert await refs_of(ofs=1) == [1, 0]
    assert await refs_of(userref=1) == [1]
    assert await refs_of(start=first + 15, closetime="close") == [2, 1]
    assert await refs_of(start=first + 15, closetime="open") == [2, 1]
    assert await refs_of(end=first + 25, closetime="open") == [1, 0]
    assert await refs_of(start=list(everything["closed"])[1], closetime="open") == [2]
    assert "count" not in await wire.private("ClosedOrders", without_count="true")


async def test_trades_are_told_in_full_and_by_their_ids(wire: Wire) -> None:
    placed = await wire.order(ordertype="market", price=None)
    history = await wire.private("TradesHistory")
    made, trade = next(iter(history["trades"].items()))
    assert trade["ordertxid"] == placed["txid"][0]
    assert (trade["pair"], trade["type"], trade["ordertype"]) == ("XXBTZUSD", "buy", "market")
    assert (trade["maker"], len(trade["ledgers"])) == (False, 2)
    assert await wire.private("QueryTrades", txid=made) == {made: trade}
    entries = await wire.private("QueryLedgers", id=",".join(trade["ledgers"]))
    assert {entry["asset"] for entry in entries.values()} == {"ZUSD", "XXBT"}


async def test_the_accounts_ledger_adds_up_to_its_balances(wire: Wire) -> None:
    for side in ("buy", "sell", "buy"):
        await wire.order(ordertype="market", price=None, type=side)
    entries = (await wire.private("Ledgers"))["ledger"].values()
    balance = await wire.private("Balance")
    for asset in ("ZUSD", "XXBT", "SOL"):
        own = [entry for entry in entries if entry["asset"] == asset]
        total = sum(Decimal(entry["amount"]) - Decimal(entry["fee"]) for entry in own)
        assert abs(total - Decimal(balance[asset])) < Decimal("0.001")
        assert own[0]["balance"] == balance[asset]
    only = await wire.private("Ledgers", asset="XBT", type="trade")
    assert {entry["asset"] for entry in only["ledger"].values()} == {"XXBT"}


async def test_an_account_with_a_past_is_told_page_by_page(wire: Wire) -> None:
    venue, clock = wire.venue, wire.venue.clock
    for number in range(120):
        side = Side.BUY if number % 2 else Side.SELL
        ticket = Ticket("BTC/USD", side, Kind.MARKET, 1_000, client_order_id=venue.made_id())
        venue.exchange.place(venue.account, ticket, clock())
    orders: dict[str, object] = {}
    trades: dict[str, object] = {}
    for offset in (0, 50, 100, 150):
        orders |= (await wire.private("ClosedOrders", ofs=offset))["closed"]
        trades |= (await wire.private("TradesHistory", ofs=offset))["trades"]
    assert len(orders) == 120
    assert len(trades) == len(venue.account.every_fill())


async def test_public_trades_are_read_on_from_where_the_last_page_ended(
    wire: Wire, clock: Clock
) -> None:
    for _ in range(40):
        clock.now += 250
        await wire.public("Time")
    first = await wire.public("Trades", pair="XBTUSD", count=5, since=0)
    ids: list[int] = []
    since = "0"
    while rows := (page := await wire.public("Trades", pair="XBTUSD", count=5, since=since))[
        "XXBTZUSD"
    ]:
        ids += [row[6] for row in rows]
        since = page["last"]
    kept = [trade.id for trade in wire.venue.recent["BTC/USD"]]
    assert ids == kept
    assert len(first["XXBTZUSD"]) == 5 < len(ids)


async def test_spreads_and_worth_are_told(wire: Wire) -> None:
    worth = await wire.private("TradeBalance")
    in_bitcoin = await wire.private("TradeBalance", asset="XBT")
    assert Decimal(worth["eb"]) > 200_000
    assert abs(Decimal(in_bitcoin["eb"]) * 60_000 - Decimal(worth["eb"])) < 10
    assert (await wire.public("Spread", pair="XBTUSD"))["last"] > 0


async def test_the_same_seed_and_clock_give_the_same_bytes(clock: Clock) -> None:
    def history() -> str:
        venue = kraken(seed=3, clock=clock)
        for _ in range(40):
            clock.now += 250
            venue.advance()
        trades = [str(trade) for trade in venue.recent["ETH/BTC"]]
        return f"{venue.credentials}{venue.gate.token(clock.now)}{trades}"

    start = clock.now
    first = history()
    clock.now = start
    assert history() == first
