"""`orc route`: which agent would take a request, without running anything."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, emit
from orchestrator.cli.place import Place
from orchestrator.cli.text import plain, unicode_of
from orchestrator.config.places import USER_FILE

if TYPE_CHECKING:
    import asyncio

    from orchestrator.agents.catalogue import AgentCatalogue
    from orchestrator.models.port import Model
    from orchestrator.playbooks.format import Playbook
    from orchestrator.playbooks.matching import Match
    from orchestrator.router.choice import Choice
    from orchestrator.router.rules import Route
    from trading_tools.audit.redact import Redactor

_MOST_BYTES = 50_000_000
_AT_ONCE = 8
_DEADLINE_S = 120.0


@dataclass(frozen=True)
class Routed:
    """Where a request would go, and who says so: a `playbook`, `rules`, `model`, or a `guess`."""

    agent: str | None
    kind: str
    sure: bool
    ranking: tuple[tuple[str, float], ...]
    why: str
    by: str
    question: str = ""
    playbook: str | None = None

    @classmethod
    def by_playbook(cls, taken: Match, found: Route) -> Routed:
        """What a playbook takes; the agents stand as rules rank them."""
        one = taken.playbook
        return cls(
            one.agent, one.kind, True, found.ranking, taken.why, "playbook", playbook=one.name
        )

    @classmethod
    def by_rules(cls, found: Route, why: str = "") -> Routed:
        """What the rules say, whether they are sure or not."""
        by = "rules" if found.sure else "guess"
        return cls(found.agent, found.kind, found.sure, found.ranking, why + found.why, by)

    @classmethod
    def by_model(cls, choice: Choice, found: Route) -> Routed:
        """What the router model says; it leads the ranking, the others stand as rules rank them."""
        scores = dict(found.ranking)
        first = () if choice.agent is None else ((choice.agent, scores.get(choice.agent, 0.0)),)
        rest = tuple(item for item in found.ranking if item[0] != choice.agent)
        sure = choice.sure and not choice.question
        return cls(
            choice.agent, choice.kind, sure, first + rest, choice.why, "model", choice.question
        )

    def as_json(self) -> dict[str, Any]:
        """The shape that is printed."""
        shown = {
            "agent": self.agent,
            "kind": self.kind,
            "sure": self.sure,
            "ranking": [{"agent": agent, "score": score} for agent, score in self.ranking],
            "why": self.why,
            "by": self.by,
            "playbook": self.playbook,
        }
        return {**shown, "question": self.question} if self.question else shown

    def text(self) -> str:
        """For people."""
        sure = "sure" if self.sure else "not sure" if self.by == "model" else "a guess"
        by = ", by the router model" if self.by == "model" else ""
        nobody = "none of ours" if self.by == "model" else "nobody"
        lines = [f"{self.agent or nobody}  ({self.kind}, {sure}{by})", self.why]
        if self.question:
            lines.append(f"it would ask: {self.question}")
        if others := ", ".join(name for name, _ in self.ranking[1:4]):
            lines.append(f"next: {others}")
        return plain("\n".join(lines))


@dataclass(frozen=True)
class _Router:
    """The router model, and what it is asked about."""

    model: Model
    name: str
    catalogue: AgentCatalogue
    redactor: Redactor

    async def decide(self, request: str, found: Routed | Route) -> Routed:
        """What the rules say where they are sure, else the model; a guess if it has no answer."""
        if isinstance(found, Routed):
            return found
        if found.sure:
            return Routed.by_rules(found)
        from orchestrator.models.port import ModelUnavailable, RetryAfterBeyondBudget
        from orchestrator.router.asking import consult

        descriptions = {agent.name: agent.description for agent in self.catalogue}
        # Half a character, which JSON can spell, is nothing that can be sent.
        clean = self.redactor.text(request).encode("utf-8", "replace").decode()
        try:
            choice = await consult(
                self.model, self.name, clean, descriptions, deadline_s=_DEADLINE_S
            )
        except (ModelUnavailable, RetryAfterBeyondBudget) as error:
            return Routed.by_rules(found, f"the router model gave no reply ({error}); ")
        if choice is None:
            return Routed.by_rules(found, "the router model gave no answer that can be used; ")
        return Routed.by_model(choice, found)


@click.command("route")
@click.argument("request", required=False)
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="F",
    help='Requests, one a line, plain or {"request": …}; - is stdin.',
)
@click.option("--offline", is_flag=True, help="Ask no model: where rules are not sure, guess.")
@JSON
def route_command(request: str | None, file: Path | None, offline: bool, as_json: bool) -> None:
    """Say which agent would take REQUEST, what kind of job it is, and why.

    Rules decide where they are sure. Else the router model is asked, where one is configured;
    without one it is a guess, and says so.
    """
    if (request is None) == (file is None):
        raise CommandError("give a request or --file", "orc route", 'as in `orc route "…"`')
    if request is not None and not request.strip():
        raise CommandError("the request is empty", "orc route", "say what you want done")
    place = Place.find()
    if file is not None:
        _route(list(_requests(file)), place, offline, _print_line)
        return

    def tell(routed: Routed) -> None:
        emit(routed.as_json(), as_json, routed.text)

    _route([unicode_of(request or "")], place, offline, tell)


def _print_line(routed: Routed) -> None:
    sys.stdout.write(json.dumps(routed.as_json(), ensure_ascii=False) + "\n")


def _route(
    requests: list[str], place: Place, offline: bool, tell: Callable[[Routed], None]
) -> None:
    """Tell where each request goes, in order; the router model is set up only if it is needed."""
    catalogue = place.catalogue()
    playbooks = place.written_playbooks(requests)
    if any(_takes(request, playbooks) for request in requests):
        # Whether one can work beside these agents takes all tools to tell, and is seldom asked.
        playbooks = place.playbooks(catalogue).playbooks
    found = [_by_rules_alone(request, catalogue, playbooks) for request in requests]
    needed = not offline and not all(isinstance(each, Routed) or each.sure for each in found)
    router = _router(place, catalogue) if needed else None
    if router is not None:
        import asyncio

        asyncio.run(_ask(router, requests, found, tell))
        return
    for each in found:
        tell(each if isinstance(each, Routed) else Routed.by_rules(each))


def _takes(request: str, playbooks: tuple[Playbook, ...]) -> Match | None:
    if not playbooks:
        return None
    from orchestrator.playbooks.matching import match

    return match(request, playbooks)


def _by_rules_alone(
    request: str, catalogue: AgentCatalogue, playbooks: tuple[Playbook, ...]
) -> Routed | Route:
    from orchestrator.router.rules import route

    found = route(request, catalogue)
    taken = _takes(request, playbooks)
    return found if taken is None else Routed.by_playbook(taken, found)


def _router(place: Place, catalogue: AgentCatalogue) -> _Router | None:
    """The router model as configured; None where no model is."""
    if not _names_a_model(place):
        return None
    from orchestrator.agents.model_names import resolve_model
    from orchestrator.cli.choosing import has_model, model_of
    from trading_tools.audit.redact import Redactor

    settings = place.settings().settings
    if not has_model(place, settings):
        return None
    name = resolve_model(settings.model.router) or settings.model.name
    redactor = Redactor.from_environment(place.environ)
    return _Router(model_of(place, settings), name, catalogue, redactor)


def _names_a_model(place: Place) -> bool:
    """Whether settings are worth reading: only the environment and the user's file name a model."""
    told = any(name.startswith(("ANTHROPIC_", "ORC_MODEL_")) for name in place.environ)
    return told or (place.user / USER_FILE).exists()


