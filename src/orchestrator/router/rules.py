"""The rule router: which agent takes a request and what kind of job it is, without a model.

Deterministic and able to say why. It is sure only where the request itself says who is meant;
everything else is a best guess that a router model may overrule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.router.index import index_of
from orchestrator.router.kinds import kind_of, opening_verb
from orchestrator.router.words import as_written, telling_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.agents.catalogue import AgentCatalogue
    from orchestrator.router.cues import Kind
    from orchestrator.router.index import Index
    from orchestrator.router.kinds import KindGuess

# What is read of a long request, in characters: the demand stands before or after pasted data.
_READ_FIRST, _READ_LAST = 3_000, 1_000
_NAMED_SCORE = 100.0
_PHRASE_SCORE = 6.0
# A trigger phrase makes sure only if its agent leads the next by this factor.
_CLEAR_MARGIN = 1.5
# The verb of one agent's trade makes sure with this many of its trigger words and this lead.
_TRADE_WORDS = 2
_TRADE_MARGIN = 4.0
# The kind of job counts a little: who checks for a living is better at checking.
_KIND_WORDS: Mapping[Kind, tuple[str, ...]] = {
    "validate": ("validator", "verdict", "check"),
    "review": ("reviewer", "auditor", "review"),
}
_KIND_WEIGHT = 0.5
# An agent that may not write is no builder, whatever words it shares with the request.
_WRITERS = frozenset({"str_replace_based_edit_tool", "edit", "write", "multiedit", "*"})
_CANNOT_BUILD = 0.25


@dataclass(frozen=True)
class Route:
    """Where a request goes.

    `agent` is None only where nothing of the request fits anybody. `sure` says that the request
    names its agent, uses a phrase that one agent alone claims, or opens with the verb and holds the
    words of such phrases. `ranking` holds every agent that
    fits at all, best first; scores compare within one route only. `why` is for a person to read.
    """

    agent: str | None
    kind: Kind
    sure: bool
    ranking: tuple[tuple[str, float], ...]
    why: str

    def as_json(self) -> dict[str, Any]:
        """The shape that `orc route` prints."""
        return {
            "agent": self.agent,
            "kind": self.kind,
            "sure": self.sure,
            "ranking": [{"agent": agent, "score": score} for agent, score in self.ranking],
            "why": self.why,
        }


def route(request: str, catalogue: AgentCatalogue) -> Route:
    """The agent and kind of job for `request`; never raises, and the same answer every time."""
    text = _ends(request)
    index = index_of(catalogue)
    guess = kind_of(text)
    terms = dict.fromkeys(telling_words(text), 1.0)
    scores = index.scores(terms)
    if scores:
        extra = index.scores(_kind_terms(guess.kind))
        for name, score in extra.items():
            scores[name] = scores.get(name, 0.0) + score
    if guess.kind == "implement":
        for name in scores:
            if not _may_write(catalogue, name):
                scores[name] *= _CANNOT_BUILD
    hits = index.hits(text)
    for name, phrases in hits.items():
        scores[name] = scores.get(name, 0.0) + _PHRASE_SCORE * len(phrases)
    named, refused = index.named(text)
    for place, name in enumerate(named):
        scores[name] = scores.get(name, 0.0) + _NAMED_SCORE / (place + 1)
    for name in refused:
        scores.pop(name, None)
    ranking = tuple(
        (name, round(score, 3))
        for name, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    )
    agent = ranking[0][0] if ranking else None
    trade = _trade(text, index, terms, ranking) if not named and not hits else ()
    sure = agent is not None and (
        named == (agent,) or bool(trade) or _phrase_decides(agent, hits, ranking)
    )
    spoken = {stem: word for stem, word in as_written(text).items() if stem in terms}
    why = _why(agent, named, refused, hits, trade, index, spoken, guess)
    return Route(agent, guess.kind, sure, ranking, why)


def _may_write(catalogue: AgentCatalogue, name: str) -> bool:
    agent = catalogue.get(name)
    return agent is None or agent.tools is None or any(t.lower() in _WRITERS for t in agent.tools)


def _ends(request: str) -> str:
    if len(request) <= _READ_FIRST + _READ_LAST:
        return request
    return f"{request[:_READ_FIRST]}\n{request[-_READ_LAST:]}"


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


def _trade(
    text: str,
    index: Index,
    terms: Mapping[str, float],
    ranking: tuple[tuple[str, float], ...],
) -> tuple[str, ...]:
    """The verb that opens the request and the words by which both mean the first of `ranking`."""
    verb = opening_verb(text)
    found = index.trade(verb, terms) if verb and ranking else None
    if not verb or found is None or found[0] != ranking[0][0]:
        return ()
    if len(found[1]) < _TRADE_WORDS or not _leads(ranking, _TRADE_MARGIN):
        return ()
    return (verb, *found[1])


def _why(
    agent: str | None,
    named: tuple[str, ...],
    refused: tuple[str, ...],
    hits: Mapping[str, tuple[str, ...]],
    trade: tuple[str, ...],
    index: Index,
    spoken: Mapping[str, str],
    guess: KindGuess,
) -> str:
    parts: list[str] = []
    if agent is None:
        parts.append("no word of the request fits an agent")
    elif agent in named:
        parts.append(f"the request names {agent}")
    elif agent in hits:
        parts.append(f"{agent} claims the phrase " + ", ".join(map(repr, hits[agent])))
    elif trade:
        parts.append(f"to {trade[0]} {', '.join(trade[1:])} is the trade of {agent}")
    else:
        weights = index.claims[agent].weights
        known = sorted((t for t in spoken if t in weights), key=lambda t: (-weights[t], t))
        words = ", ".join(spoken[stem] for stem in known[:4]) or "the kind of job"
        parts.append(f"best guess: {agent} fits by {words}")
    if refused:
        parts.append(f"not wanted: {', '.join(refused)}")
    cues = ", ".join(map(repr, guess.cues[:3]))
    parts.append(f"{guess.kind} by {cues}" if cues else f"{guess.kind} for want of any cue")
    return "; ".join(parts)
