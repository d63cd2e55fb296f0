"""Faults of public trading code around fills, cancels and positions; as in `real_fixes`."""

from __future__ import annotations

from tests.trading_tools.review.real_fixes import Fix

FIXES_OF_FILLS = (
    Fix(
        "https://github.com/hummingbot/hummingbot/pull/5183",
        "T14",
        """
class Tracker:
    def process_event(self, event):
        if event["e"] == "ORDER_TRADE_UPDATE":
            order = event["o"]
            self.handle_order(order)

    def handle_order(self, order):
        self.executed += float(order["z"])
""",
        """
class Tracker:
    def process_event(self, event):
        if event["e"] == "ORDER_TRADE_UPDATE":
            order = event["o"]
            self.handle_order(order)

    def handle_order(self, order):
        self.executed += float(order["l"])
""",
    ),
    Fix(
        "https://github.com/hummingbot/hummingbot/pull/3386",
        "T14",
        """
class Exchange:
    def process_order_message(self, order):
        self.executed_amount_base += Decimal(order["cumFilledQty"])
""",
        """
class Exchange:
    def process_order_message(self, order):
        cumulative = Decimal(order["cumFilledQty"])
        self.executed_amount_base += cumulative - self.recorded[order["orderId"]]
        self.recorded[order["orderId"]] = cumulative
""",
    ),
    Fix(
        "https://github.com/nautechsystems/nautilus_trader/issues/3046",
        "T15",
        """
import ccxt

class Node:
    def __init__(self):
        self.exchange = ccxt.bybit()
        self.position = load_position()

    def catch_up(self, since):
        for trade in self.exchange.fetch_my_trades("BTC/USDT", since):
            self.position += trade["amount"]
""",
        """
import ccxt

class Node:
    def __init__(self):
        self.exchange = ccxt.bybit()
        self.position = load_position()

    def catch_up(self, since):
        for trade in self.exchange.fetch_my_trades("BTC/USDT", since):
            if trade["id"] not in self.known:
                self.position += trade["amount"]
                self.known.add(trade["id"])
""",
    ),
    Fix(
        "https://github.com/freqtrade/freqtrade/issues/8374",
        "T16",
        """
import ccxt

exchange = ccxt.kucoin()

def watch(stop_id, symbol, amount, stop):
    order = exchange.fetch_order(stop_id, symbol)
    if order["status"] in ("canceled", "expired"):
        exchange.create_order(symbol, "limit", "sell", amount, stop)
""",
        """
import ccxt

exchange = ccxt.kucoin()

def watch(stop_id, symbol, amount, stop):
    order = exchange.fetch_order(stop_id, symbol)
    if order["status"] in ("canceled", "expired"):
        exchange.create_order(symbol, "limit", "sell", amount - order["filled"], stop)
""",
    ),
    Fix(
        "https://github.com/ccxt/ccxt/issues/19986",
        "T17",
        """
import ccxt

exchange = ccxt.bybit()
order = exchange.create_order("BTC/USDT", "market", "buy", 1, 30500)
spent = order["filled"] * order["average"]
""",
        """
import ccxt

exchange = ccxt.bybit()
order = exchange.create_order("BTC/USDT", "market", "buy", 1, 30500)
order = exchange.fetch_order(order["id"], "BTC/USDT")
spent = order["filled"] * order["average"]
""",
    ),
    Fix(
        "https://github.com/freqtrade/freqtrade/issues/3579",
        "T17",
        """
import ccxt

exchange = ccxt.upbit()

def enter(symbol, amount):
    order = exchange.create_order(symbol, "market", "buy", amount)
    return float(order["amount"])
""",
        """
import ccxt

exchange = ccxt.upbit()

def enter(symbol, amount):
    order = exchange.create_order(symbol, "market", "buy", amount)
    if order["amount"] is None:
        return amount
    return float(order["amount"])
""",
    ),
    Fix(
        "https://github.com/enarjord/passivbot/issues/514",
        "T18",
        """
class Bot:
    async def move(self, order, price):
        try:
            await self.exchange.cancel_order(order["id"], order["symbol"])
        except Exception as error:
            log.warning("was never placed: %s", error)
        await self.exchange.create_order(order["symbol"], "limit", "buy", order["qty"], price)
""",
        """
class Bot:
    async def move(self, order, price):
        try:
            await self.exchange.cancel_order(order["id"], order["symbol"])
        except Exception as error:
            log.warning("was it filled? %s", error)
        ended = await self.exchange.fetch_order(order["id"], order["symbol"])
        left = ended["remaining"]
        await self.exchange.create_order(order["symbol"], "limit", "buy", left, price)
""",
    ),
    Fix(
        "https://github.com/ccxt/ccxt/issues/10439",
        "T21",
        """
import ccxt

exchange = ccxt.bybit({"options": {"defaultType": "swap"}})

def close_long(symbol, amount):
    return exchange.create_order(symbol, "market", "sell", amount)
""",
        """
import ccxt

exchange = ccxt.bybit({"options": {"defaultType": "swap"}})

def close_long(symbol, amount):
    return exchange.create_order(symbol, "market", "sell", amount, None, {"reduce_only": True})
""",
    ),
    Fix(
        "https://github.com/veighna-global/vnpy_okx/issues/13",
        "T08",
        """
def hedge(position, price):
    return float(position["contracts"]) * price
""",
        """
def hedge(position, market, price):
    return float(position["contracts"]) * market["contractSize"] * price
""",
    ),
)
