"""The report as JUnit XML, which every CI service reads.

A scenario on a venue is a test case. A fail is a `failure`; no evidence is an `error`, so that a
missing proof turns a build red.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from trading_tools.drill.oracle.finding import Judged, Verdict
from trading_tools.drill.reports.outcome import Outcome
from trading_tools.drill.reports.text import Paper, scenario_lines

_WIDTH: Final = 120
_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(outcome: Outcome) -> str:
    """One test suite with all scenarios."""
    suite = ET.Element(
        "testsuite",
        name="orc drill",
        tests=str(len(outcome.judged)),
        failures=str(outcome.count(Verdict.FAIL)),
        errors=str(outcome.count(Verdict.NO_EVIDENCE)),
        time=f"{outcome.seconds:.1f}",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in {"seed": str(outcome.seed), "seal": outcome.seal}.items():
        ET.SubElement(properties, "property", name=name, value=value)
    for judged in outcome.judged:
        _case(suite, judged)
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, "unicode") + "\n"


def _case(suite: ET.Element, judged: Judged) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"drill.{judged.venue}",
        name=judged.scenario,
        time=f"{judged.seconds:.1f}",
    )
    if judged.verdict is Verdict.PASS:
        return
    kind = "failure" if judged.verdict is Verdict.FAIL else "error"
    told = ET.SubElement(case, kind, type=judged.verdict.value, message=_clean(judged.why))
    told.text = _clean("\n".join(scenario_lines(judged, Paper(_WIDTH, False))))


def _clean(text: str) -> str:
    """Without what XML has no way to hold: a bot may print anything."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
