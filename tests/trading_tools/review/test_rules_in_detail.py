"""What an example of a rule cannot show: helpers of other files, and lesser cases."""

from __future__ import annotations

from trading_tools.review.engine import Engine
from trading_tools.review.findings import Severity
from trading_tools.review.model.project import Project
from trading_tools.review.registry import chosen
from trading_tools.review.source import Source

VENUE = """
import ccxt

class Gateway:
    def __init__(self):
        self.client = ccxt.bybit({"options": {"defaultType": "swap"}})

    def drop(self, order_id, symbol):
        return self.client.cancel_order(order_id, symbol)

def sized(cash, price):
    return cash / price
"""


def _lines(rule: str, text: str) -> list[int]:
    def find(name: str) -> Source | None:
        return Source("venue.py", VENUE, module="venue") if name == "venue" else None

    found = Engine(chosen([rule])).review(Source("bot.py", text, module="bot"), Project(find))
    return [each.line for each in found]


def test_a_size_from_a_helper_of_another_file_is_off_the_grid() -> None:
    text = """
from binance.client import Client
from venue import sized

client = Client(key, secret)

def buy(symbol, cash, price):
    client.order_market_buy(symbol=symbol, quantity=sized(cash, price))
"""
    assert _lines("T03", text) == [8]


def test_the_answer_to_a_cancel_in_another_file_is_not_the_order() -> None:
    text = """
from venue import Gateway

gateway = Gateway()

def left(order_id, symbol):
    answer = gateway.drop(order_id, symbol)
    return answer["remaining"]
"""
    assert _lines("T17", text) == [8]


def test_quotes_that_are_put_up_anew_are_the_lesser_case() -> None:
    text = """
import ccxt

exchange = ccxt.okx()

def requote(symbol, price):
    exchange.cancel_all_orders(symbol)
    exchange.create_order(symbol, "limit", "buy", 1, price)
"""
    (found,) = Engine(chosen(["T18"])).review(Source("bot.py", text), Project())
    assert found.severity is Severity.WARNING


def test_an_exit_through_a_client_of_another_file_may_open() -> None:
    text = """
from venue import Gateway

class Desk:
    def __init__(self):
        self.gateway = Gateway()

    def close_all(self, symbol, contracts):
        self.gateway.client.create_order(symbol, "market", "sell", contracts)

    def close_half(self, symbol, contracts):
        params = {"reduceOnly": True}
        self.gateway.client.create_order(symbol, "market", "sell", contracts / 2, None, params)
"""
    assert _lines("T21", text) == [9]
