"""Whether the project's own checks hold, and whether anything was taken away from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.catalogue.acceptance.ports import verifier_of
from orchestrator.run.setting import Case, Finding
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.workspace.verification import Verification

CHECK = "verification"
MOST = 20
"""New failures that are named one by one."""
MOST_NAMED = 3
"""Tests of the base that are named in one sentence."""


async def verified(case: Case) -> Finding:
    """The verify command has no failure that the base has not, and no test was weakened.

    What only steers the harness is for the person who merges; it is said and does not block.
    """
    verifier = verifier_of(case.services)
    if verifier is None:
        return Finding(CHECK, None, "this run cannot run the project's checks")
    found = await verifier.verify()
    to_merger = _for_the_merger(case)
    persons = tuple(line for line in found.needs_person if line not in to_merger)
    detail = _detail(found, persons, to_merger)
    missing = (
        *(_failures(found) if found.passed is False else ()),
        *(
            f"needs a person: {line}; put it back as it was, or hand off as blocked so that a "
            "person decides"
            for line in persons
        ),
    )
    if missing:
        return Finding(CHECK, False, detail, missing)
    return Finding(CHECK, found.passed, detail)


def _failures(found: Verification) -> tuple[str, ...]:
    if not found.new_failures:
        why = found.reason or f"`{found.command}` fails"
        return (f"verification: {why}",)
    named = tuple(
        f"`{found.command}` fails where it did not before: {name}"
        for name in found.new_failures[:MOST]
    )
    more = len(found.new_failures) - MOST
    return (*named, f"and {more} more new failures (see run_checks)") if more > 0 else named


def _detail(found: Verification, persons: tuple[str, ...], to_merger: tuple[str, ...]) -> str:
    parts = [_outcome(found)]
    if found.passed is not None:
        parts += _against_base(found)
    if persons:
        parts.append("needs a person: " + "; ".join(persons))
    if to_merger:
        parts.append("for whoever merges: " + "; ".join(to_merger))
    return "; ".join(parts)


def _against_base(found: Verification) -> list[str]:
    """What the change did to tests that failed before it."""
    still = [name for name in found.base_failures if name not in found.fixed]
    said = []
    if found.fixed:
        said.append(f"fixed: {_named(found.fixed)}")
    if still:
        said.append(
            f"failed before and still {'fails' if len(still) == 1 else 'fail'}: {_named(still)}"
        )
    return said


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _outcome(found: Verification) -> str:
    if found.passed is None:
        return found.reason or "the project's checks could not be run"
    if not found.passed:
        count = len(found.new_failures)
        failures = "1 new failure" if count == 1 else f"{count} new failures"
        return f"`{found.command}` has {failures}" if count else found.reason
    return f"`{found.command}` has no new failure" if found.command else "no new failure"


def _for_the_merger(case: Case) -> tuple[str, ...]:
    workspace = case.services.get(Workspace)
    if not isinstance(workspace, Workspace):
        return ()
    try:
        return workspace.for_the_merger()
    except WorkspaceError:
        return ()
