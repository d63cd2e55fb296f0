"""Words of a request and of agent descriptions, in a form in which they can be compared.

No scoring here: which agent a word speaks for is `index`.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[a-z0-9]+")

# Words that say nothing about a subject. Also those that any request or description may hold.
_EMPTY = frozenset(
    _WORD.findall(
        """
    a about above after again agent agents all already also always am an and any anybody anyone
    anything are as assistant at be because been before being below both but by can cannot
    context could did do does doing done down each either else ever every everything example
    examples expert few for from further get gets give given go goes going got had has have
    having he hello help her here hers hi him his how i if in instead into is it its itself just
    keep let like lot made make makes many may maybe me might more most much must my myself need
    needs never new no nobody nor not nothing now of off often on once one only or other others
    ought our ours out over own per perhaps please pls put rather really same say see several
    shall she should since so some somebody someone something specialised specialist specialized
    still such take tell than thank thanks that the their theirs them then there these they
    thing things this those through to too two under until up upon us use used user uses using
    very want wants was way we well were what whatever when where whether which while who whom
    whose why will with within without would yes yet you your yours yourself
    """
    )
)
_ENDINGS = (
    "ations",
    "ation",
    "ings",
    "ing",
    "edly",
    "ed",
    "ers",
    "ies",
    "es",
    "er",
    "ly",
    "s",
    "e",
)


def words(text: str) -> list[str]:
    """The stems of all words of `text` in order, empty words included."""
    return [stem(word) for word in _WORD.findall(text.lower())]


def telling_words(text: str) -> list[str]:
    """The stems of the words of `text` that can tell one subject from another."""
    return [stem(word) for word in _WORD.findall(text.lower()) if _tells(word)]


def as_written(text: str) -> dict[str, str]:
    """Stem to the first word of `text` that has it, for telling people."""
    found: dict[str, str] = {}
    for word in _WORD.findall(text.lower()):
        found.setdefault(stem(word), word)
    return found


def _tells(word: str) -> bool:
    return word not in _EMPTY and len(word) > 1 and not word.isdigit()


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """`word` without its grammatical ending: crude, but the same for request and description."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            bare = word[: -len(ending)]
            if ending == "ies":
                return bare + "y"
            doubled = bare[-1] == bare[-2] and bare[-1] not in "aeiousl"
            return bare[:-1] if doubled and ending in ("ing", "ings", "ed", "er", "ers") else bare
    return word
