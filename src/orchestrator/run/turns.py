"""One turn: what the agent hears goes to the model, and its reply into the record.

Money and time are reserved before the call; whatever goes wrong with the service ends in an event
and one of this module's signals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from orchestrator.models.playbook import PREFIX
from orchestrator.models.port import (
    BadRequest,
    Model,
    ModelConfigError,
    ModelError,
    ModelRequest,
    PromptTooLong,
    Reply,
    RetryAfterBeyondBudget,
    Usage,
)
from orchestrator.run import events as ev
from orchestrator.run.context import CHARACTERS_A_TOKEN, CLEARING_SHARE, CUTS, SHARE, Next
from orchestrator.run.history import Item, Text
from orchestrator.run.journal import Journal
from orchestrator.run.limits import LEAST_USEFUL_TOKENS, Limits, Reached, affordable_tokens
from orchestrator.run.openings import editing_note, fresh_opening
from orchestrator.run.parts import ROUTER_FRAME, FrameState
from orchestrator.run.recipes import playbook_model
from orchestrator.run.setting import Setting
from trading_tools.audit.event import canonical_json


@dataclass(frozen=True, slots=True)
class NotKept:
    """Why a reply is not kept, what the trimming is called, what its agent is told."""

    why: str
    trimmed: str
    note: str

    @property
    def refusal(self) -> str:
        """As the record has it."""
        return f"{self.why} and was not kept"


SECRET = NotKept(
    "the reply held a secret",
    "secret in a reply",
    "Your last reply held what looks like a secret, so it was not kept. Go on without "
    "writing secrets: name the environment variable instead.",
)

# A call's id is what its intent, approval and result hang on, and the service refuses doubles.
SAME_ID = NotKept(
    "the reply used the id of a call twice",
    "call id used twice",
    "Your last reply gave two tool calls the same id, so it was not kept and none of its calls was "
    "made. Go on from what is done.",
)


_FULL = (
    "Your conversation so far was too long for the model and ends here. You go on where you stood, "
    "with what is above. Do not do again what the receipts show as done: read them where you need "
    "to know more."
)


class LimitBites(Exception):
    """Control flow: a limit was reached before the act."""

    def __init__(self, reached: Reached) -> None:
        super().__init__(reached.limit)
        self.reached = reached


class ServiceFails(Exception):
    """Control flow: no reply is to be had now; the run can be resumed later."""


class Turns:
    """Takes the turns of a run."""

    def __init__(self, setting: Setting, journal: Journal, time_left_s: Callable[[], float]):
        self._setting = setting
        self._journal = journal
        self._time_left_s = time_left_s

    async def take(self, frame: FrameState) -> None:
        """Ask the model, or the playbook that took the request, for the frame's next reply.

        Raises:
            LimitBites: turns, money or time are used up.
            ServiceFails: the service gave no reply.
            ModelConfigError: a person must mend key, credit or model name.
            BadRequest: the service refused the form of our request.
        """
        setting, state = self._setting, self._journal.state
        limits = Limits.from_body(state.limits)
        agent = setting.definitions.agents[frame.frame.agent]
        most = min(limits.turns, agent.max_turns or limits.turns)
        if frame.turns >= most:
            raise LimitBites(Reached("turns", f"{most} in a frame", f"{most} by {agent.name}"))
        items = tuple(frame.queue)
        if state.route is not None and state.route.playbook is not None:
            await self._send(frame, self._request(frame, items, limits), items, tokens=0)
            return
        _check_cuts(frame)
        request = self._request(frame, items, limits)
        fixed = setting.definitions.characters(agent.name)
        tokens, window = _estimate(frame, request, fixed), setting.windows.of(agent.model)
        match frame.context.goes_on(
            tokens, window, begun=frame.conversation.begun, editing=state.context_editing
        ):
            case Next.STUCK:
                raise LimitBites(_too_large(frame, tokens, window, agent.model))
            case Next.FRESH:
                self._start_afresh(frame, "context window", _FULL)
                return
            case Next.EDITED:
                if items and not frame.context.edited:
                    items = (*items, Text(editing_note(state)))
                request = self._request(frame, items, limits)
                edited = True
            case _:
                edited = frame.context.edited
        if edited:
            request = replace(request, clear_above=int(window * CLEARING_SHARE))
        fits = max(window - tokens, LEAST_USEFUL_TOKENS)
        request = replace(request, max_tokens=min(request.max_tokens, fits))
        reply = await self._send(frame, request, items, tokens)
        if reply is not None and reply.refusal is not None:
            raise ServiceFails(f"the model refused ({reply.refusal})")

    async def ask(self, frame: FrameState, request: ModelRequest, items: tuple[Item, ...]) -> None:
        """Put the frame's conversation, with `items` added, to the model as `request` says.

        Raises:
            LimitBites: time or money are used up.
            ServiceFails: the service gave no reply.
            ModelConfigError: a person must mend key, credit or model name.
            BadRequest: the service refused the form of our request.
        """
        conversation = frame.conversation.extended(items) if items else frame.conversation
        request = replace(request, messages=conversation.messages)
        fixed = len(canonical_json({"system": request.system, "tools": request.tools}))
        if await self._send(frame, request, items, _estimate(frame, request, fixed)) is None:
            raise ServiceFails(f"the prompt is too long for {request.model}")

    def _request(self, frame: FrameState, items: tuple[Item, ...], limits: Limits) -> ModelRequest:
        definitions = self._setting.definitions
        agent = definitions.agents[frame.frame.agent]
        conversation = frame.conversation.extended(items) if items else frame.conversation
        return ModelRequest(
            model=self._taker(agent.model),
            system=definitions.system(agent.name),
            tools=definitions.tools_of(agent.name),
            messages=conversation.messages,
            max_tokens=limits.max_tokens,
            effort=agent.effort,
        )

    async def _send(
        self, frame: FrameState, request: ModelRequest, items: tuple[Item, ...], tokens: int
    ) -> Reply | None:
        """Reserve, record, ask, record; `tokens` is what the prompt is thought to have."""
        room = self._affordable(request, tokens)
        self._journal.append(
            ev.TurnStarted(
                frame=frame.frame.id,
                turn=frame.turns + 1,
                model=request.model,
                max_tokens=room,
                new=tuple(item.record() for item in items),
                context_editing=request.clear_above is not None,
            )
        )
        reply = await self._ask(frame, replace(request, max_tokens=room))
        if reply is not None:
            self._record(frame, reply, request.model)
        return reply

    async def _ask(self, frame: FrameState, request: ModelRequest) -> Reply | None:
        """The reply; None where the prompt proved too long, which the next step deals with."""
        # What follows a schema is for us to read, not for a person to watch.
        on_text = None if request.answer_schema else self._setting.on_text
        try:
            return await self._model(request.model).reply(request, on_text, self._time_left_s())
        except ModelError as error:
            why = self._setting.redactor.text(str(error))
            self._journal.append(
                ev.ModelFailed(
                    frame=frame.frame.id,
                    turn=frame.turns,
                    why=why,
                    attempts=error.attempts,
                    usage=asdict(error.lost_usage),
                    cost_usd=self._cost(request.model, error.lost_usage),
                    too_long=isinstance(error, PromptTooLong),
                    fix=error.fix if isinstance(error, ModelConfigError) else "",
                )
            )
            if isinstance(error, PromptTooLong):
                return None
            if isinstance(error, RetryAfterBeyondBudget):
                minutes = Limits.from_body(self._journal.state.limits).minutes
                raise LimitBites(Reached("wall time", f"{minutes} min", why)) from None
            if isinstance(error, ModelConfigError | BadRequest):
                raise
            raise ServiceFails(why) from None

    def _taker(self, model: str) -> str:
        """The name of what takes an agent's turns: its model, or the playbook of the run."""
        route = self._journal.state.route
        return f"{PREFIX}{route.playbook}" if route and route.playbook else model

    def _model(self, name: str) -> Model:
        if not name.startswith(PREFIX):
            return self._setting.model
        opened = self._journal.state.opened
        found = playbook_model(opened, self._setting.definitions) if opened else None
        if found is None:
            raise ServiceFails(f"{name} no longer takes this request; start it anew")
        return found

    def _record(self, frame: FrameState, reply: Reply, model: str) -> None:
        usage = reply.usage + reply.lost_usage
        lost = self._not_kept(frame, reply)
        self._journal.append(
            ev.ModelReplied(
                frame=frame.frame.id,
                turn=frame.turns,
                content=() if lost else tuple(reply.content),
                stop_reason=reply.stop_reason,
                model=reply.model or model,
                usage=asdict(usage),
                attempts=reply.attempts,
                cost_usd=self._cost(model, usage),
                tool_errors={} if lost else dict(reply.tool_errors),
                refusal=lost.refusal if lost else reply.refusal,
                context_tokens=_context_tokens(reply.usage),
            )
        )
        if lost is not None and frame.frame.id != ROUTER_FRAME:
            self._start_afresh(frame, lost.trimmed, lost.note)

    def _start_afresh(self, frame: FrameState, why: str, note: str) -> None:
        """Let the frame go on in a fresh conversation, which opens with what it knew."""
        work = self._setting.work
        change = work.diff_summary() if work else ""
        opening = fresh_opening(self._setting, self._journal.state, frame, change, note)
        self._journal.append(ev.ContextTrimmed(frame.frame.id, why, opening, change))

    def _not_kept(self, frame: FrameState, reply: Reply) -> NotKept | None:
        """Why a reply cannot stand in the record and the conversation; None where it can."""
        content = list(reply.content)
        if self._setting.redactor.value(content) != content:
            return SECRET
        ids = [block["id"] for block in reply.tool_uses]
        intents, known = self._journal.state.intents, frame.conversation.call_ids
        if len(set(ids)) < len(ids) or any(id in intents or id in known for id in ids):
            return SAME_ID
        return None

    def _cost(self, model: str, usage: Usage) -> str | None:
        if usage == Usage():
            return "0"
        cost = self._setting.prices.price(model, usage)
        return None if cost is None else str(cost)

    def _affordable(self, request: ModelRequest, tokens: int) -> int:
        """Output tokens that time and money allow for the reply to `request` of about `tokens`."""
        limits = Limits.from_body(self._journal.state.limits)
        wanted = min(request.max_tokens, limits.max_tokens)
        if self._time_left_s() <= 0:
            raise LimitBites(Reached("wall time", f"{limits.minutes} min", f"{limits.minutes} min"))
        model, price = request.model, self._setting.prices.price
        if model.startswith(PREFIX):
            return wanted
        a_million = price(model, Usage(output_tokens=1_000_000))
        if a_million is None:
            return wanted
        request_usd = price(model, Usage(cache_write_tokens=tokens)) or Decimal(0)
        spent = self._journal.state.spend.cost_usd
        room = affordable_tokens(wanted, limits.usd - spent, request_usd, a_million / 1_000_000)
        if room < LEAST_USEFUL_TOKENS:
            reached = f"{spent:.4f} USD spent; the next call could cost {request_usd:.4f} USD more"
            raise LimitBites(Reached("usd", f"{limits.usd} USD", reached))
        return room


