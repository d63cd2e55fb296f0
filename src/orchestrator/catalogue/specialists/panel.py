"""A review by specialists: each in a run of its own, all at once, under one record.

What a review records itself is `record`; all else is in the members' runs. So a review that was
killed goes on from there, and neither a reply nor a check is paid for twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.catalogue.acceptance.claims import answer_of
from orchestrator.catalogue.sessions import (
    House,
    Session,
    begin,
    limits_of,
    open_session,
    take_up,
)
from orchestrator.catalogue.specialists.asking import Piece, material, readable
from orchestrator.catalogue.specialists.confirming import prove
from orchestrator.catalogue.specialists.record import CHECKED, CLOSED, OPENED, Review
from orchestrator.catalogue.specialists.telling import Desk
from orchestrator.catalogue.tools import all_tools
from orchestrator.models.port import ModelConfigError
from orchestrator.run.definitions import ASK_USER
from orchestrator.run.journal import Journal
from orchestrator.run.ownership import owning_everywhere
from orchestrator.run.report import DONE, status_of
from orchestrator.run.spending import cost_text
from orchestrator.run.state import State
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import require_unaltered
from trading_tools.exchange.market_data import MarketData
from trading_tools.review.findings import Finding
from trading_tools.review.panel import Member, Panel, Voice
from trading_tools.review.weighing import weigh, why_rejected

KIND: Final = "claims"

TOOLS: Final = (
    "glob",
    "grep",
    "list_files",
    "read_receipt",
    "review_code",
    "check_component",
)
"""All that a reviewer may be granted: reading, and sealed checks. What it reads may be hostile."""


@dataclass(frozen=True)
class Outcome:
    """What a review came to: findings in order, in how many files, and who was asked."""

    findings: tuple[Finding, ...]
    files: int
    panel: Panel


async def begin_review(
    house: House,
    name: str,
    agents: Sequence[str],
    pieces: Sequence[Piece],
    found: Sequence[Finding],
    *,
    files: int,
    staged: bool,
    model: str | None,
) -> Outcome:
    """Give the pieces to the agents and weigh what they answer.

    Raises:
        ModelConfigError: a person must mend key, credit or model; the review can be taken up.
    """
    clean = _clean(house)
    pieces = [
        replace(each, text=clean(each.text), before=each.before and clean(each.before))
        for each in pieces
    ]
    asked = material(pieces, found, staged=staged)
    runs = [(agent, f"{name}-{agent}") for agent in agents]
    with ExitStack() as held:
        held.enter_context(owning_everywhere(house.state_dir, name, house.ledger))
        sessions = []
        tools = {each: all_tools()[each] for each in TOOLS}
        for agent, run in runs:
            own = _house_of(house, agent, len(runs))
            opened = open_session(own, run, agent=agent, model=model, tools=tools)
            sessions.append(held.enter_context(opened))
            begin(opened, own, asked.request, agent, model, KIND)
        body = {
            "pieces": [each.body() for each in pieces],
            "found": house.redactor().value([asdict(each) for each in found]),
            "files": files,
            "members": [{"agent": agent, "run": run} for agent, run in runs],
            "unshown": list(asked.unshown),
        }
        house.ledger.append(name, OPENED, body, expected_seq=0)
        await _drive(sessions)
        return await _close(house, Review.read(house.ledger, name))


async def resume_review(house: House, name: str, *, raised: bool) -> Outcome:
    """Go on with a review from where its record ends.

    `raised`: members go on under the limits of today's settings, and not those they began with.

    Raises:
        NoReview: the ledger has none of this name.
        Altered: the ledger's record of it was changed.
        ModelConfigError: a person must mend key, credit or model; the review can be taken up.
    """
    require_unaltered(house.ledger, name)
    review = Review.read(house.ledger, name)
    with ExitStack() as held:
        held.enter_context(owning_everywhere(house.state_dir, name, house.ledger))
        sessions = []
        for agent, run in review.members:
            if not _may_go_on(Journal(house.ledger, run).state):
                continue
            own = _house_of(house, agent, len(review.members))
            session = held.enter_context(take_up(own, run))
            session.take(limits_of(own.settings) if raised else None)
            sessions.append(session)
        await _drive(sessions)
        return await _close(house, Review.read(house.ledger, name))


def outcome_of(ledger: Ledger, review: Review) -> Outcome:
    """What a review came to, from its record and its members' runs."""
    states = {run: Journal(ledger, run).state for _, run in review.members}
    voices = _voices(review, states)
    texts = {each.shown: each.text for each in review.pieces}
    findings, rejected = weigh(voices, texts, review.found, review.checked)
    members = tuple(
        _member(agent, run, states[run], sum(1 for each in voices if each.agent == agent))
        for agent, run in review.members
    )
    panel = Panel(review.name, members, tuple(rejected), review.unshown)
    return Outcome(tuple(findings), review.files, panel)


