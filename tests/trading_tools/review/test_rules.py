"""Every rule keeps what it promises: its bad examples are found, its good ones are silent."""

from __future__ import annotations

import ast
import re

import pytest

from trading_tools.review.engine import Engine
from trading_tools.review.findings import Severity
from trading_tools.review.fixing import mended
from trading_tools.review.model.project import Project
from trading_tools.review.registry import UnknownRule, all_rules, chosen
from trading_tools.review.rule import Rule
from trading_tools.review.source import Source

MARK = "# <-"
RULES = all_rules()


def _examples(kind: str) -> list[object]:
    return [
        pytest.param(rule, text, id=f"{rule.id}-{number}")
        for rule in RULES
        for number, text in enumerate(getattr(rule, kind), 1)
    ]


def _lines(rule: Rule, text: str) -> list[int]:
    found = Engine((rule,)).review(Source("example.py", text), Project())
    assert {each.rule for each in found} <= {rule.id}, [each.message for each in found]
    return sorted({each.line for each in found})


@pytest.mark.parametrize(("rule", "text"), _examples("bad"))
def test_a_bad_example_is_found_at_the_lines_that_it_marks(rule: Rule, text: str) -> None:
    marked = [at for at, line in enumerate(text.split("\n"), 1) if line.endswith(MARK)]
    assert marked
    assert _lines(rule, text) == marked


@pytest.mark.parametrize(("rule", "text"), _examples("good"))
def test_a_good_example_is_silent(rule: Rule, text: str) -> None:
    assert MARK not in text
    assert _lines(rule, text) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_goes_wrong_and_what_to_do(rule: Rule) -> None:
    assert re.fullmatch(r"T\d\d", rule.id)
    assert rule.title
    assert rule.title[0].islower()
    assert rule.why.endswith(".")
    assert rule.fix
    assert not rule.fix.endswith(".")
    assert rule.bad
    assert rule.good
    assert rule.visits
    if rule.link:
        assert rule.link.startswith("https://")


@pytest.mark.parametrize(("rule", "text"), _examples("bad"))
def test_a_fix_leaves_sound_code_without_the_findings_that_it_mends(rule: Rule, text: str) -> None:
    source = Source("example.py", text)
    found = Engine((rule,)).review(source, Project())
    after = mended(text, found)
    ast.parse(after)
    fixable = sum(1 for each in found if each.edits)
    again = Engine((rule,)).review(Source("example.py", after), Project())
    assert len(again) == len(found) - fixable


def test_rules_have_ids_of_their_own() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)


def test_what_is_only_a_note_is_off_by_default_and_says_why() -> None:
    for rule in RULES:
        if rule.severity is Severity.NOTE:
            assert rule.off, rule.id


def test_rules_are_chosen_by_id() -> None:
    assert [rule.id for rule in chosen(["T11"])] == ["T11"]
    assert "T11" not in {rule.id for rule in chosen(drop=["T11"])}
    off = {rule.id for rule in RULES if rule.off}
    assert not off & {rule.id for rule in chosen()}
    assert off <= {rule.id for rule in chosen(extend=off)}


def test_an_unknown_rule_is_named_with_those_that_exist() -> None:
    with pytest.raises(UnknownRule, match=r"^no rule is called T99: use one of T01, .*T31"):
        chosen(["T99"])
