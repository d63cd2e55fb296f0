"""What each agent's file claims: the words, phrases and name by which a request can mean it.

Built once for a catalogue. Turning the evidence into a decision is `rules`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from orchestrator.router.words import telling_words, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.agents.catalogue import AgentCatalogue

# BM25's usual constants: how fast a repeated word loses weight, how much a long text is damped.
_SATURATION = 1.2
_LENGTH_DAMPING = 0.5
_NAME_WEIGHT = 2.0
# What an agent's instructions mention says less than what its description claims; each word counts
# this often at most.
_INSTRUCTION_WEIGHT, _INSTRUCTION_MOST = 0.1, 3
# From this weight on a word says something about who is meant.
_TELLING = 0.8
# Another agent's word that something belongs here counts less than one's own description.
_REFERRED_WEIGHT = 0.5

_EXCLUSIONS = re.compile(r"\b(?:Not(?: for)?|NOT(?: FOR)?|Do not use for|Don't use for):")
_REFERRAL = re.compile(r"([^;.()]+)\(([^()]+)\)")
_LEAD = r"(?:use|ask|call|let|have|get|tell|via|agent|by|to|for|with)\s+(?:the\s+|our\s+|agent\s+)*"
_REFUSAL = re.compile(
    r"(?:\bnot|n't|\bwithout|\bexcept|\binstead of|\brather than|\bnever|\bbut no)\s+"
    r"(?:(?:use|using|ask|call|let|the|by|for|to|with|agent)\s+)*@?$"
)


@dataclass(frozen=True)
class Claims:
    """What one agent claims: the weight of each word it knows, and its trigger phrases as stems."""

    weights: Mapping[str, float]
    phrases: tuple[tuple[str, tuple[str, ...]], ...]
    name_words: tuple[str, ...]
    name: str

    @cached_property
    def mention(self) -> re.Pattern[str]:
        """How a person names the agent; few requests do, so it is made when one may."""
        return _mention(self.name)


@dataclass(frozen=True)
class Index:
    """The claims of all agents of a catalogue by name."""

    claims: Mapping[str, Claims]

    def named(self, request: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The agents that `request` calls by name, in its order, and those it does not want."""
        text = request.lower()
        wanted: list[tuple[int, str]] = []
        refused: list[str] = []
        for name, claims in self.claims.items():
            if not all(word in text for word in claims.name_words):
                continue
            places = [found.start("name") for found in claims.mention.finditer(text)]
            yes = [place for place in places if not _REFUSAL.search(text[:place][-60:])]
            if yes:
                wanted.append((yes[0], name))
            elif places:
                refused.append(name)
        return tuple(name for _, name in sorted(wanted)), tuple(sorted(refused))

    def hits(self, request: str) -> dict[str, tuple[str, ...]]:
        """The trigger phrases of each agent that `request` holds, word for word."""
        text = f" {' '.join(words(request))} "
        return {
            name: found
            for name, claims in self.claims.items()
            if (found := tuple(p for p, stems in claims.phrases if f" {' '.join(stems)} " in text))
        }

    def scores(self, terms: Mapping[str, float]) -> dict[str, float]:
        """How well each agent's words fit the weighted `terms`; no entry where nothing fits."""
        found: dict[str, float] = {}
        for name, claims in self.claims.items():
            score = sum(claims.weights.get(term, 0.0) * weight for term, weight in terms.items())
            if score > 0:
                found[name] = score
        return found

    def own(self, agent: str, terms: Iterable[str]) -> tuple[str, ...]:
        """Those of `terms` that speak for `agent`, and for nobody else as much; best first.

        Words of its name are none: they also stand where somebody only mentions it.
        """
        mine = self.claims[agent].weights
        name = frozenset(words(agent))
        rivals = [claims.weights for name, claims in self.claims.items() if name != agent]
        found = [
            term
            for term in terms
            if mine.get(term, 0.0) >= _TELLING
            and term not in name
            and mine[term] > max((other.get(term, 0.0) for other in rivals), default=0.0)
        ]
        return tuple(sorted(found, key=lambda term: (-mine[term], term)))


