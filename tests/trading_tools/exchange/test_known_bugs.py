"""Which test shows that the kit does not have a bug: those of the early example code for bots.

The numbers are those under which the bugs were listed and reproduced. S64 was none: a control.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from trading_tools.exchange.orders.ways import WAYS
from trading_tools.exchange.pacing.venues import RULES

_TESTS = Path(__file__).parents[1]

_GUARD = "exchange/orders/test_guard.py"
_MANAGER = "exchange/orders/test_manager.py"
_EVERY = "exchange/orders/test_every_venue.py"
_CRASHES = "exchange/orders/test_crashes.py"
_INTENTS = "exchange/orders/test_intents.py"
_JUDGING = "exchange/orders/test_judging.py"
_PACER = "exchange/pacing/test_pacer.py"
_HEADERS = "exchange/pacing/test_headers.py"
_STREAM = "exchange/streams/test_stream.py"
_CCXT_STREAM = "exchange/streams/test_ccxt_streams.py"
_BREAKER = "exchange/test_breaker.py"
_FACTS = "exchange/facts/test_facts.py"
_FIT = "exchange/test_fit.py"
_WIRE = "exchange/orders/test_wire.py"
_KELLY = "risk/test_kelly.py"
_SIZING = "risk/test_sizing.py"
_TRADE = "audit/test_trade_audit.py"

SHOWN: Final[dict[str, tuple[str, str, str]]] = {
    "S01": ("a market order counts with a price of 1", _GUARD, "order_that_breaks_a_rule"),
    "S02": ("a sale adds exposure", _GUARD, "a_sale_of_what_is_held"),
    "S03": ("orders at once each pass the limit", _MANAGER, "sent_at_once_share_one_limit"),
    "S04": ("the limit of a day is raced", _GUARD, "the_orders_of_a_day"),
    "S05": ("what rests takes no exposure", _GUARD, "what_is_open_counts_as_if"),
    "S06": ("a timeout is a failure", "exchange/orders/test_absence.py", "while_nothing_is_known"),
    "S07": ("an order has no key", _MANAGER, "the_same_key_is_the_same_order"),
    "S08": ("the count of a day never starts anew", _GUARD, "the_orders_of_a_day"),
    "S09": ("a burst after one wait", _PACER, "a_window_of_the_venues_own_clock"),
    "S10": ("NaN and infinity pass", _INTENTS, "an_intent_that_cannot_be_sent"),
    "S11": ("floats pass for money", _INTENTS, "an_intent_that_cannot_be_sent"),
    "S12": ("changed after it was checked", _INTENTS, "an_intent_cannot_be_changed"),
    "S13": ("no least worth, tick or step", _GUARD, "order_that_breaks_a_rule"),
    "S20": ("Kelly ignores a partial loss", _KELLY, "a_partial_loss_counts"),
    "S21": ("Kelly overbets a loss above all", _KELLY, "never_reaches_the_one_that_a_loss"),
    "S22": ("Kelly hides a win below nothing", _KELLY, "a_bet_that_is_none"),
    "S23": ("Kelly divides by nothing", _KELLY, "a_bet_that_is_none"),
    "S24": ("a size above the bankroll", _SIZING, "an_input_out_of_range"),
    "S25": ("a size in the wrong asset", _SIZING, "the_size_is_in_base_currency"),
    "S26": ("fees and doubt are left out", "risk/test_prediction.py", "fees_never_make_a_bet"),
    "S30": ("any number of probes", _BREAKER, "one_request_alone_is_the_probe"),
    "S31": ("a failed probe opens nothing", _BREAKER, "each_probe_that_fails_doubles"),
    "S32": ("successes do not count", _BREAKER, "old_failures_and_a_low_ratio"),
    "S33": ("above 100 it never opens", _BREAKER, "above_a_hundred_failures"),
    "S34": ("the wall clock keeps it open", _BREAKER, "steps_of_the_wall_clock"),
    "S35": ("late failures push its end on", _BREAKER, "late_ends_of_requests"),
    "S36": ("the breaker stands before nothing", _WIRE, "an_open_breaker_refuses_orders"),
    "S40": ("times without a zone", _TRADE, "unfit_intents_are_refused"),
    "S41": ("an edit is not found", "audit/test_audit_verify.py", "an_altered_event_is_named"),
    "S42": ("the log fails on Decimal", _TRADE, "every_decimal_comes_back_equal"),
    "S43": ("the intent is not written first", _CRASHES, "wherever_the_process_ends"),
    "S44": ("entries without an order's name", _TRADE, "the_trail_of_one_order"),
    "S45": ("a price of 0 is none", _INTENTS, "an_intent_that_cannot_be_sent"),
    "S50": ("a request holds the loop", _WIRE, "requests_under_way_at_once"),
    "S51": ("a market order fails", _EVERY, "a_market_sale"),
    "S52": ("what was accepted is filled", _MANAGER, "written_down_before_it_is_sent"),
    "S53": ("sizes go through floats", _EVERY, "an_order_fills_and_its_fills"),
    "S54": ("a price above the market's most", _FIT, "each_misfit_is_named"),
    "S60": ("time that was slept counts twice", _PACER, "whole_limit_is_used_under_load"),
    "S61": ("Kraken's counter is not kept", _PACER, "a_decaying_counter_never_passes"),
    "S62": ("a cancel waits behind the rest", _PACER, "a_cancel_goes_before_an_order"),
    "S63": ("more than a limit is let go", _PACER, "a_request_larger_than_the_limit"),
    "S65": ("the main venue is not known", "exchange/test_known_bugs.py", "has_its_limits"),
    "S66": ("weights are not kept", _PACER, "binance_never_warns"),
    "S67": ("a clock that goes back frees", _PACER, "a_clock_that_goes_back"),
    "S70": ("a refusal is sent again", _MANAGER, "a_refusal_before_the_order_is_looked"),
    "S71": ("a ban is no rate limit", _HEADERS, "a_refusal_pauses_everybody"),
    "S72": ("money goes to ccxt as float", _EVERY, "an_order_fills_and_its_fills"),
    "S73": ("a price of 0 is none", _INTENTS, "an_intent_that_cannot_be_sent"),
    "S74": ("an unknown end is an error", _MANAGER, "an_acknowledgement_that_is_lost"),
    "S76": ("an end is counted twice", _BREAKER, "the_end_of_a_request_is_reported_once"),
    "S80": ("the monitor never starts", _STREAM, "a_silent_connection_is_let_go"),
    "S81": ("waits never start anew", _STREAM, "waits_grow_with_failures"),
    "S82": ("connections are never closed", _CCXT_STREAM, "a_book_that_goes_silent"),
    "S84": ("silent before it began", _STREAM, "that_may_be_silent_is_mended"),
    "S86": ("silence takes a minute", _STREAM, "a_silent_connection_is_let_go"),
    "S87": ("silence is never seen", _CCXT_STREAM, "a_book_that_goes_silent"),
    "S88": ("a consumer's fault reconnects", _STREAM, "a_consumer_that_fails_or_hangs"),
    "S89": ("each venue is taken for Binance", _EVERY, "an_order_fills_and_its_fills"),
    "S90": ("nothing is asked after a break", _CCXT_STREAM, "a_fill_that_the_account_stream"),
    "S91": ("floats in the file of facts", _FACTS, "no_amount_passes_through_a_binary_float"),
    "S92": ("dead venues", "exchange/test_symbols.py", "a_venue_that_is_gone"),
}
"""By number: the bug, and the file and part of the name of a test that fails where it is there."""

ELSEWHERE: Final[dict[str, str]] = {
    "S55": "was of a test of the example's own",
    "S75": "was of imports in the example's text",
    "S83": "one `Stream` watches one thing, and keeps no list",
    "S85": "was of a name that was not defined",
}
"""Those that a test of the kit cannot show, and why."""


@cache
def _names(file: str) -> list[str]:
    tree = ast.parse((_TESTS / file).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [each.name for each in ast.walk(tree) if isinstance(each, functions)]


@pytest.mark.parametrize("number", SHOWN)
def test_the_test_that_shows_a_bug_is_not_there_exists(number: str) -> None:
    _, file, part = SHOWN[number]
    assert [name for name in _names(file) if name.startswith("test_") and part in name]


@pytest.mark.parametrize("venue", WAYS)
def test_each_venue_that_orders_go_to_has_its_limits(venue: str) -> None:
    assert RULES[venue]
