"""The rule router: which agent takes a request and what kind of job it is, without a model.

Deterministic and able to say why. It is sure only where the request itself says who is meant;
everything else is a best guess that a router model may overrule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.router.cues import SETTLED
from orchestrator.router.index import index_of
from orchestrator.router.kinds import kind_of, parts_of
from orchestrator.router.words import as_written, telling_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.agents.catalogue import AgentCatalogue
    from orchestrator.router.cues import Kind
    from orchestrator.router.index import Index
    from orchestrator.router.kinds import KindGuess

# What is read of a long request, in characters: the demand stands before or after pasted data.
_READ_FIRST, _READ_LAST = 2_000, 1_000
_NAMED_SCORE = 100.0
_PHRASE_SCORE = 6.0
# A trigger phrase makes sure only if its agent leads the next by this factor.
_CLEAR_MARGIN = 1.5
# Words make sure where this many are one agent's own and it leads by so much and this factor.
_OWN_WORDS = 2
_CLEAR_LEAD = 3.0
_LEAD_MARGIN = 1.4
# What is said to be there and well is not what is wanted.
_SETTLED_WEIGHT = 0.3
# The kind of job counts a little: who checks for a living is better at checking.
_KIND_WORDS: Mapping[Kind, tuple[str, ...]] = {
    "validate": ("validator", "verdict", "check"),
    "review": ("reviewer", "auditor", "review"),
}
_KIND_WEIGHT = 0.5
# An agent that may not write is no builder, whatever words it shares with the request.
_WRITERS = frozenset({"str_replace_based_edit_tool", "edit", "write", "multiedit", "*"})
_CANNOT_BUILD = 0.25
# Nor is one that has no tool for it the one to act at a venue.
_ACTORS = frozenset({"place_order", "cancel_order", "cancel_all_orders", "*"})
_CANNOT_ACT = 0.25


@dataclass(frozen=True)
class Route:
    """Where a request goes.

    `agent` is None only where nothing of the request fits anybody. `sure` says that the request
    names its agent, uses a phrase that one agent alone claims, or has several words of its own and
    little of anybody else's. `ranking` holds every agent that fits at all, best first; scores
    compare within one route only. `why` is for a person to read.
    """

    agent: str | None
    kind: Kind
    sure: bool
    ranking: tuple[tuple[str, float], ...]
    why: str


def route(request: str, catalogue: AgentCatalogue) -> Route:
    """The agent and kind of job for `request`; never raises, and the same answer every time."""
    text = _ends(request)
    index = index_of(catalogue)
    guess = kind_of(text)
    terms = _terms(text)
    named, refused = index.named(text)
    hits = index.hits(text)
    scores = _scores(index, catalogue, guess.kind, terms)
    for name, phrases in hits.items():
        scores[name] = scores.get(name, 0.0) + _PHRASE_SCORE * len(phrases)
    for place, name in enumerate(named):
        scores[name] = scores.get(name, 0.0) + _NAMED_SCORE / (place + 1)
    for name in refused:
        scores.pop(name, None)
    ranking = tuple(
        (name, round(score, 3))
        for name, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    )
    agent = ranking[0][0] if ranking else None
    own = index.own(agent, [t for t, weight in terms.items() if weight == 1.0]) if agent else ()
    if agent is None:
        sure = False
    elif named:
        sure = named == (agent,)
    elif guess.kind == "validate" and not _checks(index, agent):
        sure = False
    elif hits:
        sure = _phrase_decides(agent, hits, ranking)
    else:
        sure = _words_decide(own, ranking)
    spoken = as_written(text)
    why = _why(agent, named, refused, hits, sure, tuple(spoken[term] for term in own), guess)
    return Route(agent, guess.kind, sure, ranking, why)


def _scores(
    index: Index, catalogue: AgentCatalogue, kind: Kind, terms: Mapping[str, float]
) -> dict[str, float]:
    """How well each agent's words fit the subject, and a little the kind of job."""
    scores = index.scores(terms)
    if not scores:
        return scores
    for name, score in index.scores(_kind_terms(kind)).items():
        scores[name] = scores.get(name, 0.0) + score
    if kind == "implement":
        for name in scores:
            if not _may_write(catalogue, name):
                scores[name] *= _CANNOT_BUILD
    if kind == "act":
        for name in scores:
            if not _may_act(catalogue, name):
                scores[name] *= _CANNOT_ACT
    return scores


