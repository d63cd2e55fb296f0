"""`# orc: ignore[T11] reason`: which findings a comment silences, and which comments are no good.

It stands on the line of the finding, on one of the lines of what is found, or alone on the line
above; at the first or the last line of a statement it speaks for all of it. Without a reason it
silences nothing; one that silences nothing is a finding itself, so that old ones do not hide new
faults.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from trading_tools.review.findings import Edit, Finding, Severity
from trading_tools.review.rule import Rule
from trading_tools.review.source import Source

REASONLESS: Final = "R03"
UNUSED: Final = "R04"
_MARK: Final = "orc:"
_COMMENT: Final = re.compile(r"#\s*orc:\s*ignore\b(?:\[([^\]]*)\])?[ \t:–-]*([^#].*)?")

_WITH_BODIES: Final = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar,
    ast.Match,
)  # fmt: skip


@dataclass(frozen=True)
class _Silence:
    line: int
    column: int
    alone: bool
    rules: tuple[str, ...]
    reason: str
    text: str


def silenced(
    source: Source, tree: ast.Module, found: Iterable[Finding], rules: Iterable[Rule]
) -> Iterator[Finding]:
    """The findings that no comment silences, and one for each comment that is no good."""
    if _MARK not in source.text or not _COMMENT.search(source.text):
        yield from found
        return
    comments = list(_comments(source))
    spans = _spans(tree) if comments else {}
    used: set[tuple[int, str]] = set()
    for finding in found:
        by = next((each for each in comments if _covers(source, each, finding, spans)), None)
        if by is None:
            yield finding
        else:
            used.add((by.line, finding.rule))
    known = {each.id for each in rules}
    for each in comments:
        yield from _complaints(source, each, used, known)


def _spans(tree: ast.Module) -> dict[int, tuple[int, int]]:
    """First and last line of each statement on several lines, by both.

    Of a function and a class these are its decorators and its head.
    """
    spans = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            spans.append((min(each.lineno for each in [*node.decorator_list, node]), node.lineno))
        elif isinstance(node, ast.stmt) and not isinstance(node, _WITH_BODIES):
            spans.append((node.lineno, node.end_lineno or node.lineno))
    return {line: each for each in spans if each[0] < each[1] for line in each}


def _covers(
    source: Source, silence: _Silence, finding: Finding, spans: Mapping[int, tuple[int, int]]
) -> bool:
    if not silence.reason or finding.rule not in silence.rules:
        return False
    below = _next_code(source, silence.line) if silence.alone else silence.line
    first, last = spans.get(below, (below, below))
    if silence.alone:
        first = below  # above the last line it speaks for that alone
    return finding.line <= silence.line <= finding.end_line or first <= finding.line <= last


def _next_code(source: Source, line: int) -> int:
    """The first line behind a comment that stands alone that is no comment itself."""
    at = line + 1
    while source.line(at).lstrip().startswith("#"):
        at += 1
    return at


def _complaints(
    source: Source, silence: _Silence, used: set[tuple[int, str]], known: set[str]
) -> Iterator[Finding]:
    where = silence.line
    if not silence.rules:
        what = "`orc: ignore` names no rule, and silences nothing"
        yield _finding(
            REASONLESS, source, silence, where, what, "write `# orc: ignore[T11] reason`"
        )
        return
    if not silence.reason:
        what = f"`orc: ignore[{','.join(silence.rules)}]` gives no reason, and silences nothing"
        yield _finding(REASONLESS, source, silence, where, what, "say behind it why this is right")
        return
    for rule in silence.rules:
        judged = rule in known or not re.fullmatch(r"T\d+", rule)
        if (silence.line, rule) not in used and judged:
            what = f"`orc: ignore[{rule}]` silences nothing here"
            alone = len(silence.rules) == 1
            yield _finding(UNUSED, source, silence, where, what, "take it away", removable=alone)


def _finding(
    rule: str,
    source: Source,
    silence: _Silence,
    line: int,
    what: str,
    fix: str,
    removable: bool = False,
) -> Finding:
    edits: tuple[Edit, ...] = ()
    if removable and not source.lines and not source.fragment:
        before = source.line(silence.line)[: silence.column]
        start = len(before.rstrip())
        edits = (Edit(silence.line, start, silence.line, silence.column + len(silence.text), ""),)
    why = "a silence without a reason, or of nothing, hides the next fault at this place"
    return Finding(
        rule, Severity.WARNING, source.path, line, line, what, why, fix,
        column=0 if source.lines else silence.column + 1,
        end_column=0 if source.lines else silence.column + 1 + len(silence.text),
        excerpt=source.line(silence.line), edits=edits,
    )  # fmt: skip


def _comments(source: Source) -> Iterator[_Silence]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT and _MARK in token.string:
                found = _COMMENT.search(token.string)
                if found is None:
                    continue
                named = tuple((found[1] or "").upper().replace(",", " ").split())
                line, column = token.start
                alone = not token.line[:column].strip()
                yield _Silence(line, column, alone, named, (found[2] or "").strip(), token.string)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return  # what parses and cannot be tokenised to its end has shown its comments so far
