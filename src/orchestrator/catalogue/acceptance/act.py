"""Whether an act on the world outside was approved, made, and came to something known."""

from __future__ import annotations

from orchestrator.run.events import ToolIntended
from orchestrator.run.setting import Case, Finding
from orchestrator.run.state import State
from orchestrator.toolbox.tool import Effect

CHECK = "act"

_OUTSIDE = frozenset({Effect.KEYED.value, Effect.EXTERNAL.value})


async def acted(case: Case) -> Finding:
    """Some approved call to the outside was made, and each call to the outside has an outcome."""
    made = [
        (seq, intent) for seq, intent in case.state.intents.values() if intent.effect in _OUTSIDE
    ]
    open_ones = [intent for seq, intent in made if _outcome(case.state, seq, intent) is None]
    if open_ones:
        names = ", ".join(dict.fromkeys(intent.tool for intent in open_ones))
        return Finding(
            CHECK,
            False,
            f"what came of {names} is not known",
            (f"what came of {names} is not known: ask the venue, or hand off as blocked",),
        )
    done = [
        (seq, intent.tool)
        for at, intent in made
        if _approved(case.state, intent)
        and (seq := _outcome(case.state, at, intent)) is not None
        and not case.state.receipts[seq].is_error
    ]
    if done:
        listed = ", ".join(f"{name} [r{seq}]" for seq, name in done)
        return Finding(CHECK, True, f"approved, made and answered: {listed}")
    return Finding(
        CHECK,
        False,
        "no approved act was made",
        (
            "the request asks for an act, and no act that a person approved was made with success: "
            "make it with a tool that can, or hand off as blocked and say what is missing",
        ),
    )


def _approved(state: State, intent: ToolIntended) -> bool:
    found = state.approvals.get(intent.approval or "")
    return found is not None and found.decided is not None and found.decided.approved


def _outcome(state: State, at: int, intent: ToolIntended) -> int | None:
    """The receipt of a call that was intended at event `at`."""
    wanted = (intent.tool, intent.frame, intent.arguments)
    for seq, receipt in state.receipts.items():
        if seq > at and (receipt.tool, receipt.frame, receipt.arguments) == wanted:
            return seq
    return None
