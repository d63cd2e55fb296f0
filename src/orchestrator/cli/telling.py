"""What an event is in words: the one vocabulary of the live view, plain output and the timeline.

An event gives no line, or a few. Nothing is printed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from orchestrator.cli.marks import BAD, CARE, CITE, GOOD, NAME, QUIET, Marks, usd_text
from orchestrator.cli.text import (
    all_arguments,
    counted,
    first_line,
    label,
    one_line,
    short_arguments,
)
from orchestrator.run import events as ev
from orchestrator.run.parts import ROUTER_FRAME
from orchestrator.run.report import DONE, is_verified
from orchestrator.run.state import State
from trading_tools.audit.event import Event

_WIDE = 200
_WORDS_FOR_END = {"success": GOOD, "complete": GOOD, "waiting": CARE, "limited": CARE}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its sign (a field of `Marks`, or empty), and pieces of text with their styles."""

    mark: str
    style: str
    pieces: tuple[tuple[str, str], ...]
    indent: int = 0

    def text(self, marks: Marks) -> Text:
        """As it is printed; the sign keeps a column of its own."""
        sign = getattr(marks, self.mark) if self.mark else ""
        line = Text(" " * self.indent)
        line.append(f"{sign:<2}", self.style)
        for words, style in self.pieces:
            line.append(words, style)
        return line


def tell(event: Event, state: State, *, turns: bool = False) -> tuple[Line, ...]:
    """The lines that `event` is worth; `state` has it applied. None for what only matters inside.

    `turns` tells every reply of the model too. Events of a kind that a newer version wrote are
    named and nothing more.
    """
    if turns and event.kind == ev.ModelReplied.KIND:
        return (*_turn(event), *tell(event, state))
    teller = _TELLERS.get(event.kind)
    if teller is None:
        return (Line("", "", ((label(event.kind), QUIET),)),) if event.kind not in _SILENT else ()
    return teller(ev.from_body(event.kind, event.body), state, event)


def _agent(state: State, frame: int) -> str:
    found = state.frames.get(frame)
    return label(found.frame.agent) if found else "?"


def _turn(event: Event) -> tuple[Line, ...]:
    body = event.body
    cost = "" if body["cost_usd"] is None else f", {usd_text(body['cost_usd'])}"
    used = f"  {body['usage'].get('output_tokens', 0):,} tokens out{cost}"
    whose = "the router's turn" if body["frame"] == ROUTER_FRAME else "turn"
    return (Line("", "", ((f"{whose} {body['turn']}", QUIET), (used, QUIET)), indent=2),)


def _opened(body: ev.RunOpened, _: State, event: Event) -> tuple[Line, ...]:
    return (Line("dot", NAME, ((f"run {label(event.stream)}", NAME),)),)


def _taken(body: ev.RunTaken, _: State, event: Event) -> tuple[Line, ...]:
    if body.epoch == 1:
        return ()
    return (Line("dot", NAME, ((f"run {label(event.stream)}", NAME), (" goes on", QUIET))),)


def _routed(body: ev.RouteChosen, _: State, __: Event) -> tuple[Line, ...]:
    sure = "" if body.sure else ", by best guess"
    chosen = ", chosen by the router" if body.by == "model" else ""
    if body.playbook:
        chosen = f", by the playbook {label(body.playbook)}, no model asked"
    about = f"  takes the request: {label(body.job)}{chosen}{sure}"
    return (Line("agent", NAME, ((label(body.agent), NAME), (about, QUIET))),)


def _replied(body: ev.ModelReplied, state: State, _: Event) -> tuple[Line, ...]:
    if body.refusal is None:
        return ()
    why = one_line(body.refusal, _WIDE)
    return (Line("unmet", BAD, (("the model refused", BAD), (f": {why}", "")), indent=2),)


def _failed(body: ev.ModelFailed, _: State, __: Event) -> tuple[Line, ...]:
    tries = "1 try" if body.attempts == 1 else f"{body.attempts} tries"
    why = f" after {tries}: {one_line(body.why, _WIDE)}"
    return (Line("unmet", BAD, (("no reply from the model", BAD), (why, "")), indent=2),)


