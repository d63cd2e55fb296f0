"""T11: an order without an id of ours."""

from __future__ import annotations

from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall, has_client_id
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import CLIENT_IDS, NO_CLIENT_ID, Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts


def _unnamed(call: VenueCall, module: Module) -> Iterator[Hit]:
    if call.library is not None and call.library.name in NO_CLIENT_ID:
        return
    if call.method.startswith("close_"):
        return  # the venue makes that order itself, and takes no id for it
    whole = len(call.node.args) == 1 and (
        not call.node.keywords or "order" in words(last_name(call.node.args[0]))
    )
    if call.library is None and whole:
        return  # an order of the project's own: what it holds is decided where it is made
    told = has_client_id(module, call)
    if told is False:
        yield Hit(call.node, f"`{call.shown}` sends an order without an id of ours")
    elif told is None and not module.mentions(CLIENT_IDS):
        what = (
            f"`{call.shown}` passes parameters on, and nothing in this file puts an id of ours in"
        )
        yield Hit(call.node, what, Severity.WARNING)


RULE = Rule(
    id="T11",
    title="an order without an id of ours",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="When the answer to a submit is lost, only an id that was ours before tells whether "
    "the venue has the order. Without it the bot sends again and holds twice what it meant to.",
    fix="make an id from the intent, store it, and pass it (`clientOrderId`, `newClientOrderId`, "
    "`orderLinkId`, `client_order_id`)",
    link="https://github.com/AlbatrossAutomated/blue_collar_gdax/issues/1",
    visits=(on_acts(_unnamed, Act.SUBMIT),),
    bad=(
        """
import ccxt

exchange = ccxt.binance({"apiKey": key, "secret": secret})
exchange.create_order("BTC/USDT", "limit", "buy", amount, price)  # <-
""",
        """
from pybit.unified_trading import HTTP

class Desk:
    def __init__(self):
        self.session = HTTP(testnet=False)

    def buy(self, qty):
        params = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy"}
        return self.session.place_order(orderType="Market", qty=qty, **params)  # <-
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.binance({"apiKey": key, "secret": secret})
params = {"clientOrderId": intent.client_order_id}
exchange.create_order("BTC/USDT", "limit", "buy", amount, price, params)
""",
        """
def send(trader, order):
    trader.create_order(order)
    trader.place_order(Order(order.symbol, size=order.size))

class Desk:
    def _named(self, intent):
        return {"orderLinkId": intent.id, "reduceOnly": True}

    async def close(self, exchange, intent):
        params = self._named(intent)
        await exchange.create_order(intent.symbol, "market", "sell", intent.size, None, params)
""",
        """

import asyncio
import uuid
from kalshi import CreateOrderRequest

async def send(portfolio_api, ticker, clob, arguments):
    fields = {"ticker": ticker, "client_order_id": str(uuid.uuid4())}
    request = CreateOrderRequest(**fields)
    await asyncio.to_thread(lambda: portfolio_api.create_order(create_order_request=request))
    return await asyncio.to_thread(clob.create_order, arguments)
""",
        """

def again(market, replacement_order, order):
    market.place_order(replacement_order, execute=False, client=order.client)
""",
    ),
)
