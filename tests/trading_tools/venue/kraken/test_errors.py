"""What is refused, in Kraken's words, and what ccxt makes of it."""

from __future__ import annotations

import pytest

from tests.support.kraken_venue import Wire
from tests.support.venues import keys, point_at
from trading_tools.venue.core.orders import Reason, Rejected
from trading_tools.venue.kraken.adapter import Kraken
from trading_tools.venue.kraken.errors import refused
from trading_tools.venue.wire.messages import Trouble

BAD_ORDERS: list[tuple[dict[str, str | None], str]] = [
        ({"volume": None}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "-0.01"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "NaN"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "1e-2"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0.00001"}, "EGeneral:Invalid arguments:volume minimum not met"),
        ({"volume": "0.00005", "price": "5000"}, "EOrder:Cost minimum not met"),
        ({"volume": "3"}, "EOrder:Insufficient funds"),
        ({"price": "50000.01"}, "EOrder:Invalid price:XBTUSD price can only be specified up to 1 "
         "decimals."),
        ({"price": "0"}, "EOrder:Invalid price:Invalid price argument"),
        ({"price": None}, "EGeneral:Invalid arguments:price"),
        ({"pair": "XBTMOON"}, "EQuery:Unknown asset pair"),
        ({"pair": None}, "EGeneral:Invalid arguments:pair"),
        ({"type": "long"}, "EGeneral:Invalid arguments:type"),
        ({"ordertype": "iceberg"}, "EGeneral:Invalid arguments:ordertype"),
        ({"ordertype": "trailing-stop", "price": "+5"}, "EGeneral:Invalid arguments:ordertype"),
        ({"ordertype": "swap"}, "EGeneral:Invalid arguments:ordertype"),
        ({"timeinforce": "DAY"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"timeinforce": "GTD"}, "EGeneral:Invalid arguments:expiretm"),
        ({"timeinforce": "GTD", "expiretm": "-5"}, "EGeneral:Invalid arguments:expiretm"),
        ({"timeinforce": "IOC", "oflags": "post"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"oflags": "hidden"}, "EGeneral:Invalid arguments:oflags"),
        ({"oflags": "viqc"}, "EGeneral:Invalid arguments:viqc"),
        ({"price": "70000", "oflags": "post"}, "EOrder:Post only order"),
        ({"ordertype": "stop-loss", "price": "50000"},
         "EOrder:Invalid price:Invalid price argument"),
        ({"leverage": "2:1"}, "EOrder:Cannot open position"),
        ({"reduce_only": "true"}, "EOrder:Reduce only:No position exists"),
        ({"userref": "mine"}, "EGeneral:Invalid arguments:userref"),
        ({"userref": "3000000000"}, "EGeneral:Invalid arguments:userref"),
        ({"cl_ord_id": "longer-than-18-characters"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "with space"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "mine", "userref": "1"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "twice"}, "EGeneral:Invalid arguments:cl_ord_id not unique"),
        ({"cl_ord_id": "twice", "pair": "ETHUSD", "price": "2000"},
         "EGeneral:Invalid arguments:cl_ord_id not unique"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
        ({"deadline": "soon"}, "EGeneral:Invalid arguments:deadline"),
]  # fmt: skip


async def test_an_order_that_breaks_a_rule_is_refused(wire: Wire) -> None:
    assert "txid" in await wire.order(cl_ord_id="twice")
    told = [(change, await wire.order(**change)) for change, _ in BAD_ORDERS]
    assert told == BAD_ORDERS
    assert len(wire.venue.ledger.of("order.accepted")) == 1


async def test_eighty_orders_of_a_pair_may_be_open(wire: Wire) -> None:
    for _ in range(80):
        assert "txid" in await wire.order(volume="0.001")
    assert await wire.order(volume="0.001") == "EOrder:Orders limit exceeded"
    assert "txid" in await wire.order(pair="ETHUSD", volume="0.01", price="2000")


BAD_PRIVATE: list[tuple[str, dict[str, str], str]] = [
    ("CancelOrder", {"txid": "OAAAAA-BBBBB-CCCCCC"}, "EOrder:Unknown order"),
    ("CancelOrder", {}, "EGeneral:Invalid arguments"),
    ("EditOrder", {"pair": "XBTUSD", "txid": "OAAAAA-BBBBB-CCCCCC"}, "EOrder:Unknown order"),
    ("QueryOrders", {"txid": "OAAAAA-BBBBB-CCCCCC"}, "EOrder:Unknown order"),
    ("QueryOrders", {}, "EGeneral:Invalid arguments:txid"),
    ("QueryTrades", {"txid": "TAAAAA-BBBBB-CCCCCC"}, "EQuery:Unknown trade"),
    ("ClosedOrders", {"ofs": "-1"}, "EGeneral:Invalid arguments:ofs"),
    ("ClosedOrders", {"start": "yesterday"}, "EGeneral:Invalid arguments:start"),
    ("ClosedOrders", {"closetime": "late"}, "EGeneral:Invalid arguments:closetime"),
    ("CancelAllOrdersAfter", {"timeout": "-1"}, "EGeneral:Invalid arguments:timeout"),
    ("CancelAllOrdersAfter", {"timeout": "86401"}, "EGeneral:Invalid arguments:timeout"),
    ("CancelOrderBatch", {}, "EGeneral:Invalid arguments:orders"),
    ("AddOrderBatch", {"pair": "XBTUSD"}, "EGeneral:Invalid arguments:orders"),
    ("TradeBalance", {"asset": "MOON"}, "EQuery:Unknown asset"),
    ("Withdraw", {"asset": "XBT", "amount": "1"}, "EGeneral:Permission denied"),
    ("Earn/Strategies", {}, "EGeneral:Permission denied"),
]


async def test_a_private_call_with_a_bad_argument_is_refused(wire: Wire) -> None:
    told = [(name, params, await wire.private(name, **params)) for name, params, _ in BAD_PRIVATE]
    assert told == BAD_PRIVATE


BAD_PUBLIC: list[tuple[str, dict[str, str], str]] = [
    ("Assets", {"asset": "MOON"}, "EQuery:Unknown asset"),
    ("AssetPairs", {"pair": "XBTUSD,MOONUSD"}, "EQuery:Unknown asset pair"),
    ("Depth", {"pair": "XBTUSD", "count": "501"}, "EGeneral:Invalid arguments:count"),
    ("Depth", {"pair": "XBTUSD", "count": "ten"}, "EGeneral:Invalid arguments:count"),
    ("OHLC", {"pair": "XBTUSD", "interval": "7"}, "EGeneral:Invalid arguments:interval"),
    ("Trades", {"pair": "XBTUSD", "since": "x"}, "EGeneral:Invalid arguments:since"),
]


async def test_a_public_call_with_a_bad_argument_is_refused(wire: Wire) -> None:
    told = [(name, params, await wire.public(name, **params)) for name, params, _ in BAD_PUBLIC]
    assert told == BAD_PUBLIC


async def test_an_unknown_method_is_a_404_and_noted(wire: Wire) -> None:
    for method, path in (
        ("GET", "/0/public/Moon"),
        ("POST", "/0/private/Moon"),
        ("GET", "/0/private/Balance"),
        ("GET", "/"),
    ):
        assert await wire.send(method, path) == (404, {"error": ["EGeneral:Unknown method"]})
    missing = wire.venue.ledger.of("endpoint.missing")
    assert [entry.body["path"] for entry in missing][:2] == [
        "/0/public/Moon",
        "/0/private/Moon",
    ]


CLASSES = {
    Reason.PRICE: "InvalidOrder",
    Reason.SIZE: "InvalidOrder",
    Reason.MARKET_SIZE: "InvalidOrder",
    Reason.NOTIONAL: "ExchangeError",
    Reason.PRICE_BAND: "InvalidOrder",
    Reason.OPEN_ORDERS: "ExchangeError",
    Reason.FUNDS: "InsufficientFunds",
    Reason.DUPLICATE: "ExchangeError",
    Reason.WOULD_MATCH: "ExchangeError",
    Reason.WOULD_TRIGGER: "InvalidOrder",
    Reason.UNKNOWN_ORDER: "InvalidOrder",
    Reason.MARGIN: "ExchangeError",
    Reason.REDUCE_ONLY: "ExchangeError",
    Reason.POSITION_SIDE: "ExchangeError",
    Reason.POSITION_LIMIT: "ExchangeError",
    Reason.POSITION_OPEN: "ExchangeError",
    Reason.UNCHANGED: "BadRequest",
}
TROUBLES = {
    Trouble.RATE_LIMITED: "DDoSProtection",
    Trouble.BANNED: "DDoSProtection",
    Trouble.FIREWALL: "ExchangeNotAvailable",
    Trouble.MAINTENANCE: "ExchangeNotAvailable",
    Trouble.OVERLOADED: "ExchangeNotAvailable",
    Trouble.BAD_GATEWAY: "ExchangeNotAvailable",
    Trouble.BAD_CLOCK: "InvalidNonce",
    Trouble.BAD_NONCE: "InvalidNonce",
    Trouble.NO_SUCH_ORDER: "InvalidOrder",
}


def raised(status: int, body: str) -> str:
    """The class that ccxt raises for a reply."""
    import ccxt

    client = ccxt.kraken()
    parsed = client.parse_json(body) if body.startswith("{") else None
    try:
        client.handle_errors(status, "", "", "POST", {}, body, parsed, {}, "")
        client.handle_http_status_code(status, "", "", "POST", body)
    except ccxt.BaseError as error:
        return type(error).__name__
    return ""


def test_each_reason_of_the_core_has_words_that_ccxt_knows() -> None:
    words = {reason: refused(Rejected(reason)).words for reason in Reason}
    classes = {reason: raised(200, f'{{"error":["{text}"]}}') for reason, text in words.items()}
    assert classes == CLASSES


async def test_each_trouble_has_a_reply_that_ccxt_knows(wire: Wire) -> None:
    venue = Kraken(wire.venue)
    replies = {each: venue.trouble(each, wire.venue.clock(), 7) for each in Trouble}
    classes = {each: raised(reply.status, reply.body.decode()) for each, reply in replies.items()}
    assert classes == TROUBLES
    assert all(reply.code for reply in replies.values())


async def test_ccxt_raises_for_a_refusal_what_it_raises_for_the_real_one(wire: Wire) -> None:
    import ccxt.async_support

    client = point_at(ccxt.async_support.kraken(keys(wire.venue)), wire.server.port)

    async def order(amount: float, price: float = 50_000) -> str:
        try:
            await client.create_order("BTC/USD", "limit", "buy", amount, price)
        except ccxt.async_support.BaseError as error:
            return type(error).__name__
        return ""

    try:
        await client.load_markets()
        # What the client would see itself is left to the venue.
        client.markets["BTC/USD"]["limits"] = {}
        client.markets["BTC/USD"]["precision"] = {"amount": 1e-8, "price": 0.1}
        assert await order(3) == "InsufficientFunds"
        assert await order(0.00001) == "InvalidOrder"
        assert await order(0.00005, 5_000) == "ExchangeError"
        with pytest.raises(ccxt.async_support.OrderNotFound):
            await client.cancel_order("OAAAAA-BBBBB-CCCCCC")
        client.apiKey = "unknown"
        assert await order(0.01) == "AuthenticationError"
        client.apiKey = wire.venue.credentials.key
        client.incrementing_nonce = lambda: 1
        assert await order(0.01) == "InvalidNonce"
    finally:
        await client.close()
    assert not wire.venue.ledger.of("order.accepted")
