"""Whether a validation's verdict rests on a validator's receipt, and does not contradict it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from orchestrator.catalogue import risk
from orchestrator.run.claims import cited_receipts
from orchestrator.run.parts import Receipt
from orchestrator.run.recorded import numbers
from orchestrator.run.setting import Case, Finding
from trading_tools.money import MoneyError, from_json

CHECK = "verdict"

VALIDATE_SIZING = "validate_sizing"
VALIDATORS = frozenset({tool.name for tool in risk.TOOLS} | {"run_checks"})
"""Tools whose result can carry a verdict; a test run in a shell can too."""

_RUNNERS = frozenset({"pytest", "py.test", "tox", "nox", "ctest", "jest", "vitest", "hypothesis"})
_WITH_TEST = frozenset({"make", "npm", "pnpm", "yarn", "go", "cargo", "mvn", "gradle", "dotnet"})
_RUNS_NOTHING = frozenset(
    {"--version", "-V", "--help", "-h", "--collect-only", "--co", "--dry-run"}
)
_DID_NOT_RUN = frozenset({4, 5, 126, 127})
"""Exit codes of pytest that found no tests or no sense, and of a shell that found no command."""

_NO_FAULT = re.compile(
    r"\b(?:no|not|nothing|never|without|neither|n't|free of)\s+(?:\w+\s+){0,2}?"
    r"(?:wrong|errors?|mistakes?|incorrect|invalid|issues?|problems?|faults?|flaws?|unsafe)\b",
    re.IGNORECASE,
)
_BAD = re.compile(
    r"\b(?:incorrect(?:ly)?|wrong(?:ly)?|invalid|inaccurate|erroneous|mistaken|flawed|unsound|unsafe"
    r"|overstate[sd]?|understate[sd]?|inconsistent|refuted|contradict\w*|"
    r"too (?:large|big|high|small|low|aggressive)|oversized|over-?sized"
    r"|(?:is|are|was|do|does|did|must|should|can|could|would)(?:\s+not|n't)\s+(?:\w+\s+){0,2}?"
    r"(?:correct|right|valid|hold|follow|match|check out|add up|agree|safe|sound|accurate"
    r"|consistent|accepted|approved|pass)"
    r"|not (?:correct|right|valid|accurate|safe|sound|consistent)|fails? (?:the )?validation"
    r"|should (?:be|read|have been)|mistakes?|errors?|bug)\b",
    re.IGNORECASE,
)
_GOOD = re.compile(
    r"(?<!the )(?<!a )(?<!an )\b(?:correct(?:ly)?|right(?! now)|valid|holds?|checks out|confirmed"
    r"|consistent|matches|match|sound|accurate|approved|accepted|passes|agrees?|follows)\b"
    r"(?! (?:value|fraction|size|figure|number|answer|formula|result|one|amount|position)\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_WORDS = {True: "correct", False: "not correct"}
_CITED = re.compile(r"\[r\d{1,9}\]")


async def verdict_supported(case: Case) -> Finding:
    """A validator ran in this run, and what it found is what the ending says."""
    found = [receipt for receipt in case.state.receipts.values() if _validates(receipt)]
    if not found:
        return Finding(
            CHECK,
            False,
            "no validator ran, so nothing supports the verdict",
            (
                "no validator's receipt supports the verdict: check it with one of "
                f"{', '.join(sorted(VALIDATORS))} or by running the project's tests, and cite it",
            ),
        )
    against = _contradiction(case, found)
    if against is not None:
        return Finding(CHECK, False, against, (f"{against}: correct the verdict, or show why",))
    cited = set(cited_receipts(case.handoff.result, case.handoff.reasoning))
    shown = [r for r in found if r.seq in cited] or found
    listed = ", ".join(f"{receipt.tool} [r{receipt.seq}]" for receipt in shown[:8])
    return Finding(CHECK, True, f"the verdict rests on {listed}")


def verdict_of(text: str) -> bool | None:
    """Whether a text says that what was checked is right; None where it says neither or both.

    The first sentence that says one of them alone decides: it is the headline.
    """
    for sentence in _SENTENCE.split(_CITED.sub("", text)):
        cleared = _NO_FAULT.sub(" correct ", sentence)
        bad = _BAD.search(cleared) is not None
        good = _GOOD.search(_BAD.sub(" ", cleared)) is not None
        if bad != good:
            return good
    return None


def _validates(receipt: Receipt) -> bool:
    if receipt.is_error:
        return False
    if receipt.tool in VALIDATORS:
        return True
    return receipt.tool == "bash" and _ran_tests(receipt)


def _ran_tests(receipt: Receipt) -> bool:
    data = receipt.data if isinstance(receipt.data, Mapping) else {}
    if data.get("exit_code") in _DID_NOT_RUN:
        return False
    command = str(receipt.arguments.get("command") or "")
    return any(_is_test_run(part) for part in re.split(r"[;&|\n]+", command))


def _is_test_run(command: str) -> bool:
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        words = command.split()
    while words and ("=" in words[0] or words[0] in {"env", "time", "timeout", "uv", "run"}):
        words = words[1:]
    if not words or _RUNS_NOTHING & set(words):
        return False
    name = words[0].rpartition("/")[2]
    if name in _RUNNERS:
        return True
    if name.startswith("python"):
        modules = {after for word, after in pairwise(words) if word == "-m"}
        return bool(modules & {"pytest", "unittest", "doctest"})
    return name in _WITH_TEST and any(word in {"test", "tests", "check"} for word in words[1:])


def _contradiction(case: Case, found: list[Receipt]) -> str | None:
    """How the ending's verdict and the sizing validator's disagree, None where they do not."""
    relevant = _relevant(case, [receipt for receipt in found if receipt.tool == VALIDATE_SIZING])
    says = {bool(receipt.data["correct"]) for receipt in relevant}
    text = case.handoff.result
    verdict = verdict_of(text)
    if verdict is None or not says:
        return None
    listed = ", ".join(f"[r{receipt.seq}]" for receipt in relevant)
    if len(says) == 2:
        cited = set(cited_receipts(text, case.handoff.reasoning))
        if any(receipt.seq in cited for receipt in relevant):
            return _sentence_against(text, relevant)
        return f"validate_sizing came to both verdicts ({listed}), and none of them is cited"
    if verdict in says:
        return None
    said, found_so = _WORDS[verdict], _WORDS[not verdict]
    return f"the verdict is “{said}”, but validate_sizing {listed} says “{found_so}”"


def _relevant(case: Case, receipts: list[Receipt]) -> list[Receipt]:
    """The validations of what the request claims; else those that are cited; else all."""
    usable = [r for r in receipts if isinstance(r.data, Mapping) and "correct" in r.data]
    request = case.state.opened.request if case.state.opened else ""
    asked = {worth for number in numbers(request) for worth in (number.written, number.worth)}
    cited = set(cited_receipts(case.handoff.result, case.handoff.reasoning))
    of_request = [r for r in usable if _claimed(r) and _claimed(r) <= asked]
    return of_request or [r for r in usable if r.seq in cited] or usable


def _claimed(receipt: Receipt) -> set[Decimal]:
    found = set()
    for name in ("claimed_fraction", "claimed_size_base"):
        value: Any = receipt.arguments.get(name)
        if value is not None:
            try:
                found.add(from_json(value))
            except MoneyError:
                continue
    return found


def _sentence_against(text: str, receipts: list[Receipt]) -> str | None:
    """A sentence whose own words contradict the one validation that it cites."""
    correct = {receipt.seq: bool(receipt.data["correct"]) for receipt in receipts}
    for sentence in _SENTENCE.split(text):
        says = {correct[seq] for seq in cited_receipts(sentence) if seq in correct}
        verdict = verdict_of(sentence)
        if len(says) == 1 and verdict is not None and verdict not in says:
            return f"“{' '.join(sentence.split())[:160]}” says the opposite of what it cites"
    return None
