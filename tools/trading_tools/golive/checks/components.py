"""G23 and G24: a breaker and a limiter are attacked as `orc check` attacks them.

What `held` means is that no counterexample was found in so many histories, and the report says so.
A component of the kit is attacked like any other: it counts by what it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.metadata import version

from trading_tools.conformance.check import check
from trading_tools.conformance.spec import CheckError, CheckSpec, Outcome, Verdict
from trading_tools.golive.check import Case, Check
from trading_tools.golive.checks.drills import judged_by
from trading_tools.golive.inputs.table import file_hash
from trading_tools.golive.verdict import Evidence, Finding, failed, joined, no_evidence, passed

_warned = judged_by("d13")


def _breaker(case: Case) -> Finding:
    declared = case.project.config.conformance
    if declared.breaker is None:
        return no_evidence("no circuit breaker is declared", "add [conformance] breaker")
    return _attacked(case, "breaker", declared.breaker, declared.breaker_params)


def _limits(case: Case) -> Finding:
    """The drill says that a warning is obeyed; a limiter that is declared must hold besides."""
    drilled, declared = _warned(case), case.project.config.conformance
    if declared.limiter is None:
        return drilled
    attacked = _attacked(case, "limiter", declared.limiter, declared.limiter_params)
    return joined([drilled, attacked])


def _attacked(case: Case, kind: str, target: str, params: Mapping[str, str]) -> Finding:
    try:
        outcome = asyncio.run(check(CheckSpec(kind, target, case.project.folder, params)))
    except CheckError as error:
        return no_evidence(f"[conformance] {kind}: {error.what}", error.fix)
    here = _named(case, outcome)
    if outcome.broken:
        first = outcome.broken[0]
        example = first.counterexample
        said = f": expected {example.expected}, came {example.came}" if example else ""
        return failed(
            f"{outcome.target}: {len(outcome.broken)} properties broken; {first.title}{said}",
            f"`orc check {kind} {target}` shows the histories",
            here,
        )
    tried = [each for each in outcome.findings if each.verdict is Verdict.HELD]
    if not tried:
        return no_evidence(
            f"{outcome.target}: no property of a {kind} could be tried",
            f"`orc check {kind} {target}` says why",
            here,
        )
    return passed(f"{outcome.target}: no counterexample to {len(tried)} properties", here)


def _named(case: Case, outcome: Outcome) -> Evidence:
    file = case.project.path(outcome.target.rpartition(":")[0])
    figures = {
        "histories": sum(each.histories for each in outcome.findings),
        "seed": outcome.seed,
        "held_by": outcome.containment,
    }
    if file.is_file():
        return Evidence(outcome.target, file_hash(file), figures)
    return Evidence(f"{outcome.target}, orc {version('trading-orchestrator')}", None, figures)


CHECKS = (
    Check("G23", "Circuit breaker", "requirement document 001", _breaker),
    Check(
        "G24",
        "Rate limits are obeyed when the venue warns",
        "RTS 6 art. 10; venues' bans (Binance 429, then 418)",
        _limits,
    ),
)
