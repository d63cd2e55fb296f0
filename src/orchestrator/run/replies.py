"""What a reply means for its frame: calls that are not made, an ending that is not taken.

Nothing here looks beyond one frame; the run as a whole is `state`.
"""

from __future__ import annotations

from orchestrator.models.port import Usage
from orchestrator.protocol.handoff import HAND_OFF
from orchestrator.run import events as ev
from orchestrator.run.history import Answer, Text
from orchestrator.run.parts import FrameState

CUT = frozenset({"max_tokens", "model_context_window_exceeded"})
CONTINUE = "Your reply was cut at the output limit. Go on where it stopped, in smaller pieces."


def counted(body: ev.ModelReplied) -> int:
    """What the conversation has in tokens by the service's count."""
    if body.context_tokens is not None:
        return body.context_tokens
    usage = Usage(**body.usage)
    return usage.prompt_tokens + usage.output_tokens


def answer_what_is_not_run(frame: FrameState, body: ev.ModelReplied) -> None:
    """Answer the calls of a reply that must not be made, and go on where it was cut."""
    calls = frame.calls()
    if body.stop_reason in {*CUT, "pause_turn"}:
        for call in calls:
            frame.enqueue(Answer(call["id"], f"not executed: {CONTINUE}", is_error=True))
        if not calls:
            frame.queue.append(Text(CONTINUE if body.stop_reason == "max_tokens" else "Go on."))
            frame.reply = None
        return
    handing = [call for call in calls if call["name"] == HAND_OFF]
    for call in calls:
        if call["id"] in body.tool_errors:
            why = body.tool_errors[call["id"]]
            frame.enqueue(Answer(call["id"], f"not executed: {why}", is_error=True))
        elif handing and call["name"] != HAND_OFF:
            why = "not executed: hand_off must be the only call of its reply"
            frame.enqueue(Answer(call["id"], why, is_error=True))


def send_back(frame: FrameState, message: str, call: str | None) -> None:
    """Say why the reply at hand did not end the frame."""
    open_calls = frame.unanswered()
    if not open_calls:
        frame.reply = None
        frame.queue.append(Text(message))
        return
    for block in open_calls:
        why = message if call in {None, block["id"]} else "not executed"
        frame.enqueue(Answer(block["id"], why, is_error=True))