def _checks(index: Index, agent: str) -> bool:
    """Whether `agent` is the one who checks for a living, where there is one.

    A verdict on another's subject is often wanted from the checker, in the words of the other.
    """
    checkers = index.scores(_kind_terms("validate"))
    return not checkers or checkers.get(agent, 0.0) >= max(checkers.values())


def _may_write(catalogue: AgentCatalogue, name: str) -> bool:
    agent = catalogue.get(name)
    return agent is None or agent.tools is None or any(t.lower() in _WRITERS for t in agent.tools)


def _may_act(catalogue: AgentCatalogue, name: str) -> bool:
    agent = catalogue.get(name)
    return agent is None or agent.tools is None or any(t.lower() in _ACTORS for t in agent.tools)


def _terms(text: str) -> dict[str, float]:
    """The telling words of `text` with their weights: less for those that only tell the setting."""
    found: dict[str, float] = {}
    for part in parts_of(text):
        weight = _SETTLED_WEIGHT if SETTLED.search(part.lower()) else 1.0
        for term in telling_words(part):
            found[term] = max(found.get(term, 0.0), weight)
    return found


def _ends(request: str) -> str:
    """What is read of a request, with its white space in order: long runs make patterns slow."""
    if len(request) > _READ_FIRST + _READ_LAST:
        request = f"{request[:_READ_FIRST]}\n{request[-_READ_LAST:]}"
    return "\n".join(" ".join(line.split()) for line in request.splitlines())


def _kind_terms(kind: Kind) -> dict[str, float]:
    return {
        stem: _KIND_WEIGHT for word in _KIND_WORDS.get(kind, ()) for stem in telling_words(word)
    }


def _phrase_decides(
    agent: str,
    hits: Mapping[str, tuple[str, ...]],
    ranking: tuple[tuple[str, float], ...],
) -> bool:
    """Whether one agent alone has trigger phrases here, and leads the others clearly."""
    return set(hits) == {agent} and _leads(ranking, _CLEAR_MARGIN)


def _leads(ranking: tuple[tuple[str, float], ...], margin: float) -> bool:
    return len(ranking) == 1 or ranking[0][1] >= margin * ranking[1][1]


def _words_decide(own: tuple[str, ...], ranking: tuple[tuple[str, float], ...]) -> bool:
    """Whether several words are the first agent's own, and it leads the others far."""
    ahead = ranking[0][1] - (ranking[1][1] if len(ranking) > 1 else 0.0)
    return len(own) >= _OWN_WORDS and ahead >= _CLEAR_LEAD and _leads(ranking, _LEAD_MARGIN)


def _why(
    agent: str | None,
    named: tuple[str, ...],
    refused: tuple[str, ...],
    hits: Mapping[str, tuple[str, ...]],
    sure: bool,
    own: tuple[str, ...],
    guess: KindGuess,
) -> str:
    parts: list[str] = []
    if agent is None:
        parts.append("no word of the request fits an agent")
    elif agent in named:
        parts.append(f"the request names {agent}")
    elif agent in hits:
        parts.append(f"{agent} claims the phrase " + ", ".join(map(repr, hits[agent])))
    else:
        words = ", ".join(own[:5]) or "the kind of job"
        how = f"{agent} and nobody else goes by" if sure else f"best guess: {agent} fits by"
        parts.append(f"{how} {words}")
    if refused:
        parts.append(f"not wanted: {', '.join(refused)}")
    cues = ", ".join(map(repr, guess.cues[:3]))
    parts.append(f"{guess.kind} by {cues}" if cues else f"{guess.kind} for want of any cue")
    return "; ".join(parts)
