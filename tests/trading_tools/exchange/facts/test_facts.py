"""What is listed of venues: exact, sourced, and the same that the kit keeps to."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

import trading_tools.exchange.facts.book as book
from trading_tools.exchange.errors import UnknownVenue, Unsupported
from trading_tools.exchange.facts.book import ended, exchanges, facts_of
from trading_tools.exchange.facts.model import Exchanges
from trading_tools.exchange.facts.told import told_facts
from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.ways import WAYS
from trading_tools.exchange.pacing.headers import observe
from trading_tools.exchange.pacing.rules import Counter, Window
from trading_tools.exchange.pacing.venues import RULES, UnknownLimits, pacer_for

VENUES = exchanges().venues
FILE = Path(book.__file__).with_name("exchanges.yaml")


def test_the_venues_that_were_asked_for_are_listed() -> None:
    assert set(VENUES) == {
        *("binance", "binanceusdm", "bybit", "kraken", "coinbase"),
        *("kucoin", "okx", "bitfinex", "htx", "alpaca"),
    }


def test_no_amount_passes_through_a_binary_float() -> None:
    text = FILE.read_text(encoding="utf-8").replace('taker: "0.0005"', "taker: 0.0005", 1)
    with pytest.raises(ValidationError, match=r"0\.0005 is no text: write amounts in quotes"):
        Exchanges.model_validate(yaml.safe_load(text))


def test_what_rests_on_a_document_that_was_not_read_must_say_so() -> None:
    text = FILE.read_text(encoding="utf-8")
    text = text.replace("source: fees, unverified: true", "source: fees", 1)
    with pytest.raises(ValidationError, match="was not read, so what rests on it is unverified"):
        Exchanges.model_validate(yaml.safe_load(text))


@pytest.mark.parametrize("venue", VENUES)
def test_no_document_is_listed_that_nothing_rests_on(venue: str) -> None:
    facts = VENUES[venue]
    assert {fact.source for fact in facts.facts()} == set(facts.documents)


def test_what_could_not_be_read_is_what_the_page_names() -> None:
    unread = {
        (venue, name)
        for venue, facts in VENUES.items()
        for name, document in facts.documents.items()
        if document.read is None
    }
    fees = {"binance", "binanceusdm", "bybit", "kraken", "bitfinex", "htx"}
    assert unread == {("coinbase", "limits"), *((venue, "fees") for venue in fees)}


@pytest.mark.parametrize("venue", VENUES)
def test_a_copy_is_no_younger_than_its_reading(venue: str) -> None:
    for document in VENUES[venue].documents.values():
        if document.as_of is not None:
            assert document.read is not None
            assert document.as_of <= document.read


@pytest.mark.parametrize("venue", RULES)
def test_the_pacer_keeps_the_listed_limits_and_no_others(venue: str) -> None:
    listed = {name: limit for name, limit in VENUES[venue].limits.items() if limit.paced}
    assert [rule.name for rule in RULES[venue]] == list(listed)
    for rule in RULES[venue]:
        limit = listed[rule.name]
        assert Decimal(str(rule.limit)) == limit.most
        if isinstance(rule, Window):
            assert Decimal(str(rule.seconds)) == limit.seconds
        if isinstance(rule, Counter):
            assert Decimal(str(rule.decay_per_s)) == limit.decay_per_s


@pytest.mark.parametrize("venue", RULES)
def test_a_refusal_makes_everybody_wait_as_long_as_listed(venue: str) -> None:
    waits = [refusal for refusal in VENUES[venue].refusals if refusal.wait_s is not None]
    assert waits
    for refusal in waits:
        pacer = pacer_for(venue, clock=lambda: 0.0)
        body = f'{{"retCode":{refusal.code},"error":["{refusal.code}"]}}' if refusal.code else ""
        assert observe(pacer, refusal.status or 200, {}, body=body) == refusal.wait_s


@pytest.mark.parametrize("venue", RULES)
@pytest.mark.parametrize("status", [403, 408, 418, 429, 500, 503])
def test_no_status_makes_anybody_wait_that_is_not_listed(venue: str, status: int) -> None:
    listed = {refusal.status: refusal.wait_s for refusal in VENUES[venue].refusals}
    assert observe(pacer_for(venue, clock=lambda: 0.0), status, {}) == (listed.get(status) or 0)


@pytest.mark.parametrize("venue", WAYS)
def test_the_ids_that_orders_get_are_ones_that_the_venue_takes(venue: str) -> None:
    rule = VENUES[venue].client_id
    made = client_order_id(venue, "account", "intent")
    assert rule.longest is None or len(made) <= rule.longest
    assert rule.pattern is None or re.fullmatch(rule.pattern, made)


@pytest.mark.parametrize(
    ("written", "venue"),
    [
        ("Kraken", "kraken"),
        ("OKEx", "okx"),
        ("Huobi Pro", "htx"),
        ("binance-futures", "binanceusdm"),
    ],
)
def test_a_venue_is_found_by_the_names_that_people_write(written: str, venue: str) -> None:
    assert facts_of(written)[0] == venue


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("FTX", "^ftx closed in November 2022 and has no successor$"),
        ("Coinbase Pro", "^coinbasepro became Coinbase Advanced: ask `coinbase`$"),
        ("krakn", "no facts are listed of 'krakn': .*; did you mean kraken"),
        ("binanceus", "no facts are listed of 'binanceus'"),
    ],
)
def test_a_venue_that_is_not_listed_is_answered_with_where_to_go(written: str, told: str) -> None:
    with pytest.raises(UnknownVenue, match=told):
        facts_of(written)


def test_a_venue_that_lives_is_not_ended() -> None:
    assert ended("binanceus") is None
    assert {gone.successor for gone in exchanges().ended.values()} <= {None, *VENUES}


def test_a_pacer_for_a_venue_that_is_gone_says_so() -> None:
    with pytest.raises(UnknownLimits, match=r"^ftx closed in November 2022"):
        pacer_for("ftx")


def test_what_is_told_names_the_document_and_the_day_or_that_it_is_not_verified() -> None:
    told = told_facts("kraken")
    calls = next(fact for fact in told.limits if "tier Starter" in fact.text and fact.verified)
    assert "a counter up to 15 that falls by 0.33 a second for each key" in calls.text
    assert calls.basis.startswith(
        "https://docs.kraken.com/exchange/guides/rest/ratelimits, read 2026-11-26"
    )
    deadline = next(fact for fact in told.quirks if fact.text.startswith("deadline"))
    assert deadline.basis.endswith("/rest-api/add-order, read 2026-11-27 in a copy of 2026-08-25")
    fee = told.fees[0]
    assert not fee.verified
    assert fee.basis.startswith("not verified (")
    assert told_facts("kraken", "fees").limits == ()


def test_fees_of_a_tier_that_is_not_listed_are_not_made_up() -> None:
    assert [fee.text for fee in told_facts("kucoin", "fees", 1).fees] == [
        "spot class A, VIP 1: maker 0.095%, taker 0.1%",
        "futures, VIP 1: maker 0.018%, taker 0.06%",
    ]
    (tier_1,) = told_facts("alpaca", "fees", 1).fees
    assert tier_1.text.startswith("crypto, Tier 1")
    with pytest.raises(Unsupported, match="no fees of tier 7 are listed of kucoin, only of 0, 1"):
        told_facts("kucoin", "fees", 7)
