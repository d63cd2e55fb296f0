"""The reports: what stands in them, and that odd text of a bot does not break them."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from trading_tools.drill.oracle.finding import Finding, Judged, Step, Verdict, Way
from trading_tools.drill.reports.junit import junit
from trading_tools.drill.reports.outcome import Outcome
from trading_tools.drill.reports.page import page
from trading_tools.drill.reports.text import text
from trading_tools.drill.scenarios.invariants import Invariant

STEPS = (
    Step(2_060, "bot", Way.SENT, "sends an order: buy 0.001 BTCUSDT, client id <b>&", 4),
    Step(2_060, "venue", Way.HERE, "accepts it as order 1", 5, guilty=True),
    Step(2_061, "fault", Way.HERE, "lost-ack: the connection is reset", 6),
    Step(2_061, "venue", Way.LOST, "its answer never arrives", 7),
    Step(3_080, "venue", Way.TOLD, "tells the bot that it is done", 9),
)
BROKEN = Finding(Invariant.ONE_ORDER_PER_INTENT, False, "order 2 follows order 1", (5,), STEPS)
FAILED = Judged(
    "d01-lost-ack",
    "binance",
    Verdict.FAIL,
    "one-order-per-intent: order 2 follows order 1",
    "",
    (BROKEN, Finding(Invariant.RECOVERED, True, "an order 1.0 s after the fault")),
    12.0,
    "boom \x00 <script>alert(1)</script> ]]> \x1b[31m",
)
PASSED = Judged("calm", "binance", Verdict.PASS, "nothing went wrong", "", (), 11.0)
UNKNOWN = Judged(
    "d09-silent-stall",
    "binance",
    Verdict.NO_EVIDENCE,
    "the fault waited for a stream",
    "leave it out",
    (Finding(Invariant.STREAM_BACK_IN_TIME, None, "no stream was lost"),),
    10.0,
)
OUTCOME = Outcome(
    [PASSED, FAILED, UNKNOWN], ("python", "my bot.py"), 7, "namespace", 33.0, ("a note",)
)


def test_text_shows_the_sequence_in_order_and_marks_what_is_guilty() -> None:
    told = text(OUTCOME)
    places = [told.index(step.what) for step in STEPS]
    assert places == sorted(places)
    (guilty,) = [line for line in told.splitlines() if "▶" in line]
    assert "2.060 s" in guilty
    assert "accepts it as order 1" in guilty
    assert "1 pass, 1 fail, 1 no evidence" in told
    assert "\x1b" not in told.replace(FAILED.output, "")


def test_colour_changes_no_word() -> None:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text(OUTCOME, colour=True))
    assert plain == re.sub(r"\x1b\[[0-9;]*m", "", text(OUTCOME))


def test_scenarios_that_were_not_run_are_told_of_once() -> None:
    skipped = [replace(UNKNOWN, scenario=name, findings=()) for name in ("calm", "sigterm")]
    told = text(replace(OUTCOME, judged=skipped))
    assert told.count(UNKNOWN.why) == 1
    assert "calm, sigterm" in told


def test_junit_has_a_case_for_each_scenario_and_holds_any_output() -> None:
    suite = ET.fromstring(junit(OUTCOME))
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["3", "1", "1"]
    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert cases == {"calm": [], "d01-lost-ack": ["failure"], "d09-silent-stall": ["error"]}
    (failure,) = suite.iter("failure")
    assert "accepts it as order 1" in (failure.text or "")


class Seen(HTMLParser):
    """What a page loads, and what its texts say."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "srcset", "data")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_needs_nothing_else_and_runs_no_text_of_the_bot() -> None:
    seen = Seen()
    seen.feed(page(OUTCOME))
    assert not {"script", "link", "img", "iframe"} & set(seen.tags)
    assert not seen.loads
    assert "@import" not in seen.words
    assert "url(" not in seen.words
    assert seen.tags.count("svg") == 1
    assert "<script>alert(1)</script>" in seen.words


def test_the_page_tells_a_stranger_what_it_rests_on() -> None:
    assert "rests on those venues' ledgers" in unescape(page(OUTCOME))


def test_the_picture_has_every_step() -> None:
    picture = page(OUTCOME)
    svg = ET.fromstring(picture[picture.index("<svg") : picture.index("</svg>") + 6])
    words = " ".join(" ".join(svg.itertext()).split())
    assert all(step.what in words for step in STEPS)


def test_json_has_the_documented_shape() -> None:
    told = OUTCOME.as_json()
    assert told["seed"] == 7
    for scenario in told["scenarios"]:
        assert {"name", "venue", "verdict", "invariants", "seconds"} <= set(scenario)
        for invariant in scenario["invariants"]:
            assert {"name", "held", "detail"} <= set(invariant)


def test_only_passes_pass() -> None:
    assert replace(OUTCOME, judged=[PASSED]).passed
    assert not OUTCOME.passed
    assert not replace(OUTCOME, judged=[PASSED], interrupted=True).passed
    assert not replace(OUTCOME, judged=[]).passed
