"""G18 to G20: is the record more than luck among the many that were tried?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Returns
from trading_tools.golive.inputs.equity import Equity, read_equity, read_matrix
from trading_tools.golive.inputs.table import InputError, file_hash
from trading_tools.golive.trials import Trials, read_trials, stream_of
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, of_file, passed
from trading_tools.stats.errors import StatsError
from trading_tools.stats.overfitting import overfitting
from trading_tools.stats.samples import Moments, moments
from trading_tools.stats.sharpe import deflated_sharpe, expected_best_sharpe
from trading_tools.stats.track_record import min_backtest_years, min_track_record

_BLOCKS = 16
_FEW = 30
"""Periods below which moments say next to nothing, and the formulas built on them less."""


@dataclass(frozen=True)
class _Record:
    equity: Equity
    sample: Moments
    declared: Returns
    evidence: Evidence


def _record(case: Case) -> _Record | Finding:
    """The returns that are to be believed, or why there are none."""
    declared = case.project.config.returns
    if declared is None:
        return no_evidence("no returns are declared", "add [returns] to golive.toml")
    try:
        equity = read_equity(
            case.project.path(declared.file), declared.time_zone, declared.time, declared.value
        )
        sample = moments(equity.returns)
    except (InputError, StatsError) as error:
        return no_evidence(str(error), "mend the file of [returns]")
    figures = {
        "periods": sample.count,
        "sharpe_per_period": round(sample.sharpe, 6),
        "sharpe_a_year": round(sample.sharpe * math.sqrt(declared.periods_a_year), 4),
        "skewness": round(sample.skewness, 4),
        "kurtosis": round(sample.kurtosis, 4),
    }
    evidence = of_file(equity.source, case.project.folder, equity.sha256, **figures)
    if sample.count < _FEW:
        return no_evidence(
            f"the record has {sample.count} periods, {_FEW} are the least", "wait", evidence
        )
    newest = np.datetime64(int(equity.at[-1]), "ns")
    if newest > np.datetime64(case.now.replace(tzinfo=None)):
        return failed(f"the record ends at {newest}, in the future", "check its clock", evidence)
    return _Record(equity, sample, declared, evidence)


def _trials(case: Case) -> tuple[Trials, Evidence] | Finding:
    bot = case.project.config.bot.name
    trials = read_trials(case.ledger, bot) if case.ledger else Trials(())
    if case.ledger is None or not trials.count:
        return no_evidence(
            "nobody recorded what was tried: the number of trials is unknown",
            "record each backtest with `orc trials record`, the discarded ones too",
        )
    head = case.ledger.head(stream_of(bot))
    figures = {"trials": trials.count, "variance_of_ratios": _short(trials.sharpe_variance)}
    return trials, Evidence(f"ledger stream {stream_of(bot)}", head.hash if head else None, figures)


def _record_among_trials(case: Case) -> tuple[_Record, Trials, Evidence] | Finding:
    """The record, and what was tried before it was chosen; or which of them is missing."""
    record = _record(case)
    if isinstance(record, Finding):
        return record
    tried = _trials(case)
    return tried if isinstance(tried, Finding) else (record, *tried)


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _deflated(case: Case) -> Finding:
    found = _record_among_trials(case)
    if isinstance(found, Finding):
        return found
    record, trials, said = found
    spread = trials.sharpe_variance
    if spread is None:
        return no_evidence(
            "one trial is recorded: its ratio alone has no variance",
            "record the discarded trials, or say under [checks] why there were none",
            record.evidence,
            said,
        )
    if not spread:
        return no_evidence(
            f"the {trials.count} trials all have one and the same ratio: their spread is not known",
            "record each trial with the ratio of its own equity",
            record.evidence,
            said,
        )
    needed = float(case.project.config.statistics.min_deflated_sharpe)
    try:
        chance = deflated_sharpe(record.sample, trials.count, spread)
    except StatsError as error:
        return no_evidence(str(error), "check the file of [returns]", record.evidence)
    luck = expected_best_sharpe(trials.count, spread)
    text = (
        f"{chance:.3f} with {trials.count} trials, of which the best worthless one would show "
        f"{luck:.4f} a period; {needed:g} is needed"
    )
    if chance >= needed:
        return passed(text, record.evidence, said)
    return failed(text, "a longer record, or fewer things tried", record.evidence, said)


def _overfit(case: Case) -> Finding:
    name = case.project.config.statistics.trial_returns
    if name is None:
        return no_evidence(
            "the returns of what was tried are not there",
            "name a file under [statistics] trial_returns: a column for each trial",
        )
    path = case.project.path(name)
    try:
        names, table = read_matrix(path)
        found = overfitting(table, _BLOCKS)
    except (InputError, StatsError) as error:
        return no_evidence(str(error), "mend the file of trial_returns")
    most = float(case.project.config.statistics.max_overfitting)
    here = of_file(
        path,
        case.project.folder,
        file_hash(path),
        strategies=len(names),
        periods=found.rows_used,
        splits=found.splits,
        chance_of_loss=round(found.loss_probability, 4),
    )
    tried = _trials(case)
    if isinstance(tried, Finding):
        return tried
    if tried[0].count > len(names):
        return no_evidence(
            f"{tried[0].count} trials are recorded, the file has {len(names)}: some are missing",
            "add a column for each trial, the discarded ones too",
            here,
        )
    text = f"{found.probability:.3f} over {found.splits:,} splits; at most {most:g} is allowed"
    if found.probability <= most:
        return passed(text, here, tried[1])
    return failed(text, "the choice among these strategies is mostly luck", here, tried[1])


def _length(case: Case) -> Finding:
    found = _record_among_trials(case)
    if isinstance(found, Finding):
        return found
    record, trials, said = found
    confidence = float(case.project.config.statistics.confidence)
    a_year = float(record.declared.periods_a_year)
    try:
        needed = min_track_record(record.sample, 0.0, confidence)
    except StatsError as error:
        return no_evidence(str(error), "check the file of [returns]", record.evidence)
    if math.isinf(needed):
        return failed(
            "its ratio is not above zero", "there is no record to speak of", record.evidence
        )
    annual = record.sample.sharpe * math.sqrt(a_year)
    years = min_backtest_years(trials.count, annual)
    have = record.sample.count
    text = (
        f"{have} periods ({have / a_year:.2f} years); {math.ceil(needed)} are needed for the ratio "
        f"itself, {years:.2f} years for the best of {trials.count} trials"
    )
    if have >= needed and have / a_year >= years:
        return passed(text, record.evidence, said)
    return failed(text, "a longer record", record.evidence, said)


CHECKS = (
    Check(
        "G18",
        "Sharpe ratio, deflated by what was tried",
        "Bailey and López de Prado, Journal of Portfolio Management 40(5), 2014",
        _deflated,
    ),
    Check(
        "G19",
        "Probability of backtest overfitting",
        "Bailey, Borwein, López de Prado and Zhu, Journal of Computational Finance 20(4), 2017",
        _overfit,
    ),
    Check(
        "G20",
        "Length of the track record and of the backtest",
        "Bailey and López de Prado, Journal of Risk 15(2), 2012; Notices of the AMS 61(5), 2014",
        _length,
    ),
)
