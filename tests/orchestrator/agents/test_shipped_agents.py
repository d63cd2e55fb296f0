"""The agent files the project ships: loadable, consistent with each other, and in our own words.

What the loader makes of strange files is tested beside the loader; here only `agents/*.md` count.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.agents.loader import load_agent_file

ROOT = Path(__file__).resolve().parents[3]
AGENTS = ROOT / "agents"
SEEDS = ROOT / ".." / "shared" / "seeds"

SHIPPED = (
    "algotrading-python-expert",
    "api-expert",
    "backend-architect",
    "cache-implementation-reviewer",
    "crypto-data-engineer",
    "crypto-security-auditor",
    "deployment-integration-expert",
    "exchange-integration-specialist",
    "execution-optimization-expert",
    "fintech-ux-designer",
    "python-expert",
    "python-trading-expert",
    "risk-engine-architect",
    "trading-bot-specialist",
    "trading-logic-validator",
    "trading-strategy-expert",
    "webhook-expert",
)
# Who gives a verdict repairs nothing; all the others deliver files.
JUDGES = ("cache-implementation-reviewer", "crypto-security-auditor", "trading-logic-validator")
EDITOR = "str_replace_based_edit_tool"
RISK_TOOLS = frozenset(
    {"kelly_fraction", "position_size", "stop_size", "drawdown_risk", "validate_sizing"}
)
MARKET_TOOLS = frozenset(
    {"ticker", "order_book", "candles", "market_limits", "trading_fees"}
    | {"trade_bars", "exchange_facts"}
)
ORDER_TOOLS = frozenset(
    {
        "place_order",
        "cancel_order",
        "cancel_all_orders",
        "open_orders",
        "positions",
        "order_status",
    }
)
TOOLS = (
    RISK_TOOLS
    | MARKET_TOOLS
    | ORDER_TOOLS
    | {
        "ask_user",
        "bash",
        "check_component",
        "glob",
        "go_live_gate",
        "grep",
        "list_files",
        "read_receipt",
        "read_trail",
        "record_decision",
        "review_code",
        "run_checks",
        "verify_ledger",
        EDITOR,
    }
)
KEYS = {"name", "description", "tools", "model", "triggers", "maxTurns"}
ROLE_NAME = re.compile(
    r"\b[a-z]+(?:-[a-z]+)*-(?:expert|specialist|validator|reviewer|designer|architect|auditor|engineer)\b"
)
TARGET = re.compile(r"\*\*([a-z]+(?:-[a-z]+)+)\*\*|→ `?([a-z]+(?:-[a-z]+)+)")
LONGEST_QUOTE = 11


@cache
def parts(name: str) -> tuple[dict[str, Any], str]:
    """The frontmatter and the body of one shipped file."""
    text = (AGENTS / f"{name}.md").read_text(encoding="utf-8")
    _, head, body = text.split("---\n", 2)
    loaded = yaml.safe_load(head)
    assert isinstance(loaded, dict)
    return loaded, body


def tools_of(name: str) -> list[str]:
    return [tool.strip() for tool in parts(name)[0]["tools"].split(",")]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + length]) for at in range(len(found) - length + 1)}


def test_all_seventeen_are_shipped_and_nothing_else() -> None:
    assert tuple(sorted(path.stem for path in AGENTS.glob("*.md"))) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_name_equals_file_name_and_keys_are_known(name: str) -> None:
    head, _ = parts(name)
    assert head["name"] == name
    assert set(head) <= KEYS


@pytest.mark.parametrize("name", SHIPPED)
def test_description_is_one_line_that_a_router_can_weigh(name: str) -> None:
    description = parts(name)[0]["description"]
    assert isinstance(description, str)
    assert "\n" not in description
    assert 80 <= len(description) <= 700
    assert "Not: " in description, "the border to the neighbours is missing"


@pytest.mark.parametrize("name", SHIPPED)
def test_what_an_agent_does_not_take_is_referred_to_one_other_agent_each(name: str) -> None:
    refused = parts(name)[0]["description"].split("Not: ", 1)[1]
    items = refused.removesuffix(".").split("; ")
    others = [re.fullmatch(r"[^()]+ \(([a-z-]+)\)", item) for item in items]
    assert all(others), items
    named = [other[1] for other in others if other]
    assert len(named) >= 4
    assert len(named) == len(set(named))
    assert set(named) <= set(SHIPPED) - {name}


@pytest.mark.parametrize("name", SHIPPED)
def test_tools_are_known_names_without_repetition(name: str) -> None:
    tools = tools_of(name)
    assert set(tools) <= TOOLS
    assert len(tools) == len(set(tools))
    assert {"grep", "glob", "list_files", "read_receipt"} <= set(tools)


@pytest.mark.parametrize("name", SHIPPED)
def test_who_judges_has_no_writing_tool_and_who_builds_has_the_editor(name: str) -> None:
    if name in JUDGES:
        assert not {EDITOR, "record_decision"} & set(tools_of(name))
    else:
        assert EDITOR in tools_of(name)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_tool_that_the_body_names_is_one_the_agent_has(name: str) -> None:
    _, body = parts(name)
    named = {tool for tool in TOOLS if f"`{tool}`" in body}
    assert named <= set(tools_of(name))


@pytest.mark.parametrize("name", SHIPPED)
def test_triggers_are_explicit_and_belong_to_one_agent(name: str) -> None:
    triggers = parts(name)[0].get("triggers", [])
    assert triggers
    assert all(isinstance(trigger, str) and len(trigger) >= 5 for trigger in triggers)
    others = {
        str(trigger).lower()
        for other in SHIPPED
        if other != name
        for trigger in parts(other)[0].get("triggers", [])
    }
    assert not others & {trigger.lower() for trigger in triggers}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_agent_that_is_mentioned_exists(name: str) -> None:
    head, body = parts(name)
    text = f"{head['description']}\n{body}"
    targets = {first or second for first, second in TARGET.findall(text)}
    assert set(ROLE_NAME.findall(text)) <= set(SHIPPED)
    assert {target for target in targets if ROLE_NAME.fullmatch(target)} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_handing_on_names_real_others_and_never_itself(name: str) -> None:
    _, body = parts(name)
    section = body.split("## Handing on\n", 1)[1].split("\n## ", 1)[0]
    targets = set(re.findall(r"\*\*([a-z-]+)\*\*", section))
    assert len(targets) >= 3
    assert targets <= set(SHIPPED) - {name}


@pytest.mark.parametrize("name", SHIPPED)
def test_body_is_dense_and_within_limits(name: str) -> None:
    _, body = parts(name)
    assert 60 <= len(body.splitlines()) <= 170
    assert 4_000 <= len(body) <= 18_000


@pytest.mark.parametrize("name", SHIPPED)
def test_body_carries_what_every_agent_must_know_of_the_harness(name: str) -> None:
    _, body = parts(name)
    for known in ("hand_off", ".claude/task.md", "[r12]", "CODING_STANDARDS", "confidence", "data"):
        assert known in body, known


@pytest.mark.parametrize("name", SHIPPED)
def test_who_calculates_sizes_teaches_the_correct_kelly_formula(name: str) -> None:
    _, body = parts(name)
    if RISK_TOOLS & set(tools_of(name)):
        assert "p/a − q/b" in body


@pytest.mark.parametrize("name", SHIPPED)
def test_no_sentence_is_taken_from_the_requirement_documents(name: str) -> None:
    if not SEEDS.is_dir():
        pytest.skip("the requirement documents are not beside this checkout")
    head, body = parts(name)
    own = runs(f"{head['description']} {body}", LONGEST_QUOTE + 1)
    theirs = {
        run
        for seed in SEEDS.iterdir()
        for run in runs(seed.read_text(encoding="utf-8", errors="replace"), LONGEST_QUOTE + 1)
    }
    assert not own & theirs


@pytest.mark.parametrize("name", SHIPPED)
def test_the_loader_takes_the_file_without_a_problem(name: str) -> None:
    loaded = load_agent_file(AGENTS / f"{name}.md", "bundled")
    assert loaded.problems == ()
    assert loaded.definition is not None
    head, _ = parts(name)
    assert loaded.definition.name == name
    assert loaded.definition.description == head["description"]
    assert loaded.definition.tools == tuple(tools_of(name))
    assert loaded.definition.triggers == tuple(head["triggers"])


def test_the_catalogue_of_the_folder_holds_all_of_them_without_a_problem() -> None:
    catalogue = AgentCatalogue.discover(None, None, AGENTS)
    assert catalogue.problems == ()
    assert tuple(sorted(catalogue.names)) == SHIPPED
