"""What reviewers' claims are worth: evidence, duplicates, confirmation."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from trading_tools.review.claims import Answer, Claim
from trading_tools.review.findings import Finding, Severity
from trading_tools.review.panel import Checked, Voice
from trading_tools.review.weighing import weigh, why_rejected

BOT = """\
def close(position):
    side = "buy" if position > 0 else "sell"
    exchange.create_order("BTC/USDT", "market", side, position)
"""
SIDE = 'side = "buy" if position > 0 else "sell"'
TEXTS = {"bot.py": BOT}
CHECK = {"kind": "limiter", "target": "bot.py:Pacer", "params": {"rate": "5"}}
RULE = Finding(
    "T11",
    Severity.ERROR,
    "bot.py",
    3,
    3,
    "`exchange.create_order` sends an order without an id of ours",
    why="A lost answer leaves the bot blind.",
    fix="pass a client id",
)


def claim(**given: Any) -> Claim:
    told = {
        "path": "bot.py",
        "line": 2,
        "quotation": SIDE,
        "severity": "error",
        "topic": "risk controls",
        "message": "A long position is closed by buying.",
        "why": "A long of 1 BTC becomes one of 2 BTC.",
        "fix": "Sell what is long.",
    }
    return Claim.model_validate({**told, **given})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"path": "other.py"}, "other.py is not among the reviewed files"),
        ({"line": 9}, "bot.py has 4 lines, and no line 9"),
        ({"line": 3}, "the quotation stands at line 2 and not at line 3"),
        ({"quotation": "side = 'buy'"}, "the quotation does not stand in bot.py"),
        ({"quotation": f"{SIDE}\n    return side"}, "the quotation does not stand in bot.py"),
        ({"line": 4, "quotation": "x\ny"}, "the quotation 'x' is too short to show anything"),
        ({"quotation": "i"}, "the quotation 'i' is too short to show anything"),
    ],
)
def test_a_claim_whose_place_does_not_exist_is_rejected_with_the_reason(
    given: dict[str, Any], reason: str
) -> None:
    findings, rejected = weigh([Voice("risk", claim(**given))], TEXTS, [], {})
    assert findings == []
    assert [(each.agent, each.reason) for each in rejected] == [("risk", reason)]


@pytest.mark.parametrize(
    "quotation",
    [SIDE, f"    {SIDE}\n", "position > 0", f'{SIDE}\nexchange.create_order("BTC/USDT"'],
)
def test_a_quotation_may_be_a_part_of_lines_and_lose_their_indentation(quotation: str) -> None:
    assert why_rejected(claim(quotation=quotation), TEXTS) is None


def test_the_same_fault_said_by_two_is_one_finding_with_both_and_is_not_confirmed_by_that() -> None:
    other = claim(topic="edge cases", severity="warning", message="The close of a long buys it.")
    (found,), _ = weigh([Voice("logic", other), Voice("risk", claim())], TEXTS, [], {})
    assert (found.sources, found.severity) == (("risk", "logic"), Severity.ERROR)
    assert found.also == ("logic: The close of a long buys it.",)
    assert (found.confirmed, found.standing) == (False, "not confirmed")


def test_two_faults_at_one_line_stay_two() -> None:
    other = claim(topic="tests", message="Nothing tests it.", why="Bugs stay.", fix="Write one.")
    found, _ = weigh([Voice("risk", claim()), Voice("python", other)], TEXTS, [], {})
    assert [each.sources for each in found] == [("risk",), ("python",)]


def test_one_reviewers_claims_at_one_line_are_never_merged() -> None:
    found, _ = weigh([Voice("risk", claim()), Voice("risk", claim())], TEXTS, [], {})
    assert len(found) == 2


def test_a_claim_that_names_a_rule_at_its_place_is_confirmed_by_it() -> None:
    said = claim(line=3, quotation="exchange.create_order", rule="T11")
    (found,), _ = weigh([Voice("wire", said)], TEXTS, [RULE], {})
    assert (found.rule, found.sources) == ("T11", ("rule T11", "wire"))
    assert found.standing == "confirmed by rule T11"


@pytest.mark.parametrize("given", [{"rule": "T11"}, {"rule": "T31", "line": 3}])
def test_a_rule_that_found_nothing_there_confirms_nothing(given: dict[str, Any]) -> None:
    quoted = {"quotation": "exchange.create_order"} if "line" in given else {}
    found, _ = weigh([Voice("wire", claim(**given, **quoted))], TEXTS, [RULE], {})
    assert [each.confirmed for each in found if each.rule != "T11"] == [False]


def test_another_fault_at_the_line_of_a_rules_finding_is_not_confirmed_by_it() -> None:
    said = claim(
        line=3,
        quotation="exchange.create_order",
        message="The symbol is fixed.",
        why="Whatever was traded, BTC is closed.",
        fix="Take the symbol of the position.",
    )
    found, _ = weigh([Voice("wire", said)], TEXTS, [RULE], {})
    assert sorted(each.rule for each in found) == ["T11", "agents-risk"]


@pytest.mark.parametrize(
    ("came", "confirmed", "standing"),
    [
        (Checked(True, "6 in 1 s"), True, "confirmed by check"),
        (Checked(False, "held"), False, "not confirmed: check"),
        (Checked(None, "not made"), False, "not confirmed: check"),
    ],
)
def test_only_a_check_that_broke_confirms(came: Checked, confirmed: bool, standing: str) -> None:
    said = claim(check=CHECK)
    (found,), _ = weigh([Voice("wire", said)], TEXTS, [], {said.proofs[0]: came})
    assert found.confirmed is confirmed
    told = f"{standing} limiter bot.py:Pacer --param rate=5: {came.detail}"
    assert found.standing == told


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": "2"},
        {"line": 0},
        {"severity": "fatal"},
        {"topic": "style"},
        {"confirmed": True},
        {"check": {"kind": "shell", "target": "bot.py:x"}},
    ],
)
def test_a_claim_in_another_form_is_refused(wrong: dict[str, Any]) -> None:
    told = claim().model_dump(exclude_none=True)
    with pytest.raises(ValidationError):
        Answer.model_validate({"findings": [{**told, **wrong}]})
