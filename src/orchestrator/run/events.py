"""What happens in a run, one frozen class an event kind; together they are the run.

Bodies hold nothing that a replay could not produce again: no durations, no clock readings but an
approval's expiry (the ledger stamps `at`), nothing of the process or the machine but in
`run.opened` (where the workspace is) and `run.taken`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, get_args

Json = Any


@dataclass(frozen=True, slots=True)
class RunOpened:
    """A request came in. `definitions` is the text of the agents and tools it runs under.

    `kind` is set where the command that opened it says what kind of job it is; else it is None, and
    `route.chosen` settles it.
    `forked_from` names run, seq and hash of the last event that a fork has from another run.
    """

    KIND: ClassVar[str] = "run.opened"
    request: str
    agent: str | None
    kind: str | None
    model: str | None
    settings: Mapping[str, Json]
    limits: Mapping[str, Json]
    workspace: Mapping[str, Json] | None
    definitions: str
    version: str
    forked_from: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class RunTaken:
    """A process became the one owner of the run; the first epoch is 1.

    `seal` is what commands run in on this machine; default permissions hang on it. `offline` says
    that this process has no model, so that nobody is asked but the rules. `context_editing` says
    that the model's service leaves out old tool results when asked. `orders` is where this
    process's user lets orders go; default permissions hang on it too.
    """

    KIND: ClassVar[str] = "run.taken"
    epoch: int
    pid: int
    host: str
    limits: Mapping[str, Json] | None = None
    seal: str | None = None
    offline: bool = False
    context_editing: bool = False
    orders: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class RouteChosen:
    """Which agent takes the request, what kind of job it is, and what the agent hears first.

    `by` says who chose: `person` (`--agent`), `rules`, `model` (the router), `guess` (the rules,
    though they were not sure), or `playbook`. `playbook` names the one that takes the agent's turns
    in place of a model, where one fits.
    """

    KIND: ClassVar[str] = "route.chosen"
    agent: str
    job: str
    sure: bool
    why: str
    opening: str
    playbook: str | None = None
    by: str = "rules"


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A model call is about to be made; `new` is what its conversation gained since the last.

    The router's calls have a frame of their own, that of no agent (`ROUTER_FRAME`).
    `context_editing` says that the service is asked to leave out old tool results.
    """

    KIND: ClassVar[str] = "turn.started"
    frame: int
    turn: int
    model: str
    max_tokens: int
    new: tuple[Mapping[str, Json], ...]
    context_editing: bool = False


@dataclass(frozen=True, slots=True)
class ModelReplied:
    """The reply, verbatim, with what it cost (`None` where the model has no known price).

    `usage` is what is billed, broken tries included; `context_tokens` are prompt and reply as the
    service counted them at the last try, 0 where it counts nothing.
    """

    KIND: ClassVar[str] = "model.replied"
    frame: int
    turn: int
    content: tuple[Mapping[str, Json], ...]
    stop_reason: str
    model: str
    usage: Mapping[str, int]
    attempts: int
    cost_usd: str | None
    tool_errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None
    context_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """No reply came; what was tried, why it ended, and what the broken tries cost.

    `too_long` says that the prompt did not fit, so that the same one is not tried again; `fix` is
    what a person has to mend, where only that helps.
    """

    KIND: ClassVar[str] = "model.failed"
    frame: int
    turn: int
    why: str
    attempts: int
    usage: Mapping[str, int] = field(default_factory=dict)
    cost_usd: str | None = "0"
    too_long: bool = False
    fix: str = ""


@dataclass(frozen=True, slots=True)
class ToolIntended:
    """A call is about to be made. `tree` is the workspace before it, where it may change that."""

    KIND: ClassVar[str] = "tool.intended"
    frame: int
    call: str
    tool: str
    arguments: Mapping[str, Json]
    effect: str
    attempt: int
    key: str
    tree: str | None = None
    approval: str | None = None


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A call came back; this event's seq is the number of its receipt."""

    KIND: ClassVar[str] = "tool.finished"
    frame: int
    call: str
    tool: str
    text: str
    data: Json
    is_error: bool
    whole: str | None = None


@dataclass(frozen=True, slots=True)
class ToolReconciled:
    """A tool said what became of an attempt that was begun and not recorded as finished.

    `verdict` is `done` (its result follows as `tool.finished`), `not done` or `unknown`; `why` is
    the proof, or what was tried.
    """

    KIND: ClassVar[str] = "tool.reconciled"
    frame: int
    call: str
    tool: str
    attempt: int
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class ToolRefused:
    """A call was not made: a rule, a person or the protocol said no."""

    KIND: ClassVar[str] = "tool.refused"
    frame: int
    call: str
    tool: str
    why: str


