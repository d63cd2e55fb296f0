"""The pictures of a report, from the files that the checks read; an unreadable one has none."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np

from trading_tools.golive.check import Case
from trading_tools.golive.drilled import Drilled
from trading_tools.golive.inputs.equity import read_equity
from trading_tools.golive.inputs.table import InputError
from trading_tools.golive.reports.plots import (
    Axis,
    Mark,
    across,
    area,
    bars,
    dot,
    frame,
    line,
    lying,
    picture,
    standing,
    ticks,
    upwards,
)
from trading_tools.golive.reports.strips import strips
from trading_tools.golive.ruin import limit_chance
from trading_tools.golive.trials import read_trials
from trading_tools.stats.drawdown import drawdown
from trading_tools.stats.errors import StatsError
from trading_tools.stats.samples import moments
from trading_tools.stats.sharpe import deflated_sharpe
from trading_tools.stats.slippage import mean_upper_bound

_FURTHEST_TRIALS = 1_000


def figures(case: Case) -> list[str]:
    """Drills, equity with its drawdown, the ratio against the number of trials, slippage."""
    drawn = strips(case.drilled) if isinstance(case.drilled, Drilled) else []
    for draw in (_equity, _deflated, _slippage):
        try:
            found = draw(case)
        except (InputError, StatsError):
            continue
        if found is not None:
            drawn.append(found)
    return drawn


def _equity(case: Case) -> str | None:
    declared = case.project.config.returns
    if declared is None:
        return None
    path = case.project.path(declared.file)
    curve = read_equity(path, declared.time_zone, declared.time, declared.value)
    values = curve.equity_quote
    fall = drawdown(values)
    depths = values / np.maximum.accumulate(values) - 1
    xs = (curve.at / 1e9).tolist()
    x = across(xs[0], xs[-1])
    span = float(values.max() - values.min()) or 1.0
    y = upwards(float(values.min()) - span * 0.5, float(values.max()) + span * 0.05)
    # The depth hangs in the lowest part, so that both read at one glance.
    hang = Axis(-max(fall.deepest, 1e-9), 0, y.begin, y.begin + (y.end - y.begin) * 0.3)
    words = ticks(float(values.min()), float(values.max()), lambda value: f"{value:,.0f}", 4)
    days = [(at, f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}") for at in (xs[0], xs[-1])]
    about = (
        f"{len(values):,} values; the deepest fall is {fall.deepest:.1%}, the longest time "
        f"below a peak {fall.longest_under:,} periods."
    )
    ruin = limit_chance(case)
    if ruin is not None:
        about += f" A fall by max_drawdown_quote within a year has a chance of {ruin:.0%}."
    parts = [
        frame(x, y, days, words),
        area(x, hang, xs, depths.tolist()),
        line(x, y, xs, values.tolist()),
    ]
    return picture("Equity and drawdown.", about, parts)


def _deflated(case: Case) -> str | None:
    declared = case.project.config.returns
    if declared is None or case.ledger is None:
        return None
    trials = read_trials(case.ledger, case.project.config.bot.name)
    spread = trials.sharpe_variance
    if spread is None:
        return None
    path = case.project.path(declared.file)
    curve = read_equity(path, declared.time_zone, declared.time, declared.value)
    sample = moments(curve.returns)
    most = max(_FURTHEST_TRIALS, trials.count * 2)
    counts = sorted({round(most ** (step / 80)) for step in range(81)})
    chances = [deflated_sharpe(sample, count, spread) for count in counts]
    here = deflated_sharpe(sample, trials.count, spread)
    needed = float(case.project.config.statistics.min_deflated_sharpe)
    x, y = across(1, most, logarithmic=True), upwards(0, 1.05)
    decades = [(float(10**power), f"{10**power:,}") for power in range(int(math.log10(most)) + 1)]
    parts = [
        frame(x, y, decades, [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]),
        lying(y, Mark(needed, f"{needed:g} needed")),
        line(x, y, [float(count) for count in counts], chances),
        dot(x, y, float(trials.count), here, f"{here:.3f} with {trials.count} trials"),
    ]
    about = "The chance that the true ratio is above zero, by how much was tried (logarithmic)."
    return picture("Sharpe ratio against the number of trials.", about, parts)


def _slippage(case: Case) -> str | None:
    paper, trades = case.project.config.paper, case.paper_trades
    if paper is None or trades is None:
        return None
    slips = trades.slippage_bp
    if slips is None or len(slips) < 2:
        return None
    low, high = (float(each) for each in np.percentile(slips, [0.5, 99.5]))
    shown = slips[(slips >= low) & (slips <= high)]
    heights, edges = np.histogram(shown, bins=min(40, max(8, int(math.sqrt(len(shown))))))
    bound = mean_upper_bound(slips, float(case.project.config.statistics.confidence))
    limit = float(paper.model_slippage_bp)
    x = across(min(low, limit), max(high, limit))
    y = upwards(0, float(heights.max()) * 1.05)
    parts = [
        frame(
            x,
            y,
            ticks(x.low, x.high, lambda value: f"{value:g} bp", 6),
            ticks(0, y.high, lambda value: f"{value:g}", 3),
        ),
        bars(x, y, edges.tolist(), heights.tolist()),
        standing(x, Mark(bound.mean, f"mean {bound.mean:.2f}", "here")),
        standing(x, Mark(bound.upper, f"bound {bound.upper:.2f}", "bound"), 1),
        standing(x, Mark(limit, f"model {limit:g}"), 2),
    ]
    about = (
        f"{len(slips):,} trades; worse is to the right. One in a hundred lies outside the picture."
    )
    return picture("Slippage on paper.", about, parts)
