"""What a person means by a symbol: every usual spelling, and nothing by guesswork."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.exchange.errors import AmbiguousSymbol, UnknownSymbol, UnknownVenue
from trading_tools.exchange.listing import Market, resolve
from trading_tools.exchange.venues import venue_id


def market(symbol: str, venue_symbol: str, kind: str = "spot", active: bool = True) -> Market:
    base, _, rest = symbol.partition("/")
    quote, _, settle = rest.partition(":")
    return Market(
        symbol=symbol,
        venue_symbol=venue_symbol,
        kind=kind,
        base=base,
        quote=quote,
        settle=settle.partition("-")[0] or None,
        active=active,
        raw={},
    )


SPOT = [
    market("BTC/USDT", "BTCUSDT"),
    market("ETH/USDT", "ETHUSDT"),
    market("BTC/EUR", "BTCEUR"),
    market("DOGE/USDT", "DOGEUSDT"),
]
PERPETUAL = [
    market("BTC/USDT:USDT", "BTCUSDT", "swap"),
    market("BTC/USDC:USDC", "BTCPERP", "swap"),
    market("BTC/USDT:USDT-261225", "BTCUSDT-25DEC26", "future"),
    market("BTC/USDT:USDT-261225-90000-C", "BTC-25DEC26-90000-C", "option"),
]
KRAKEN = [market("BTC/USD", "XXBTZUSD"), market("DOGE/USD", "XXDGZUSD")]
SEPARATORS = st.sampled_from(["", "-", "_", "/", " ", "."])
SUFFIXES = st.sampled_from([" spot", "-SPOT", "_Spot", ".spot"])


@given(st.sampled_from(SPOT), SEPARATORS, st.booleans())
def test_a_pair_is_known_in_any_spelling_where_it_names_one_market(
    wanted: Market, separator: str, small: bool
) -> None:
    written = f"{wanted.base}{separator}{wanted.quote}"
    assert resolve(written.lower() if small else written, "bybit", SPOT) is wanted


@given(st.sampled_from([*SPOT, *PERPETUAL]), st.booleans())
def test_a_unified_symbol_always_means_itself(wanted: Market, small: bool) -> None:
    written = wanted.symbol.lower() if small else wanted.symbol
    assert resolve(written, "bybit", [*SPOT, *PERPETUAL]) is wanted


@given(st.sampled_from(SPOT), SEPARATORS, SUFFIXES)
def test_a_word_for_the_kind_decides_between_spot_and_perpetual(
    wanted: Market, separator: str, suffix: str
) -> None:
    written = f"{wanted.base}{separator}{wanted.quote}{suffix}"
    assert resolve(written, "bybit", [*SPOT, *PERPETUAL]) is wanted


@given(st.text(max_size=30))
def test_whatever_is_written_gives_one_market_or_a_refusal(written: str) -> None:
    with suppress(UnknownSymbol, AmbiguousSymbol):
        assert resolve(written, "bybit", [*SPOT, *PERPETUAL]) in [*SPOT, *PERPETUAL]


@pytest.mark.parametrize("written", ["BTCUSDT perp", "btcusdt.p", "BTC-USDT-SWAP", "BTC/USDT PERP"])
def test_a_perpetual_is_known_by_the_usual_endings(written: str) -> None:
    assert resolve(written, "bybit", [*SPOT, *PERPETUAL]).symbol == "BTC/USDT:USDT"


@pytest.mark.parametrize("written", ["BTCUSDT", "btc-usdt", "BTC_USDT"])
def test_a_pair_that_is_spot_and_perpetual_is_refused_with_both(written: str) -> None:
    with pytest.raises(AmbiguousSymbol) as refusal:
        resolve(written, "bybit", [*SPOT, *PERPETUAL])
    assert str(refusal.value) == (
        f"{written!r} is 2 markets of bybit: BTC/USDT (spot), BTC/USDT:USDT (perpetual settled in "
        "USDT); write the one you mean"
    )


def test_a_market_that_does_not_trade_stands_back_behind_one_that_does() -> None:
    listed = [market("BTC/USDT", "BTCUSDT", active=False), PERPETUAL[0]]
    assert resolve("BTCUSDT", "bybit", listed).symbol == "BTC/USDT:USDT"


@pytest.mark.parametrize(
    ("written", "symbol"),
    [("XBT/USD", "BTC/USD"), ("XBTUSD", "BTC/USD"), ("xdg-usd", "DOGE/USD"), ("BTCUSD", "BTC/USD"),
     ("XXBTZUSD", "BTC/USD")],
)  # fmt: skip
def test_krakens_old_codes_are_known(written: str, symbol: str) -> None:
    assert resolve(written, "kraken", KRAKEN).symbol == symbol


@pytest.mark.parametrize(
    ("written", "near"),
    [("BTC-USD", "BTC/EUR, BTC/USDT"), ("DOGEUSD", "DOGE/USDT"), ("ETHUSDTT", "ETH/USDT")],
)
def test_dollars_are_not_taken_for_tethers_but_the_nearest_are_named(
    written: str, near: str
) -> None:
    with pytest.raises(UnknownSymbol, match=f"near it: {near}"):
        resolve(written, "bybit", SPOT)


@pytest.mark.parametrize(
    ("written", "venue"),
    [("Bybit", "bybit"), ("BINANCE", "binance"), ("binance linear", "binanceusdm"),
     ("Binance-Futures", "binanceusdm"), ("okex", "okx"), ("gate.io", "gate")],
)  # fmt: skip
def test_a_venue_is_known_as_people_write_it(written: str, venue: str) -> None:
    assert venue_id(written, {"bybit", "binance", "binanceusdm", "okx", "gate"}) == venue


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("FTX", "ftx closed in November 2022 and has no successor: ask bybit or binance instead"),
        ("coinbasepro", "coinbasepro became Coinbase Advanced: ask `coinbase`"),
        ("bibyt", "there is no venue 'bibyt'; did you mean bybit?"),
        ("mtgox!", "there is no venue 'mtgox!'; try bybit, binance, binanceusdm, kraken, coinbase"),
    ],
)
def test_a_venue_that_is_gone_or_mistyped_is_answered_with_where_to_go(
    written: str, says: str
) -> None:
    with pytest.raises(UnknownVenue) as refusal:
        venue_id(written, {"bybit", "binance", "coinbase", "kraken"})
    assert str(refusal.value) == says