async def _ask(
    router: _Router,
    requests: list[str],
    found: list[Routed | Route],
    tell: Callable[[Routed], None],
) -> None:
    """Decide on several requests at once, and tell in their order as soon as can be.

    The first goes alone, so that the others find their common prompt in the service's cache.
    """
    import asyncio

    pending: deque[asyncio.Task[Routed]] = deque()
    try:
        for at, (request, each) in enumerate(zip(requests, found, strict=True)):
            pending.append(asyncio.create_task(router.decide(request, each)))
            if at == 0 or len(pending) >= _AT_ONCE:
                tell(await pending.popleft())
        while pending:
            tell(await pending.popleft())
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await router.model.aclose()


def _requests(file: Path) -> Iterator[str]:
    for number, line in enumerate(_text(file).split("\n"), start=1):
        text = line.strip()
        if not text:
            continue
        if not text.startswith("{"):
            yield text
            continue
        try:
            request = json.loads(text)["request"]
        except (ValueError, KeyError, RecursionError):
            request = None
        if not isinstance(request, str) or not request.strip():
            raise CommandError(
                "is no request", f"{file}:{number}", 'write {"request": "…"} or plain text'
            )
        yield request


def _text(file: Path) -> str:
    try:
        if str(file) == "-":
            raw = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with file.open("rb") as opened:
                raw = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(f"cannot be read: {why}", str(file), "name a readable file") from None
    if len(raw) > _MOST_BYTES:
        raise CommandError(f"is larger than {_MOST_BYTES:,} bytes", str(file), "split it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CommandError("is not UTF-8", f"{file}:{line}", "save it as UTF-8") from None
