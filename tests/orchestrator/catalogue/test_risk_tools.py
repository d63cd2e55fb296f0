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
