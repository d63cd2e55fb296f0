"""A list in an answer: an item a line, and nothing left out in silence."""

from __future__ import annotations

from orchestrator.playbooks.templates import Known


def _filled(items: list[str]) -> list[str]:
    known = Known({}, {"review": {"findings": items}}, {})
    return known.fill("{review.findings:lines}").splitlines()


def test_each_item_has_a_line_of_its_own() -> None:
    assert _filled(["bot.py:1 T11; no id", "bot.py:2 T31"]) == [
        "- bot.py:1 T11; no id",
        "- bot.py:2 T31",
    ]


def test_items_for_which_there_is_no_room_are_counted() -> None:
    items = [f"bot.py:{number} " + "x" * 90 for number in range(60)]
    *shown, last = _filled(items)
    assert shown == [f"- {item}" for item in items[: len(shown)]]
    assert 0 < len(shown) < 60
    assert last == f"- and {60 - len(shown)} more"
