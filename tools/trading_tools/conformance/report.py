"""An outcome for people: the verdict of each property, and a timeline of what breaks one."""

from __future__ import annotations

from collections.abc import Iterator

from trading_tools.conformance.spec import Counterexample, Finding, Outcome, Verdict

_MARKS = {Verdict.HELD: "held", Verdict.BROKEN: "BROKEN", Verdict.NOT_APPLICABLE: "—"}


def text(outcome: Outcome) -> str:
    """The whole report."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"{outcome.kind} {outcome.target}"
    yield f"  {outcome.shape}"
    yield ""
    for finding in outcome.findings:
        yield from _finding(finding)
    yield ""
    for note in outcome.notes:
        yield f"note: {note}"
    yield f"held by: {outcome.containment}"
    yield _verdict(outcome)


def _verdict(outcome: Outcome) -> str:
    broken, asked = len(outcome.broken), len(_asked(outcome))
    if broken:
        return f"{broken} of {asked} properties broken (seed {outcome.seed})"
    return (
        f"no counterexample to {asked} properties (seed {outcome.seed}); that is no proof, "
        "another seed tries others"
    )


def _asked(outcome: Outcome) -> list[Finding]:
    return [
        each
        for each in outcome.findings
        if each.verdict is not Verdict.NOT_APPLICABLE and not each.note
    ]


def _finding(finding: Finding) -> Iterator[str]:
    mark = _MARKS[finding.verdict]
    if finding.note and finding.verdict is Verdict.BROKEN:
        mark = "note"
    yield f"{mark:7} {finding.title} [{finding.name}]"
    if finding.verdict is Verdict.HELD:
        yield f"        no counterexample in {_histories(finding.histories)}: {finding.detail}"
    elif finding.detail:
        yield f"        {finding.detail}"
    if finding.counterexample is not None:
        yield from _example(finding.counterexample)


def _histories(count: int) -> str:
    return "1 history" if count == 1 else f"{count} histories"


def _example(example: Counterexample) -> Iterator[str]:
    for step in example.steps:
        came = f"  → {step.came}" if step.came else ""
        yield f"        {f'{step.at_s:g} s':>10}  {step.call}{came}"
    yield f"        expected {example.expected}"
    yield f"        came     {example.came}"
