"""Recomputes a claimed fraction or size from its inputs and says in words what is wrong with it."""

from dataclasses import dataclass
from decimal import Decimal

from trading_tools.money import plain
from trading_tools.risk._inputs import number, working
from trading_tools.risk.claims._fraction import check_fraction
from trading_tools.risk.claims._size import check_size, sized
from trading_tools.risk.claims.claim import Claim, Finding


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the inputs give, and what the claim gets wrong.

    `correct`: nothing but notes was found. `safe`: nothing was found by which it bets too much or a
    venue would refuse it. `expected_size_base` is None where no size was claimed.
    """

    correct: bool
    safe: bool
    full: Decimal
    expected_fraction: Decimal
    expected_size_base: Decimal | None
    findings: tuple[Finding, ...]


@working()
def validate_sizing(claim: Claim, *notes: Finding) -> Verdict:
    """Check a claim; `notes` are findings already made on its inputs.

    Raises:
        RiskError: as `Claim`.
    """
    findings = list(notes)
    if claim.fraction is not None:
        findings += check_fraction(claim, claim.fraction)
    expected_size = None
    if claim.size_base is not None:
        expected_size = sized(claim).size_base
        found = check_size(claim, claim.size_base)
        findings += [finding for finding in found if finding not in findings]
    return Verdict(
        correct=all(finding.severity == "note" for finding in findings),
        safe=all(finding.severity != "error" for finding in findings),
        full=claim.full,
        expected_fraction=claim.expected_fraction,
        expected_size_base=expected_size,
        findings=tuple(findings),
    )


@working()
def read_probability(value: Decimal) -> tuple[Decimal, tuple[Finding, ...]]:
    """A win probability, where one that can only be a percentage is read as such and reported."""
    checked = number(value, "win_probability")
    if not 1 < checked < 100:
        return checked, ()
    meant = checked / 100
    why = (
        f"win_probability {plain(checked)} is a percentage: write {plain(meant)}, with which the "
        "check goes on"
    )
    return meant, (Finding("percent_for_fraction", "error", why),)
