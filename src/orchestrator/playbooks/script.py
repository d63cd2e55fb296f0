"""What a playbook does next: a pure function of the request and of what came back so far.

How that becomes turns of a conversation is `orchestrator.models.playbook`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.playbooks.format import Answer, Part, Playbook, Step
from orchestrator.playbooks.matching import Given, Match, further
from orchestrator.playbooks.templates import Absent, Known
from orchestrator.playbooks.values import Reading, add_up, least_amount, one_minus, total


@dataclass(frozen=True, slots=True)
class Came:
    """What a step's call came to: its data (or text), its receipt, or the error."""

    data: Any
    receipt: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """What came back so far. `said` is the answer to the question, None where none was asked."""

    said: str | None = None
    came: Mapping[str, Came] = field(default_factory=dict)
    sent_back: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the user."""

    question: str


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call, under the step's id."""

    step: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Say:
    """The end: `status` and what is said."""

    status: str
    result: str
    confidence: float
    reasoning: str


Act = Ask | Call | Say


def next_act(match: Match, progress: Progress) -> Act:
    """What the playbook that takes the request does next."""
    playbook = match.playbook
    if progress.sent_back:
        why = "A playbook cannot do more than its recipe, and this was not accepted"
        return _blocked(playbook, f"{why}:\n{progress.sent_back}", progress)
    given, problem = _settled(match, progress)
    if problem:
        return _blocked(playbook, problem, progress)
    wanting = _wanting(playbook, given)
    if wanting and progress.said is None:
        return Ask(_question(playbook, given, wanting))
    if wanting:
        left = _question(playbook, given, wanting)
        return _blocked(playbook, f"The answer does not settle it. {left}", progress)
    return _go_on(playbook, given, progress)


def _settled(match: Match, progress: Progress) -> tuple[dict[str, Reading], str]:
    """All that is given by request and answer, with what follows; or why it cannot be used."""
    playbook = match.playbook
    given: dict[str, Reading] = dict(match.given)
    if progress.said is not None:
        wanting = _wanting(playbook, _completed(playbook, given)[0])
        more = further(playbook, progress.said, wanting)
        if more is None:
            return given, (
                f"The answer was not understood: {progress.said[:200]!r}. "
                f"{_question(playbook, given, wanting)}"
            )
        given.update(more)
    for name, reading in given.items():
        if reading.refused:
            return given, f"The {_called(name)} cannot be used: {reading.refused}."
    return _completed(playbook, given)


def _completed(playbook: Playbook, given: Given) -> tuple[dict[str, Reading], str]:
    """With what one probability says of the other; or how they contradict each other."""
    full = dict(given)
    for name, slot in playbook.slots.items():
        other = slot.complements
        if other is None or name not in full or not full[name].text:
            continue
        if other not in full:
            full[other] = one_minus(full[name])
        elif full[other].text and not add_up(full[name], full[other]):
            return full, (
                f"The inputs contradict each other: {_called(other)} "
                f"{full[other].shown} and {_called(name)} {full[name].shown} add up to "
                f"{total(full[name], full[other])}, not 1."
            )
    return full, _double(playbook, given) or _mixed(playbook, given)


def _double(playbook: Playbook, given: Given) -> str:
    """Two slots that stand for the same."""
    for name, slot in playbook.slots.items():
        for other in slot.instead:
            twin = playbook.slots[other].complements == name
            if name in given and other in given and not twin:
                return (
                    f"The {_called(name)} {given[name].shown} and the {_called(other)} "
                    f"{given[other].shown} say the same thing twice: give one of them."
                )
    return ""


def _mixed(playbook: Playbook, given: Given) -> str:
    """Amounts that cannot be held against each other; plain numbers may have units of their own."""
    amounts = {
        reading.currency: reading.shown
        for name, reading in given.items()
        if reading.currency and playbook.slots[name].type != "number"
    }
    if len(amounts) < 2:
        return ""
    return f"The amounts are in different currencies: {', '.join(amounts.values())}. Give one."


