"""The risk tools as a model calls them: JSON in, a result with plain decimals out."""

import json
from decimal import Decimal
from typing import Any

import pytest

from orchestrator.catalogue.risk import TOOLS
from orchestrator.toolbox.tool import Effect, ToolContext, ToolError, ToolResult

CONTEXT = ToolContext(run="r", agent="a", key="k")
BY_NAME = {tool.name: tool for tool in TOOLS}


async def call(name: str, arguments: str) -> ToolResult:
    return await BY_NAME[name].call(CONTEXT, json.loads(arguments))


async def data(name: str, arguments: str) -> dict[str, Any]:
    found = (await call(name, arguments)).data
    assert isinstance(found, dict)
    return found


async def test_kelly_takes_floats_ints_and_strings_alike() -> None:
    results = [
        await data("kelly_fraction", text)
        for text in (
            '{"win_probability": 0.6, "win_return": 0.5, "loss_return": -0.5}',
            '{"win_probability": "0.6", "win_return": "0.5", "loss_return": "-0.50"}',
            '{"win_probability": 6e-1, "win_return": 0.5, "loss_return": "-5e-1", "cap": 1}',
        )
    ]
    assert results[0] == results[1] == results[2]
    assert (results[0]["full"], results[0]["fraction"], results[0]["edge"]) == ("0.4", "0.4", "0.1")
    assert "p/a - q/b = 0.6/0.5 - 0.4/0.5 = 0.4" in results[0]["why"]


async def test_kelly_defaults_to_a_total_loss() -> None:
    found = await data("kelly_fraction", '{"win_probability": 0.65, "win_return": 1.5}')
    assert found["full"] == "0.4166666666666666666666666667"
    assert found["fraction"] == found["full"]


async def test_kelly_without_an_edge_is_zero_and_says_so() -> None:
    found = await data("kelly_fraction", '{"win_probability": 0.4, "win_return": 1}')
    assert (found["full"], found["fraction"]) == ("-0.2", "0")
    assert "no edge" in found["why"]


async def test_kelly_is_clipped_to_the_cap_and_says_so() -> None:
    found = await data(
        "kelly_fraction",
        '{"win_probability": 0.55, "win_return": 0.02, "loss_return": -0.01, "cap": 0.02}',
    )
    assert (found["full"], found["fraction"]) == ("32.5", "0.02")
    assert "above the cap" in found["why"]


async def test_the_text_a_model_reads_is_the_data() -> None:
    result = await call("kelly_fraction", '{"win_probability": 0.53, "win_return": 1}')
    assert json.loads(result.text) == result.data


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('{"win_probability": 65, "win_return": 1}', "win_probability is 65.*write 0.65"),
        ('{"win_probability": 0, "win_return": 1}', "win_probability is 0"),
        ('{"win_probability": 1.0, "win_return": 1}', "win_probability is 1"),
        ('{"win_probability": 0.5, "win_return": 0}', "win_return is 0"),
        ('{"win_probability": 0.5, "win_return": 1, "loss_return": 0.5}', "loss_return is 0.5"),
        ('{"win_probability": 0.5, "win_return": 1, "loss_return": 0}', "loss_return is 0"),
        ('{"win_probability": 0.5, "win_return": 1, "cap": 0}', "cap is 0"),
        ('{"win_probability": 0.5, "win_return": 1, "cap": -1}', "cap is -1"),
        ('{"win_probability": NaN, "win_return": 1}', "win_probability.*finite"),
        ('{"win_probability": 0.5, "win_return": Infinity}', "win_return.*finite"),
        ('{"win_probability": "NaN", "win_return": 1}', "win_probability.*NaN"),
        ('{"win_probability": true, "win_return": 1}', "win_probability.*bool"),
        ('{"win_probability": "65%", "win_return": 1}', "win_probability.*65%"),
        ('{"win_probability": null, "win_return": 1}', "win_probability.*None"),
        ('{"win_return": 1}', "win_probability: Field required"),
        ('{"win_probability": 0.5, "win_return": 1, "odds": 2}', "odds"),
    ],
)
async def test_kelly_refuses_what_is_no_bet_in_one_line(arguments: str, message: str) -> None:
    with pytest.raises(ToolError, match=message) as refused:
        await call("kelly_fraction", arguments)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("kelly_fraction: ")


async def test_a_position_size_is_rounded_down_and_names_what_bound_it() -> None:
    found = await data(
        "position_size",
        '{"bankroll_quote": 10000, "fraction": 0.2, "multiplier": "0.25", "price": 30000,'
        ' "step_size": 1e-5, "min_notional": 5}',
    )
    assert (found["size_base"], found["notional_quote"]) == ("0.01666", "499.8")
    assert found["fraction"] == "0.04998"
    assert [bound["rule"] for bound in found["bounds"]] == ["step_size"]
    assert "rounded down" in found["why"]


async def test_a_position_below_the_least_order_is_none_and_says_so() -> None:
    found = await data(
        "position_size",
        '{"bankroll_quote": 10, "fraction": 0.1, "price": 1, "step_size": 1, "min_notional": 5}',
    )
    assert found["size_base"] == "0"
    assert "below the least order 5" in found["why"]