class _Told(NamedTuple):
    """What an agent's file says of whom it is for."""

    name: str
    description: str
    triggers: tuple[str, ...]
    prompt: str


def index_of(catalogue: AgentCatalogue) -> Index:
    """The index of `catalogue`, built at its first use; equal files have one."""
    return _index(tuple(_Told(a.name, a.description, a.triggers, a.prompt) for a in catalogue))


@lru_cache(maxsize=4)
def _index(agents: tuple[_Told, ...]) -> Index:
    counts: dict[str, dict[str, float]] = {agent.name: {} for agent in agents}
    for agent in agents:
        own, referred = _own_and_referred(agent.description)
        mine = counts[agent.name]
        _add(mine, telling_words(own), 1.0)
        _add(mine, telling_words(agent.name), _NAME_WEIGHT)
        _add(mine, (word for phrase in agent.triggers for word in telling_words(phrase)), 1.0)
        for word, times in Counter(telling_words(agent.prompt)).items():
            _add(mine, [word], _INSTRUCTION_WEIGHT * min(times, _INSTRUCTION_MOST))
        for text, other in referred:
            if other in counts and other != agent.name:
                _add(counts[other], telling_words(text), _REFERRED_WEIGHT)
    weights = _weights(counts)
    return Index(
        {
            agent.name: Claims(
                weights[agent.name],
                tuple((phrase, tuple(words(phrase))) for phrase in agent.triggers if words(phrase)),
                tuple(re.split(r"[\s_-]+", agent.name.lower())),
                agent.name.lower(),
            )
            for agent in agents
        }
    )


def _own_and_referred(description: str) -> tuple[str, list[tuple[str, str]]]:
    """What a description claims for its agent, and what it refers to others: "Not: x (other)"."""
    cut = _EXCLUSIONS.search(description)
    if cut is None:
        return description, []
    rest = description[cut.end() :]
    return description[: cut.start()], [(t, name.strip()) for t, name in _REFERRAL.findall(rest)]


def _add(counts: dict[str, float], terms: Iterable[str], weight: float) -> None:
    for term in terms:
        counts[term] = counts.get(term, 0.0) + weight


def _weights(counts: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """BM25 weight of each word for each agent: rare among agents is strong, repeated saturates."""
    spread: dict[str, float] = {}
    for terms in counts.values():
        for term, count in terms.items():
            # An agent that barely mentions a word is less than one that has it.
            spread[term] = spread.get(term, 0.0) + min(1.0, count)
    lengths = {name: sum(terms.values()) for name, terms in counts.items()}
    usual = sum(lengths.values()) / len(lengths) if lengths else 1
    found: dict[str, dict[str, float]] = {}
    for name, terms in counts.items():
        damping = 1 - _LENGTH_DAMPING + _LENGTH_DAMPING * lengths[name] / (usual or 1)
        found[name] = {
            term: math.log(1 + (len(counts) - spread[term] + 0.5) / (spread[term] + 0.5))
            * (count * (_SATURATION + 1) / (count + _SATURATION * damping))
            for term, count in terms.items()
        }
    return found


def _mention(name: str) -> re.Pattern[str]:
    """How a person names an agent: `@name`, a hyphenated name, "use the name", "name agent"."""
    exact = re.escape(name)
    loose = re.sub(r"(?:\\-|_|\\ |\s)+", r"[-_\\s]+", exact)
    ways = [rf"{_LEAD}{loose}", rf"(?<![\w/.-]){loose}\s+agent"]
    if "-" in name:
        ways.insert(0, rf"(?<![\w/.@-]){exact}")
    body = "|".join([rf"@{exact}", *ways])
    return re.compile(rf"(?P<name>(?:{body}))(?![\w-]|\.\w)")
