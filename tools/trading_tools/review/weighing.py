"""What reviewers' claims are worth: evidence looked up, duplicates merged, confirmation told.

Pure: the reviewed texts, the rules' findings and what proofs came to are given. A claim is a
finding only where its quotation stands at its line, whatever else speaks for it. It is confirmed
only by what the harness saw itself: a rule that found the same, a check that broke, a test that
told the change from what was before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from trading_tools.review.claims import Claim
from trading_tools.review.findings import Finding, Severity
from trading_tools.review.panel import RULES, Checked, Rejected, Voice

_LEAST_QUOTED: Final = 4
_ALIKE: Final = 0.25
"""The share of the fewer words that two texts about one fault have in common."""

_WORD: Final = re.compile(r"[A-Za-z_]{4,}")
_SAY_NOTHING: Final = frozenset(
    _WORD.findall(
        "also each from have into more only other over same than that them then there they this "
        "what when where which while will with without would"
    )
)


def weigh(
    voices: Sequence[Voice],
    texts: Mapping[str, str],
    found: Sequence[Finding],
    checks: Mapping[str, Checked],
) -> tuple[list[Finding], list[Rejected]]:
    """The rules' findings and the claims as findings, in order, and what was rejected.

    `texts` are the reviewed files by the path that claims name, `found` is what rules found, and
    `checks` what proposed proofs came to, by their names.
    """
    rejected = []
    kept = []
    for voice in voices:
        reason = why_rejected(voice.claim, texts)
        if reason is None:
            kept.append(voice)
        else:
            rejected.append(Rejected(voice.agent, voice.claim, reason))
    of_rules = [
        replace(each, sources=(f"rule {each.rule}",), standing=f"confirmed by rule {each.rule}")
        for each in found
    ]
    own: list[list[Voice]] = []
    for voice in kept:
        at = _same_finding(voice.claim, of_rules)
        if at is not None:
            of_rules[at] = _joined(of_rules[at], voice)
            continue
        group = next((each for each in own if _same_claim(voice, each)), None)
        if group is None:
            own.append([voice])
        else:
            group.append(voice)
    merged = [*of_rules, *(_finding(each, texts, checks) for each in own)]
    return sorted(merged, key=lambda each: each.order), rejected


def why_rejected(claim: Claim, texts: Mapping[str, str]) -> str | None:
    """What of a claim's place does not exist; None where all of it does."""
    text = texts.get(claim.path)
    if text is None:
        return f"{claim.path} is not among the reviewed files"
    lines = text.split("\n")
    quoted = [each.strip() for each in claim.quotation.strip("\n").split("\n")]
    if claim.line > len(lines):
        return f"{claim.path} has {len(lines)} lines, and no line {claim.line}"
    if len(quoted[0]) < _LEAST_QUOTED and quoted[0] != lines[claim.line - 1].strip():
        return f"the quotation {quoted[0]!r} is too short to show anything"
    if _stands(quoted, lines, claim.line):
        return None
    elsewhere = [at for at in range(1, len(lines) + 1) if _stands(quoted, lines, at)]
    if elsewhere:
        listed = ", ".join(map(str, elsewhere[:3]))
        return f"the quotation stands at line {listed} and not at line {claim.line}"
    return f"the quotation does not stand in {claim.path}"


def _stands(quoted: Sequence[str], lines: Sequence[str], line: int) -> bool:
    """Whether the quoted lines stand from `line` on; indentation does not count."""
    there = [each.strip() for each in lines[line - 1 : line - 1 + len(quoted)]]
    if len(there) < len(quoted):
        return False
    if len(quoted) == 1:
        return quoted[0] in there[0]
    middle = all(said == is_ for said, is_ in zip(quoted[1:-1], there[1:-1], strict=True))
    return middle and there[0].endswith(quoted[0]) and there[-1].startswith(quoted[-1])


def _same_finding(claim: Claim, found: Sequence[Finding]) -> int | None:
    """Which of the rules' findings is the same fault: the one it names, else one in like words.

    The place alone does not make them one: that would confirm a claim by the fault beside it.
    """
    near = [
        at
        for at, each in enumerate(found)
        if each.path == claim.path and claim.line <= each.end_line and each.line <= claim.end_line
    ]
    for at in near:
        if found[at].rule == claim.rule:
            return at
    for at in near:
        if claim.rule is None and _alike(claim, found[at]):
            return at
    return None


def _same_claim(voice: Voice, group: Sequence[Voice]) -> bool:
    """Whether others said it already: at the same lines, of the same topic or in like words."""
    first = group[0].claim
    claim = voice.claim
    if any(each.agent == voice.agent for each in group) or first.path != claim.path:
        return False
    if claim.line > first.end_line or first.line > claim.end_line:
        return False
    return claim.topic == first.topic or _alike(claim, first)


def _alike(one: Claim | Finding, other: Claim | Finding) -> bool:
    first, second = _words(one), _words(other)
    return len(first & second) >= _ALIKE * min(len(first), len(second)) > 0


def _words(said: Claim | Finding) -> set[str]:
    """What it is told in, the fix too: one fault is mended by one text."""
    told = _WORD.findall(f"{said.message} {said.why} {said.fix}")
    return {each.lower() for each in told} - _SAY_NOTHING


def _joined(finding: Finding, voice: Voice) -> Finding:
    return replace(
        finding,
        sources=_with(finding.sources, voice.agent),
        also=(*finding.also, f"{voice.agent}: {voice.claim.message}"),
    )


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _finding(
    group: Sequence[Voice], texts: Mapping[str, str], checks: Mapping[str, Checked]
) -> Finding:
    """One finding of claims that are the same; the worst of them speaks."""
    spoken = sorted(group, key=lambda each: Severity(each.claim.severity).rank)
    claim = spoken[0].claim
    line = texts[claim.path].split("\n")[claim.line - 1]
    quoted = claim.quotation.strip("\n").split("\n")[0].strip()
    column = line.find(quoted) + 1
    confirmed, standing = _standing([each.claim for each in spoken], checks)
    return Finding(
        rule=RULES[claim.topic],
        severity=Severity(claim.severity),
        path=claim.path,
        line=claim.line,
        end_line=claim.end_line,
        message=_sentence(claim.message),
        why=claim.why,
        fix=_sentence(claim.fix),
        column=column,
        end_column=column + len(quoted) if claim.line == claim.end_line else 0,
        excerpt=line.rstrip("\r"),
        sources=tuple(each.agent for each in spoken),
        also=tuple(f"{each.agent}: {each.claim.message}" for each in spoken[1:]),
        standing=standing,
        confirmed=confirmed,
    )


def _sentence(text: str) -> str:
    """Findings' messages and fixes carry no full stop."""
    return " ".join(text.split()).removesuffix(".")


def _standing(claims: Iterable[Claim], checks: Mapping[str, Checked]) -> tuple[bool, str]:
    """Whether a proof confirms it, and how it stands in words."""
    tried = []
    for name in dict.fromkeys(name for claim in claims for name in claim.proofs):
        came = checks.get(name)
        if came is None:
            continue
        if came.broken:
            return True, f"confirmed by {name}: {came.detail}"
        tried.append(f"{name}: {came.detail}")
    return False, f"not confirmed: {'; '.join(tried)}" if tried else "not confirmed"
