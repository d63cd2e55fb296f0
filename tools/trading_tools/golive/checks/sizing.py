"""G12: the size it uses is no more than what its own figures justify."""

from __future__ import annotations

from decimal import Context, Decimal

from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Sizing
from trading_tools.golive.inputs.table import InputError
from trading_tools.golive.ruin import limit_chance
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, of_file, passed
from trading_tools.money import plain
from trading_tools.risk.errors import RiskError
from trading_tools.risk.fractional import fall_probability
from trading_tools.risk.kelly import Bet, full_fraction, zero_growth_fraction
from trading_tools.stats.wins import chance_of_so_few

_WIDE = Context(prec=300)
_FEW = 30
"""Trades below which a win rate says next to nothing."""


def _sizing(case: Case) -> Finding:
    sizing = case.project.config.sizing
    if sizing is None:
        return no_evidence("no sizing is declared", "add [sizing] to golive.toml")
    try:
        bet = Bet(sizing.win_rate, sizing.win - sizing.fees, -(sizing.loss + sizing.fees))
    except RiskError as error:
        return failed(f"after fees there is no bet: {error}", "mend [sizing] or the strategy")
    full = full_fraction(bet)
    allowed = max(full * sizing.multiplier, Decimal(0))
    if sizing.cap is not None:
        allowed = min(allowed, sizing.cap)
    ruin = limit_chance(case)
    here = Evidence(
        "golive.toml [sizing]",
        case.project.sha256,
        {
            "full_kelly": _short(full),
            "allowed_fraction": _short(allowed),
            "configured_fraction": plain(sizing.fraction),
            "sample_trades": sizing.sample_trades,
            **_fall(full, sizing),
            **({} if ruin is None else {"chance_of_max_drawdown_in_a_year": ruin}),
        },
    )
    if full <= 0:
        return failed(f"no edge: full Kelly is {_short(full)}", "do not trade these figures", here)
    if sizing.fraction >= zero_growth_fraction(bet):
        return failed(
            f"{plain(sizing.fraction)} of the bankroll is at or above the fraction at which growth "
            f"is zero ({_short(zero_growth_fraction(bet))}): it loses in the long run",
            f"use at most {_short(allowed)}",
            here,
        )
    if sizing.fraction > allowed:
        return failed(
            f"{plain(sizing.fraction)} of the bankroll is above the {_short(allowed)} that the "
            "figures, multiplier and cap allow",
            f"use at most {_short(allowed)}",
            here,
        )
    seen = _on_paper(case, sizing)
    if isinstance(seen, Finding):
        return seen
    if sizing.sample_trades < _FEW:
        return no_evidence(
            f"the figures rest on {sizing.sample_trades} trades",
            f"trade {_FEW} on paper first",
            here,
        )
    return passed(
        f"{plain(sizing.fraction)} of the bankroll is within {_short(allowed)} "
        f"(full Kelly {_short(full)})"
        + ("" if ruin is None else f"; {ruin:.0%} chance of max_drawdown_quote within a year"),
        here,
        *seen,
    )


def _on_paper(case: Case, sizing: Sizing) -> tuple[Evidence, ...] | Finding:
    """What paper trading says of the win rate; nothing where it cannot be read (G14 says why)."""
    try:
        trades = case.paper_trades
    except InputError:
        return ()
    if trades is None:
        return ()
    count, wins = len(trades.profit_quote), int((trades.profit_quote > 0).sum())
    if not count:
        return ()
    chance = chance_of_so_few(wins, count, float(sizing.win_rate))
    here = of_file(
        trades.source, case.project.folder, trades.sha256, trades=count, wins=wins, chance=chance
    )
    if chance < 1 - float(case.project.config.statistics.confidence):
        return failed(
            f"{wins} of {count} trades on paper won: at a win rate of {plain(sizing.win_rate)} so "
            f"few would come with a chance of {chance:.2g}",
            "take the win rate from what was seen",
            here,
        )
    return (here,)


def _fall(full: Decimal, sizing: Sizing) -> dict[str, str]:
    """The chance of ever falling to half, which is what the multiplier in use is really for."""
    if full <= 0:
        return {}
    used = sizing.fraction / full
    if not 0 < used < 2:
        return {"kelly_multiple_used": _short(used)}
    chance = fall_probability(Decimal("0.5"), used)
    return {"kelly_multiple_used": _short(used), "chance_to_fall_to_half": _short(chance)}


def _short(value: Decimal) -> str:
    return plain(value.quantize(Decimal("0.000001"), context=_WIDE))


CHECKS = (
    Check(
        "G12",
        "Position size agrees with its own figures",
        "Kelly 1956; Thorp 2006; requirement documents 000 and 001",
        _sizing,
    ),
)