def _intended(body: ev.ToolIntended, _: State, __: Event) -> tuple[Line, ...]:
    if body.attempt == 1:
        return ()
    again = f"  attempt {body.attempt}"
    return (Line("", "", ((label(body.tool), ""), (again, CARE)), indent=2),)


def _finished(body: ev.ToolFinished, state: State, event: Event) -> tuple[Line, ...]:
    receipt = state.receipts[event.seq]
    argument = short_arguments(receipt.arguments, 60)
    pieces = [(label(body.tool), ""), (f" {argument}" if argument else "", QUIET)]
    pieces.append((f"  r{event.seq}", CITE))
    if body.is_error:
        pieces.append((f"  error: {first_line(body.text, 100)}", CARE))
    elif code := _exit_code(body.data):
        pieces.append((f"  exit {code}", CARE))
    return (Line("", "", tuple(pieces), indent=2),)


def _exit_code(data: object) -> int:
    """What a command ended with; 0 where the call was none."""
    code = data.get("exit_code") if isinstance(data, Mapping) else None
    return code if isinstance(code, int) else 0


def _refused(body: ev.ToolRefused, _: State, __: Event) -> tuple[Line, ...]:
    why = f"  refused: {one_line(body.why, _WIDE)}"
    return (Line("unmet", CARE, ((label(body.tool), ""), (why, CARE)), indent=2),)


def _returned(body: ev.HandoffReturned, state: State, _: Event) -> tuple[Line, ...]:
    status = str(body.handoff["status"])
    confidence = f"confidence {float(body.handoff['confidence']):.2f}"
    cited = "".join(f" r{seq}" for seq in state.chain[-1].receipts) if state.chain else ""
    pieces = [("hands off: ", ""), (status.replace("_", " "), _status_style(status))]
    pieces += [(f"  {confidence}", QUIET), (f" {cited}" if cited else "", CITE)]
    if body.repairs:
        pieces.append(("  (envelope mended)", QUIET))
    lines = [Line("goes", _status_style(status), tuple(pieces), indent=2)]
    if state.stack is not None and state.stack.depth:
        top = state.stack.top
        back = top.id == body.frame or body.opening is None
        how = "  goes on" if back else "  takes over"
        if body.helper is not None:
            how += ", picked by the router"
        lines.append(Line("agent", NAME, ((label(top.agent), NAME), (how, QUIET))))
    return tuple(lines)


def _rejected(body: ev.HandoffRejected, _: State, __: Event) -> tuple[Line, ...]:
    more = f" (and {len(body.problems) - 1} more)" if len(body.problems) > 1 else ""
    why = one_line(body.problems[0], _WIDE) if body.problems else one_line(body.message, _WIDE)
    what = "the router's answer rejected" if body.frame == ROUTER_FRAME else "handoff rejected"
    pieces = ((what, CARE), (f": {why}{more}", ""))
    return (Line("back", CARE, pieces, indent=2),)


def _checked(body: ev.AcceptanceChecked, _: State, __: Event) -> tuple[Line, ...]:
    made = [check for check in body.checks if check.get("met") is not None]
    counts = f"  {sum(bool(c['met']) for c in made)} of {counted(len(body.checks), 'check')} met"
    if body.unchecked:
        counts += f", {len(body.unchecked)} could not be checked"
    if not body.unmet:
        head = Line("met", GOOD, (("may end", GOOD), (counts, QUIET)), indent=2)
        return (head,)
    lines = [Line("unmet", BAD, (("may not end yet", BAD), (counts, QUIET)), indent=2)]
    lines += [Line("", "", ((one_line(text, _WIDE), ""),), indent=4) for text in body.unmet]
    return tuple(lines)


