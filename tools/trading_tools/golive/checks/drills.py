"""G22 and G25 to G28: what the bot did when its venues went wrong, by the venues' own ledgers."""

from __future__ import annotations

from collections.abc import Callable

from trading_tools.drill.scenarios.ends import CALM
from trading_tools.golive.check import Case, Check
from trading_tools.golive.drilled import Drilled, Judgement
from trading_tools.golive.verdict import Finding, failed, no_evidence, passed


def judged_by(*beginnings: str) -> Callable[[Case], Finding]:
    """A check that passes when these scenarios pass on every venue of the bot."""

    def run(case: Case) -> Finding:
        drilled = case.drilled
        if isinstance(drilled, Finding):
            return drilled
        strange = _without_drills(case, drilled)
        if strange:
            return no_evidence(
                f"drills have no venue {', '.join(strange)}",
                "check it there by hand",
                drilled.evidence,
            )
        for venue in case.project.config.venues:
            why = _never_ran(venue.name, drilled)
            if why is not None:
                shown = f"`orc drill --venue {venue.name} --scenario calm -- …` shows it"
                return no_evidence(f"{venue.name}: {why}", shown, drilled.evidence)
        judged = [each for each in drilled.judged if each.scenario.split("-")[0] in beginnings]
        return _over(judged, drilled)

    return run


def _over(judged: list[Judgement], drilled: Drilled) -> Finding:
    count = f"{sum(each.verdict == 'pass' for each in judged)} of {len(judged)} scenarios passed"
    for verdict, finding in (("fail", failed), ("no-evidence", no_evidence)):
        first = next((each for each in judged if each.verdict == verdict), None)
        if first is not None:
            return finding(
                f"{count}; {first.scenario} on {first.venue}: {first.why}",
                f"`orc drill --venue {first.venue} --scenario {first.scenario} -- …` shows it",
                drilled.evidence,
            )
    if not judged:
        return no_evidence(
            "none of its scenarios was run", "run the whole catalogue", drilled.evidence
        )
    names = ", ".join(dict.fromkeys(each.scenario for each in judged))
    return passed(f"{count}: {names}", drilled.evidence)


def _never_ran(venue: str, drilled: Drilled) -> str | None:
    """The one reason why no scenario but calm was judged on a venue, where that is so."""
    others = [each for each in drilled.judged if each.venue == venue and each.scenario != CALM.name]
    whys = {(each.verdict, each.why) for each in others}
    if len(others) < 2 or len(whys) > 1 or others[0].verdict != "no-evidence":
        return None
    return others[0].why


def _without_drills(case: Case, drilled: Drilled) -> list[str]:
    tried = {each.venue for each in drilled.judged}
    return [venue.name for venue in case.project.config.venues if venue.name not in tried]


CHECKS = (
    Check(
        "G22",
        "Kill switch",
        "RTS 6 art. 12: cancel immediately any or all unexecuted orders",
        judged_by("kill", "sigterm"),
    ),
    Check(
        "G25",
        "Streams come back",
        "requirement document 004: back within 5 s",
        judged_by("d08", "d09", "d10", "d11", "d12", "d29"),
    ),
    Check(
        "G26",
        "An order is placed once, whatever becomes of the answer",
        "SEC rule 15c3-5(c)(1)(ii) duplicative orders",
        judged_by("d01", "d02", "d03", "d04", "d22", "d25", "d26", "d27", "d28"),
    ),
    Check(
        "G27",
        "No fill is lost or counted twice",
        "venues' doubled and reordered messages",
        judged_by("d05", "d06", "d07", "d19", "d23", "d24"),
    ),
    Check(
        "G28",
        "A restart finds its orders",
        "crashes with orders in the book",
        judged_by("d18"),
    ),
)
