"""G14: it was tried on paper, long enough, with this code, at the slippage of its model."""

from __future__ import annotations

import math

import numpy as np

from trading_tools.golive.check import Case, Check
from trading_tools.golive.inputs.closed import Trades
from trading_tools.golive.inputs.table import InputError
from trading_tools.golive.same_code import same_code
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, of_file, passed
from trading_tools.stats.errors import StatsError
from trading_tools.stats.slippage import MeanBound, fills_needed, mean_upper_bound


def _paper(case: Case) -> Finding:
    paper = case.project.config.paper
    try:
        trades = case.paper_trades
    except InputError as error:
        return no_evidence(str(error), "mend the file of [paper]")
    if paper is None or trades is None:
        return no_evidence("no paper trading is declared", "add [paper] to golive.toml")
    count = len(trades.closed_at)
    here = of_file(
        trades.source,
        case.project.folder,
        trades.sha256,
        trades=count,
        days=trades.days,
        symbols=sorted(set(trades.symbols)),
    )
    if count < paper.min_trades or trades.days < paper.min_days:
        return no_evidence(
            f"{count} trades on {trades.days} days; needed: {paper.min_trades} on {paper.min_days}",
            "trade longer on paper",
            here,
        )
    newest = np.datetime64(int(trades.closed_at[-1]), "ns")
    if newest > np.datetime64(case.now.replace(tzinfo=None)):
        return failed(f"the last trade closed at {newest}, in the future", "check its clock", here)
    strange = sorted(_symbols(trades) - _configured(case))
    if strange:
        return failed(
            f"it traded {', '.join(strange[:5])} on paper, which golive.toml does not list",
            "list the symbols it trades, or trade these on paper",
            here,
        )
    if not all(trades.symbols) and len(_configured(case)) > 1:
        return no_evidence(
            "the file does not say which symbols it traded",
            "write the symbol with each trade",
            here,
        )
    unseen = sorted(_configured(case) - _symbols(trades)) if any(trades.symbols) else []
    if unseen:
        return no_evidence(
            f"no paper trade in {', '.join(unseen[:5])}", "trade them on paper", here
        )
    code = same_code(case, paper.commit, "paper")
    if isinstance(code, Finding):
        return code
    return _slippage(trades, float(paper.model_slippage_bp), case, here, code)


def _slippage(trades: Trades, limit: float, case: Case, here: Evidence, code: Evidence) -> Finding:
    if trades.slippage_bp is None:
        return no_evidence(
            "the file does not say which price the model expected",
            "write expected_price, price and side with each trade",
            here,
            code,
        )
    confidence = float(case.project.config.statistics.confidence)
    try:
        bound = mean_upper_bound(trades.slippage_bp, confidence)
    except StatsError as error:
        return no_evidence(str(error), "trade longer on paper", here)
    text = (
        f"{bound.count} trades on {trades.days} days; mean slippage {bound.mean:.2f} bp, below "
        f"{bound.upper:.2f} with {confidence:.0%}; the model has {limit:g}"
    )
    if bound.upper <= limit:
        return passed(text, here, code)
    if bound.mean - (bound.upper - bound.mean) > limit:
        return failed(text, "put the slippage that was measured into the model", here, code)
    return no_evidence(text, _more(bound, limit, confidence), here, code)


def _more(bound: MeanBound, limit: float, confidence: float) -> str:
    if bound.mean >= limit:
        return "the mean is at the limit: put more slippage into the model"
    needed = math.ceil(fills_needed(bound.deviation, limit - bound.mean, confidence))
    return f"about {needed} trades would show it, if the mean stays"


def _symbols(trades: Trades) -> set[str]:
    return {_plain(name) for name in trades.symbols if name}


def _configured(case: Case) -> set[str]:
    return {_plain(name) for venue in case.project.config.venues for name in venue.symbols}


def _plain(symbol: str) -> str:
    """With one way of writing it; what a contract is settled in tells it from its spot market."""
    market, colon, settled = symbol.upper().partition(":")
    return market.replace("-", "/") + colon + settled


CHECKS = (
    Check(
        "G14",
        "Paper trading with this code",
        "RTS 6 art. 5-8 testing and controlled deployment",
        _paper,
    ),
)
