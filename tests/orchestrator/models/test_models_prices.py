"""Prices: exact money, cache reads and writes, tiers, what the user declares, and the unknown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestrator.models.port import Usage
from orchestrator.models.prices import DeclaredPrice, Prices

MTOK = 1_000_000


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("claude-opus-5-5", Usage(MTOK, 0), "4"),
        ("claude-opus-5-5", Usage(0, MTOK), "20"),
        ("claude-opus-5-5", Usage(0, 0, MTOK, 0), "0.2"),
        ("claude-opus-5-5", Usage(0, 0, 0, MTOK), "5"),
        ("claude-sonnet-5-5", Usage(MTOK, MTOK), "12"),
        ("claude-haiku-5-5", Usage(100_000, 10_000), "0.015"),
        ("claude-haiku-5-5", Usage(100_000, 10_000, 100_000), "0.08"),
    ],
)
def test_a_known_model_costs_what_the_list_says(model: str, usage: Usage, usd: str) -> None:
    cost = Prices({}).price(model, usage)
    assert isinstance(cost, Decimal)
    assert cost == Decimal(usd)


def test_nothing_used_costs_nothing() -> None:
    assert Prices({}).price("claude-opus-5-5", Usage()) == 0


def test_an_unknown_model_has_no_price() -> None:
    assert Prices({}).price("some-local-model", Usage(1, 1)) is None


def test_what_the_user_declares_goes_first() -> None:
    prices = Prices(
        {
            "some-local-model": DeclaredPrice(Decimal(1), Decimal(2)),
            "claude-opus-5-5": DeclaredPrice(Decimal(3), Decimal(4), Decimal("0.5"), Decimal(6)),
        }
    )
    usage = Usage(MTOK, MTOK, MTOK, MTOK)
    assert prices.price("some-local-model", usage) == Decimal("5.25")
    assert prices.price("claude-opus-5-5", usage) == Decimal("13.5")
    assert prices.price("claude-sonnet-5-5", Usage(MTOK)) == Decimal(2)


def test_each_cloud_has_its_own_list() -> None:
    usage = Usage(MTOK)
    assert Prices({}, "vertex").price("claude-opus-5-5", usage) == Decimal(4)
    assert Prices({}, "bedrock").price("global.anthropic.claude-opus-5-5", usage) == Decimal(4)
