"""The benchmarks run. What they measure is not asserted: no test depends on time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import chain, page
from benchmarks.__main__ import measure
from benchmarks.page import Figure, Report
from benchmarks.processes import standin, told


def test_the_floor_and_the_engine_make_the_same_run() -> None:
    floor, ours = chain.measure((chain.FLOOR, chain.OURS), 1)
    assert (floor.name, ours.name) == ("bare", "engine")
    assert floor.ratio == 1.0
    assert ours.marked == 1.0
    assert floor.marked == 0.0
    assert ours.request_bytes <= 1.1 * floor.request_bytes


def test_runs_at_once_are_all_done_though_the_service_is_overloaded(tmp_path: Path) -> None:
    with standin(overloaded=0.2) as url:
        found = told("benchmarks.crowd", url, str(tmp_path), "3", "3")
    assert found["done"] == found["runs"] == 3
    assert found["chain_holds"] is True


@pytest.mark.slow
def test_a_review_is_measured_beside_parsing() -> None:
    found = told("benchmarks.review", "500")
    assert {"over_parse", "lines_wall_s", "rss_mb", "staged_ms"} <= set(found)


def test_the_venue_takes_every_order_of_the_benchmark() -> None:
    found = told("benchmarks.venue", "0.002")
    assert set(found) == {
        "rest_and_cancel_a_s",
        "half_trade_a_s",
        "orders_a_s",
        "reply_ms",
        "reply_p99_ms",
    }
    assert all(value > 0 for value in found.values())


def test_every_book_update_of_the_benchmark_reaches_its_reader() -> None:
    found = told("benchmarks.venue_streams", "0.005")
    assert set(found) == {"updates_a_s", "rss_mb"}
    assert found["updates_a_s"] > 0


def test_the_kit_lets_every_order_of_the_benchmark_through() -> None:
    found = told("benchmarks.kit", "50")
    assert set(found) == {"pacer_us", "pacer_shared_us", "order_us"}
    assert all(value > 0 for value in found.values())


@pytest.mark.slow
def test_the_gate_passes_the_evidence_of_the_benchmark() -> None:
    found = told("benchmarks.golive", "2000", "200")
    assert set(found) == {"paper_s", "paper_mb", "parity_s", "parity_mb", "overfitting_s"}
    assert all(value > 0 for value in found.values())


@pytest.mark.slow
def test_a_check_of_each_kind_finds_nothing_on_sound_components() -> None:
    found = told("benchmarks.conformance", "2")
    assert len(found) == 6
    assert all(value > 0 for value in found.values())


@pytest.mark.slow
def test_every_cut_and_silence_of_the_benchmark_is_survived() -> None:
    found = told("benchmarks.kit_streams", "0.2", "1")
    assert set(found) == {"path_p99_ms", "sent_p99_ms", "path_a_s", "cut_s", "silence_s"}
    assert all(value > 0 for value in found.values())


@pytest.mark.slow
def test_a_drill_starts_with_one_venue_and_with_all() -> None:
    found = told("benchmarks.drill", "1")
    assert set(found) == {"one_venue_s", "all_venues_s"}
    assert all(value > 0 for value in found.values())


def test_a_missed_aim_and_a_peer_that_is_not_there_are_shown() -> None:
    cost = chain.Cost("bare", {"anthropic": "1"}, 2.0, 3.0, 1.0, 0.9, 1.1, 10, 0.0)
    figures = [Figure("speed", "9", "at least 50", met=False), Figure("size", "1 MB")]
    text = page.markdown(Report("today", "one core", True, 3, [cost], ["langgraph"], figures))
    assert "The machine was busy" in text
    assert re.search(r"\| speed \| 9 \| at least 50 \| \*\*missed\*\* \|", text)
    assert "| size | 1 MB |  |  |" in text
    assert "| langgraph | not installed |" in text


@pytest.mark.slow
def test_a_quick_look_measures_everything() -> None:
    report = measure(peers=False, quick=True)
    assert [cost.name for cost in report.costs] == ["bare", *chain.VARIANTS, "engine"]
    assert all(figure.measured for figure in report.figures)
