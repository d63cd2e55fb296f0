"""The picture of what the agents' confidence was worth, for the page of `orc golive`.

The gate knows no agents, so it is drawn here; the figures are `orchestrator.run.calibration`.
"""

from __future__ import annotations

from orchestrator.run.calibration import Gathered, calibrate
from trading_tools.golive.reports.plots import across, dot, frame, line, picture, upwards

_SHARES = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]


def reliability(gathered: Gathered) -> str | None:
    """How often the checks held, by what agents had said; None where there is too little of it."""
    if not gathered.forecasts:
        return None
    found = calibrate(gathered.forecasts)
    if found.few:
        return None
    x, y = across(0, 1), upwards(0, 1.05)
    parts = [frame(x, y, _SHARES, _SHARES), line(x, y, [0.0, 1.0], [0.0, 1.0])]
    parts += [dot(x, y, one.mean_confidence, one.observed, f"{one.n}") for one in found.bins]
    about = (
        f"What agents said (across) and how often the checks then held, {found.n} outcomes; on the "
        f"slope both are the same. Brier score {found.brier:.3f}, {found.baseline:.3f} is what the "
        "hit rate alone earns."
    )
    return picture("The agents' confidence.", about, parts)
