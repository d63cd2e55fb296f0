"""Whether an act on the world outside was approved, made, and came to something known."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.run.events import ToolIntended
from orchestrator.run.parts import Receipt
from orchestrator.run.setting import Case, Finding
from orchestrator.run.state import State
from orchestrator.toolbox.tool import Effect
from trading_tools.exchange.orders.life import UNSURE

CHECK = "act"

_OUTSIDE = frozenset({Effect.KEYED.value, Effect.EXTERNAL.value})


async def acted(case: Case) -> Finding:
    """Some approved call to the outside was made, and each call to the outside has an outcome.

    What goes to the simulator needs no approval, as the user's rules have it.
    """
    made = [
        (seq, intent) for seq, intent in case.state.intents.values() if intent.effect in _OUTSIDE
    ]
    unknown = [intent.tool for at, intent in made if _outcome(case.state, at, intent) is None]
    unknown += [f"the order {name}" for name in _unsure_orders(case.state)]
    if unknown:
        names = ", ".join(dict.fromkeys(unknown))
        return Finding(
            CHECK,
            False,
            f"what came of {names} is not known",
            (f"what came of {names} is not known: ask the venue, or hand off as blocked",),
        )
    done = [
        (receipt.seq, intent.tool)
        for at, intent in made
        if _approved(case.state, intent)
        and (receipt := _outcome(case.state, at, intent)) is not None
        and not receipt.is_error
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
    if intent.approval is None:
        return intent.arguments.get("place") == "simulator"
    found = state.approvals.get(intent.approval)
    return found is not None and found.decided is not None and found.decided.approved


def _outcome(state: State, at: int, intent: ToolIntended) -> Receipt | None:
    """The receipt of a call that was intended at event `at`."""
    wanted = (intent.tool, intent.frame, intent.arguments)
    for seq, receipt in state.receipts.items():
        if seq > at and (receipt.tool, receipt.frame, receipt.arguments) == wanted:
            return receipt
    return None


def _unsure_orders(state: State) -> Iterator[str]:
    """Orders of which the last word of a venue is that it does not know."""
    stages: dict[str, str] = {}
    for receipt in state.receipts.values():
        if isinstance(receipt.data, dict) and {"client_order_id", "stage"} <= receipt.data.keys():
            stages[str(receipt.data["client_order_id"])] = str(receipt.data["stage"])
    return (name for name, stage in stages.items() if stage in UNSURE)
