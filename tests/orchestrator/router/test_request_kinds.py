"""The kind of a job shows in the grammar of its request."""

from __future__ import annotations

import pytest

from orchestrator.router.kinds import kind_of


@pytest.mark.parametrize(
    ("request_text", "kind"),
    [
        ("implement a Bybit perp connector with 30 s candles", "implement"),
        ("Could you please add a circuit breaker?", "implement"),
        ("the container does not start", "implement"),
        ("We need a table for fills.", "implement"),
        ("review src/bot.py", "review"),
        ("Audit the login code, don't change anything", "review"),
        ("Please don't build anything, just review the design", "review"),
        ("check loader.py for leaks", "review"),
        ("verify that our profit is correct", "validate"),
        ("Is this formula right? f = p - q/b", "validate"),
        ("check the calculation of the fees", "validate"),
        ("check whether the drawdown is computed right", "validate"),
        ("check sizing.py: f = (p*b - q) / p", "validate"),
        ("we go live on Monday", "golive"),
        ("Are we ready for production?", "golive"),
        ("why does my order get rejected", "answer"),
        ("how do I compute a Sharpe ratio?", "answer"),
        ("Explain maker and taker", "answer"),
        ("should I buy BTC now?", "answer"),
        ("buy 0.01 BTC", "act"),
        ("please sell half my ETH now", "act"),
        ("Can you cancel all my open orders?", "act"),
        ("It went too far. Close my position.", "act"),
        ("withdraw 500 USDT to my ledger", "act"),
        ("flatten everything", "act"),
        ("place a limit order for 1 BTC at 60000", "act"),
    ],
)
def test_the_kind_follows_the_demand(request_text: str, kind: str) -> None:
    assert kind_of(request_text).kind == kind


@pytest.mark.parametrize(
    "request_text",
    [
        "sell half when the price falls below 100",
        "buy 20 USD of BTC every day",
        "write a function that closes all positions",
        "cancel orders in the bot after 30 s",
        "close the websocket",
        "transfer the repository to the new organisation",
        "short description of the strategy",
    ],
)
def test_a_rule_or_a_program_is_no_order(request_text: str) -> None:
    assert kind_of(request_text).kind != "act"


def test_words_inside_code_are_no_cues() -> None:
    assert kind_of("explain this:\n```\n# implement, fix, build\nverify()\n```").kind == "answer"


def test_without_any_cue_it_is_implement_and_says_so() -> None:
    guess = kind_of("candles")
    assert (guess.kind, guess.cues) == ("implement", ())
