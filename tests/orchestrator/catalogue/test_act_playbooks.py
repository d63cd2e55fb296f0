"""Which plain acts are taken without a model: those that are understood to the last word."""

from __future__ import annotations

import pytest

from orchestrator.playbooks.matching import match
from orchestrator.router.kinds import kind_of
from tests.support.playbooks import library

ALL = library().playbooks


@pytest.mark.parametrize(
    ("request_text", "playbook", "given"),
    [
        (
            "buy 0.01 BTC/USDT at 60000 on the simulator",
            "buy-at-limit",
            {"size": "0.01", "market": "BTC/USDT", "price": "60000", "place": "simulator"},
        ),
        (
            "Please sell 0.5 ETH/USDT at a limit of 3100 USDT on bybit, live",
            "sell-at-limit",
            {
                "size": "0.5",
                "market": "ETH/USDT",
                "price": "3100",
                "venue": "bybit",
                "place": "live",
            },
        ),
        ("buy 0.01 BTC/USDT on kraken", "buy-at-limit", {"venue": "kraken"}),
        (
            "cancel all my orders on kraken",
            "cancel-all-orders",
            {"venue": "kraken"},
        ),
        (
            "Cancel all open BTC/USDT orders on the bybit testnet",
            "cancel-all-orders",
            {"venue": "bybit", "market": "BTC/USDT", "place": "sandbox"},
        ),
        ("show my open orders on bybit", "open-orders", {"venue": "bybit"}),
    ],
)
def test_a_plain_act_is_taken(request_text: str, playbook: str, given: dict[str, str]) -> None:
    found = match(request_text, ALL)
    assert found is not None
    assert found.playbook.name == playbook
    texts = {name: reading.text for name, reading in found.given.items()}
    assert given.items() <= texts.items()


@pytest.mark.parametrize(
    "request_text",
    [
        "buy 0.01 BTC/USDT at 60000 on the simulator and sell it at 61000",
        "buy 0.01 BTC/USDT at 60000 on the simulator if it falls below 59000",
        "do not buy 0.01 BTC/USDT at 60000 on the simulator",
        "buy 0.01 BTC/USDT at 60000 on the simulator every hour",
        "buy 0.01 BTC/USDT at market on the simulator",
        "buy twice 0.01 BTC/USDT at 60000 on the simulator",
        "cancel all buy orders on kraken",
        "cancel all my orders on kraken older than an hour",
        "cancel all my orders on kraken but the BTC ones",
        "cancel my order on kraken live",
        "never cancel all my orders on kraken",
    ],
)
def test_an_act_with_one_word_more_goes_to_a_model(request_text: str) -> None:
    assert match(request_text, ALL) is None


@pytest.mark.parametrize("request_text", ["buy 0.01 BTC", "cancel my orders on bybit"])
def test_the_rules_know_an_act(request_text: str) -> None:
    assert kind_of(request_text).kind == "act"


@pytest.mark.parametrize(
    "request_text", ["buy 0.01 BTC", "sell half of my ETH now", "buy 1 SOL and then sell it"]
)
def test_an_act_goes_to_an_agent_that_can_place_orders(request_text: str) -> None:
    from orchestrator.agents.catalogue import AgentCatalogue
    from orchestrator.router.rules import route

    agents = AgentCatalogue.discover(None, None)
    name = route(request_text, agents).agent
    assert name is not None
    agent = agents.get(name)
    assert agent is not None
    assert agent.tools is not None
    assert "place_order" in agent.tools