def _estimate(frame: FrameState, request: ModelRequest, fixed: int) -> int:
    """Tokens of the prompt, rather too many: those that the service counted, and the new message.

    Where it has counted nothing all of the conversation is estimated, and what stands `fixed`
    before it: system prompt and tools, in characters.
    """
    characters = len(canonical_json(request.messages[-1:]))
    if not frame.context.counted:
        characters += fixed + frame.context.characters
    return frame.context.counted + characters // CHARACTERS_A_TOKEN + 500


def _context_tokens(usage: Usage) -> int:
    """Prompt and reply; 0 where the service counts no prompts."""
    return usage.prompt_tokens + usage.output_tokens if usage.prompt_tokens else 0


def _check_cuts(frame: FrameState) -> None:
    context = frame.context
    if context.cuts >= CUTS:
        reached = f"{context.cuts} in a row were cut, the last one at {context.max_tokens:,} tokens"
        raise LimitBites(Reached("cut replies", f"{CUTS} in a row", reached))


def _too_large(frame: FrameState, tokens: int, window: int, model: str) -> Reached:
    said = "the service refused it" if frame.context.full else f"about {tokens:,} tokens"
    if frame.conversation.begun:
        why = "each fresh conversation was full within a few turns: results are too large for it"
    else:
        why = "the request and what the agent has to know do not fit"
    fix = "ask for less at once, or use a model with a larger window"
    fix += f"; where the window is not {window:,} tokens, set `model.context_window`"
    cap = f"{SHARE:.0%} of the {window:,} tokens of {model}"
    return Reached("context window", cap, f"{said}: {why}; {fix}")
