"""How people word what the shipped playbooks answer, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.playbooks.files import shipped_dir
from orchestrator.playbooks.format import Playbook
from orchestrator.playbooks.matching import match
from orchestrator.playbooks.reading import read_playbook


def shipped(path: Path) -> Playbook:
    playbook = read_playbook(path, "shipped").playbook
    assert playbook is not None
    return playbook


ALL = [shipped(path) for path in sorted(shipped_dir().glob("*.yaml"))]
SIZING, LIMITS, PRICE, FEES = "validate-sizing", "market-limits", "market-price", "trading-fees"


@pytest.mark.parametrize(
    ("request_text", "playbook", "expected"),
    [
        (
            "Work out the Kelly bet: 58% hit rate, payoff 1.3, bankroll 25000 USDC",
            SIZING,
            {"win_rate": "0.58", "payoff": "1.3", "capital": "25000"},
        ),
        (
            "Could you double check my Kelly math? Win prob 0.55, odds 1:1, account 5,000 USDT",
            SIZING,
            {"win_rate": "0.55", "payoff": "1", "capital": "5000"},
        ),
        (
            "How big should my position be with a 52% win rate and 1.1 reward to risk on a 20k "
            "USDT account?",
            SIZING,
            {"win_rate": "0.52", "payoff": "1.1", "capital": "20000"},
        ),
        (
            "what share of my bankroll should I risk when p = 0.6 and b = 1.2",
            SIZING,
            {"win_rate": "0.6", "payoff": "1.2"},
        ),
        (
            "How much of 10k USDT to risk with p = 0.55 and b = 1.3 under half kelly",
            SIZING,
            {"win_rate": "0.55", "payoff": "1.3", "capital": "10000", "multiplier": "0.5"},
        ),
        (
            "Verify that 8.3% is the Kelly fraction for p=0.55 and b=1",
            SIZING,
            {"win_rate": "0.55", "payoff": "1", "claimed_fraction": "0.083"},
        ),
        (
            "Is 12% the right Kelly fraction with a win rate of 0.6 and payoff 1.5?",
            SIZING,
            {"win_rate": "0.6", "payoff": "1.5", "claimed_fraction": "0.12"},
        ),
        (
            "Never more than 2% per trade: Kelly, win rate 60%, payoff 1.5, capital 20000 USDT",
            SIZING,
            {"win_rate": "0.6", "payoff": "1.5", "cap": "0.02", "capital": "20000"},
        ),
        (
            "Smallest ETH/USDT order I can place on Binance?",
            LIMITS,
            {"market": "ETH/USDT", "venue": "binance"},
        ),
        (
            "How small can an order be for XRP/USDT on kraken?",
            LIMITS,
            {"market": "XRP/USDT", "venue": "kraken"},
        ),
        (
            "minimum quantity and step size for SOLUSDT on bybit linear",
            LIMITS,
            {"market": "SOLUSDT", "venue": "bybit", "contract": "perp"},
        ),
        (
            "is 0.00001 BTC a valid order size on Binance BTC/USDT?",
            LIMITS,
            {"market": "BTC/USDT", "venue": "binance", "amount": "0.00001"},
        ),
        (
            "Does Kraken accept 0.00005 BTC orders on BTC/USD?",
            LIMITS,
            {"market": "BTC/USD", "venue": "kraken", "amount": "0.00005"},
        ),
        (
            "Tell me the trading rules for BTC/USDT on Kraken",
            LIMITS,
            {"market": "BTC/USDT", "venue": "kraken"},
        ),
        (
            "Where is BTC/USDT right now on binance?",
            PRICE,
            {"market": "BTC/USDT", "venue": "binance"},
        ),
        ("how much is BTC/USDT on kraken?", PRICE, {"market": "BTC/USDT", "venue": "kraken"}),
        ("Give me a quote for XRP/USDT on okx", PRICE, {"market": "XRP/USDT", "venue": "okx"}),
        (
            "price of SOLUSDT perps on bybit right now",
            PRICE,
            {"market": "SOLUSDT", "venue": "bybit", "contract": "perp"},
        ),
        (
            "how much does Kraken charge for trading BTC/USD?",
            FEES,
            {"market": "BTC/USD", "venue": "kraken"},
        ),
        ("maker/taker ETH/USD coinbase", FEES, {"market": "ETH/USD", "venue": "coinbase"}),
        ("commission on BTC/USDT at kucoin", FEES, {"market": "BTC/USDT", "venue": "kucoin"}),
    ],
)
def test_a_question_in_other_words_is_taken(
    request_text: str, playbook: str, expected: dict[str, str]
) -> None:
    found = match(request_text, ALL)
    assert found is not None
    assert found.playbook.name == playbook
    assert {name: reading.text for name, reading in found.given.items()} == expected


@pytest.mark.parametrize(
    "request_text",
    [
        "Implement Kelly sizing with win rate 0.65 and payoff 1.5",
        "kelly p=0.6 b=2 and then buy BTC with it",
        "kelly with win rate 55%, payoff 1.2 and a 10% chance of ruin",
        "work out a new kelly module with win rate 0.6 and payoff 1.5",
        "run the bot with kelly win rate 0.6 payoff 1.5",
        "never bet more than 2%: change my kelly code, win rate 0.6 payoff 1.5",
        "How much of 10k USDT did I risk with p = 0.55 and b = 1.3",
        "Place the smallest ETH/USDT order on Binance",
        "make a trade of 0.001 BTC/USDT on bybit",
        "submit an order of 0.5 SOL on SOL/USDT at binance",
        "are my BTC/USDT orders on bybit accepted",
        "what limits do you use for BTC/USDT on bybit",
        "what are the rate limits of binance for BTC/USDT",
        "support BTC/USDT perps on bybit with tick size rounding",
        "use the market price of BTC/USDT on bybit to place an order",
        "How much is BTC/USDT up on kraken?",
        "how much is my BTC/USDT position on bybit",
        "where is the BTC/USDT adapter for bybit",
        "did bybit charge me the right fee for BTC/USDT",
        "fees I paid for BTC/USDT on bybit last month",
        "withdrawal fee for BTC on binance",
    ],
)
def test_what_asks_for_more_or_for_something_else_is_left_to_a_model(request_text: str) -> None:
    assert match(request_text, ALL) is None