def _asked(body: ev.ApprovalRequested, _: State, __: Event) -> tuple[Line, ...]:
    call = f"{label(body.tool)} {all_arguments(body.arguments, _WIDE)}".rstrip()
    pieces = ((f"approval {label(body.id)} needed", CARE), (f": {call}", ""))
    why = Line("", "", ((one_line(body.why, _WIDE), QUIET),), indent=4)
    return (Line("asks", CARE, pieces, indent=2), why)


def _decided(body: ev.ApprovalDecided, _: State, __: Event) -> tuple[Line, ...]:
    word, style, mark = ("approved", GOOD, "met") if body.approved else ("denied", CARE, "unmet")
    said = ((f"{label(body.id)} {word}", style), (f" by {one_line(body.by, 80)}", QUIET))
    return (Line(mark, style, said, indent=2),)


def _question(body: ev.QuestionAsked, _: State, __: Event) -> tuple[Line, ...]:
    asks = "the router asks you" if body.frame == ROUTER_FRAME else "asks you"
    pieces = ((asks, CARE), (f": {one_line(body.text, 400)}", ""))
    return (Line("asks", CARE, pieces, indent=2),)


def _answered(body: ev.QuestionAnswered, _: State, __: Event) -> tuple[Line, ...]:
    return (Line("", "", (("you answered: ", QUIET), (one_line(body.text, _WIDE), "")), indent=2),)


def _trimmed(body: ev.ContextTrimmed, _: State, __: Event) -> tuple[Line, ...]:
    pieces = (("fresh conversation", ""), (f": {one_line(body.why, _WIDE)}", QUIET))
    return (Line("", "", pieces, indent=2),)


def _committed(body: ev.WorkCommitted, _: State, __: Event) -> tuple[Line, ...]:
    pieces = (("committed", ""), (f" the change of turn {body.turn}", QUIET))
    return (Line("", "", pieces, indent=2),)


def _limit(body: ev.LimitHit, _: State, __: Event) -> tuple[Line, ...]:
    reached = f": {one_line(body.reached, _WIDE)}, cap {one_line(body.cap, 60)}"
    return (Line("care", CARE, ((f"limit of {label(body.limit)}", CARE), (reached, ""))),)


def _closed(body: ev.RunClosed, state: State, _: Event) -> tuple[Line, ...]:
    words, style = body.status.replace("_", " "), _status_style(body.status)
    mark = {GOOD: "met", CARE: "care"}.get(style, "unmet")
    if body.status in DONE:
        verified = is_verified(state)
        words += ", verified" if verified else ", not verified"
        if verified and (unchecked := state.acceptance[-1].unchecked):
            names = ", ".join(text.partition(":")[0] for text in unchecked)
            words += f", but not: {names}"
        mark, style = ("met", GOOD) if verified else ("unknown", CARE)
    return (Line(mark, style, ((f"run ends: {label(words)}", style),)),)


def _status_style(status: str) -> str:
    if status == "needs_help":
        return CARE
    return _WORDS_FOR_END.get(status, BAD)


_SILENT = frozenset({ev.TurnStarted.KIND})

_TELLERS: dict[str, Callable[[Any, State, Event], tuple[Line, ...]]] = {
    ev.RunOpened.KIND: _opened,
    ev.RunTaken.KIND: _taken,
    ev.RouteChosen.KIND: _routed,
    ev.ModelReplied.KIND: _replied,
    ev.ModelFailed.KIND: _failed,
    ev.ToolIntended.KIND: _intended,
    ev.ToolFinished.KIND: _finished,
    ev.ToolRefused.KIND: _refused,
    ev.HandoffReturned.KIND: _returned,
    ev.HandoffRejected.KIND: _rejected,
    ev.AcceptanceChecked.KIND: _checked,
    ev.ApprovalRequested.KIND: _asked,
    ev.ApprovalDecided.KIND: _decided,
    ev.QuestionAsked.KIND: _question,
    ev.QuestionAnswered.KIND: _answered,
    ev.ContextTrimmed.KIND: _trimmed,
    ev.WorkCommitted.KIND: _committed,
    ev.LimitHit.KIND: _limit,
    ev.RunClosed.KIND: _closed,
}
