"""Checks whose tools are not part of this version: said to be unchecked, never met."""

from __future__ import annotations

from orchestrator.run.setting import Case, Check, Finding


def unavailable(check: str, why: str) -> Check:
    """A check that always answers that it could not be made, and why."""

    async def unchecked(case: Case) -> Finding:
        del case
        return Finding(check, None, why, available=False)

    return unchecked


GO_LIVE_GATE = unavailable("gate", "the go-live gate is not part of this version")