@dataclass(frozen=True, slots=True)
class HandoffReturned:
    """An envelope was accepted. `helper` is the agent that the router chose, where it had to.

    `change` is the summary of the workspace's diff that the opening tells. `repairs` are what was
    mended in it, and where it is read as another status than it names.
    """

    KIND: ClassVar[str] = "handoff.returned"
    frame: int
    handoff: Mapping[str, Json]
    repairs: tuple[str, ...]
    call: str | None
    helper: str | None
    opening: str | None
    change: str = ""


@dataclass(frozen=True, slots=True)
class HandoffRejected:
    """An envelope, a reply without one, or an answer of the router was not accepted."""

    KIND: ClassVar[str] = "handoff.rejected"
    frame: int
    problems: tuple[str, ...]
    message: str
    call: str | None


@dataclass(frozen=True, slots=True)
class AcceptanceChecked:
    """The harness checked whether the run may end. `message` goes back to the agent if not.

    `checks` holds each finding whole, so that a replay decides from the same ones.
    """

    KIND: ClassVar[str] = "acceptance.checked"
    frame: int
    handoff: Mapping[str, Json]
    call: str | None
    checks: tuple[Mapping[str, Json], ...]
    unmet: tuple[str, ...]
    unchecked: tuple[str, ...]
    unverified: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A call waits for a person. `digest` binds run, tool and arguments.

    `shows` is what the tool says that the call would really do; empty where it has no preview.
    """

    KIND: ClassVar[str] = "approval.requested"
    id: str
    frame: int
    call: str
    tool: str
    arguments: Mapping[str, Json]
    digest: str
    why: str
    expires_at: str
    shows: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """A person decided; an approval is good for one call."""

    KIND: ClassVar[str] = "approval.decided"
    id: str
    approved: bool
    by: str
    digest: str


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """An agent, or the router, asked the user something it cannot find out."""

    KIND: ClassVar[str] = "question.asked"
    frame: int
    call: str
    text: str


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """The user answered the open question."""

    KIND: ClassVar[str] = "question.answered"
    frame: int
    call: str
    text: str


@dataclass(frozen=True, slots=True)
class ContextTrimmed:
    """A frame goes on in a fresh conversation that opens with `opening`.

    `change` is the summary of the workspace's diff that the opening tells.
    """

    KIND: ClassVar[str] = "context.trimmed"
    frame: int
    why: str
    opening: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class WorkCommitted:
    """A turn changed the workspace and the change was committed on the run's branch."""

    KIND: ClassVar[str] = "work.committed"
    frame: int
    turn: int
    agent: str
    tree: str


@dataclass(frozen=True, slots=True)
class LimitHit:
    """A limit bit: which, its cap, what was reached, what is left to do."""

    KIND: ClassVar[str] = "limit.hit"
    limit: str
    cap: str
    reached: str
    left: str


@dataclass(frozen=True, slots=True)
class RunClosed:
    """The run ended; `resumable` where going on later makes sense (a service failure, a limit).

    `note` says where the last envelope is read as another status than it names.
    """

    KIND: ClassVar[str] = "run.closed"
    status: str
    result: str
    resumable: bool
    note: str | None = None


RunEvent = (
    RunOpened
    | RunTaken
    | RouteChosen
    | TurnStarted
    | ModelReplied
    | ModelFailed
    | ToolIntended
    | ToolFinished
    | ToolReconciled
    | ToolRefused
    | HandoffReturned
    | HandoffRejected
    | AcceptanceChecked
    | ApprovalRequested
    | ApprovalDecided
    | QuestionAsked
    | QuestionAnswered
    | ContextTrimmed
    | WorkCommitted
    | LimitHit
    | RunClosed
)

CLASSES: dict[str, Any] = {cls.KIND: cls for cls in get_args(RunEvent)}


def to_body(event: RunEvent) -> dict[str, Json]:
    """The event as the ledger keeps it."""
    return {item.name: getattr(event, item.name) for item in fields(event)}


def from_body(kind: str, body: Mapping[str, Json]) -> RunEvent:
    """The event that `to_body` came from; an unknown kind is a `KeyError` that names it."""
    event: RunEvent = CLASSES[kind](
        **{name: tuple(v) if isinstance(v, list) else v for name, v in body.items()}
    )
    return event
