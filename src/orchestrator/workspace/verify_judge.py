"""What two runs of a verify command say about a change: only new failures count against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.workspace.verify_outcomes import failures, lost

if TYPE_CHECKING:
    from orchestrator.workspace.verify_run import Attempt

NO_TESTS = 5  # pytest's exit code (and unittest's, from Python 3.12) when nothing was collected


@dataclass(frozen=True)
class Judgement:
    """`passed` is None where the runs cannot tell, for `reason`."""

    passed: bool | None
    base_failures: tuple[str, ...] = ()
    new_failures: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    needs_person: tuple[str, ...] = ()
    reason: str = ""


def judge(command: str, base: Attempt, head: Attempt) -> Judgement:
    """Compare the change with the base, test by test where both report, else by exit code."""
    before = failures(base.outcomes or {}) or _as_failure(command, base)
    if head.problem:
        if base.problem:
            return Judgement(None, before, reason=head.problem)
        return Judgement(False, before, (head.problem,), reason=head.problem)
    if head.exit_code == NO_TESTS and base.exit_code == 0:
        return _fails(before, (f"`{command}` finds no tests any more",))
    if head.outcomes is None and base.outcomes and head.exit_code == 0:
        count = len(base.outcomes)
        return _fails(
            before, (f"`{command}` ends well without a report; the base has {count} tests",)
        )
    if head.outcomes is None or base.outcomes is None:
        return _by_exit_code(command, base, head, before)
    new = tuple(name for name in failures(head.outcomes) if name not in before)
    fixed = tuple(name for name in before if head.outcomes.get(name) == "passed")
    gone = lost(base.outcomes, head.outcomes)
    if not new and head.exit_code != 0:
        unexplained = _unexplained(command, base, head)
        if isinstance(unexplained, Judgement):
            return unexplained
        new = unexplained
    return Judgement(not new, before, new, fixed, gone)


def proves(command: str, red: Attempt, green: Attempt) -> Judgement:
    """Whether new tests pass with the change (`green`) and fail without it (`red`)."""
    for attempt in (green, red):
        if attempt.problem:
            return Judgement(None, reason=attempt.problem)
    if green.exit_code != 0:
        failed = failures(green.outcomes or {}) or _as_failure(command, green)
        return _fails((), failed)
    without = "the new tests pass without the change too, so they show nothing about it"
    if green.outcomes is None or red.outcomes is None:
        if red.exit_code == 0:
            return Judgement(False, reason=without)
        return Judgement(True)
    broken = set(failures(red.outcomes))
    proven = tuple(
        name
        for name, outcome in sorted(green.outcomes.items())
        if outcome == "passed" and (name in broken or name.split("::")[0] in broken)
    )
    if not proven:
        return Judgement(False, reason=without)
    return Judgement(True, fixed=proven)


def _by_exit_code(command: str, base: Attempt, head: Attempt, before: tuple[str, ...]) -> Judgement:
    if head.exit_code == 0:
        return Judgement(True, before, fixed=before if base.outcomes is None else ())
    new = failures(head.outcomes or {}) or _as_failure(command, head)
    if base.problem or base.exit_code == 0:
        return _fails(before, new)
    return Judgement(
        None,
        before,
        reason=f"`{command}` fails on the base already and does not say which tests: "
        "new failures cannot be told from old ones",
    )


def _unexplained(command: str, base: Attempt, head: Attempt) -> tuple[str, ...] | Judgement:
    """A failure although each test that fails also fails on the base."""
    now = failures(head.outcomes or {})
    if base.exit_code == head.exit_code and now:
        return ()
    if base.exit_code != 0 and not failures(base.outcomes or {}):
        return Judgement(
            None, reason=f"`{command}` fails on the base already, and no test says why"
        )
    return _as_failure(command, head)


def _as_failure(command: str, attempt: Attempt) -> tuple[str, ...]:
    if attempt.problem:
        return (attempt.problem,)
    return (f"`{command}` exits with {attempt.exit_code}",) if attempt.exit_code else ()


def _fails(before: tuple[str, ...], new: tuple[str, ...]) -> Judgement:
    return Judgement(False, before, new)
