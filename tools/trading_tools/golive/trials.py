"""The ledger of trials: what was tried before this strategy was chosen, the discarded ones too.

Without an honest count neither the deflated Sharpe ratio nor the probability of overfitting means
anything. The ledger cannot know what nobody recorded; it can show when, and that nothing was taken
out afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import variance

from trading_tools.audit.event import Event
from trading_tools.audit.ledger import Ledger

KIND = "trial.recorded"


class TrialError(ValueError):
    """A trial that cannot be recorded, and why."""


@dataclass(frozen=True)
class Trial:
    """One backtest: its parameters, its ratio per period, over how many, from which data."""

    parameters: Mapping[str, str]
    sharpe: float
    """Per period, of the same length as the live record's; not annualised."""
    periods: int
    sha256: str
    """Of the equity file it was measured on."""
    at: str
    seq: int


@dataclass(frozen=True)
class Trials:
    """All that was tried for one bot."""

    all: tuple[Trial, ...]

    @property
    def count(self) -> int:
        """How many different ones: the same parameters on the same data again are no new trial."""
        return len(self._distinct())

    @property
    def sharpe_variance(self) -> float | None:
        """Of their ratios, per period²; None for fewer than two."""
        ratios = [trial.sharpe for trial in self._distinct()]
        return variance(ratios) if len(ratios) > 1 else None

    def _distinct(self) -> list[Trial]:
        seen = {(tuple(sorted(t.parameters.items())), t.sha256): t for t in self.all}
        return list(seen.values())


def stream_of(bot: str) -> str:
    """The stream of a bot's trials."""
    return f"trials/{bot}"


def record_trial(
    ledger: Ledger,
    bot: str,
    parameters: Mapping[str, str],
    sharpe: float,
    periods: int,
    sha256: str,
) -> Event:
    """Write a trial down.

    Raises:
        TrialError: a ratio that is not finite, or fewer than two periods.
    """
    if not math.isfinite(sharpe):
        raise TrialError(f"the Sharpe ratio is {sharpe}: give a finite number per period")
    if periods < 2:
        raise TrialError(f"{periods} periods: a ratio needs at least 2")
    body = {
        "bot": bot,
        "parameters": dict(parameters),
        "sharpe": repr(float(sharpe)),
        "periods": periods,
        "sha256": sha256,
    }
    return ledger.append(stream_of(bot), KIND, body, durable=True)


def read_trials(ledger: Ledger, bot: str) -> Trials:
    """All trials of a bot, oldest first; none where the ledger knows none."""
    return Trials(
        tuple(
            Trial(
                parameters=event.body["parameters"],
                sharpe=float(event.body["sharpe"]),
                periods=event.body["periods"],
                sha256=event.body["sha256"],
                at=event.at,
                seq=event.seq,
            )
            for event in ledger.read(stream_of(bot))
            if event.kind == KIND
        )
    )
