"""Checks of the samples, as a caller of the door makes them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from trading_tools.conformance.check import check
from trading_tools.conformance.spec import CheckSpec, Outcome, Verdict

SAMPLES = Path(__file__).parent / "samples"


def checked(
    kind: str,
    target: str,
    params: dict[str, str] | None = None,
    *,
    folder: Path = SAMPLES,
    histories: int = 25,
    seed: int = 1,
) -> Outcome:
    """The outcome of a check."""
    spec = CheckSpec(kind, target, folder, params or {}, seed, histories)
    return asyncio.run(check(spec))


def broken(outcome: Outcome) -> set[str]:
    """The names of the properties that are broken, notes too."""
    return {each.name for each in outcome.findings if each.verdict is Verdict.BROKEN}


def errors(outcome: Outcome) -> set[str]:
    """The names of the properties that make the verdict negative."""
    return {each.name for each in outcome.broken}
