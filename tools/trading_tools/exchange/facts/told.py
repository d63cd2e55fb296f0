"""A venue's facts as they are told: one line each, with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from trading_tools.exchange.errors import Unsupported
from trading_tools.exchange.facts.book import facts_of
from trading_tools.exchange.facts.model import (
    ClientId,
    Fee,
    Filter,
    Limit,
    Quirk,
    Refusal,
    VenueFacts,
)

Topic = Literal["limits", "fees", "rules"]
"""Limits with how a venue refuses; fees; rules of orders (client ids, filters) with quirks."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One fact. `basis` is the document and the day it was read, or why it is not verified."""

    text: str
    basis: str
    verified: bool


@dataclass(frozen=True, kw_only=True)
class ToldFacts:
    """What is listed of a venue; a topic that was not asked for is empty."""

    venue: str
    name: str
    products: str
    limits: tuple[Told, ...]
    refusals: tuple[Told, ...]
    fees: tuple[Told, ...]
    client_id: tuple[Told, ...]
    filters: tuple[Told, ...]
    quirks: tuple[Told, ...]


def told_facts(name: str, about: Topic | None = None, tier: int | None = None) -> ToldFacts:
    """What is listed of the venue that `name` means: all, or what is `about` one thing.

    With a `tier`, by the venue's own number, only the fees of that one.

    Raises:
        UnknownVenue: it is gone, or not listed.
        Unsupported: no fees of this tier are listed.
    """
    venue, facts = facts_of(name)
    fees = [fee for fee in facts.fees if tier is None or fee.level == tier]
    if not fees:
        levels = ", ".join(str(level) for level in sorted({fee.level for fee in facts.fees}))
        raise Unsupported(
            f"no fees of tier {tier} are listed of {venue}, only of {levels}; "
            "what an account pays its venue says, with its key"
        )

    def told(topic: Topic, found: Iterable[_Shown]) -> tuple[Told, ...]:
        return tuple(_told(facts, one) for one in found) if about in {None, topic} else ()

    return ToldFacts(
        venue=venue,
        name=facts.name,
        products=facts.products,
        limits=told("limits", facts.limits.values()),
        refusals=told("limits", facts.refusals),
        fees=told("fees", fees),
        client_id=told("rules", (facts.client_id,)),
        filters=told("rules", facts.filters),
        quirks=told("rules", facts.quirks),
    )


_Shown = Limit | Refusal | Fee | ClientId | Filter | Quirk


def _told(facts: VenueFacts, fact: _Shown) -> Told:
    document = facts.documents[fact.source]
    basis = document.shown
    if fact.unverified:
        basis = f"not verified ({fact.note or 'from memory'}); see {document.url}"
    elif fact.note:
        basis = f"{basis}; {fact.note}"
    return Told(text=fact.shown, basis=basis, verified=not fact.unverified)
