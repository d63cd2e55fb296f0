"""G15: over the time of paper trading the backtest trades as the bot did.

What is compared is closed trades: in each symbol the first with the first, the second with the
second. A trade that only one of them has shifts all that follow, and is the first that differs.
"""

from __future__ import annotations

import numpy as np

from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Trades as Declared
from trading_tools.golive.inputs.closed import Trades
from trading_tools.golive.inputs.instants import Instants
from trading_tools.golive.inputs.table import InputError, Numbers
from trading_tools.golive.inputs.trades import read_trades
from trading_tools.golive.same_code import same_code
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, of_file, passed

_NS = 1_000_000_000
_SIDES = {1.0: "long", -1.0: "short"}


def _parity(case: Case) -> Finding:
    config = case.project.config
    paper, backtest = config.paper, config.backtest
    if paper is None or backtest is None:
        missing, table = (
            ("paper trading", "paper")
            if paper is None
            else ("backtest over the time of paper trading", "backtest")
        )
        return no_evidence(f"no {missing} is declared", f"add [{table}] to golive.toml")
    if backtest.time_tolerance_s is None or backtest.max_profit_gap is None:
        return no_evidence(
            "golive.toml does not say how far both may differ",
            "add [backtest] time_tolerance_s and max_profit_gap",
        )
    try:
        real, modelled = case.paper_trades, _read(case, backtest)
    except InputError as error:
        return no_evidence(str(error), "mend that file")
    assert real is not None
    if paper.from_date is not None:
        modelled = modelled.since(paper.from_date)
    evidence: tuple[Evidence, ...] = (_named(case, real), _named(case, modelled))
    lacking = _lacking(real, modelled)
    if lacking:
        return no_evidence(lacking, "export the trades of both with these columns", *evidence)
    for table, commit in (("paper", paper.commit), ("backtest", backtest.commit)):
        code = same_code(case, commit, table)
        if isinstance(code, Finding):
            return code
        evidence = (*evidence, code)
    return _compared(
        real, modelled, float(backtest.time_tolerance_s), float(backtest.max_profit_gap), evidence
    )


def _read(case: Case, declared: Declared) -> Trades:
    path = case.project.path(declared.file)
    return read_trades(path, declared.time_zone, declared.columns, declared.strategy)


def _named(case: Case, trades: Trades) -> Evidence:
    return of_file(trades.source, case.project.folder, trades.sha256, trades=len(trades.closed_at))


def _lacking(real: Trades, modelled: Trades) -> str:
    for name, trades in (("paper", real), ("backtest", modelled)):
        if not len(trades.closed_at):
            return f"the file of [{name}] holds no closed trade of that time"
        if trades.sides is None:
            return f"the file of [{name}] does not say on which side it traded"
        if not all(trades.symbols):
            return f"the file of [{name}] does not say which symbol it traded"
    return ""


def _compared(
    real: Trades,
    modelled: Trades,
    tolerance_s: float,
    most_gap: float,
    evidence: tuple[Evidence, ...],
) -> Finding:
    here, there = _by_symbol(real), _by_symbol(modelled)
    for symbol in sorted({*here, *there}):
        differs = _first_difference(symbol, here.get(symbol), there.get(symbol), tolerance_s)
        if differs:
            counts = f"{len(real.closed_at)} trades on paper, {len(modelled.closed_at)} in the "
            fix = "find out which of both is wrong, and mend the model or the bot"
            return failed(f"{counts}backtest; {differs}", fix, *evidence)
    gained, expected = float(real.profit_quote.sum()), float(modelled.profit_quote.sum())
    if expected == 0:
        return no_evidence(
            "the backtest comes to no profit and no loss, so no part of it can be told",
            "compare over a longer time",
            *evidence,
        )
    gap = abs(gained - expected) / abs(expected)
    told = (
        f"{len(real.closed_at)} trades are the same within {tolerance_s:g} s; profit {gained:.2f} "
        f"on paper, {expected:.2f} in the backtest: a gap of {gap:.1%}, allowed is {most_gap:.1%}"
    )
    if gap > most_gap:
        fix = "put the fees, the slippage and the funding that were paid into the backtest"
        return failed(told, fix, *evidence)
    return passed(told, *evidence)


Ordered = tuple[Instants, Numbers]
"""When the trades of a symbol closed, and their sides."""


def _by_symbol(trades: Trades) -> dict[str, Ordered]:
    assert trades.sides is not None
    names: dict[str, int] = {}
    numbered = (names.setdefault(each, len(names)) for each in trades.symbols)
    places = np.fromiter(numbered, np.int64, len(trades.symbols))
    order = np.argsort(places, kind="stable")
    ends = np.cumsum(np.bincount(places, minlength=len(names)))[:-1]
    return {
        name: (trades.closed_at[rows], trades.sides[rows])
        for name, rows in zip(names, np.split(order, ends), strict=True)
    }


def _first_difference(
    symbol: str, real: Ordered | None, modelled: Ordered | None, tolerance_s: float
) -> str:
    """The first trade of a symbol that is not the same in both; "" where all are."""
    if real is None or modelled is None:
        where, other = ("paper", "the backtest") if modelled is None else ("the backtest", "paper")
        return f"{symbol} was traded in {where} and not in {other}".replace("in paper", "on paper")
    common = min(len(real[0]), len(modelled[0]))
    late = np.abs(real[0][:common] - modelled[0][:common]) > tolerance_s * _NS
    differs = late | (real[1][:common] != modelled[1][:common])
    at = int(differs.argmax()) if differs.any() else common
    if at == common == max(len(real[0]), len(modelled[0])):
        return ""
    return (
        f"trade {at + 1} of {symbol} is {_shown(real, at)} on paper and "
        f"{_shown(modelled, at)} in the backtest"
    )


def _shown(trades: Ordered, at: int) -> str:
    if at >= len(trades[0]):
        return "not there"
    when = np.datetime64(int(trades[0][at]), "ns").astype("datetime64[s]")
    return f"{_SIDES[float(trades[1][at])]}, closed {when}Z,"


CHECKS = (Check("G15", "Backtest agrees with paper", "Lean's live reconciliation", _parity),)
