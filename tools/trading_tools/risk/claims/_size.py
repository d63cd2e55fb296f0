"""Checks a claimed order size, and recognises the usual ways to get it wrong."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from trading_tools.money import plain, quantise
from trading_tools.risk._inputs import working
from trading_tools.risk.claims._figures import ONE, ZERO, Reading, brief, judged
from trading_tools.risk.claims._fraction import beyond_kelly
from trading_tools.risk.claims.claim import Claim, Code, Finding
from trading_tools.risk.errors import RiskError
from trading_tools.risk.sizing import Market, Position, position_size

_NOISE: Final = Decimal("1e-6")
_COARSE: Final = Decimal("0.001")
_NO_CAP: Final = Decimal("1e40")


@working()
def check_size(claim: Claim, claimed: Decimal) -> tuple[Finding, ...]:
    """What is wrong with `claimed` as the claim's order size; empty where it is right."""
    bankroll, market = sized_in(claim)
    expected = sized(claim)
    findings: list[Finding] = []
    nearest = quantise(claimed, market.step_size, "half_even")
    if nearest != claimed:
        findings.append(_off_step(claimed, nearest, expected, market))
    if findings and findings[0].code == "float_noise":
        claimed = nearest
    if claimed == expected.size_base:
        return tuple(findings)
    fraction = claimed * market.price / bankroll
    if claimed > 0 and claim.full <= 0:
        why = f"the bet has no edge (full Kelly {brief(claim.full)}): the size is 0"
        return (*findings, Finding("no_edge", "error", why))
    if not findings or abs(claimed - expected.size_base) >= market.step_size:
        findings.append(_explained(claim, claimed, expected, market))
    return (*findings, *beyond_kelly(claim, fraction))


def sized_in(claim: Claim) -> tuple[Decimal, Market]:
    """The bankroll and market of a claim about a size."""
    if claim.bankroll_quote is None or claim.market is None:
        raise RiskError("a size needs bankroll_quote, price and step_size")
    return claim.bankroll_quote, claim.market


@working()
def sized(claim: Claim) -> Position:
    """The position that the claim's inputs give."""
    bankroll, market = sized_in(claim)
    return position_size(
        bankroll_quote=bankroll,
        fraction=claim.full,
        market=market,
        multiplier=claim.multiplier,
        cap_fraction=claim.cap_fraction,
        max_notional_quote=claim.max_notional_quote,
    )


def _off_step(claimed: Decimal, nearest: Decimal, expected: Position, market: Market) -> Finding:
    step = plain(market.step_size)
    if nearest and abs(claimed - nearest) <= market.step_size * _NOISE:
        why = (
            f"{plain(claimed)} is {plain(nearest)} with float noise, off the step {step}: the "
            "venue refuses it; compute in Decimal"
        )
        return Finding("float_noise", "error", why)
    why = (
        f"{plain(claimed)} is no multiple of the step {step}: rounded down the size is "
        f"{plain(expected.size_base)}"
    )
    return Finding("off_step", "error", why)


def _explained(claim: Claim, claimed: Decimal, expected: Position, market: Market) -> Finding:
    severity = judged(claimed, expected.size_base)
    right = f"the size is {plain(expected.size_base)}"
    for code, value, why in _venue_sizes(claim, market):
        if claimed == value:
            return Finding(code, severity, f"{why}; {right}")
    for code, value, why in _raw_amounts(claim, market):
        if abs(claimed - value) <= max(market.step_size, value * _COARSE):
            return Finding(code, severity, f"{why}; {right}")
    unknown: Code = "too_large" if claimed > expected.size_base else "too_small"
    why = f"the size {plain(claimed)} does not follow from these inputs"
    return Finding(unknown, severity, f"{why}; {right}")


def _venue_sizes(claim: Claim, market: Market) -> Iterator[Reading]:
    """Sizes on the step that leaving out one limit gives."""
    budget = _budget(claim)
    up = quantise(budget / market.price, market.step_size, "up")
    why = f"{plain(up)} is rounded up and exceeds the budget {brief(budget)}: round sizes down"
    yield "rounded_up", up, why
    small = sized(replace(claim, market=replace(market, min_notional=ZERO)))
    why = (
        f"{plain(small.size_base)} is worth {brief(small.notional_quote)}, below the least order "
        f"{plain(market.min_notional)}: the venue refuses it"
    )
    yield "below_min_notional", small.size_base, why
    unlimited = replace(claim, max_notional_quote=None)
    yield (
        "max_notional_not_applied",
        sized(unlimited).size_base,
        "the notional limit is not applied",
    )
    for one in (claim, unlimited):
        why = f"the cap {plain(claim.cap_fraction)} is not applied"
        yield "cap_not_applied", sized(replace(one, cap_fraction=_NO_CAP)).size_base, why
        why = f"the multiplier {plain(claim.multiplier)} is not applied: this is full Kelly"
        yield "multiplier_not_applied", sized(replace(one, multiplier=ONE)).size_base, why


def _raw_amounts(claim: Claim, market: Market) -> Iterator[Reading]:
    """Amounts in the wrong unit, which are rarely rounded as a size would be."""
    budget = _budget(claim)
    base = budget / market.price
    why = f"{brief(budget)} is the amount in quote currency: divide by the price for the size"
    if market.price != ONE:  # at a price of 1 the size is an amount of the quote currency
        yield "quote_for_base", budget, why
        why = "the size in base currency is divided by the price once more"
        yield "divided_by_price_twice", base / market.price, why
    why = (
        "the fraction behind it comes from (p*b - q)/b with b = win/|loss|, the part of the "
        f"bankroll to put at risk: divide by the loss {plain(claim.bet.loss)}"
    )
    at_risk = claim.full * claim.bet.loss
    shares = (
        min(at_risk * claim.multiplier, claim.cap_fraction),
        min(at_risk, ONE) * claim.multiplier,
    )
    for fraction in shares if claim.bet.loss != ONE else ():
        amount = _budget(claim, fraction)
        yield "risk_fraction_for_position", amount / market.price, why
        both = f"{brief(amount)} is an amount in quote currency, and {why}"
        if market.price != ONE:
            yield "quote_for_base", amount, both
    for factor in (Decimal(100), Decimal("0.01")):
        why = f"the size is off by a factor of {factor}: a percentage stands for a fraction"
        yield "percent_for_fraction", base * factor, why


def _budget(claim: Claim, fraction: Decimal | None = None) -> Decimal:
    bankroll, _ = sized_in(claim)
    budget = bankroll * (claim.expected_fraction if fraction is None else fraction)
    limit = claim.max_notional_quote
    return budget if limit is None else min(budget, limit)
