"""All scenarios, and finding one by its name or by the beginning of it."""

from __future__ import annotations

from typing import Final

from trading_tools.drill.scenarios.ends import CALM, ENDS
from trading_tools.drill.scenarios.fills import FILLS
from trading_tools.drill.scenarios.limits import LIMITS
from trading_tools.drill.scenarios.lost_orders import LOST_ORDERS
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.drill.scenarios.streams import STREAMS

_OTHERS = sorted((*LOST_ORDERS, *FILLS, *STREAMS, *LIMITS, *ENDS), key=lambda each: each.name)
SCENARIOS: Final[tuple[Scenario, ...]] = (CALM, *_OTHERS)
"""Every scenario: `calm` first, then by name."""


class UnknownScenario(LookupError):
    """No scenario, or more than one, has this name or begins with it."""


def scenario(name: str) -> Scenario:
    """The scenario of this name, or the only one whose name begins with it: `d01`.

    Raises:
        UnknownScenario: it names none or several; the message lists what there is.
    """
    wanted = name.lower()
    found = [each for each in SCENARIOS if each.name == wanted] or [
        each for each in SCENARIOS if each.name.startswith(wanted)
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.name for each in (found if wanted else ()) or SCENARIOS)
    problem = "several scenarios begin with" if found else "no scenario is called"
    raise UnknownScenario(f"{problem} {name!r}: use one of {names}")


def fitting(venue: str) -> tuple[Scenario, ...]:
    """The scenarios that can happen on a venue."""
    return tuple(each for each in SCENARIOS if each.fits(venue))
