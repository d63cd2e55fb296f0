"""G09: the risk limits are there, and one cannot be passed by keeping another."""

from __future__ import annotations

from decimal import Decimal

from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Limits
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, passed
from trading_tools.money import plain

NEEDED = (
    "bankroll_quote",
    "max_order_quote",
    "max_position_quote",
    "max_exposure_quote",
    "max_daily_loss_quote",
    "max_drawdown_quote",
    "price_collar",
    "max_orders_a_minute",
    "max_orders_a_day",
    "max_repeats",
    "first_day_exposure_quote",
)


def _limits(case: Case) -> Finding:
    limits = case.project.config.limits
    here = Evidence("golive.toml [limits]", case.project.sha256, _declared(limits))
    missing = [name for name in NEEDED if getattr(limits, name) is None]
    if any("market" in venue.order_types for venue in case.project.config.venues):
        missing += [] if limits.max_slippage is not None else ["max_slippage"]
    wrong = contradictions(limits)
    if wrong:
        return failed("; ".join(wrong), "make the smaller limit the binding one", here)
    if missing:
        return no_evidence(
            f"not declared: {', '.join(missing)}",
            "declare them under [limits] in golive.toml",
            here,
        )
    return passed(
        "order ≤ position ≤ exposure ≤ bankroll × leverage; daily loss < drawdown < bankroll", here
    )


def contradictions(limits: Limits) -> list[str]:
    """What cannot hold together, a sentence each; limits that are not declared bind nothing."""
    found = []
    funds = None if limits.bankroll_quote is None else limits.bankroll_quote * limits.max_leverage
    ladder = {
        "max_order_quote": ("max_position_quote", limits.max_position_quote),
        "max_position_quote": ("max_exposure_quote", limits.max_exposure_quote),
        "max_exposure_quote": ("bankroll_quote × max_leverage", funds),
        "max_daily_loss_quote": ("max_drawdown_quote", limits.max_drawdown_quote),
        "max_drawdown_quote": ("bankroll_quote", limits.bankroll_quote),
        "first_day_exposure_quote": ("max_exposure_quote", limits.max_exposure_quote),
    }
    for small, (large, greater) in ladder.items():
        lesser: Decimal | None = getattr(limits, small)
        if lesser is not None and greater is not None and lesser > greater:
            found.append(f"{small} {plain(lesser)} is above {large} {plain(greater)}")
    daily, whole = limits.max_daily_loss_quote, limits.max_drawdown_quote
    if daily is not None and daily == whole:
        found.append(
            f"max_daily_loss_quote equals max_drawdown_quote ({plain(daily)}): one day ends it"
        )
    found += _symbols(limits)
    if limits.max_leverage > 1:
        found += _liquidation(limits)
    minute, day = limits.max_orders_a_minute, limits.max_orders_a_day
    if minute is not None and day is not None and minute > day:
        found.append(f"max_orders_a_minute {minute} is above max_orders_a_day {day}")
    return found


def _symbols(limits: Limits) -> list[str]:
    if limits.max_exposure_quote is None:
        return []
    total = sum(limits.per_symbol_quote.values(), Decimal(0))
    if total > limits.max_exposure_quote:
        whole = plain(limits.max_exposure_quote)
        return [f"per_symbol_quote adds up to {plain(total)}, above max_exposure_quote {whole}"]
    return []


def _liquidation(limits: Limits) -> list[str]:
    """With leverage L the position is closed by the venue after a move of 1/L - maintenance."""
    if limits.stop_distance is None or limits.maintenance_margin is None:
        return ["max_leverage is above 1 without stop_distance and maintenance_margin"]
    room = 1 / limits.max_leverage - limits.maintenance_margin
    if limits.stop_distance >= room:
        return [
            f"the stop at {plain(limits.stop_distance)} is beyond liquidation at "
            f"{plain(room.quantize(Decimal('0.0001')))} (1/max_leverage - maintenance_margin)"
        ]
    return []


def _declared(limits: Limits) -> dict[str, str]:
    said = limits.model_dump(mode="json", exclude_none=True)
    return {name: str(value) for name, value in said.items() if value not in ({}, [])}


CHECKS = (
    Check(
        "G09",
        "Risk limits are declared and consistent",
        "SEC rule 15c3-5(c)(1)(i) pre-set thresholds; RTS 6 art. 15(1)(b)-(c) values and volumes",
        _limits,
    ),
)
