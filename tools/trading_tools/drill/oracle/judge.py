"""From a recording to a verdict: what a scenario asks for, what was shown, and why.

`pass` needs every fault delivered, each of the scenario's invariants held (none unknown), and with
them recovery. One that failed is a `fail`; anything less is `no-evidence`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trading_tools.drill.oracle.facts import Facts, read
from trading_tools.drill.oracle.finding import Finding, Judged, Verdict
from trading_tools.drill.oracle.intents import one_order_per_intent
from trading_tools.drill.oracle.leftovers import (
    cancelled_after_sigterm,
    no_orders_after_kill,
    no_orphan_orders,
)
from trading_tools.drill.oracle.positions import Declared, position_as_declared
from trading_tools.drill.oracle.recovery import recovered
from trading_tools.drill.oracle.rules import no_rate_violations, within_filters
from trading_tools.drill.oracle.sequence import sequence
from trading_tools.drill.oracle.silence import Silence, died_at, not_met, nothing_reached
from trading_tools.drill.oracle.spans import spans
from trading_tools.drill.oracle.streams import stream_back_in_time
from trading_tools.drill.recording import Recording
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.venue.faults.acts import PRIVATE, Heard
from trading_tools.venue.faults.keys import KeysExpired
from trading_tools.venue.faults.rules import NewRules


def judge(
    scenario: Scenario,
    venue: str,
    recording: Recording,
    calm: Recording,
    declared: Declared | None = None,
) -> Judged:
    """Judge one run on one venue; `calm` is the same bot's run with no fault, same seed."""
    facts = read(recording.ledgers.get(venue, ()))
    usual = read(calm.ledgers.get(venue, ()))
    silence = nothing_reached(recording, facts)
    findings = tuple(
        _with_sequence(_find(invariant, scenario, facts, usual, declared or Declared()), facts)
        for invariant in scenario.invariants
    )
    verdict, why = _verdict(scenario, recording, facts, findings, silence)
    return Judged(
        scenario.name,
        venue,
        verdict,
        why.why,
        why.try_next,
        findings,
        recording.bot.seconds,
        "" if verdict is Verdict.PASS else recording.bot.output,
        spans(facts),
    )


def _find(
    invariant: Invariant, scenario: Scenario, facts: Facts, calm: Facts, declared: Declared
) -> Finding:
    changing = {each.name for each in scenario.faults if isinstance(each, NewRules)}
    private = {each.name for each in scenario.faults if _takes_private(each)}
    expiring = {each.name for each in scenario.faults if isinstance(each, KeysExpired)}
    judges: dict[Invariant, Callable[[], Finding]] = {
        Invariant.ONE_ORDER_PER_INTENT: lambda: one_order_per_intent(facts, calm),
        Invariant.POSITION_AS_DECLARED: lambda: position_as_declared(facts, calm, declared),
        Invariant.WITHIN_FILTERS: lambda: within_filters(facts, changing),
        Invariant.NO_RATE_VIOLATIONS_AFTER_WARNING: lambda: no_rate_violations(facts),
        Invariant.STREAM_BACK_IN_TIME: lambda: stream_back_in_time(facts, private, expiring),
        Invariant.NO_ORPHAN_ORDERS: lambda: no_orphan_orders(facts),
        Invariant.CANCELLED_AFTER_SIGTERM: lambda: cancelled_after_sigterm(facts),
        Invariant.NO_ORDERS_AFTER_KILL: lambda: no_orders_after_kill(facts, calm),
        Invariant.RECOVERED: lambda: recovered(facts, calm),
    }
    return judges[invariant]()


def _takes_private(fault: object) -> bool:
    heard = getattr(fault, "on", None)
    return isinstance(heard, Heard) and heard.kinds <= PRIVATE


def _with_sequence(finding: Finding, facts: Facts) -> Finding:
    if finding.held is not False:
        return finding
    return replace(finding, sequence=sequence(facts, finding.guilty))


def _verdict(
    scenario: Scenario,
    recording: Recording,
    facts: Facts,
    findings: tuple[Finding, ...],
    silence: Silence | None,
) -> tuple[Verdict, Silence]:
    if silence is not None:
        return Verdict.NO_EVIDENCE, silence
    failed = next((finding for finding in findings if finding.held is False), None)
    if failed is not None:
        return Verdict.FAIL, Silence(f"{failed.invariant.value}: {failed.detail}", "")
    if scenario.faults and not all(fault.deliveries for fault in facts.faults):
        return Verdict.NO_EVIDENCE, not_met(recording, facts)
    if scenario.signals and not facts.signals:
        return Verdict.NO_EVIDENCE, not_met(recording, facts)
    unknown = next((finding for finding in findings if finding.held is None), None)
    if unknown is not None:
        try_next = "see the bot's output" if died_at(recording, facts) else _hint(unknown)
        return Verdict.NO_EVIDENCE, Silence(
            f"{unknown.invariant.value}: {unknown.detail}", try_next
        )
    if not any(request.done for request in facts.requests):
        return Verdict.NO_EVIDENCE, not_met(recording, facts)
    met = "nothing went wrong" if not scenario.faults else "the fault met the bot"
    return Verdict.PASS, Silence(f"{met}, and every invariant held", "")


def _hint(finding: Finding) -> str:
    if finding.invariant is Invariant.POSITION_AS_DECLARED:
        return "--max-position SIZE or --expect-flat"
    if finding.invariant is Invariant.ONE_ORDER_PER_INTENT:
        return "client order ids of the bot's own make it certain"
    return "a longer --timeout, or --market FILE with candles that make it act"