def _clean(house: House) -> Callable[[str], str]:
    """What makes a file's text fit to be shown and recorded."""
    without_secrets = house.redactor().text
    return lambda text: without_secrets(readable(text))


def _house_of(house: House, agent: str, members: int) -> House:
    """What a member works with: itself alone, and its part of what the whole review may cost."""
    own = house.agents.agents[agent]
    alone = replace(own, disallowed_tools=(*own.disallowed_tools, ASK_USER))
    limits = house.settings.limits
    share = (Decimal(limits.usd) / members).quantize(Decimal("0.0001"), ROUND_DOWN)
    settings = house.settings.model_copy(
        update={"limits": limits.model_copy(update={"usd": share})}
    )
    return replace(
        house,
        settings=settings,
        agents=AgentCatalogue.of([alone]),
        playbooks=(),
        market_data=MarketData(),
    )


async def _drive(sessions: Sequence[Session]) -> None:
    """All at once; one whose model cannot be reached does not stop the others."""
    ended = await asyncio.gather(*(each.drive() for each in sessions), return_exceptions=True)
    failures = [each for each in ended if isinstance(each, BaseException)]
    for failure in sorted(failures, key=lambda each: isinstance(each, ModelConfigError)):
        raise failure


async def _close(house: House, review: Review) -> Outcome:
    """Make the proofs that claims propose, and record what came of the review."""
    states = {run: Journal(house.ledger, run).state for _, run in review.members}
    texts = {each.shown: each.text for each in review.pieces}
    standing = [
        each.claim for each in _voices(review, states) if why_rejected(each.claim, texts) is None
    ]
    desk = Desk(
        project=house.project,
        scratch=house.state_dir / "review",
        settings=house.verify_settings(),
        environ=house.environ,
        clean=_clean(house),
    )
    checked = dict(review.checked)
    for claim in standing:
        for name in claim.proofs:
            if name in checked:
                continue
            came = await prove(name, claim, review.pieces, desk, made=len(checked))
            checked[name] = came
            body = {"check": name, "broken": came.broken, "detail": came.detail}
            house.ledger.append(review.name, CHECKED, house.redactor().value(body))
    outcome = outcome_of(house.ledger, Review.read(house.ledger, review.name))
    if not review.closed and not any(_may_go_on(state) for state in states.values()):
        house.ledger.append(review.name, CLOSED, _told(outcome))
        house.ledger.close_stream(review.name)
    return outcome


def _may_go_on(state: State) -> bool:
    return state.closed is None or state.closed.resumable


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "findings": len(outcome.findings),
        "confirmed": sum(1 for each in outcome.findings if each.confirmed),
        "rejected": len(outcome.panel.rejected),
        "members": [
            {"agent": each.agent, "run": each.run, "status": each.status}
            for each in outcome.panel.members
        ],
    }


def _voices(review: Review, states: Mapping[str, State]) -> list[Voice]:
    """Every claim of every member that gave its answer, its path as people see it."""
    shown = {each.path: each.shown for each in review.pieces}
    voices = []
    for agent, run in review.members:
        state = states[run]
        if state.closed is None or state.closed.status not in DONE or not state.chain:
            continue
        for claim in answer_of(state.chain[-1].handoff).findings:
            path = claim.path.removeprefix("/workspace/")
            voices.append(Voice(agent, claim.model_copy(update={"path": shown.get(path, path)})))
    return voices


def _member(agent: str, run: str, state: State, claims: int) -> Member:
    status = status_of(state)
    closed = state.closed
    return Member(
        agent=agent,
        run=run,
        status=status,
        detail=closed.result if closed and status not in DONE else "",
        claims=claims,
        model_calls=state.spend.model_calls,
        cost_usd=cost_text(state.spend),
    )
