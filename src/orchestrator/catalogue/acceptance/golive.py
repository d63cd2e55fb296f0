"""Whether the gate was asked about the commit that the run speaks of, and is told truly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.run.parts import Receipt
from orchestrator.run.setting import Case, Finding
from orchestrator.workspace.workspace import Workspace

CHECK: Final = "gate"
GATE: Final = "go_live_gate"

_NO: Final = re.compile(
    r"\bno[- ]?go\b|\b(?:not|n't) (?:\w+ )?(?:ready|go live|be (?:let|allowed|released))\b",
    re.IGNORECASE,
)
_ID: Final = re.compile(r"G\d\d")


async def gate_passed(case: Case) -> Finding:
    """The gate was asked about the run's commit; a no-go is told as one, each failure with it."""
    asked = [
        each
        for _, each in sorted(case.state.receipts.items())
        if each.tool == GATE and not each.is_error and isinstance(each.data, Mapping)
    ]
    if not asked:
        what = "the go-live gate was not asked, so nothing supports the answer"
        fix = f"ask {GATE}; where it says that it cannot be asked, hand off as blocked with that"
        return Finding(CHECK, False, what, (f"{what}: {fix}",))
    last = asked[-1]
    told: Mapping[str, Any] = last.data if isinstance(last.data, Mapping) else {}
    here = _commit(case)
    if here is not None and told.get("commit") != here:
        what = f"the gate was asked about commit {told.get('commit')}, the run is about {here}"
        return Finding(CHECK, False, what, (f"{what}: hand off as blocked; a new run is needed",))
    missing = tuple(_untold(told, last, case.handoff.result))
    if missing:
        return Finding(CHECK, False, "the answer does not say what the gate says", missing)
    return Finding(CHECK, True, f"the gate says {told['verdict']} [r{last.seq}]")


def _commit(case: Case) -> str | None:
    """What the user had checked out when the run began; None where there is no telling."""
    workspace = case.services.get(Workspace)
    if not isinstance(workspace, Workspace) or workspace.kind != "git":
        return None
    return workspace.record.parent or workspace.base


def _untold(told: Mapping[str, Any], receipt: Receipt, result: str) -> list[str]:
    if told["verdict"] == "go":
        return []
    missing = []
    if not _NO.search(result):
        missing.append(f"the gate says NO-GO [r{receipt.seq}]: say so")
    for line in told["failed"]:
        found = _ID.match(line)
        if found and found[0] not in result:
            missing.append(f"{line} [r{receipt.seq}]: name it by {found[0]} and explain it")
    return missing
