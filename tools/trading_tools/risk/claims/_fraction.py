"""Checks a claimed fraction of the bankroll, and recognises the usual ways to get it wrong."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from trading_tools.money import plain
from trading_tools.risk._inputs import working
from trading_tools.risk.claims._figures import ONE, ZERO, Reading, brief, is_rounding, judged, same
from trading_tools.risk.claims.claim import Claim, Code, Finding
from trading_tools.risk.kelly import edge, growth, zero_growth_fraction

_USUAL_MULTIPLIERS: Final = tuple(
    Decimal(text) for text in ("0.1", "0.125", "0.2", "0.25", "0.5", "0.75", "2")
)


@working()
def check_fraction(claim: Claim, claimed: Decimal) -> tuple[Finding, ...]:
    """What is wrong with `claimed` as the claim's fraction; empty where it is right."""
    expected = claim.expected_fraction
    if claimed < 0:
        why = (
            f"the fraction {plain(claimed)} is negative: without an edge the position is 0, not "
            "negative; bet the other side only with its own probability and returns"
        )
        return (Finding("negative_fraction", "warning", why),)
    if same(claimed, expected):
        if claimed == expected or is_rounding(claimed, expected):
            return ()
        why = f"{plain(claimed)} is {brief(expected)} with float noise: compute in Decimal"
        return (Finding("float_noise", "note", why),)
    if claimed > 0 and claim.full <= 0:
        why = (
            f"the bet has no edge (full Kelly {brief(claim.full)}): the fraction is 0, not "
            f"{plain(claimed)}"
        )
        return (Finding("no_edge", "error", why),)
    return (_explained(claim, claimed, expected), *beyond_kelly(claim, claimed))


@working()
def beyond_kelly(claim: Claim, fraction: Decimal) -> tuple[Finding, ...]:
    """What a position of `fraction` does to long-run growth, where it is above full Kelly."""
    full = claim.full
    if full <= 0 or fraction <= full or same(fraction, full):
        return ()
    if fraction * claim.bet.loss >= 1:
        why = (
            f"at {brief(fraction)} of the bankroll a single loss of {plain(claim.bet.loss)} takes "
            "all of it"
        )
        return (Finding("ruin", "error", why),)
    turning = zero_growth_fraction(claim.bet)
    if fraction >= turning or fraction >= 2 * full:
        rate = growth(claim.bet, fraction)
        why = (
            f"{brief(fraction)} is {brief(fraction / full)} times full Kelly {brief(full)}; growth "
            f"per bet is {brief(rate)} and falls to zero at {brief(turning)}: beyond it a real "
            "edge still loses the bankroll"
        )
        return (Finding("zero_growth", "error", why),)
    why = (
        f"{brief(fraction)} is above full Kelly {brief(full)}: more risk for less growth, never "
        "worth it"
    )
    return (Finding("over_full_kelly", "error", why),)


def _explained(claim: Claim, claimed: Decimal, expected: Decimal) -> Finding:
    severity = judged(claimed, expected)
    for code, value, why in _readings(claim):
        if value > 0 and not same(value, expected) and same(claimed, value):
            return Finding(code, severity, f"{why}; the fraction is {brief(expected)}")
    unknown: Code = "too_large" if claimed > expected else "too_small"
    why = (
        f"the fraction {plain(claimed)} does not follow from these inputs: they give "
        f"{brief(expected)}"
        + (f", it is {brief(claimed / expected)} times that" if expected > 0 else "")
    )
    return Finding(unknown, severity, why)


def _readings(claim: Claim) -> Iterator[Reading]:
    """Figures that known mistakes give, the likeliest explanation first."""
    if claim.bet.loss != 1:
        yield from _fractions_at_risk(claim)
    full, part, cap = claim.full, claim.multiplier, claim.cap_fraction
    expected = claim.expected_fraction
    for value in (full, min(full, cap), min(full, ONE)) if part != 1 else ():
        why = f"{brief(value)} is full Kelly: the multiplier {plain(part)} is not applied"
        yield "multiplier_not_applied", value, why
    why = f"{brief(full * part)} is above the cap {plain(cap)}, which is not applied"
    yield "cap_not_applied", full * part, why
    gain = edge(claim.bet)
    why = f"{brief(gain)} is the edge p*b - q*a per unit staked, not the fraction to stake"
    yield "edge_for_fraction", gain, why
    for limit in (cap, ONE):
        value = min(full, limit) * part
        why = (
            f"{brief(value)} applies the cap {plain(limit)} before the multiplier {plain(part)}, "
            "which gives less than the policy allows"
        )
        yield "cap_before_multiplier", value, why
    for base, name in ((expected, "the fraction"), (full, "full Kelly"), (full * part, "Kelly")):
        for factor, unit in ((Decimal(100), "in percent"), (Decimal("0.01"), "divided by 100")):
            why = f"{brief(base * factor)} is {name} {unit}: fractions run from 0 to 1"
            yield "percent_for_fraction", base * factor, why
    for usual in _USUAL_MULTIPLIERS:
        why = (
            f"{brief(full * usual)} is {usual} times full Kelly, but the multiplier given is {part}"
        )
        yield "unstated_multiplier", full * usual, why


def _fractions_at_risk(claim: Claim) -> Iterator[Reading]:
    bet, part, cap = claim.bet, claim.multiplier, claim.cap_fraction
    at_risk = max(ZERO, claim.full * bet.loss)
    for value in (
        at_risk,
        min(at_risk * part, cap),
        min(at_risk, ONE) * part,
        min(at_risk, ONE),
        at_risk * part,
    ):
        why = (
            f"{brief(value)} comes from (p*b - q)/b with b = win/|loss|, which is the part of the "
            f"bankroll to put at risk; as a position it must be divided by the loss "
            f"{plain(bet.loss)} (full Kelly p/a - q/b = {brief(claim.full)})"
        )
        yield "risk_fraction_for_position", value, why
