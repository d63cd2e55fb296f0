"""What a change brings: findings that were not there before it.

A finding is old when the file had one of the same rule, in the same function, at the same text,
before; lines that only moved are not new. So what a change makes reachable is found too, at lines
that it did not touch: a retry that is put around an old submit, a helper that stops to pass the id
on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from trading_tools.review.findings import Finding

VERSION: Final = 1


class BaselineError(ValueError):
    """A file is no baseline: what is wrong with it."""


def new_ones(after: Sequence[Finding], before: Iterable[Finding]) -> list[Finding]:
    """The findings of `after` beyond those of `before`, of equal ones the last."""
    return without(after, Counter(each.fingerprint for each in before))


def without(findings: Sequence[Finding], known: Counter[str]) -> list[Finding]:
    """The findings that are not known; each known one stands for one finding."""
    left = known.copy()
    kept = []
    for each in findings:
        if left[each.fingerprint] > 0:
            left[each.fingerprint] -= 1
        else:
            kept.append(each)
    return kept


def touched_lines(before: bytes, after: bytes) -> frozenset[int]:
    """The lines, from 1, that are new or other in `after`."""
    pairs = SequenceMatcher(None, before.splitlines(), after.splitlines())
    return frozenset(
        line + 1
        for what, _, _, start, end in pairs.get_opcodes()
        if what != "equal"
        for line in range(start, end)
    )


def baseline_text(findings: Iterable[Finding]) -> str:
    """Findings as a file to keep: what is in it later is not told any more."""
    rows = [
        {"fingerprint": each.fingerprint, "rule": each.rule, "path": each.path, "in": each.context}
        for each in findings
    ]
    return json.dumps({"version": VERSION, "findings": rows}, indent=1) + "\n"


def read_baseline(path: Path) -> Counter[str]:
    """The fingerprints in a baseline.

    Raises:
        BaselineError: it is none, or cannot be read.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
        if told["version"] != VERSION:
            raise BaselineError(f"{path}: a baseline of version {told['version']!r}: write it anew")
        return Counter(str(row["fingerprint"]) for row in told["findings"])
    except OSError as error:
        raise BaselineError(
            f"{path}: cannot be read ({error.strerror}): name a readable file"
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, BaselineError):
            raise
        raise BaselineError(f"{path}: is no baseline: write one with --write-baseline") from None
