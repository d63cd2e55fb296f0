"""How well the rules route whole sets of requests, written as people type them.

`requests.jsonl` is the project's own set; `hard_requests.jsonl` avoids the words that give an agent
away and is for the model (`test_routing_by_model.py`); `none_of_ours.txt` borrows our words. The
labels of all were written before any of them was routed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orchestrator.agents.catalogue import AgentCatalogue, bundled_agents_dir
from orchestrator.router.rules import Route, route

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / ".." / "shared" / "routing-dev.jsonl"


@cache
def shipped() -> AgentCatalogue:
    return AgentCatalogue.discover(None, None, bundled_agents_dir())


def labelled(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def routed(requests: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], Route]]:
    return [(one, route(one["request"], shipped())) for one in requests]


def fits(one: dict[str, Any], found: Route) -> bool:
    return (found.agent or "none") in {one["agent"], *one.get("also", [])}


def wrong_though_sure(requests: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"{found.agent}, not {one['agent']}: {one['request']}"
        for one, found in routed(requests)
        if found.sure and not fits(one, found)
    ]


def assert_good(requests: Sequence[dict[str, Any]]) -> None:
    sure = [one for one, found in routed(requests) if found.sure]
    assert len(sure) >= 0.30 * len(requests)
    assert len(wrong_though_sure(requests)) <= 0.05 * len(sure), wrong_though_sure(requests)


def test_of_our_own_set_rules_decide_a_third_and_hardly_ever_wrongly() -> None:
    assert_good(labelled(HERE / "requests.jsonl"))


def test_of_the_shared_set_too() -> None:
    if not SHARED.is_file():
        pytest.skip("the shared set of requests is not on this machine")
    assert_good(labelled(SHARED))


def test_over_all_sets_the_rules_are_right_where_they_are_sure() -> None:
    everything = labelled(HERE / "requests.jsonl") + labelled(HERE / "hard_requests.jsonl")
    sure = [one for one, found in routed(everything) if found.sure]
    assert len(wrong_though_sure(everything)) <= 0.05 * len(sure), wrong_though_sure(everything)


def test_the_kind_of_job_is_read_right_most_of_the_time() -> None:
    requests = labelled(HERE / "requests.jsonl")
    right = [
        one
        for one, found in routed(requests)
        if found.kind in {one["kind"], *one.get("kind_also", [])}
    ]
    assert len(right) >= 0.85 * len(requests)


def test_what_only_borrows_our_words_is_never_sure() -> None:
    requests = (HERE / "none_of_ours.txt").read_text(encoding="utf-8").splitlines()
    assert len(requests) > 40
    assert [one for one in requests if route(one, shipped()).sure] == []


def test_every_agent_is_asked_for_in_each_set() -> None:
    for file in ("requests.jsonl", "hard_requests.jsonl"):
        asked = {one["agent"] for one in labelled(HERE / file)}
        assert set(shipped().names) <= asked, file
