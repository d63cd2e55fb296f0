"""One finding over all venues of a bot: what fails on one fails, what one leaves open is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from trading_tools.golive.check import Case
from trading_tools.golive.config.model import Venue
from trading_tools.golive.venues.asking import NotTold
from trading_tools.golive.verdict import Finding, Verdict, failed, no_evidence, passed

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


def joined(findings: Iterable[Finding]) -> Finding:
    """The worst of them, with all that is as bad, and the evidence of all."""
    found = list(findings)
    evidence = tuple(each for finding in found for each in finding.evidence)
    for verdict, say in ((Verdict.FAIL, failed), (Verdict.NO_EVIDENCE, no_evidence)):
        bad = [finding for finding in found if finding.verdict is verdict]
        if bad:
            fixes = dict.fromkeys(finding.fix for finding in bad)
            said = say("; ".join(each.detail for each in bad), "; ".join(fixes), *evidence)
            parts = (part for each in bad for part in each.parts or (each,))
            return replace(said, parts=tuple(parts))
    return passed("; ".join(finding.detail for finding in found), *evidence)
