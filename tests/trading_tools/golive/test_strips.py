"""The drills as a picture on the gate's page."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from trading_tools.drill.oracle.finding import Span
from trading_tools.golive.drilled import Drilled, Judgement
from trading_tools.golive.reports.strips import strips
from trading_tools.golive.verdict import Evidence

RUN = (Span("fault", 3_000, 3_000), Span("order", 2_000, 6_000), Span("exit", 8_000, 8_000))
HERE = Evidence("drills run now", "00")


def test_each_venue_has_a_strip_for_each_scenario_on_one_scale_of_time() -> None:
    judged = (
        Judgement("d01-lost-ack", "binance", "pass", "", RUN),
        Judgement("<kill>", "binance", "fail", "", (Span("signal", 4_000, 4_000), *RUN)),
        Judgement("calm", "kraken", "no-evidence", "it died", ()),
    )
    (drawn,) = strips(Drilled(judged, HERE))
    assert "Drills on binance: 1 of 2 passed." in drawn
    root = ET.fromstring(drawn)
    texts = [each.text for each in root.iter("text")]
    assert {"✓", "✗", "d01-lost-ack", "<kill>", "8 s"} <= set(texts)
    assert drawn.count('class="fault"') == drawn.count('class="order"') == 2
    ends = [float(x) for x in re.findall(r'<circle class="here" cx="([\d.]+)"', drawn)]
    begins = [float(x) for x in re.findall(r'class="order" x="([\d.]+)"', drawn)]
    assert len(set(ends)) == len(set(begins)) == 1
    assert begins[0] < ends[0]


def test_where_nothing_ran_there_is_no_picture() -> None:
    assert strips(Drilled((Judgement("calm", "kraken", "no-evidence", "it died"),), HERE)) == []
