"""Faults know no protocol: the core's ones show on every venue that there is."""

from __future__ import annotations

import pytest

from tests.support.venues import wall_clock
from trading_tools.drill.scenarios.catalogue import fitting
from trading_tools.venue.faults.pasts import LongHistory
from trading_tools.venue.faults.plan import Plan
from trading_tools.venue.names import VENUES
from trading_tools.venue.wire.messages import Asked, Trouble

MARKETS = {
    "binance": ("api.binance.com", "/api/v3/exchangeInfo", "symbol=BTCUSDT"),
    "bybit": ("api.bybit.com", "/v5/market/instruments-info", "category=spot"),
    "kraken": ("api.kraken.com", "/0/public/AssetPairs", ""),
    "coinbase": ("api.coinbase.com", "/api/v3/brokerage/market/products", ""),
}


@pytest.mark.parametrize("name", sorted(MARKETS))
def test_new_rules_are_told_and_old_ones_are_not(name: str) -> None:
    venue = VENUES[name](1, wall_clock)
    host, path, query = MARKETS[name]
    asked = Asked("GET", host, path, query, b"", {})
    before = venue.answer(asked, venue.place.clock(), 1)
    assert before.status == 200
    instruments = venue.place.exchange.instruments
    for symbol, each in instruments.items():
        instruments[symbol] = each.with_rules(10, 10)
    after = venue.answer(asked, venue.place.clock(), 2)
    assert after.status == 200
    assert before.body != after.body


@pytest.mark.parametrize("name", sorted(VENUES))
def test_every_venue_has_words_for_every_trouble(name: str) -> None:
    venue = VENUES[name](1, wall_clock)
    for trouble in Trouble:
        reply = venue.trouble(trouble, venue.place.clock(), 3)
        assert reply.status >= 400 or reply.code


@pytest.mark.parametrize("name", sorted(VENUES))
def test_every_scenario_that_fits_can_be_armed(name: str) -> None:
    venue = VENUES[name](1, wall_clock)
    faults = [fault for scenario in fitting(name) for fault in scenario.faults]
    Plan(faults, 1).starting([venue])
    armed = [entry.body["fault"] for entry in venue.place.ledger.of("fault.armed")]
    assert armed == [fault.name for fault in faults]


@pytest.mark.parametrize("name", sorted(VENUES))
def test_a_long_history_leaves_the_account_as_it_was_but_for_fees(name: str) -> None:
    venue = VENUES[name](1, wall_clock)
    place = venue.place
    instrument = next(iter(place.instruments.values()))
    held = sum(place.account.balance(instrument.base))
    Plan([LongHistory("past")], 1).starting([venue])
    assert len(place.account.every_order()) == 1_106
    assert abs(sum(place.account.balance(instrument.base)) - held) <= held // 1_000
