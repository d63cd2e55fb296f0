"""Who takes a piece of work: the first agent of a run, and a helper where an agent names none.

A playbook that fits decides alone (`recipes`). Else rules decide where they are sure
(`orchestrator.router.rules`), else the router model is asked (`briefing`, `choice`). Its calls are
turns of the router's own frame, so a reply that was recorded is never paid again. All three go by
what the run was opened with: a run that is taken up later is routed as it would have been.
"""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.models.port import ModelConfigError
from orchestrator.playbooks.matching import Match
from orchestrator.router import briefing
from orchestrator.router.asking import RETRIES, about_router, router_request
from orchestrator.router.choice import BadChoice, Choice, read_choice
from orchestrator.router.rules import Route, route
from orchestrator.run import events as ev
from orchestrator.run.calls import Waiting
from orchestrator.run.definitions import Router
from orchestrator.run.history import Item, Text
from orchestrator.run.journal import Journal
from orchestrator.run.openings import first_opening
from orchestrator.run.parts import ROUTER_FRAME
from orchestrator.run.recipes import playbook_for
from orchestrator.run.setting import Setting
from orchestrator.run.turns import Turns

FALLBACK = "python-expert"
"""Takes a request in which no word fits anybody; it may hand on, or say that it is none of ours."""

QUESTION = "route"
"""Stands for the call id of the router's question; there is at most one in a run."""


class Routes:
    """Chooses agents. Each choice ends in one event: `route.chosen` or `handoff.returned`."""

    def __init__(self, setting: Setting, journal: Journal, turns: Turns) -> None:
        self._setting = setting
        self._journal = journal
        self._turns = turns

    async def choose(self) -> None:
        """Record who begins and open the task board; or close the run, where it is none of ours.

        Raises:
            Waiting: the router asked the user something, and nobody is there.
            LimitBites: time or money do not allow to ask the router.
            ServiceFails: the service gave no reply.
            ModelConfigError: a person must mend key, credit or the router model's name.
        """
        opened = self._journal.state.opened
        if opened is None:
            raise LookupError("a route before the run is opened")
        taken = playbook_for(opened, self._setting.definitions)
        found = route(opened.request, self._setting.definitions.candidates)
        if taken is not None:
            self._by_playbook(taken)
        elif opened.agent:
            kind = opened.kind or found.kind
            self._begin(opened.agent, kind, f"--agent {opened.agent}", by="person")
        elif found.sure and found.agent:
            self._begin(found.agent, found.kind, found.why, by="rules")
        elif (router := self._router()) is None:
            self._guess(found)
        else:
            await self._by_model(router, opened.request, found)

    async def helper(self, asker: str, wanted: str, excluding: Collection[str]) -> str | None:
        """Who helps `asker`, who wants `wanted`, but for those in `excluding`; None for nobody.

        Raises:
            LimitBites: time or money do not allow to ask the router.
            ServiceFails: the service gave no reply.
            ModelConfigError: a person must mend key, credit or the router model's name.
        """
        definitions = self._setting.definitions
        if set(definitions.names) <= set(excluding):
            return None
        # Rules were made for requests; what an agent writes of its work is another kind of text.
        if (router := self._router()) is not None:
            request = self._journal.state.request
            message = briefing.about_help(request, asker, wanted, excluding)
            choice = await self._choice(router, message, excluding)
            if choice is not None:
                return choice.agent
        ranking = route(wanted, definitions.candidates).ranking
        return next((name for name, _ in ranking if name not in excluding), None)

    def _router(self) -> Router | None:
        """The router model, where there is one and this process may ask it."""
        return None if self._journal.state.offline else self._setting.definitions.router

    async def _by_model(self, router: Router, request: str, found: Route) -> None:
        message = briefing.about_request(request)
        choice = await self._choice(router, message)
        if choice is not None and choice.question and QUESTION not in self._journal.state.answers:
            await self._ask_back(choice.question)
            choice = await self._choice(router, message)
        if choice is None:
            self._guess(found, "the router gave no answer that can be used; ")
        elif choice.agent is None:
            fix = "`--agent A` gives it to one of the specialists all the same"
            result = f"This is none of ours: {choice.why or 'no specialist works on it'}\n\n{fix}"
            self._journal.append(ev.RunClosed("blocked", result, resumable=False))
        else:
            self._begin(choice.agent, choice.kind, choice.why, by="model", sure=choice.sure)

    def _by_playbook(self, taken: Match) -> None:
        one = taken.playbook
        self._begin(one.agent, one.kind, taken.why, by="playbook", playbook=one.name)

    def _guess(self, found: Route, why: str = "") -> None:
        names = self._setting.definitions.names
        agent = found.agent or (FALLBACK if FALLBACK in names else names[0])
        self._begin(agent, found.kind, f"{why}{found.why}", by="guess", sure=False)

    def _begin(
        self,
        agent: str,
        job: str,
        why: str,
        *,
        by: str,
        sure: bool = True,
        playbook: str | None = None,
    ) -> None:
        setting, request = self._setting, self._journal.state.request
        if setting.work is not None:
            setting.work.open_board(request, [agent])
        opening = first_opening(setting, request)
        self._journal.append(ev.RouteChosen(agent, job, sure, why, opening, playbook, by))

    async def _choice(
        self, router: Router, message: str, excluding: Collection[str] = frozenset()
    ) -> Choice | None:
        """What the router says to `message`; None where it gave no answer that can be used.

        Goes on from what is recorded already.
        """
        names = self._setting.definitions.names
        while True:
            frame = self._journal.state.router
            if frame.reply is None:
                await self._ask(router, message)
                continue
            if frame.reply.refusal is not None:
                return None
            text = "".join(str(block.get("text", "")) for block in frame.reply.content)
            try:
                return read_choice(text, names, excluding)
            except BadChoice as bad:
                if frame.rejections >= RETRIES:
                    return None
                told = bad.for_model()
                self._journal.append(ev.HandoffRejected(ROUTER_FRAME, bad.problems, told, None))

    async def _ask(self, router: Router, message: str) -> None:
        definitions, frame = self._setting.definitions, self._journal.state.router
        items: tuple[Item, ...] = tuple(frame.queue)
        if not frame.conversation.messages:
            items = (Text(message),)
        request = router_request(router.model, definitions.router_system, definitions.names)
        try:
            await self._turns.ask(frame, request, items)
        except ModelConfigError as error:
            raise about_router(error, router.model) from None

    async def _ask_back(self, question: str) -> None:
        if self._journal.state.question is None:
            self._journal.append(ev.QuestionAsked(ROUTER_FRAME, QUESTION, question))
        said = await self._setting.person.answer(briefing.ROUTER, question)
        if said is None:
            raise Waiting
        answer = self._setting.redactor.text(said)
        self._journal.append(ev.QuestionAnswered(ROUTER_FRAME, QUESTION, answer))