def _wanting(playbook: Playbook, given: Given) -> tuple[str, ...]:
    """Slots to ask for: unclear ones, and required ones that nothing gives."""
    unclear = [name for name, reading in given.items() if reading.unclear]
    missing = [
        name
        for name, slot in playbook.slots.items()
        if slot.required
        and slot.default is None
        and not any(other in given for other in (name, *slot.instead))
    ]
    needed = [other for name in given for other in playbook.slots[name].needs if other not in given]
    return tuple(dict.fromkeys((*unclear, *missing, *needed)))


def _question(playbook: Playbook, given: Given, wanting: tuple[str, ...]) -> str:
    doubts = [given[name].unclear for name in wanting if name in given]
    asked = [playbook.slots[name].ask or name.replace("_", " ") for name in wanting]
    told = "".join(f"{doubt[:1].upper()}{doubt[1:]}. " for doubt in doubts)
    listed = ", and ".join(asked)
    return f"{told}Please give {listed}."


def _go_on(playbook: Playbook, given: dict[str, Reading], progress: Progress) -> Act:
    known = _known(playbook, given, progress)
    for step in playbook.steps:
        came = progress.came.get(step.id)
        if came is None and known.holds(step.when):
            return Call(step.id, step.tool, _arguments(step, known))
        if came is not None and came.error and not step.may_fail:
            return _blocked(playbook, f"{step.tool} says: {came.error}", progress)
    for answer in playbook.answers:
        if known.holds(answer.when):
            return Say(
                answer.status, _said(answer, known), answer.confidence, _why(playbook, progress)
            )
    return _blocked(playbook, "No answer of the playbook fits what its tools returned.", progress)


def _known(playbook: Playbook, given: Given, progress: Progress) -> Known:
    slots: dict[str, Any] = {
        name: slot.default for name, slot in playbook.slots.items() if slot.default is not None
    }
    for name, reading in given.items():
        integer = playbook.slots[name].type == "integer"
        slots[name] = int(reading.text) if integer else reading.text
        slots[f"{name}.shown"] = reading.shown
        if reading.currency:
            slots[f"{name}.currency"] = reading.currency
        if playbook.slots[name].type in ("money", "amount"):
            slots[f"{name}.step"] = least_amount(reading.currency)
    read_as = [reading.read_as for reading in given.values() if reading.read_as]
    if read_as:
        slots["read_as"] = "; ".join(read_as)
    slots["given"] = ", ".join(
        f"{_called(name)} {given[name].shown}" for name in playbook.slots if name in given
    )
    results: dict[str, Any] = {}
    failed: dict[str, str] = {}
    for step, came in progress.came.items():
        if came.error:
            failed[step] = came.error
            slots[f"{step}.error"] = came.error
        else:
            results[step] = came.data
        slots[f"{step}.receipt"] = came.receipt
    return Known(slots, results, failed)


def _arguments(step: Step, known: Known) -> dict[str, Any]:
    """Those arguments that rest on what is given."""
    arguments = {}
    for name, template in step.arguments.items():
        try:
            arguments[name] = known.argument(template)
        except Absent:
            continue
    return arguments


def _said(answer: Answer, known: Known) -> str:
    lines = []
    for line in answer.say:
        if isinstance(line, Part) and not known.holds(line.when):
            continue
        try:
            lines.append(known.fill(line.say if isinstance(line, Part) else line))
        except Absent:
            continue
    return "\n".join(lines)


def _called(slot: str) -> str:
    return slot.replace("_", " ")


def _why(playbook: Playbook, progress: Progress) -> str:
    steps = {step.id: step.tool for step in playbook.steps}
    cited = [f"{steps[name]} {came.receipt}".strip() for name, came in progress.came.items()]
    return f"playbook {playbook.name}, no model asked; it rests on {', '.join(cited) or 'no call'}"


def _blocked(playbook: Playbook, result: str, progress: Progress) -> Say:
    return Say("blocked", result, 0.98, _why(playbook, progress))
