"""The report as JUnit XML, which every CI service reads.

A fail is a `failure`; no evidence is an `error`, so that a missing proof turns a build red; what is
waived or not required is `skipped`, with who answers for it.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from trading_tools.golive.gate import Checked, Report
from trading_tools.golive.verdict import Verdict

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KINDS = {Verdict.FAIL: "failure", Verdict.NO_EVIDENCE: "error"}


def junit(report: Report) -> str:
    """One test suite with all checks."""
    blocking = [each.finding.verdict for each in report.checked if each.blocks]
    suite = ET.Element(
        "testsuite",
        name="orc golive",
        tests=str(len(report.checked)),
        failures=str(blocking.count(Verdict.FAIL)),
        errors=str(blocking.count(Verdict.NO_EVIDENCE)),
        skipped=str(sum(_skipped(each) is not None for each in report.checked)),
        timestamp=report.at.isoformat(timespec="seconds"),
    )
    for each in report.checked:
        case = ET.SubElement(
            suite, "testcase", classname="golive", name=f"{each.check.id} {each.check.title}"
        )
        why = _skipped(each)
        if each.blocks:
            kind = _KINDS[each.finding.verdict]
            told = ET.SubElement(case, kind, message=_clean(each.finding.detail))
            told.text = _clean(f"{each.finding.detail}\n{each.finding.fix}\n{each.check.basis}")
        elif why is not None:
            ET.SubElement(case, "skipped", message=_clean(why))
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, "unicode") + "\n"


def _skipped(each: Checked) -> str | None:
    if each.finding.verdict is Verdict.WAIVED:
        return each.finding.detail
    if each.finding.verdict is not Verdict.PASS and each.not_required is not None:
        return f"not required: {each.not_required}"
    return None


def _clean(text: str) -> str:
    """Without what XML has no way to hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
