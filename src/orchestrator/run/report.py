"""What a run came to, for programs: the JSON document of `orc run` and its exit code.

Pure, over the folded state. How a person sees it is the command line's part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.run.events import AcceptanceChecked
from orchestrator.run.parts import Approval, Link, ModelSpend
from orchestrator.run.spending import cost_text
from orchestrator.run.state import State

DONE = frozenset({"success", "complete"})
"""Statuses with which a run says that the job is done."""

STOPPED_BY_PERSON = "stopped by a person"
"""The result of a run that `orc stop` closed while it stood."""

_EXIT_CODES: Mapping[str, int] = {
    "success": 0,
    "complete": 0,
    "blocked": 1,
    "needs_help": 1,
    "running": 1,
    "stopped": 1,
    "waiting": 3,
    "limited": 4,
    "failed": 70,
}


def report(
    run: str,
    state: State,
    *,
    seconds: float,
    head: str,
    branch: str | None,
    owned: bool = False,
) -> dict[str, Any]:
    """The run as one JSON document.

    Args:
        run: the run's id.
        state: all of its events, folded.
        seconds: wall time from the opening to now or to the end.
        head: the hash of its last event.
        branch: the branch that holds its commits, None for none.
        owned: a process works on it right now; one that is open without is `stopped`.
    """
    accepted = state.acceptance[-1] if state.acceptance else None
    return {
        "run": run,
        "status": status_of(state, owned=owned),
        "kind": kind_of(state),
        "result": state.closed.result if state.closed else _decided(state),
        "chain": [_link(link) for link in state.chain],
        "verified": is_verified(state),
        "unmet": list(accepted.unmet) if accepted else [],
        "unchecked": list(accepted.unchecked) if accepted else [],
        "unverified": list(accepted.unverified) if accepted else [],
        "limit": _limit(state),
        "waiting_for": _waiting_for(state),
        "usage": {**_usage(state.spend), "router": _usage(state.spend.router)},
        "head": head,
        "branch": branch,
        "seconds": round(seconds, 3),
    }


def exit_code(document: Mapping[str, Any]) -> int:
    """The exit code that a report stands for; one with an unknown status is a fault of ours."""
    return _EXIT_CODES.get(document["status"], 70)


def status_of(state: State, *, owned: bool = False) -> str:
    """How the run stands: its end, else what it waits for, else whether somebody works on it."""
    if state.closed is not None:
        return state.closed.status
    if state.limit is not None:
        return "limited"
    if _waiting_for(state) is not None:
        return "waiting"
    return "running" if owned else "stopped"


def kind_of(state: State) -> str | None:
    """The kind of job; None where that was never settled."""
    if state.route is not None:
        return state.route.job
    return state.opened.kind if state.opened else None


def is_verified(state: State) -> bool:
    """Whether the run is done and all checks that this version has were made and met.

    At least one of them must be about the work, not only about form. Checks that this version does
    not have are in the report's `unchecked`; one that could not be made this time means no.
    """
    if state.closed is None or state.closed.status not in DONE or not state.acceptance:
        return False
    return outcome(state.acceptance[-1]) is True


def outcome(checked: AcceptanceChecked) -> bool | None:
    """What an acceptance check found: all held, something did not, or None: it cannot be said.

    It cannot where a check that this version has could not be made, and where none was about the
    work.
    """
    if checked.unmet:
        return False
    made = [check for check in checked.checks if check.get("available", True)]
    about_work = any(not check.get("formal", False) for check in made)
    return True if about_work and all(check.get("met") is True for check in made) else None


def left_nothing(state: State) -> bool:
    """Whether the run ended for good without a commit: it keeps neither workspace nor branch."""
    ended = state.closed is not None and not state.closed.resumable
    return ended and not state.commits


def open_approval(state: State) -> Approval | None:
    """The approval that the run waits for; one whose call was answered since is not open."""
    for approval in reversed(state.approvals.values()):
        frame = state.frames.get(approval.request.frame)
        if approval.decided is not None or frame is None:
            continue
        if any(call["id"] == approval.request.call for call in frame.unanswered()):
            return approval
    return None


def _link(link: Link) -> dict[str, Any]:
    return {
        "agent": link.agent,
        "status": link.handoff.status,
        "next_agent": link.handoff.next_agent,
        "confidence": link.handoff.confidence,
        "receipts": list(link.receipts),
    }


def _limit(state: State) -> dict[str, str] | None:
    hit = state.limit
    if hit is None:
        return None
    return {"limit": hit.limit, "cap": hit.cap, "reached": hit.reached, "left": hit.left}


def _waiting_for(state: State) -> dict[str, Any] | None:
    if state.closed is not None:
        return None
    approval = open_approval(state)
    if approval is not None:
        asked = approval.request
        return {
            "kind": "approval",
            "id": asked.id,
            "agent": state.frames[asked.frame].frame.agent,
            "tool": asked.tool,
            "arguments": dict(asked.arguments),
            "shows": asked.shows,
            "why": asked.why,
            "expires_at": asked.expires_at,
        }
    question = state.question
    if question is None:
        return None
    agent = state.frames[question.frame].frame.agent
    return {"kind": "question", "id": question.call, "agent": agent, "text": question.text}


def _decided(state: State) -> str:
    """What a person said that the run has not acted on yet; empty for nothing."""
    for approval in state.approvals.values():
        if approval.decided is None or approval.used or not approval.decided.approved:
            continue
        asked = approval.request
        if any(call["id"] == asked.call for call in state.frames[asked.frame].unanswered()):
            return f"{asked.id} is approved: {asked.tool} is called once the run goes on"
    return ""


def _usage(spend: ModelSpend) -> dict[str, Any]:
    return {
        "model_calls": spend.model_calls,
        "attempts": spend.attempts,
        "input_tokens": spend.usage.input_tokens,
        "output_tokens": spend.usage.output_tokens,
        "cache_read_tokens": spend.usage.cache_read_tokens,
        "cost_usd": cost_text(spend),
    }
