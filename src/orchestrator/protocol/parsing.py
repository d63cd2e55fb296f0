"""From what a model gave (text, or the arguments of `hand_off`) to a `Handoff`, or to why not.

A repair is made only where one reading is possible, and each is named. Everything else is a
problem told back to the model, all of them at once. Finding the envelope in a text is `envelopes`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from orchestrator.protocol.envelopes import (
    Envelope,
    NoEnvelopeError,
    find_envelope,
    looks_like_handoff,
    unwrap,
)
from orchestrator.protocol.handoff import STATUSES, Handoff, ProtocolError, contradictions
from orchestrator.protocol.mending import mend, show

__all__ = ["HandoffError", "ParsedHandoff", "looks_like_handoff", "parse_handoff"]

MAX_BYTES = 256 * 1024
"""The largest envelope taken, in UTF-8; longer results belong in a file that the envelope names."""

_WANTED = {
    "status": "one of " + ", ".join(STATUSES),
    "result": "text",
    "next_agent": "an agent's name or null",
    "context_forward": "an object",
    "confidence": "a number from 0 to 1",
    "reasoning": "text",
}
_SHAPE = (
    '{"status": "success|needs_help|blocked|complete", "result": text, '
    '"next_agent": name or null, "context_forward": {}, "confidence": 0 to 1, "reasoning": text}'
)
_TOLD = 8


class HandoffError(ProtocolError):
    """The envelope was not accepted; `problems` says why, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems

    def for_model(self) -> str:
        """What the model is told: each problem, then the shape wanted; under 2,500 characters."""
        told = [f"- {problem:.250}" for problem in self.problems[:_TOLD]]
        if len(self.problems) > _TOLD:
            told.append(f"- and {len(self.problems) - _TOLD} more")
        return "\n".join(
            ["The handoff was not accepted:", *told, f"Send it again, whole, as {_SHAPE}."]
        )


@dataclass(frozen=True)
class ParsedHandoff:
    """A sound handoff, and what was mended on the way to it."""

    handoff: Handoff
    repairs: tuple[str, ...]


def parse_handoff(source: str | Mapping[str, Any], agents: Collection[str]) -> ParsedHandoff:
    """Read a handoff from a final text or from the arguments of a `hand_off` call.

    `agents` are the names that `next_agent` may take.

    Raises:
        HandoffError: no envelope, several, or one that is unsound; names every problem found.
    """
    if isinstance(source, str):
        size = len(source.encode("utf-8", "replace"))
        if size > MAX_BYTES:
            raise HandoffError((_too_large(size),))
        try:
            envelope = find_envelope(source)
        except NoEnvelopeError as error:
            raise HandoffError((str(error),)) from None
    else:
        envelope = unwrap(source) or Envelope(dict(source), ())
    mended = mend(envelope.fields, agents)
    problems = [f"{name}: {problem}" for name, problem in mended.problems]
    problems += _unsound(mended.fields, {name for name, _ in mended.problems})
    if problems:
        raise HandoffError(tuple(problems))
    handoff = Handoff.model_validate(mended.fields)
    size = len(handoff.model_dump_json().encode())
    if size > MAX_BYTES:
        raise HandoffError((_too_large(size),))
    return ParsedHandoff(handoff, tuple(dict.fromkeys(envelope.repairs + mended.repairs)))


def _unsound(fields: Mapping[str, Any], blamed: Collection[str]) -> list[str]:
    """What the model of the envelope has against these fields, besides those already blamed."""
    try:
        Handoff.model_validate(fields)
    except ValidationError as error:
        faults = error.errors()
    else:
        return []
    problems: dict[str, None] = {}
    for fault in faults:
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if name not in _WANTED or name in blamed:
            continue
        if fault["type"] == "missing":
            problems[f"{name}: missing, wanted {_WANTED[name]}"] = None
        else:
            got = show(fields.get(name))
            problems[f"{name}: got {got}, wanted {_WANTED[name]}"] = None
    next_agent = fields.get("next_agent")
    status = fields.get("status")
    texts = fields.get("result"), fields.get("reasoning", "")
    if status in STATUSES and all(isinstance(text, str) for text in texts):
        problems |= dict.fromkeys(contradictions(status, str(texts[0]), next_agent, str(texts[1])))
    return list(problems)


def _too_large(size: int) -> str:
    return (
        f"the envelope is {size:,} bytes, at most {MAX_BYTES:,} are taken: "
        "put what is long in a file of the workspace and name the file in result"
    )
