"""The seeded market: the same for a seed, tradable, and what is derived from its trades."""

from __future__ import annotations

from itertools import pairwise

from trading_tools.venue.binance.listing import SPOT
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import Kind, Side, Ticket, Trade
from trading_tools.venue.market.candles import DAY_MS, INTERVALS, MINUTE_MS, Candles, opening
from trading_tools.venue.market.depth import Depth
from trading_tools.venue.market.walk import INTERVAL_MS, Market

START = 1_800_000_000_000


def history(seed: int, steps: int) -> list[Trade]:
    trades: list[Trade] = []
    exchange = Exchange(SPOT, VenueLedger(), on_trade=[trades.append])
    Market(exchange, seed, START).advance_to(START + steps * INTERVAL_MS)
    return trades


def test_the_same_seed_gives_the_same_trades_and_another_one_others() -> None:
    assert history(7, 50) == history(7, 50)
    assert history(7, 50) != history(8, 50)


def test_the_same_seed_and_acts_give_the_same_ledger_byte_for_byte() -> None:
    def ledger() -> str:
        exchange = Exchange(SPOT, VenueLedger())
        market = Market(exchange, 7, START)
        user = exchange.open_account(Account("user"), {"USDT": 10_000 * ATOMS})
        for step in range(1, 30):
            market.advance_to(START + step * INTERVAL_MS)
            price = exchange.books["BTCUSDT"].last_price
            ticket = Ticket("BTCUSDT", Side.BUY, Kind.LIMIT, 100 + step, price)
            exchange.place(user, ticket, market.now_ms)
        return "".join(exchange.ledger.lines())

    first = ledger()
    assert "order.traded" in first
    assert first == ledger()


def test_steps_that_are_performed_late_happen_at_their_own_time() -> None:
    trades: list[Trade] = []
    exchange = Exchange(SPOT, VenueLedger(), on_trade=[trades.append])
    market = Market(exchange, 7, START)

    assert market.advance_to(START + 20 * INTERVAL_MS, most=5) == 5
    assert market.advance_to(START + 20 * INTERVAL_MS) == 15

    assert {trade.at % INTERVAL_MS for trade in trades} == {0}
    assert trades == history(7, 20)


def test_a_resting_order_of_a_user_is_filled_when_the_price_walks_through_it() -> None:
    exchange = Exchange(SPOT, VenueLedger())
    market = Market(exchange, 7, START)
    user = exchange.open_account(Account("user"), {"USDT": 10_000 * ATOMS})
    best = exchange.books["BTCUSDT"].bids.best()
    assert best is not None
    order = exchange.place(user, Ticket("BTCUSDT", Side.BUY, Kind.LIMIT, 100, best), START)

    market.advance_to(START + 5 * MINUTE_MS)

    assert order.filled == order.size
    assert all(fill.maker for fill in user.fills)


def test_every_listed_book_has_both_sides_and_is_not_crossed_for_ten_minutes() -> None:
    exchange = Exchange(SPOT, VenueLedger())
    market = Market(exchange, 7, START)
    for minute in range(0, 10, 2):
        market.advance_to(START + minute * MINUTE_MS)
        for book in exchange.books.values():
            bid, ask = book.bids.best(), book.asks.best()
            assert bid is not None
            assert ask is not None
            assert bid < ask


def test_candles_hold_the_trades_and_longer_ones_are_the_sum_of_minutes() -> None:
    instrument, price = next(iter(SPOT.items()))
    candles = Candles(instrument, price, START, seed=7)
    for number in range(10):
        trade = Trade(number, START + number * MINUTE_MS, instrument.symbol, 100 + number, 5, False)
        candles.on_trade(trade)
    end = START + 9 * MINUTE_MS

    minutes = candles.query("1m", end, 10)
    assert [minute.close for minute in minutes] == list(range(100, 110))
    (five,) = candles.query("5m", end, 1)
    inside = [minute for minute in minutes if minute.opened_ms >= five.opened_ms]
    assert five.high == max(minute.high for minute in inside)
    assert five.volume == sum(minute.volume for minute in inside)
    assert candles.window(end).close == 109


def test_there_is_a_past_of_a_hundred_days_without_a_gap_or_a_jump() -> None:
    instrument, price = next(iter(SPOT.items()))
    candles = Candles(instrument, price, START + 17 * MINUTE_MS, seed=7)
    hours = candles.query("1h", START + 17 * MINUTE_MS, 1_000)
    assert len(hours) == 1_000
    assert {b.opened_ms - a.opened_ms for a, b in pairwise(hours)} == {60 * MINUTE_MS}
    assert all(a.close == b.open for a, b in pairwise(hours))
    assert len(candles.query("1d", START + 17 * MINUTE_MS, 100)) == 100


def test_the_past_is_the_same_whether_it_is_asked_for_before_or_after_trades() -> None:
    instrument, price = next(iter(SPOT.items()))
    early, late = (Candles(instrument, price, START, seed=7) for _ in range(2))
    early.query("1m", START, 1)
    for number in range(3):
        trade = Trade(number, START + number * MINUTE_MS, instrument.symbol, 100 + number, 5, False)
        early.on_trade(trade)
        late.on_trade(trade)
    end = START + 2 * MINUTE_MS
    for interval in INTERVALS:
        assert early.query(interval, end, 500) == late.query(interval, end, 500)
    assert early.window(end) == late.window(end)


def test_candles_without_a_trade_are_flat() -> None:
    instrument, price = next(iter(SPOT.items()))
    candles = Candles(instrument, price, START, seed=7)

    last = candles.query("1m", START + 3 * MINUTE_MS, 3)

    assert [(each.open, each.close, each.volume) for each in last] == [(price, price, 0)] * 3


def test_every_interval_opens_at_or_before_its_moment_and_candles_follow_each_other() -> None:
    instrument, price = next(iter(SPOT.items()))
    candles = Candles(instrument, price, START, seed=7)
    for interval in INTERVALS:
        found = candles.query(interval, START, 50)
        assert opening(interval, START) <= START
        opened = [candle.opened_ms for candle in found]
        assert opened == sorted(set(opened))
        assert opened[-1] == opening(interval, START)
        since = START - DAY_MS
        for candle in candles.query(interval, START, 2, start_ms=since):
            assert candle.opened_ms >= since


def test_depth_updates_rebuild_the_book_from_a_snapshot_without_a_gap() -> None:
    exchange = Exchange(SPOT, VenueLedger())
    market = Market(exchange, 7, START)
    book = exchange.books["BTCUSDT"]
    depth = Depth(book)
    reader = depth.reader()
    last = depth.update_id
    sides = {"bids": dict(book.bids.totals), "asks": dict(book.asks.totals)}
    for step in range(1, 40):
        market.advance_to(START + step * INTERVAL_MS)
        if step % 3 == 0:
            depth.commit()
        update = depth.take(reader)
        if update is None:
            continue
        assert update.first == last + 1
        last = update.last
        for name, rows in (("bids", update.bids), ("asks", update.asks)):
            for price, size in rows:
                sides[name].pop(price, None)
                if size:
                    sides[name][price] = size
    assert sides == {"bids": book.bids.totals, "asks": book.asks.totals}
