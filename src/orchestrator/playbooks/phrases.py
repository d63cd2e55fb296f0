"""Phrases in which `a|b` are choices and `a?` may be left out, found in a request's tokens.

Each word of a phrase takes one token at most, so that finding one costs its length and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from orchestrator.playbooks.tokens import Token

_PIECE = re.compile(r"\S+")

VALUE = "#"
"""Stands in a phrase for the value that it names."""
CONNECTORS = frozenset(_PIECE.findall("is = : of at are ~ about with was being equals equal - –"))
MOST_CONNECTORS = 2
LINKS = frozenset(_PIECE.findall("is = : of about ~ per a an each every at"))
"""What may stand between a value and the word that makes something else of it."""

FILLER = frozenset(
    _PIECE.findall(
        """
        a an the is are am be my me we us our i you it its this that these those of for in on at to
        by with and as from then than so if when given giving please pls kindly can could would
        should will shall do does did has have had want need like let let's lets what what's whats
        which how much many who there here hi hello hey thanks thank ok okay just now also too
        about into per i'd i'm we're it's that's out
        """
    )
)
"""Words that carry no task of their own. No negation and no word for doing something is among
them: such a word makes a request mean more than a recipe knows."""
MARKS = frozenset(",.;:?!()–—~=")


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a phrase: the words that fit it, and whether it may be left out."""

    words: frozenset[str]
    optional: bool = False


Elements = tuple[Element, ...]


@lru_cache(maxsize=4096)
def compiled(phrase: str) -> Elements:
    """The elements of a phrase; words that a request ties by `-` or `/` count as two here too."""
    elements = []
    for part in phrase.lower().split():
        optional = part.endswith("?") and len(part) > 1
        bare = part[:-1] if optional else part
        elements.append(Element(frozenset(bare.split("|")), optional))
    return tuple(elements)


def ends(elements: Elements, tokens: tuple[Token, ...], start: int) -> set[int]:
    """Where the phrase may end if it starts at token `start`; empty where it does not."""
    places = {start}
    for element in elements:
        following = {
            at + 1
            for at in places
            if at < len(tokens) and (tokens[at].word or tokens[at].raw) in element.words
        }
        places = following | places if element.optional else following
        if not places:
            return places
    return places - {start}


def holds_any(phrases: Iterable[str], tokens: tuple[Token, ...]) -> bool:
    """Whether one of the phrases stands anywhere among the tokens."""
    elements = [compiled(phrase) for phrase in phrases]
    return any(ends(one, tokens, at) for one in elements for at in range(len(tokens)))


def halves(phrase: str) -> Iterator[tuple[Elements, Elements]]:
    """What stands before and after the value; a phrase without its place may stand on each side."""
    elements = compiled(phrase)
    at = next((n for n, element in enumerate(elements) if VALUE in element.words), None)
    if at is not None:
        yield elements[:at], elements[at + 1 :]
    else:
        yield elements, ()
        yield (), elements


def after_connectors(tokens: tuple[Token, ...], at: int) -> Iterator[int]:
    """Places at which a value may stand that a name before `at` names."""
    yield at
    for _ in range(MOST_CONNECTORS):
        if at >= len(tokens) or (tokens[at].word or tokens[at].raw) not in CONNECTORS:
            return
        at += 1
        yield at
