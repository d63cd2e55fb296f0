"""The subset parser accepts a text only where YAML gives the very same mapping."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.agents.plain_yaml import parse_plain

# Pieces in which YAML's rules hide: indicators, types, line breaks of every kind.
PIECES = [
    *("name", "a", "key: ", "\nk: ", ": ", ":", " ", "  ", "- ", "\n- ", "\n  - x", "\n", '"', "'"),
    *("[", "]", ",", "#", " #", "*", "yes", "On", "null", "12", "1", "0", "1:3", "1.5", "1e3", "{"),
    *("}", "|", ">", "%", "@", "`", "&", "!", "~", "=", "<<", "?", "x-y", "é", "\u00a0", "\u2028"),
    *("\ufeff", "\\", "...", "---", "\t", "\x85", "NaN", ".", "2020-01-01", '["*"]', "[a, b]", "-"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
blocks = st.one_of(texts, texts.map("key: ".__add__), st.text(max_size=30).map("key: ".__add__))


@settings(max_examples=800, derandomize=True, deadline=None)
@given(blocks)
def test_whatever_is_accepted_is_what_yaml_reads(text: str) -> None:
    plain = parse_plain(text)
    if plain is not None:
        expected = yaml.safe_load(text)
        assert plain == expected
        assert list(map(type, plain.values())) == list(map(type, expected.values()))


def test_the_usual_frontmatter_is_accepted() -> None:
    text = (
        "name: risk-manager\n"
        "description: Sizes positions, checks limits (e.g. Kelly).\n"
        'tools: ["Read", Grep]\n'
        "model: 'opus'\n"
        "maxTurns: 20\n\n"
        "triggers:\n  - position size\n  - max drawdown\n"
    )
    assert parse_plain(text) == {
        "name": "risk-manager",
        "description": "Sizes positions, checks limits (e.g. Kelly).",
        "tools": ["Read", "Grep"],
        "model": "opus",
        "maxTurns": 20,
        "triggers": ["position size", "max drawdown"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name: on",
        "on: name",
        "name: *",
        "name: a: b",
        "name: a #b",
        "name: 'it''s'",
        'name: "a\\n"',
        "name: a\nname: b",
        "name: a\n  more",
        "name:\ttab",
        "name: |\n  text",
        "name: 0x1F",
        "name: 2020-01-01",
        "name:",
        "t:\n  - a\n - b",
    ],
)
def test_what_needs_the_real_parser_is_refused(text: str) -> None:
    assert parse_plain(text) is None
