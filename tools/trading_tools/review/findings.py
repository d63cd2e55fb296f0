"""What a review says: a finding, its severity, and the edit that would mend it.

How findings are made is `engine`; how they are told is `reports`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class Severity(StrEnum):
    """How much a finding matters: an error loses money, a warning may, a note is advice."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Edit:
    """Text to put in the place of a range; lines from 1, columns from 0 in characters."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    `line` to `end_line` count from 1 in the file as it is on disk, `column` from 1 (0: unknown).
    `why` says what goes wrong in reality, `fix` what to do, `link` where it happened. `context` is
    the function it stands in, and `excerpt` its line of source; both are what it is known by
    after the file has changed elsewhere. `edits` mend it where that can be done soundly.

    Where more than rules were asked, `sources` are all who say it, `also` what others of them said,
    and `standing` what confirms it or why nothing does; `confirmed` is that as yes or no.
    """

    rule: str
    severity: Severity
    path: str
    line: int
    end_line: int
    message: str
    why: str = ""
    fix: str = ""
    column: int = 0
    end_column: int = 0
    link: str = ""
    context: str = ""
    excerpt: str = ""
    edits: tuple[Edit, ...] = ()
    sources: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    standing: str = ""
    confirmed: bool = True

    @property
    def attribution(self) -> str:
        """Who says it and how it stands; "" where a rule alone does, which its id says already."""
        alone = self.sources in {(), (f"rule {self.rule}",)}
        return "" if alone else f"{', '.join(self.sources)}; {self.standing}"

    @property
    def fingerprint(self) -> str:
        """The same for the same fault after lines above it came or went."""
        known_by = "\0".join((self.rule, self.path, self.context, " ".join(self.excerpt.split())))
        return sha256(known_by.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Findings are told by file, then by place."""
        return self.path, self.line, self.column, self.rule
