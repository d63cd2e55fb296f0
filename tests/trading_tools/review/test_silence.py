"""`# orc: ignore[…] reason` silences what it names, with a reason, and nothing else."""

from __future__ import annotations

import pytest

from trading_tools.review.engine import Engine
from trading_tools.review.findings import Finding
from trading_tools.review.fixing import mended
from trading_tools.review.model.project import Project
from trading_tools.review.registry import chosen
from trading_tools.review.source import Source

HEAD = "import ccxt\nx = ccxt.okx()\n"


def _found(text: str) -> list[Finding]:
    return Engine(chosen(["T11", "T31"])).review(Source("bot.py", HEAD + text), Project())


@pytest.mark.parametrize(
    "text",
    [
        "x.create_order('A', 'limit', 'buy', 1, 2)  # orc: ignore[T11] by hand, on paper\n",
        "# orc: ignore[T11] by hand, on paper\nx.create_order('A', 'limit', 'buy', 1, 2)\n",
        "# orc: ignore[T11] by hand\n# and more\nx.create_order('A', 'limit', 'buy', 1, 2)\n",
        "x.create_order(\n    'A', 'limit',\n    'buy', 1, 2,  # orc: ignore[T11] by hand\n)\n",
        "# orc: ignore[T11] by hand\ny = wait(\n    x.create_order(1, 2, 3, 4),\n    9,\n)\n",
        "y = wait(  # orc: ignore[T11] by hand\n    x.create_order(1, 2, 3, 4),\n    9,\n)\n",
        "y = wait(\n    x.create_order(1, 2, 3, 4),\n    9,\n)  # orc: ignore[T11] by hand\n",
        "x.create_order('A', 'limit', 'buy', 1, 2)  # noqa: E501  # orc: ignore[T11] by hand\n",
        "x.create_order('A', 'limit', 'buy', 1, 2)  #orc:ignore[t11] by hand\n",
    ],
)
def test_a_comment_with_a_reason_silences(text: str) -> None:
    assert _found(text) == []


def test_a_comment_at_a_decorated_function_speaks_for_its_decorators() -> None:
    retried = (
        "import tenacity\n{}@tenacity.retry\ndef buy(i):{}\n    x.create_order(1, 2, 3, 4, 5, i)\n"
    )
    comment = "# orc: ignore[T23] ends with the day"
    for text in (retried.format(f"{comment}\n", ""), retried.format("", f"  {comment}")):
        source = Source("bot.py", HEAD + text)
        assert Engine(chosen(["T23"])).review(source, Project()) == []


def test_a_comment_inside_a_statement_speaks_for_its_own_line_alone() -> None:
    order = "    x.create_order(1, 2, 3, 4),"
    found = _found(f"y = [\n{order}  # orc: ignore[T11] by hand\n{order}\n]\n")
    assert [each.line for each in found] == [5]


def test_one_comment_can_name_several_rules() -> None:
    text = (
        "import datetime\n"
        "x.create_order(datetime.datetime.now())  # orc: ignore[T11, T31] a sketch for the page\n"
    )
    assert _found(text) == []


@pytest.mark.parametrize(
    ("comment", "rules", "said"),
    [
        ("# orc: ignore[T11]", ["R03", "T11"], "gives no reason"),
        ("# orc: ignore[T11] # noqa", ["R03", "T11"], "gives no reason"),
        ("# orc: ignore because I say so", ["R03", "T11"], "names no rule"),
        ("# orc: ignore[T31] wrong one", ["R04", "T11"], "silences nothing here"),
    ],
)
def test_a_comment_that_is_no_good_silences_nothing_and_is_found(
    comment: str, rules: list[str], said: str
) -> None:
    found = _found(f"x.create_order('A', 'limit', 'buy', 1, 2)  {comment}\n")
    assert sorted(each.rule for each in found) == rules
    assert any(said in each.message for each in found)


def test_a_comment_that_outlived_its_fault_is_taken_away_by_a_fix() -> None:
    text = "y = 1  # orc: ignore[T11] it was one\nz = 2\n"
    (found,) = _found(text)
    assert (found.rule, found.line) == ("R04", 3)
    assert mended(HEAD + text, [found]) == HEAD + "y = 1\nz = 2\n"


def test_a_silence_of_a_rule_that_is_not_asked_is_left_alone() -> None:
    assert _found("y = 1  # orc: ignore[T52] asked for elsewhere\n") == []


def test_text_that_looks_like_a_silence_is_none() -> None:
    (found,) = _found("x.create_order('A', 'limit', '# orc: ignore[T11] no comment', 1, 2)\n")
    assert found.rule == "T11"
