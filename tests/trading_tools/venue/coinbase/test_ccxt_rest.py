"""ccxt's unmodified clients, sync and async, run every REST method against the venue."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.ccxt_clients import Both, rest_client
from tests.support.coinbase_venue import QUIET, coinbase, serving
from trading_tools.venue.coinbase.signing import drill_credentials

SYMBOL = "BTC/USD"


@pytest.fixture(params=["sync", "async"])
async def ask(request: pytest.FixtureRequest) -> AsyncIterator[Both]:
    async with rest_client(request.param, serving(coinbase(rules=QUIET))) as both:
        yield both


async def test_markets_and_public_data_with_keys_and_without(ask: Both) -> None:
    markets = await ask("load_markets")
    assert set(markets) >= {SYMBOL, "BTC/USDC", "ETH/USD", "ETH/BTC", "DOGE/USD"}
    market = markets[SYMBOL]
    assert (market["spot"], market["active"], market["taker"]) == (True, True, 0.012)
    assert market["precision"] == {**market["precision"], "amount": 1e-06, "price": 0.01}
    assert market["limits"]["cost"] == {"min": 1, "max": 150_000_000}
    ask.forget_keys()
    assert set(await ask("load_markets", True)) == set(markets)
    currencies = await ask("fetch_currencies")
    assert (currencies["USD"]["type"], currencies["BTC"]["name"]) == ("fiat", "Bitcoin")
    now = ask.place.clock()
    assert abs(await ask("fetch_time") - now) < 60_000
    assert abs(await ask("fetch_time", {"method": "v3PublicGetBrokerageTime"}) - now) < 60_000
    ticker = await ask("fetch_ticker", SYMBOL)
    assert ticker["bid"] < ticker["ask"]
    assert ticker["last"] > 0
    tickers = await ask("fetch_tickers", [SYMBOL, "ETH/BTC"])
    assert tickers[SYMBOL]["last"] > tickers["ETH/BTC"]["last"] > 0
    assert tickers[SYMBOL]["baseVolume"] > 0
    book = await ask("fetch_order_book", SYMBOL, 5)
    assert [len(book[side]) for side in ("bids", "asks")] == [5, 5]
    assert book["bids"][0][0] < book["asks"][0][0]
    trades = await ask("fetch_trades", SYMBOL, None, 3)
    assert trades[0]["symbol"] == SYMBOL
    for timeframe in ("1m", "5m", "1h", "6h", "1d"):
        candles = await ask("fetch_ohlcv", SYMBOL, timeframe, None, 10)
        assert 5 <= len(candles) <= 11
        assert all(low <= close <= high for _, _, high, low, close, _ in candles)
    since = now - 20 * 60_000
    paged = await ask("fetch_ohlcv", SYMBOL, "1m", since, 5)
    assert [row[0] // 60_000 for row in paged] == [since // 60_000 + step for step in range(1, 6)]
    assert not ask.kinds("endpoint.missing")


async def test_an_account_is_read(ask: Both) -> None:
    older = await ask("fetch_balance")
    assert (older["USD"]["total"], older["BTC"]["free"]) == (100_000, 1)
    await ask("create_order", SYMBOL, "limit", "buy", 0.1, 50_000)
    newer = await ask("fetch_balance", {"v3": True})
    assert newer["USD"] == {"free": 94_940, "used": 5_060, "total": 100_000}
    fees = await ask("fetch_trading_fees")
    assert (fees[SYMBOL]["maker"], fees[SYMBOL]["taker"]) == (0.006, 0.012)
    wallets = await ask("fetch_accounts")
    assert {each["code"] for each in wallets} == set(ask.place.assets)
    (portfolio,) = await ask("fetch_portfolios")
    held = await ask("fetch_portfolio_details", portfolio["id"])
    assert next(each for each in held if each["currency"] == "BTC")["total_balance_crypto"] == 1
    best = await ask("fetch_bids_asks", [SYMBOL])
    assert best[SYMBOL]["bidVolume"] > 0
    private = {"usePrivate": True}
    assert (await ask("fetch_ticker", SYMBOL, private))["last"] > 0
    assert (await ask("fetch_order_book", SYMBOL, 2, private))["bids"]
    assert await ask("fetch_ohlcv", SYMBOL, "1m", None, 3, private)
    assert await ask("fetch_positions") == []
    assert (await ask("fetch_balance", {"type": "future"}))["total"] == {}
    assert not ask.kinds("endpoint.missing")


async def test_orders_live_their_lives(ask: Both) -> None:
    limit = await ask("create_order", SYMBOL, "limit", "buy", 0.01, 50_000)
    mine = {"client_order_id": "mine"}
    named = await ask("create_order", SYMBOL, "limit", "buy", 0.01, 49_000, mine)
    assert named["clientOrderId"] == "mine"
    assert (await ask("create_order", SYMBOL, "limit", "buy", 0.01, 1, mine))["id"] == named["id"]
    market = await ask("create_order", SYMBOL, "market", "sell", 0.01)
    cost = await ask("create_order", SYMBOL, "market", "buy", 0.01, 60_000)
    exact = await ask("create_market_buy_order_with_cost", SYMBOL, 300)
    stop = await ask(
        "create_order", SYMBOL, "limit", "sell", 0.01, 54_000, {"stopLossPrice": 55_000}
    )
    target = await ask(
        "create_order", SYMBOL, "limit", "sell", 0.01, 66_000, {"triggerPrice": 66_000}
    )
    post = await ask("create_order", SYMBOL, "limit", "buy", 0.01, 48_000, {"postOnly": True})
    ioc = await ask("create_order", SYMBOL, "limit", "buy", 0.01, 50_000, {"timeInForce": "IOC"})
    fok = await ask("create_order", SYMBOL, "limit", "buy", 0.01, 50_000, {"timeInForce": "FOK"})
    day = {"timeInForce": "GTD", "end_time": "2099-01-01T00:00:00.000Z"}
    dated = await ask("create_order", SYMBOL, "limit", "buy", 0.01, 50_000, day)
    await ask("create_order", SYMBOL, "limit", "buy", 0.01, 50_000, {"preview": True})
    await ask("edit_order", limit["id"], SYMBOL, "limit", "buy", 0.02, 51_000, {"preview": True})
    await ask("edit_order", limit["id"], SYMBOL, "limit", "buy", 0.02, 51_000)
    shown = await ask("fetch_order", limit["id"], SYMBOL)
    assert (shown["status"], shown["price"], shown["amount"]) == ("open", 51_000, 0.02)
    assert (shown["type"], shown["side"], shown["timeInForce"]) == ("limit", "buy", "GTC")
    assert (await ask("fetch_order", post["id"]))["postOnly"] is True
    sold = await ask("fetch_order", market["id"], SYMBOL)
    assert (sold["status"], sold["filled"]) == ("closed", 0.01)
    assert float(sold["fee"]["cost"]) == pytest.approx(sold["cost"] * 0.012)
    assert sold["fee"]["currency"] == "USD"
    waiting = await ask("fetch_order", stop["id"])
    assert (waiting["triggerPrice"], waiting["status"]) == (55_000, "open")
    open_ids = {each["id"] for each in await ask("fetch_open_orders", SYMBOL)}
    assert open_ids == {each["id"] for each in (limit, named, stop, target, post, dated)}
    assert len(await ask("fetch_open_orders")) == len(open_ids)
    filled = {each["id"] for each in (market, cost, exact)}
    assert {each["id"] for each in await ask("fetch_closed_orders", SYMBOL)} == filled
    assert {each["order"] for each in await ask("fetch_my_trades", SYMBOL)} >= filled
    assert (await ask("cancel_order", limit["id"], SYMBOL))["id"] == limit["id"]
    rest = [each["id"] for each in (named, stop, target, post, dated)]
    assert len(await ask("cancel_orders", rest)) == len(rest)
    assert await ask("fetch_open_orders") == []
    canceled = {each["id"] for each in await ask("fetch_canceled_orders", SYMBOL)}
    assert canceled == open_ids | {ioc["id"], fok["id"]}
    assert len(await ask("fetch_orders", SYMBOL, None, 50)) == 11
    assert not ask.kinds("endpoint.missing")


async def test_queries_follow_the_pages(ask: Both) -> None:
    ids = [(await ask("create_order", SYMBOL, "market", "sell", 0.001))["id"] for _ in range(5)]
    since, paged = ask.place.started_ms, {"paginate": True, "maxEntriesPerRequest": 2}
    every = await ask("fetch_orders", SYMBOL, since, None, paged)
    assert {each["id"] for each in every} == set(ids)
    trades = await ask("fetch_my_trades", SYMBOL, since, None, paged)
    assert {each["order"] for each in trades} == set(ids)
    queries = [each for each in ask.kinds("request.received") if "historical" in each["path"]]
    assert len(queries) == 6
    assert await ask("fetch_orders", SYMBOL, ask.place.clock() + 60_000) == []


async def test_refusals_become_the_exceptions_that_the_real_venue_leads_to(ask: Both) -> None:
    import ccxt

    closing = {"reduceOnly": True, "clientOrderId": "close"}
    for side, amount, price, params, error, words in (
        ("buy", 10, 50_000, {}, ccxt.InsufficientFunds, "INSUFFICIENT_FUND"),
        ("sell", 0.01, 69_000, {"stopLossPrice": 70_000}, ccxt.InvalidOrder, "STOP_PRICE_ABOVE"),
        ("buy", 0.01, 56_000, {"stopLossPrice": 55_000}, ccxt.ExchangeError, "STOP_PRICE_BELOW"),
        ("buy", 0.00001, 50_000, {}, ccxt.ExchangeError, "QUOTE_SIZE_TOO_SMALL"),
        ("buy", 3_100, 50_000, {}, ccxt.ExchangeError, "QUOTE_SIZE_TOO_LARGE"),
        ("buy", 5_000, 50_000, {}, ccxt.ExchangeError, "BASE_SIZE_TOO_LARGE"),
        ("buy", 0.01, 9_000, {}, ccxt.ExchangeError, "TOO_FAR_FROM_MARKET"),
        ("buy", 0.01, 70_000, {"postOnly": True}, ccxt.ExchangeError, "POST_ONLY"),
        ("sell", 0.01, 69_000, closing, ccxt.ExchangeError, "INVALID_PRODUCT_ID"),
    ):
        with pytest.raises(error, match=words) as raised:
            await ask("create_order", SYMBOL, "limit", side, amount, price, params)
        assert raised.type is error, words
    with pytest.raises(ccxt.BadRequest):
        await ask("cancel_order", "nobody")
    with pytest.raises(ccxt.ExchangeError, match="NOT_FOUND"):
        await ask("fetch_order", "nobody")
    with pytest.raises(ccxt.BadRequest):
        await ask("fetch_orders", SYMBOL, None, 5, {"cursor": "x"})
    stranger = drill_credentials("stranger", 1)
    ask.client.apiKey, ask.client.secret = stranger.key, stranger.secret
    with pytest.raises(ccxt.AuthenticationError):
        await ask("fetch_accounts")
