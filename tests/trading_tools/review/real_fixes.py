"""Faults of public trading code and how they were put right, each told again in code of our own."""

from __future__ import annotations

from typing import NamedTuple


class Fix(NamedTuple):
    """A fault that somebody met: where, which rule is for it, and the code before and after."""

    link: str
    rule: str
    before: str
    after: str


FIXES = (
    Fix(
        "https://github.com/use-agent-os/agent-os/pull/1954",
        "T27",
        """
import asyncio, time

class RateLimiter:
    async def acquire(self):
        async with self._gate:
            now = time.monotonic()
            self._tokens = min(self._max, self._tokens + (now - self._last_refill) * self._rate)
            self._last_refill = now
            if self._tokens < 1:
                await asyncio.sleep((1 - self._tokens) / self._rate)
                self._tokens = 0.0
            else:
                self._tokens -= 1
""",
        """
import asyncio, time

class RateLimiter:
    async def acquire(self):
        async with self._gate:
            now = time.monotonic()
            self._tokens = min(self._max, self._tokens + (now - self._last_refill) * self._rate)
            self._last_refill = now
            if self._tokens < 1:
                await asyncio.sleep((1 - self._tokens) / self._rate)
                later = time.monotonic()
                self._tokens += (later - self._last_refill) * self._rate
                self._last_refill = later
            self._tokens -= 1
""",
    ),
    Fix(
        "https://github.com/datahub-project/datahub/pull/17685",
        "T26",
        """
import time

class TokenBucket:
    def acquire(self):
        with self._lock:
            wait = self._wait()
            if wait > 0:
                time.sleep(wait)
            self._tokens -= 1
""",
        """
import time

class TokenBucket:
    def acquire(self):
        with self._lock:
            wait = self._reserve()
        if wait > 0:
            time.sleep(wait)
""",
    ),
    Fix(
        "https://github.com/sammchardy/python-binance/issues/219",
        "T03",
        """
from binance.client import Client

client = Client(key, secret)
balance = client.get_asset_balance(asset="USDT")
quantity = float(balance["free"]) / float(client.get_symbol_ticker(symbol=PAIR)["price"]) * 0.9995
client.order_market_buy(symbol=PAIR, quantity=float(quantity))
""",
        """
from binance.client import Client
from binance.helpers import round_step_size

client = Client(key, secret)
balance = client.get_asset_balance(asset="USDT")
quantity = float(balance["free"]) / float(client.get_symbol_ticker(symbol=PAIR)["price"]) * 0.9995
quantity = round_step_size(quantity, step_of(PAIR))
client.order_market_buy(symbol=PAIR, quantity=quantity)
""",
    ),
    Fix(
        "https://github.com/MohammedRashad/Crypto-Copy-Trader/issues/26",
        "T03",
        """
from binance.client import Client

class Slave:
    def __init__(self):
        self.client = Client(key, secret)

    def part(self, symbol, share, price):
        return float(share) * float(self.free(symbol)) / float(price)

    def copy(self, symbol, share, price):
        quantity = self.part(symbol, share, price)
        self.client.create_order(symbol=symbol, side="BUY", type="MARKET", quantity=quantity)
""",
        """
from binance.client import Client

class Slave:
    def __init__(self):
        self.client = Client(key, secret)

    def part(self, symbol, share, price):
        raw = float(share) * float(self.free(symbol)) / float(price)
        return self.round_to_lot(symbol, raw)

    def copy(self, symbol, share, price):
        quantity = self.part(symbol, share, price)
        self.client.create_order(symbol=symbol, side="BUY", type="MARKET", quantity=quantity)
""",
    ),
    Fix(
        "https://github.com/Polymarket/py-clob-client-v2/issues/68",
        "T02",
        """
import math

def round_down(size: float, digits: int) -> float:
    scale = 10 ** digits
    return math.floor(size * scale) / scale
""",
        """
from decimal import ROUND_DOWN, Decimal

def round_down(size: Decimal, digits: int) -> Decimal:
    return size.quantize(Decimal(10) ** -digits, rounding=ROUND_DOWN)
""",
    ),
    Fix(
        "https://github.com/Reya-Labs/reya-python-sdk/pull/55",
        "T10",
        """
async def quote(client, symbol, price, qty):
    return await with_http_retry(
        lambda: client.create_limit_order(Parameters(symbol=symbol, limit_px=price, qty=qty))
    )
""",
        """
async def quote(client, symbol, price, qty):
    return await client.create_limit_order(Parameters(symbol=symbol, limit_px=price, qty=qty))
""",
    ),
    Fix(
        "https://github.com/Kalshi/kalshi-starter-code-python/issues/135",
        "T10",
        """
import uuid
from tenacity import retry

@retry
def enter(exchange, ticker, count):
    order_id = str(uuid.uuid4())
    exchange.create_order(ticker, "market", "buy", count, None, {"client_order_id": order_id})
""",
        """
from tenacity import retry

@retry
def enter(exchange, ticker, count, intent):
    exchange.create_order(ticker, "market", "buy", count, None, {"client_order_id": intent.key})
""",
    ),
    Fix(
        "https://github.com/scrtlabs/catalyst/issues/317",
        "T10",
        """
import ccxt

class Blotter:
    def order(self, symbol, amount, price):
        for attempt in range(self.retry_order):
            try:
                return self.api.create_order(symbol, "limit", "buy", amount, price)
            except ccxt.RequestTimeout:
                log.warning("ordering again")
""",
        """
import ccxt

class Blotter:
    def order(self, symbol, amount, price):
        try:
            return self.api.create_order(symbol, "limit", "buy", amount, price)
        except ccxt.RequestTimeout:
            return self.find_missing_order(symbol, amount, price)
""",
    ),
    Fix(
        "https://github.com/ccxt/ccxt/issues/2599",
        "T12",
        """
import ccxt

exchange = ccxt.binance()

def buy(symbol, amount, price):
    try:
        order = exchange.create_order(symbol, "limit", "buy", amount, price)
    except ccxt.RequestTimeout:
        print("order failed")
        return False
    return order
""",
        """
import ccxt

exchange = ccxt.binance()

def buy(symbol, amount, price, order_id):
    params = {"clientOrderId": order_id}
    try:
        order = exchange.create_order(symbol, "limit", "buy", amount, price, params)
    except ccxt.RequestTimeout:
        return exchange.fetch_order(None, symbol, params)
    return order
""",
    ),
    Fix(
        "https://github.com/bennycode/trading-signals/pull/1178",
        "T11",
        """
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import MarketOrderRequest

client = TradingClient(key, secret)
client.submit_order(MarketOrderRequest(symbol="SPY", qty=1, side="buy"))
""",
        """
from uuid import uuid4
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import MarketOrderRequest

client = TradingClient(key, secret)
order_id = str(uuid4())
client.submit_order(MarketOrderRequest(symbol="SPY", qty=1, side="buy", client_order_id=order_id))
""",
    ),
    Fix(
        "https://github.com/hummingbot/hummingbot/pull/4671",
        "T13",
        """
import time

def new_order(side, pair):
    client_order_id = f"HMBot-{side}-{pair}-{int(time.time() * 1e6)}"
    return client_order_id
""",
        """
import uuid

def new_order(side, pair):
    client_order_id = f"HMBot-{side}-{pair}-{uuid.uuid4().hex}"
    return client_order_id
""",
    ),
    Fix(
        "https://github.com/ccxt/ccxt/issues/667",
        "T13",
        """
class Hit:
    def create_order(self, symbol, side, amount):
        request = {"clientOrderId": str(self.milliseconds()), "side": side, "quantity": amount}
        return self.private_post_order(request)
""",
        """
class Hit:
    def create_order(self, symbol, side, amount):
        request = {"clientOrderId": self.uuid4().hex, "side": side, "quantity": amount}
        return self.private_post_order(request)
""",
    ),
    Fix(
        "https://github.com/svanas/nefertiti/issues/55",
        "T22",
        """
import ccxt

exchange = ccxt.kucoin()

def orders(symbol):
    try:
        return exchange.fetch_open_orders(symbol)
    except (ccxt.RateLimitExceeded, ccxt.DDoSProtection):
        return orders(symbol)
""",
        """
import ccxt

exchange = ccxt.kucoin()

def orders(symbol):
    for pause in (1, 2, 4):
        try:
            return exchange.fetch_open_orders(symbol)
        except (ccxt.RateLimitExceeded, ccxt.DDoSProtection):
            wait(pause)
    raise Limited(symbol)
""",
    ),
    Fix(
        "https://github.com/ocho011/ict_2025/issues/73",
        "T23",
        """
import asyncio

class UserStream:
    async def keep_alive(self):
        while True:
            try:
                return await self.client.fetch_listen_key(self.key)
            except Exception:
                await asyncio.sleep(1)
""",
        """
import asyncio

class UserStream:
    async def keep_alive(self):
        for attempt in range(3):
            try:
                return await self.client.fetch_listen_key(self.key)
            except ConnectionError:
                await asyncio.sleep(2 ** attempt)
        return await self.new_key()
""",
    ),
)
