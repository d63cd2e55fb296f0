"""The faults of the requirement documents' own snippets, each found by a rule.

The documents lie beside this repository, no part of it: without them their half is skipped.
`samples/faults.md` is code of ours with the same faults, and `samples/mended.md` is that code put
right. The numbers are those of the notes on the snippets; what only a run can show is found by
`orc check` (`tests/trading_tools/conformance`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from trading_tools.review.engine import Engine
from trading_tools.review.findings import Finding, Severity
from trading_tools.review.model.project import Project
from trading_tools.review.reading.documents import document
from trading_tools.review.registry import chosen

HERE = Path(__file__).resolve().parent
SEEDS = HERE.parents[2] / ".." / "shared" / "seeds"
BOT = "001_b0a143fb5e8343fe.txt"
VENUE = "004_9a1cc902e84aa934.txt"

FAULTS: dict[str, tuple[str, str, str]] = {
    "S01 market order valued at price 1": (BOT, "T06", "a price of 1 is taken"),
    "S02 a closing sell adds exposure": (BOT, "T19", "nothing lowers it"),
    "S03 check-then-act race": (BOT, "T20", "exposure` is checked in line"),
    "S04 daily limit raced": (BOT, "T20", "daily_"),
    "S05 resting orders take no exposure": (BOT, "T19", "that rest in the book"),
    "S06 a timeout is a definite failure": (BOT, "T12", "taken for not sent"),
    "S08 the day never ends": (BOT, "T46", "never set back"),
    "S09 the pause between requests is raced": (BOT, "T20", "last_"),
    "S10 Infinity is a size": (BOT, "T53", "may be Infinity"),
    "S10b NaN ends in InvalidOperation": (BOT, "T53", "or NaN with another error"),
    "S11 floats are money": (BOT, "T53", "takes a float without a word"),
    "S12 a validated order can be changed": (BOT, "T53", "after the check"),
    "S20 Kelly is wrong for a partial loss": (BOT, "T54", "not a size: divide it by"),
    "S20b Kelly's units are those of risk": (BOT, "T54", "that may be lost"),
    "S21 Kelly bets too much above a whole loss": (BOT, "T54", "not a size: divide it by"),
    "S22 a win that loses gives a bet": (BOT, "T54", "hides the sign"),
    "S23 a loss of 0 crashes": (BOT, "T54", "of 0 raises"),
    "S24 the multiplier is taken as it comes": (BOT, "T54", "above 1"),
    "S24b a negative bankroll gives a negative size": (BOT, "T54", "below 0"),
    "S25 an amount of money is called a size": (BOT, "T55", "dividing by a price"),
    "S30 HALF_OPEN admits all": (BOT, "T47", "lets every request through"),
    "S31 a failed probe does not open it again": (BOT, "T47", "when the probe fails"),
    "S33 a threshold above the buffer never opens": (BOT, "T47", "never opens"),
    "S34 the wall clock holds it open": (BOT, "T29", "opened_at"),
    "S35 late failures hold it open": (BOT, "T47", "arrives late"),
    "S40 times without a zone": (BOT, "T31", "utcnow"),
    "S41 the log can be changed": (BOT, "T44", "nobody can tell"),
    "S41 and is not on the disk": (BOT, "T44", "fsync"),
    "S42 the log crashes on Decimal": (BOT, "T44", "Decimal in it raises"),
    "S43 nothing is logged before sending": (BOT, "T44", "before the order is sent"),
    "S44 no id in the log": (BOT, "T44", "no id of ours"),
    "S45 a price of 0 is logged as none": (BOT, "T52", "`order.price` of 0"),
    "S50 a blocking client in a coroutine": (BOT, "T37", "post_order"),
    "S51 a market order has no price to convert": (BOT, "T52", ".price` may be None"),
    "S53 Decimal to float": (BOT, "T01", "`size` of `OrderArgs` is turned into a float"),
    "S60 slept time is credited again": (VENUE, "T27", "paid for the slept time again"),
    "S61 Kraken's counter is never looked at": (VENUE, "T28", "`max_cost`"),
    "S62 it sleeps with the lock": (VENUE, "T26", "whoever comes next waits"),
    "S63 a cost above the capacity is let go": (VENUE, "T28", "granted all the same"),
    "S66 limits that nobody enforces": (VENUE, "T28", "`orders_per_day`"),
    "S67 a step of the wall clock stalls it": (VENUE, "T29", "self.last_refill"),
    "S70 it calls itself for each retry": (VENUE, "T22", "without a bound"),
    "S71 the ban is not handled": (VENUE, "T30", "DDoSProtection is not"),
    "S72 float amounts": (VENUE, "T01", "`amount` of"),
    "S73 a price of 0 skips the precision": (VENUE, "T52", "`price` of 0"),
    "S74 an order without an id of ours": (VENUE, "T11", "create_order"),
    "S76 a failure is counted twice": (VENUE, "T47", "counted this failure already"),
    "S80 subscribe never returns": (VENUE, "T40", "never returns"),
    "S81 the count of failures is never reset": (VENUE, "T34", "nothing sets it back"),
    "S82 a client for each reconnect": (VENUE, "T39", "none is closed"),
    "S83 streams are not remembered": (VENUE, "T39", "never filled"),
    "S84 stale before the first message": (VENUE, "T35", "since 1970"),
    "S85 the reconnect is not there": (VENUE, "T35", "is not there"),
    "S86 stale after a minute": (VENUE, "T35", "after 60 s"),
    "S87 a silent stall": (VENUE, "T35", "may wait for ever"),
    "S89 the task is dropped": (VENUE, "T36", "nobody keeps the task"),
}
"""A fault: the document that has it, the rule that finds it, and words of what the rule says."""


@cache
def _found(file: Path) -> list[Finding]:
    source = document(file.name, file.read_text("utf-8"))
    return Engine(chosen()).review(source, Project())


def _told(file: Path, rule: str, words: str) -> bool:
    return any(each.rule == rule and words in each.message for each in _found(file))


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the requirement documents are not here")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_documents_snippets_is_found(fault: str) -> None:
    name, rule, words = FAULTS[fault]

    assert _told(SEEDS / name, rule, words)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_fault_in_code_of_our_own_is_found(fault: str) -> None:
    _, rule, words = FAULTS[fault]

    assert _told(HERE / "samples" / "faults.md", rule, words)


def test_the_same_code_put_right_has_no_error() -> None:
    found = _found(HERE / "samples" / "mended.md")

    assert [each for each in found if each.severity is Severity.ERROR] == []