async def test_a_stop_sizes_by_what_it_loses() -> None:
    found = await data(
        "stop_size",
        '{"bankroll_quote": 10000, "risk_fraction": 0.02, "price": 100, "stop_price": 95,'
        ' "step_size": 0.1}',
    )
    assert found["size_base"] == "40"
    assert found["why"] == "no limit made it smaller"


async def test_half_kelly_halves_the_bankroll_once_in_eight() -> None:
    found = await data("drawdown_risk", '{"multiplier": 0.5, "tolerated_probability": 0.125}')
    assert found["fall_probability"] == "0.125"
    assert found["growth_share"] == "0.75"
    assert found["double_before_half"] == "0.8888888888888888888888888889"
    assert found["largest_multiplier"] == "0.5"


async def test_a_chance_too_small_to_write_is_zero_not_pages_of_digits() -> None:
    result = await call("drawdown_risk", '{"multiplier": 1e-12, "drawdown": 0.5}')
    assert result.data["fall_probability"] == "0"
    assert len(result.text) < 400


async def test_beyond_double_kelly_the_fall_is_certain() -> None:
    found = await data("drawdown_risk", '{"multiplier": 2.5, "drawdown": "0.9"}')
    assert found["fall_probability"] == "1"
    assert found["largest_multiplier"] is None
    assert "does not grow" in found["why"]


async def test_a_claim_by_the_wrong_formula_is_named() -> None:
    found = await data(
        "validate_sizing",
        '{"win_probability": 0.6, "win_return": 0.5, "loss_return": -0.5, "claimed_fraction": 0.2}',
    )
    assert not found["correct"]
    assert found["expected_fraction"] == "0.4"
    assert found["findings"][0]["code"] == "risk_fraction_for_position"
    assert found["findings"][0]["severity"] == "warning"


async def test_a_right_claim_is_correct_and_shows_the_sum() -> None:
    found = await data(
        "validate_sizing",
        '{"win_probability": 0.65, "win_return": 1.5, "claimed_fraction": 0.02,'
        ' "cap_fraction": 0.02, "claimed_size_base": "0.006", "bankroll_quote": 10000,'
        ' "price": 30000, "step_size": "0.001"}',
    )
    assert found["correct"]
    assert found["safe"]
    assert found["findings"] == []
    assert "p/a - q/b = 0.65/1 - 0.35/1.5 = 0.416667" in found["why"]


async def test_a_percentage_for_a_probability_is_a_finding_not_a_refusal() -> None:
    found = await data(
        "validate_sizing", '{"win_probability": 65, "win_return": 1.5, "claimed_fraction": 0.4167}'
    )
    assert found["findings"][0]["code"] == "percent_for_fraction"
    assert not found["safe"]


VALID: dict[str, dict[str, Any]] = {
    "position_size": {"bankroll_quote": 9, "fraction": 1, "price": 1, "step_size": 1},
    "stop_size": {
        "bankroll_quote": 9,
        "risk_fraction": 1,
        "price": 1,
        "stop_price": 2,
        "step_size": 1,
    },
    "drawdown_risk": {"multiplier": 1},
    "validate_sizing": {"win_probability": 0.6, "win_return": 1, "claimed_fraction": 0.2},
}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("position_size", {"bankroll_quote": 0}, "bankroll_quote is 0"),
        ("position_size", {"step_size": 0}, "step_size is 0"),
        ("position_size", {"price": -1}, "price is -1"),
        ("position_size", {"multiplier": 5}, "multiplier is 5"),
        ("stop_size", {"risk_fraction": 2}, "risk_fraction is 2"),
        ("stop_size", {"stop_price": 1}, "stop_price is 1"),
        ("drawdown_risk", {"multiplier": 0}, "multiplier is 0"),
        ("drawdown_risk", {"drawdown": 50}, "drawdown is 50.*write 0.5"),
        ("validate_sizing", {"claimed_fraction": None}, "nothing is claimed"),
        ("validate_sizing", {"claimed_size_base": 1}, "bankroll_quote, price and step_size"),
        ("validate_sizing", {"win_probability": 165}, "win_probability is 165"),
    ],
)
async def test_an_input_out_of_range_is_refused_in_one_line(
    name: str, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ToolError, match=message) as refused:
        await call(name, json.dumps(VALID[name] | change))
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"{name}: ")


@pytest.mark.parametrize("name", sorted(VALID))
async def test_the_arguments_that_those_changes_break_are_accepted(name: str) -> None:
    assert not (await call(name, json.dumps(VALID[name]))).is_error


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_argument_is_described_and_takes_numbers_and_numerals(tool: Any) -> None:
    schema = tool.schema
    assert tool.effect is Effect.READ
    assert tool.description
    json.dumps(schema)
    for name, argument in schema["properties"].items():
        assert argument["description"], name
        kinds = argument.get("type") or [kind.get("type") for kind in argument["anyOf"]]
        assert ["number", "string"] in (kinds, kinds[0]), name


def test_the_schema_of_kelly_names_what_it_needs() -> None:
    schema = BY_NAME["kelly_fraction"].schema
    assert schema["required"] == ["win_probability", "win_return"]
    assert Decimal(str(schema["properties"]["loss_return"]["default"])) == -1
    assert schema["additionalProperties"] is False
