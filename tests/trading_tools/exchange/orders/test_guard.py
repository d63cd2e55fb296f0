"""The guard: each rule by itself, and what counts as open, sold, sent today."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.trading_tools.exchange.orders.guards import BOOK, NOW, guard, market
from trading_tools.audit.trade import OrderFill, OrderIntent, OrderStage
from trading_tools.exchange.orders.beside import Beside, beside
from trading_tools.exchange.orders.guard import LIVE_TOKEN, Quote, Refused, fitted
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import VenueOrder
from trading_tools.exchange.orders.records import Records
from trading_tools.exchange.orders.sight import Sight

SIDES: tuple[Literal["buy"], Literal["sell"]] = ("buy", "sell")
TEN = Decimal(605_000)
"""What ten cost at the best ask and a little more; the last of them cost 61,000 each."""


def order(**changes: Any) -> Intent:
    """A buy near the market."""
    given: dict[str, Any] = {
        "key": "one",
        "symbol": "BTC/USDT",
        "side": "buy",
        "size_base": Decimal("0.01"),
        "price_quote": Decimal("59000"),
    }
    return Intent(**{**given, **changes})


def market_order(size: str, side: str = "buy") -> Intent:
    return order(size_base=Decimal(size), price_quote=None, order_type="market", side=side)


def sent(*sizes: str, filled: bool = True, **changes: Any) -> Records:
    """Orders that were sent before: a size below zero is a sale."""
    entries: list[Any] = []
    for number, text in enumerate(sizes):
        size = Decimal(text)
        given = {
            "client_order_id": f"o-{number}",
            "symbol": "BTC/USDT",
            "side": "buy" if size > 0 else "sell",
            "order_type": "limit",
            "size_base": abs(size),
            "price_quote": Decimal(60_000),
            "at": NOW - timedelta(hours=1),
        }
        entries.append(OrderIntent(**{**given, **changes}))
        stage, done = (Stage.FILLED, abs(size)) if filled else (Stage.OPEN, Decimal(0))
        entries.append(OrderStage(f"o-{number}", stage, NOW, done, "test", f"{number}"))
    return Records(entries)


def refused(intent: Intent, records: Records, folder: Path, **changes: Any) -> str:
    """The rule that forbids it."""
    with pytest.raises(Refused) as refusal:
        guard(folder, **changes).check(intent, records)
    return refusal.value.rule


@pytest.mark.parametrize(
    ("intent", "limits", "rule"),
    [
        (order(size_base=Decimal("0.010001")), {}, "market-rules"),
        (order(price_quote=Decimal("59000.001")), {}, "market-rules"),
        (order(size_base=Decimal("0.00002")), {}, "market-rules"),
        (order(), {"max_order_quote": Decimal(589)}, "max-order"),
        (order(price_quote=Decimal(56_000)), {"price_collar": Decimal("0.05")}, "price-collar"),
        (order(price_quote=Decimal(64_000)), {"price_collar": Decimal("0.05")}, "price-collar"),
        (market_order("2"), {}, "slippage"),
        (market_order("2", "sell"), {}, "slippage"),
        (market_order("60"), {"slippage": Decimal(1)}, "slippage"),
        (market_order("10"), {"slippage": Decimal(1), "max_order_quote": TEN}, "max-order"),
        (order(), {"max_position_base": {"BTC/USDT": Decimal("0.009")}}, "max-position"),
        (order(side="sell"), {"max_position_base": {"BTC/USDT": Decimal("0.009")}}, "max-position"),
        (order(), {"max_position_base": {}}, "max-position"),
        (order(), {"max_exposure_quote": Decimal(500)}, "max-exposure"),
        (order(price_quote=Decimal(66_000)), {"max_exposure_quote": Decimal(630)}, "max-exposure"),
        (order(symbol="DOGE/USDT"), {}, "market"),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_by_its_name(
    intent: Intent, limits: dict[str, Any], rule: str, tmp_path: Path
) -> None:
    assert refused(intent, Records(), tmp_path, limits=limits) == rule


def test_an_order_that_passes_is_told_the_book_it_was_judged_by(tmp_path: Path) -> None:
    sight = guard(tmp_path, clock=lambda: 101.5).check(order(), Records())
    assert sight == Sight(Decimal(59_999), Decimal(60_001), 1_500)
    assert sight.mid_quote == 60_000


def test_an_order_that_keeps_all_rules_passes(tmp_path: Path) -> None:
    guard(tmp_path).check(order(), Records())
    guard(tmp_path).check(market_order("0.5"), Records())


def test_a_sale_of_what_is_held_takes_exposure_away(tmp_path: Path) -> None:
    most = {"BTC/USDT": Decimal("0.01")}
    limits = {"max_exposure_quote": Decimal(700), "max_position_base": most}
    held = sent("0.01")
    assert refused(order(), held, tmp_path, limits=limits) == "max-position"
    guard(tmp_path, limits=limits).check(order(side="sell", price_quote=Decimal(61_000)), held)
    guard(tmp_path, limits=limits).check(order(), sent("0.01", "-0.01"))


@pytest.mark.parametrize("held", [(), ("0.005",), ("-0.01", "0.01")])
def test_an_order_that_is_said_to_reduce_must_reduce(held: tuple[str, ...], tmp_path: Path) -> None:
    sale = order(side="sell", price_quote=Decimal(61_000), reduce_only=True)
    assert refused(sale, sent(*held), tmp_path) == "reduce-only"
    assert refused(order(reduce_only=True), sent(*held), tmp_path) == "reduce-only"


def test_what_reduces_passes_the_limits_that_are_passed_already(tmp_path: Path) -> None:
    limits = {"max_position_base": {"BTC/USDT": Decimal("0.01")}}
    sale = order(side="sell", price_quote=Decimal(61_000))
    assert refused(sale, sent("0.05"), tmp_path, limits=limits) == "max-position"
    guard(tmp_path, limits=limits).check(replace(sale, reduce_only=True), sent("0.05"))


def test_what_is_left_of_a_contract_is_closed_however_little_it_is_worth(tmp_path: Path) -> None:
    sale = order(symbol="BTC/USDT:USDT", side="sell", size_base=Decimal("0.001"), reduce_only=True)
    held = sent("0.001", symbol=sale.symbol)
    for venue in "binance", "binanceusdm":
        rules = {sale.symbol: market(sale.symbol, venue=venue, min_notional=Decimal(100))}
        if venue == "binance":
            assert refused(sale, held, tmp_path, markets=rules) == "market-rules"
        else:
            guard(tmp_path, markets=rules).check(sale, held)


def test_a_contract_is_refused_as_its_size_means_another_thing(tmp_path: Path) -> None:
    contract = {"BTC/USDT": market(kind="swap", contract_size=Decimal("0.001"))}
    assert refused(order(), Records(), tmp_path, markets=contract) == "market"


def test_a_coarse_decimal_context_of_the_caller_changes_no_judgement(tmp_path: Path) -> None:
    limits = {"max_position_base": {"BTC/USDT": Decimal("9.01")}}
    held = sent("9.005")
    with localcontext(prec=2):
        held.apply(OrderStage("o-0", Stage.FILLED, NOW, Decimal("9.0051"), "late", "0"))
    assert held.position_base("BTC/USDT") == Decimal("9.0051")
    with localcontext(prec=2):
        assert refused(order(), held, tmp_path, limits=limits) == "max-position"


def test_what_is_open_counts_as_if_it_filled(tmp_path: Path) -> None:
    limits = {"max_exposure_quote": Decimal(1_000)}
    assert refused(order(), sent("0.01", filled=False), tmp_path, limits=limits) == "max-exposure"


def test_an_order_below_the_market_counts_with_what_its_position_would_be_worth(
    tmp_path: Path,
) -> None:
    limits = {"max_exposure_quote": Decimal(575)}
    low = order(price_quote=Decimal(55_000))
    assert refused(low, Records(), tmp_path, limits=limits) == "max-exposure"


def test_what_the_account_has_beside_our_orders_counts_too(tmp_path: Path) -> None:
    limits = {"max_exposure_quote": Decimal(1_300)}
    for more in (Beside(held=Decimal("0.012")), Beside(buys=Decimal("0.012"))):
        has = {"limits": limits, "beside": {"BTC/USDT": more}}
        assert refused(order(), Records(), tmp_path, **has) == "max-exposure"
    elsewhere = {"ETH/USDT": Beside(sells=Decimal("0.012"))}
    has = {"limits": limits, "beside": elsewhere}
    assert refused(order(), Records(), tmp_path, **has) == "max-exposure"
    sold = {"BTC/USDT": Beside(held=Decimal("-0.012"))}
    guard(tmp_path, limits=limits, beside=sold).check(order(), sent("0.012"))


def test_a_sale_may_reduce_what_others_bought(tmp_path: Path) -> None:
    sale = order(side="sell", price_quote=Decimal(61_000), reduce_only=True)
    bought = {"BTC/USDT": Beside(held=Decimal("0.01"))}
    guard(tmp_path, beside=bought).check(sale, Records())
    promised = {"BTC/USDT": Beside(held=Decimal("0.01"), sells=Decimal("0.001"))}
    assert refused(sale, Records(), tmp_path, beside=promised) == "reduce-only"


def test_a_guard_says_what_all_may_come_to_be_worth(tmp_path: Path) -> None:
    more = {"BTC/USDT": Beside(held=Decimal("0.02"), buys=Decimal("0.01"))}
    assert guard(tmp_path).worth_after(order(), Records()) == 600
    assert guard(tmp_path, beside=more).worth_after(order(), Records()) == 2_400


def test_a_coin_that_is_held_counts_once_and_others_orders_where_they_are() -> None:
    others = [
        VenueOrder(side, side, "BTC/USDC", side, Stage.OPEN, Decimal(2), Decimal("0.5"))
        for side in SIDES
    ]
    held = {"BTC": Decimal(3), "USDT": Decimal(9)}
    ours = sent("1")
    assert beside("BTC/USDC", ours, others, held) == {
        "BTC/USDC": Beside(Decimal(2), Decimal("1.5"), Decimal("1.5")),
        "BTC/USDT": Beside(),
    }
    assert beside("ETH/USDT", ours, [], held)["BTC/USDT"] == Beside(held=Decimal(2))
    assert beside("BTC/USDT", ours, [], {})["BTC/USDT"] == Beside(held=Decimal(-1))
    assert beside("BTC/USDT", ours, [], None)["BTC/USDT"] == Beside()


def test_all_markets_count_together(tmp_path: Path) -> None:
    limits = {"max_exposure_quote": Decimal(1_000)}
    other = sent("0.01", symbol="ETH/USDT")
    assert refused(order(), other, tmp_path, limits=limits) == "max-exposure"
    held, poor = sent("0.01", symbol="ETH/USDT:USDT"), {"equity": lambda: Decimal(1_000)}
    wanted, once = order(symbol="BTC/USDT:USDT"), {"max_leverage": Decimal(1)}
    assert refused(wanted, held, tmp_path, limits=once, **poor) == "leverage"


def test_the_orders_of_a_day_are_those_of_its_utc_date(tmp_path: Path) -> None:
    limits = {"max_orders_a_day": 2}
    assert refused(order(), sent("1", "-1"), tmp_path, limits=limits) == "daily-orders"
    yesterday = sent("1", "-1", at=NOW - timedelta(hours=12, seconds=1))
    guard(tmp_path, limits=limits).check(order(), yesterday)


def test_the_same_order_again_and_again_is_stopped(tmp_path: Path) -> None:
    lately = sent("0.01", "0.01", at=NOW - timedelta(seconds=30))
    limits = {"repeats": 2}
    assert refused(order(), lately, tmp_path, limits=limits) == "repeats"
    guard(tmp_path, limits=limits).check(order(size_base=Decimal("0.02")), lately)
    guard(tmp_path, limits=limits).check(order(), sent("0.01", "0.01"))


def test_a_position_that_could_not_be_closed_again_is_not_opened(tmp_path: Path) -> None:
    tight = {"price_collar": Decimal("0.05")}
    entry = order(size_base=Decimal("0.00009"), price_quote=Decimal(59_000))
    rules = {"BTC/USDT": market(min_notional=Decimal("5.2"))}
    assert refused(entry, Records(), tmp_path, limits=tight, markets=rules) == "exit"
    rest = order(side="sell", size_base=Decimal("0.00995"), price_quote=Decimal(60_500))
    assert refused(rest, sent("0.01"), tmp_path, limits=tight) == "exit"
    guard(tmp_path, limits=tight).check(
        order(side="sell", price_quote=Decimal(60_500)), sent("0.01")
    )


@pytest.mark.parametrize(
    ("side", "price"), [("buy", Decimal("59000.12")), ("sell", Decimal("59000.13"))]
)
def test_an_intent_is_put_on_the_grid_in_the_direction_that_does_no_harm(
    side: Any, price: Decimal
) -> None:
    wanted = order(side=side, size_base=Decimal("0.0100099"), price_quote=Decimal("59000.125"))
    found = fitted(wanted, market())
    assert (found.size_base, found.price_quote) == (Decimal("0.01"), price)
    assert found.key == wanted.key


def test_an_intent_of_which_nothing_is_left_on_the_grid_is_refused() -> None:
    with pytest.raises(Refused, match="below the least"):
        fitted(order(size_base=Decimal("0.000001")), market())


def asks(price: str, size: str = "1") -> Quote:
    return replace(BOOK, asks=((Decimal(price), Decimal(size)),))


@pytest.mark.parametrize(
    "quote",
    [
        None,
        asks("Infinity"),
        asks("NaN"),
        asks("60001", "NaN"),
        asks("59999"),
        replace(BOOK, asks=()),
        replace(BOOK, at=94.9),
        replace(BOOK, at=1_764_000_000.0),
        replace(BOOK, at=float("nan")),
        Quote(((59_999.0, 1.0),), ((60_001.0, 1.0),), 100.0),  # type: ignore[arg-type]
    ],
)
def test_without_a_fresh_book_nothing_goes_out(quote: Any, tmp_path: Path) -> None:
    assert refused(order(), Records(), tmp_path, quotes=lambda symbol: quote) == "quote"


def test_a_rule_of_the_market_that_is_not_known_is_no_leave(tmp_path: Path) -> None:
    unsure = market(min_notional=None, missing={"min_notional": "the venue does not say"})
    assert refused(order(), Records(), tmp_path, markets={"BTC/USDT": unsure}) == "market-rules"


@pytest.mark.parametrize("token", [None, "", "yes", LIVE_TOKEN.upper(), LIVE_TOKEN + " "])
def test_a_real_venue_needs_the_token_to_the_letter(token: str | None, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="live"):
        guard(tmp_path, simulated=False, live=token)


def test_with_the_token_a_real_venue_is_guarded_by_the_same_rules(tmp_path: Path) -> None:
    guard(tmp_path, simulated=False, live=LIVE_TOKEN).check(order(), Records())


def test_the_kill_switch_stays_thrown_and_keeps_its_first_reason(tmp_path: Path) -> None:
    switch = KillSwitch(tmp_path / "stop")
    assert switch.thrown is None
    switch.throw("drawdown")
    switch.throw("second thoughts")
    assert KillSwitch(tmp_path / "stop").thrown == "drawdown"


def test_a_kill_switch_that_cannot_be_read_counts_as_thrown(tmp_path: Path) -> None:
    (tmp_path / "stop").mkdir()
    assert refused(order(), Records(), tmp_path) == "kill-switch"


def test_a_kill_switch_that_is_a_pipe_counts_as_thrown_and_is_not_waited_for(
    tmp_path: Path,
) -> None:
    os.mkfifo(tmp_path / "stop")
    assert refused(order(), Records(), tmp_path) == "kill-switch"
    writer = os.open(tmp_path / "stop", os.O_RDWR)  # somebody has it open, and says nothing
    assert "cannot be read" in (KillSwitch(tmp_path / "stop").thrown or "")
    os.close(writer)


def test_a_kill_switch_that_cannot_be_written_is_thrown_for_its_own_process() -> None:
    switch = KillSwitch(Path("/proc/stop"))  # where nobody can make a file
    assert switch.thrown is None
    with pytest.raises(OSError, match="/proc/stop"):
        switch.throw("drawdown")
    assert (switch.thrown or "").startswith("drawdown (in this process alone, /proc/stop cannot")


def test_a_kill_switch_whose_folder_is_not_there_counts_as_thrown(tmp_path: Path) -> None:
    switch = KillSwitch(tmp_path / "not mounted" / "stop")
    assert "is not there" in (switch.thrown or "")
    assert refused(order(), Records(), tmp_path, kill_switch=switch) == "kill-switch"


def test_an_order_that_filled_more_than_its_size_takes_nothing_off_what_is_open() -> None:
    records = sent("0.01", "0.02", filled=False)
    more = OrderFill("o-0", "t1", NOW, Decimal("0.015"), Decimal(60_000))
    records.apply(more)
    assert records.exposure_base("BTC/USDT")[0] == Decimal("0.015") + Decimal("0.02")


@pytest.mark.parametrize(
    "limits",
    [
        {"max_order_quote": 100.0},
        {"max_order_quote": Decimal(0)},
        {"max_exposure_quote": Decimal("NaN")},
        {"max_position_base": {"BTC/USDT": Decimal(-1)}},
        {"max_orders_a_day": 0},
        {"max_orders_a_day": float("nan")},
        {"max_orders_a_day": True},
        {"repeats": float("nan")},
        {"repeats": 2.5},
        {"quote_age_s": 0},
        {"quote_age_s": float("inf")},
        {"repeat_s": float("nan")},
        {"repeat_s": 1e300},
        {"price_collar": Decimal(5)},
        {"slippage": Decimal(2)},
        {"stop_collar": Decimal(2)},
    ],
)
def test_limits_that_are_none_are_refused(limits: dict[str, Any], tmp_path: Path) -> None:
    (name,) = limits
    with pytest.raises(ValueError, match=f"{name}.* is .*(float|above 0|NaN|fraction)"):
        guard(tmp_path, limits=limits)


def test_limits_that_are_given_as_text_hold_like_decimals(tmp_path: Path) -> None:
    worded = {"max_order_quote": "589.99", "max_position_base": {"BTC/USDT": "1"}}
    assert refused(order(), Records(), tmp_path, limits=worded) == "max-order"


@pytest.mark.parametrize("equity", [None, float("nan"), Decimal("NaN"), Decimal("Infinity"), 1e6])
def test_a_contract_needs_an_equity_that_is_a_sound_number(equity: Any, tmp_path: Path) -> None:
    wanted = Intent("k", "BTC/USDT:USDT", "buy", Decimal("0.01"), Decimal(60_000))
    assert refused(wanted, Records(), tmp_path, equity=lambda: equity) == "leverage"


def test_limits_in_money_are_not_held_against_prices_in_coins(tmp_path: Path) -> None:
    symbols = ("BTC/USDT", "ETH/BTC")
    most = {"max_order_quote": Decimal(1_000), "max_position_base": {"ETH/BTC": Decimal(10**6)}}
    coin = Quote(((Decimal("0.04"), Decimal(1)),), ((Decimal("0.05"), Decimal(1)),), 100.0)
    strict = guard(
        tmp_path,
        limits=most,
        markets={symbol: market(symbol) for symbol in symbols},
        quotes=lambda symbol: coin,
    )
    order = Intent("k", "ETH/BTC", "buy", Decimal(8_000), Decimal("0.04"))
    with pytest.raises(Refused, match="currency: BTC and USDT cannot be added up"):
        strict.check(order, Records())
