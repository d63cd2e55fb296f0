"""Intents hold only what can be sent; their names are the same for the same intent alone."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.exchange.orders.client_ids import client_order_id, is_ours
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import ENDS, LIFE, IllegalTransition, Stage, turn

VENUES = ["binance", "binanceusdm", "bybit", "kraken", "coinbase"]
SOUND: dict[str, Any] = {
    "key": "one",
    "symbol": "BTC/USDT",
    "side": "buy",
    "size_base": Decimal("0.01"),
    "price_quote": Decimal("50000"),
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size_base": 0.01}, "float"),
        ({"size_base": Decimal("NaN")}, "NaN"),
        ({"size_base": Decimal("Infinity")}, "Infinity"),
        ({"size_base": Decimal(0)}, "not above zero"),
        ({"size_base": Decimal(-1)}, "not above zero"),
        ({"price_quote": Decimal(0)}, "not above zero"),
        ({"price_quote": 50_000.0}, "float"),
        ({"price_quote": None}, "a limit order needs a price_quote"),
        ({"order_type": "market"}, "a market order takes no price_quote: it is 50000"),
        ({"side": "BUY"}, "neither"),
        ({"order_type": "stop", "price_quote": None}, "order_type 'stop' is none of"),
        ({"time_in_force": "gtc"}, "time_in_force 'gtc' is none of"),
        ({"order_type": "market", "price_quote": None, "time_in_force": "PO"}, "post only"),
        ({"key": ""}, "key"),
        ({"key": 5}, "key is 5"),
        ({"key": "one\udcff"}, "key is 'one.udcff': give a text"),
        ({"symbol": None}, "symbol is None"),
    ],
)
def test_an_intent_that_cannot_be_sent_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Intent(**{**SOUND, **change})


@pytest.mark.parametrize("price", ["50000", 50_000])
def test_a_size_or_price_in_text_or_as_an_int_is_kept_exact(price: Any) -> None:
    assert Intent(**{**SOUND, "size_base": "0.010", "price_quote": price}) == Intent(**SOUND)


def test_an_intent_cannot_be_changed_once_it_is_made() -> None:
    with pytest.raises(AttributeError):
        Intent(**SOUND).size_base = Decimal(-5)  # type: ignore[misc]  # it is frozen


@given(st.sampled_from(VENUES), st.text(min_size=1), st.text(), st.text())
def test_every_venue_takes_the_name_and_another_account_has_another(
    venue: str, key: str, account: str, other: str
) -> None:
    name = client_order_id(venue, account, key)
    assert re.fullmatch(r"[A-Za-z0-9-]{2,36}", name)
    assert name == client_order_id(venue, account, key)
    assert is_ours(venue, name)
    assert (name == client_order_id(venue, other, key)) is (account == other)


def test_an_account_and_a_key_that_read_alike_together_are_told_apart() -> None:
    assert client_order_id("binance", "one", "two") != client_order_id("binance", "onet", "wo")


def test_names_of_others_are_not_taken_for_ours() -> None:
    assert not is_ours("binance", "x-TKT5PX2F5f2a")
    assert not is_ours("kraken", "my order")
    # A person's order on Coinbase's own pages, as another program's, has any UUID.
    assert not is_ours("coinbase", "6b311565-21de-427a-874e-1353508f7812")


def test_every_stage_leads_somewhere_or_is_an_end() -> None:
    assert {stage for stage in Stage if not LIFE[stage]} == ENDS
    with pytest.raises(IllegalTransition, match="order a cannot go from filled to open"):
        turn("a", Stage.FILLED, Stage.OPEN)
    assert turn("a", Stage.OPEN, Stage.OPEN) is Stage.OPEN
