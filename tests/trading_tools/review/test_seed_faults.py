"""What the rules find of the known faults in agents' code, in their text and in our own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.trading_tools.review.seed_faults import IN_SEEDS, OWN
from trading_tools.review.engine import Engine
from trading_tools.review.model.project import Project
from trading_tools.review.reading.files import source_of
from trading_tools.review.registry import chosen
from trading_tools.review.source import Source

_SEEDS = Path(__file__).resolve().parents[4] / "shared" / "seeds"
_ENGINE = Engine(chosen(extend=["T05"]))
_MARK = re.compile(r"\b(S\d\d\w?) (T\d\d)\b")


def _marked(text: str) -> set[tuple[str, str, int]]:
    return {
        (fault, rule, number)
        for number, line in enumerate(text.split("\n"), 1)
        for fault, rule in _MARK.findall(line.partition("  # ")[2])
    }


@cache
def _found_in_seed(number: str) -> set[tuple[str, int]]:
    (file,) = _SEEDS.glob(f"{number}_*.txt")
    source = source_of(file.name, file.read_bytes(), "")
    return {(each.rule, each.line) for each in _ENGINE.review(source, Project())}


@pytest.mark.skipif(not _SEEDS.is_dir(), reason="the collection of agents' code is not here")
@pytest.mark.parametrize(("fault", "rule", "seed", "line"), IN_SEEDS)
def test_a_fault_is_found_in_the_collection(fault: str, rule: str, seed: str, line: int) -> None:
    assert (rule, line) in _found_in_seed(seed), fault


@pytest.mark.parametrize("text", OWN, ids=range(len(OWN)))
def test_the_same_faults_are_found_in_code_of_our_own(text: str) -> None:
    found = {(each.rule, each.line) for each in _ENGINE.review(Source("bot.py", text), Project())}
    missed = {mark for mark in _marked(text) if mark[1:] not in found}
    assert missed == set()


def test_our_own_code_has_every_fault_of_the_table() -> None:
    told = {(fault, rule) for text in OWN for fault, rule, _ in _marked(text)}
    assert told == {(fault, rule) for fault, rule, _, _ in IN_SEEDS}
