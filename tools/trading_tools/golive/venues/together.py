"""One finding over all venues of a bot."""

from __future__ import annotations

from collections.abc import Callable

from trading_tools.golive.check import Case
from trading_tools.golive.config.model import Venue
from trading_tools.golive.venues.asking import NotTold
from trading_tools.golive.verdict import Finding, joined, no_evidence

NOT_ASKED = no_evidence(
    "the venues were not asked", "run `orc golive --contact-venues`: it reads with your keys"
)


def contacting(case: Case, look: Callable[[Venue], Finding]) -> Finding:
    """What `look` finds at each venue, if they may be asked at all."""
    return each_venue(case, look) if case.contact_venues else NOT_ASKED


def each_venue(case: Case, look: Callable[[Venue], Finding]) -> Finding:
    """What `look` finds at each venue; one that does not tell is no evidence."""

    def told(venue: Venue) -> Finding:
        try:
            return look(venue)
        except NotTold as error:
            return no_evidence(str(error), error.fix)

    return joined(told(venue) for venue in case.project.config.venues)
