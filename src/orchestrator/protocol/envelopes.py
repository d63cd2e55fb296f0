"""Finding the one envelope in what a model wrote: prose, code fences, wrappers, copies.

Reading the JSON itself is `lenient_json`; what an envelope must say is `handoff`; mending its
fields is `parsing`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.protocol.handoff import STATUSES, Handoff
from orchestrator.protocol.lenient_json import UnreadableError, read_object

FIELDS = tuple(Handoff.model_fields)

_WORK_FACTOR = 64
"""Characters read in vain, over the length of the text, before the search gives up."""
# One of these alone tells an envelope that broke off from code or data that merely looks alike.
_TELLING = frozenset({"next_agent", "context_forward"})
# A quote or a brace must stand right before the key: `status: fine` in prose is no envelope.
_STATUS_KEY = re.compile(r"""[{,\n"'“‘]\s*status["'”’]?\s*:""")
_OTHER_KEY = re.compile(
    r"""[{,\n"'“‘]\s*(?:result|next_?agent|context_?forward|confidence|reasoning)["'”’]?\s*:""",
    re.IGNORECASE,
)
_STATUS_SAID = re.compile(
    r"""[{,\n"'“‘]\s*status["'”’]?\s*:\s*["'“‘](?:success|needs.?help|blocked|complete)["'”’]""",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.MULTILINE)


class NoEnvelopeError(Exception):
    """There is no envelope to go by, or more than one; the message says which, and where."""


@dataclass(frozen=True)
class Envelope:
    """The fields as written, before any check, and what was forgiven to read them."""

    fields: dict[str, Any]
    repairs: tuple[str, ...]


def looks_like_handoff(text: str) -> bool:
    """Whether a final text is meant as an envelope, sound or not, rather than as plain words.

    An envelope that is cut off counts; JSON of another kind does not.
    """
    brace = text.find("{")
    if brace < 0:
        return False
    said = _STATUS_SAID.search(text, brace)
    if said and text.find("}", said.end()) < 0:
        return True
    return bool(_STATUS_KEY.search(text, brace) and _OTHER_KEY.search(text, brace))


def find_envelope(text: str) -> Envelope:
    """The one envelope in `text`.

    Copies of it count once. Raises `NoEnvelopeError` where there is none, where several differ, or
    where one that differs or cannot be read stands beside it: which of them is meant is not ours
    to choose.
    """
    found: list[Envelope] = []
    broken: UnreadableError | None = None
    spans: list[tuple[int, int]] = []
    budget = _WORK_FACTOR * len(text)
    position = text.find("{")
    while position >= 0:
        try:
            reading = read_object(text, position)
        except UnreadableError as error:
            if _is_complete_but_for_its_brace(error):
                repairs = (*error.repairs, "missing last brace")
                found.append(Envelope(dict(error.partial), repairs))
                spans.append((position, len(text)))
                break
            if _was_meant_as_envelope(error):
                broken = broken or error
            budget -= error.position - position
            if budget < 0:
                raise NoEnvelopeError(
                    "too many braces that open nothing readable: send the envelope alone"
                ) from None
            position = text.find("{", position + 1)
            continue
        envelope = unwrap(reading.value)
        if envelope is not None:
            found.append(Envelope(envelope.fields, reading.repairs + envelope.repairs))
            spans.append((position, reading.end))
        position = text.find("{", reading.end)
    return _the_one(text, found, broken, spans)


def unwrap(value: Mapping[str, Any]) -> Envelope | None:
    """The envelope that `value` is, or holds as its only member; None when it is something else."""
    if _is_envelope(value):
        return Envelope(dict(value), ())
    if len(value) == 1:
        ((name, inner),) = value.items()
        if isinstance(inner, Mapping) and _is_envelope(inner):
            return Envelope(dict(inner), (f"wrapped in {name!r:.40}",))
    return None


def field_name(key: str) -> str:
    """The field that `key` spells in another manner (`nextAgent`, `Next-Agent`), else `key`."""
    plain = re.sub(r"[\s_-]", "", key).lower()
    return next((name for name in FIELDS if name.replace("_", "") == plain), key)


def _is_envelope(value: Mapping[str, Any]) -> bool:
    known = {field_name(str(key)) for key in value} & set(FIELDS)
    return "status" in known and len(known) > 1


def _was_meant_as_envelope(error: UnreadableError) -> bool:
    known = {field_name(key) for key in error.keys} & set(FIELDS)
    if len(known) > 1 or known & _TELLING:
        return True
    return error.partial.get("status") in STATUSES


def _is_complete_but_for_its_brace(error: UnreadableError) -> bool:
    # With all six fields read and closed, the brace is the only thing that can be missing.
    return error.only_brace_missing and {field_name(key) for key in error.partial} == set(FIELDS)


def _the_one(
    text: str,
    found: list[Envelope],
    broken: UnreadableError | None,
    spans: list[tuple[int, int]],
) -> Envelope:
    if broken is not None:
        where = f"line {text.count(chr(10), 0, broken.position) + 1}"
        if broken.truncated:
            last = broken.keys[-1] if broken.keys else "its opening brace"
            reason = f"the envelope is truncated: the text ends inside {last!r:.40} ({where})"
        else:
            reason = f"the envelope is not readable JSON at {where}: {broken.reason}"
        if found:
            reason += "; another envelope stands beside it: send only one"
        raise NoEnvelopeError(reason)
    if not found:
        raise NoEnvelopeError("there is no envelope: no JSON object with status and result")
    if any(other.fields != found[0].fields for other in found[1:]):
        raise NoEnvelopeError(f"{len(found)} different envelopes: send only the one that is meant")
    repairs = list(found[0].repairs)
    if len(found) > 1:
        repairs.append(f"the same envelope {len(found)} times")
    outside = "".join(
        text[end:start]
        for (_, end), (start, _) in zip(
            [(0, 0), *spans], [*spans, (len(text), len(text))], strict=True
        )
    )
    without_fences = _FENCE.sub("", outside)
    if without_fences != outside:
        repairs.append("code fence")
    if without_fences.strip(" \t\r\n[],;`"):
        repairs.append("text around the envelope")
    return Envelope(found[0].fields, tuple(repairs))
