"""The page's picture of the agents' confidence: drawn from enough outcomes, else left out."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from orchestrator.cli.golive_confidence import reliability
from orchestrator.run.calibration import Forecast, Gathered


def gathered(count: int) -> Gathered:
    said = (Forecast("a", 0.9 if at % 2 else 0.45, at % 3 != 0) for at in range(count))
    return Gathered(count, tuple(said), {})


def test_each_level_of_confidence_is_a_point_with_its_count() -> None:
    drawn = reliability(gathered(20))
    assert drawn is not None
    figure = ET.fromstring(drawn)
    assert [each.text for each in figure.iter("text") if each.get("class") == "here"] == [
        "10",
        "10",
    ]
    assert "20 outcomes" in "".join(figure.itertext())


@pytest.mark.parametrize("count", [0, 9])
def test_too_few_outcomes_have_no_picture(count: int) -> None:
    assert reliability(gathered(count)) is None
