"""Waivers: a person answers, by name and until a day, for evidence that is missing.

They stand in the project's ledger, signed. One without a reason cannot be made, one that is past
its day or whose signature does not hold counts for nothing; a check that failed cannot be waived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from trading_tools.audit.ledger import Ledger
from trading_tools.golive.signing import sign, why_not

KIND = "golive.waived"
LEAST_REASON = 10
LONGEST_DAYS = 90


class WaiverError(ValueError):
    """A waiver that cannot be made, and why."""


@dataclass(frozen=True)
class Waiver:
    """What a person answers for."""

    bot: str
    check: str
    reason: str
    until: date
    by: str

    def said(self) -> dict[str, str]:
        """The text that is signed."""
        return {
            "bot": self.bot,
            "check": self.check,
            "reason": self.reason,
            "until": self.until.isoformat(),
            "by": self.by,
        }


def stream_of(bot: str) -> str:
    """The stream of a bot's waivers, verdicts and signatures."""
    return f"golive/{bot}"


def waive(ledger: Ledger, waiver: Waiver, key: Path, signers: Path, today: date) -> None:
    """Sign a waiver and write it down.

    Raises:
        WaiverError: too short a reason, a day that is past or too far, or a key that is not `by`'s.
        SigningError: it could not be signed.
    """
    if len(waiver.reason.strip()) < LEAST_REASON:
        raise WaiverError(
            f"{waiver.reason!r} is no reason: say in a sentence why it can be missing"
        )
    days = (waiver.until - today).days
    if not 0 <= days <= LONGEST_DAYS:
        raise WaiverError(f"{waiver.until} is not within the next {LONGEST_DAYS} days")
    signature = sign(waiver.said(), key)
    wrong = why_not(waiver.said(), waiver.by, signature, signers)
    if wrong is not None:
        raise WaiverError(wrong)
    body = {**waiver.said(), "signature": signature}
    ledger.append(stream_of(waiver.bot), KIND, body, durable=True)


@dataclass(frozen=True)
class Waivers:
    """What the ledger holds of a bot."""

    in_force: Mapping[str, Waiver]
    void: Mapping[str, str]
    """Why the newest waiver of a check counts for nothing."""


def read_waivers(ledger: Ledger, bot: str, signers: Path | None, today: date) -> Waivers:
    """The waivers of a bot; the newest one of a check decides."""
    newest = {
        event.body["check"]: event.body
        for event in ledger.read(stream_of(bot))
        if event.kind == KIND
    }
    in_force: dict[str, Waiver] = {}
    void: dict[str, str] = {}
    for name, body in newest.items():
        until = date.fromisoformat(body["until"])
        waiver = Waiver(body["bot"], name, body["reason"], until, body["by"])
        if waiver.bot != bot:
            void[name] = f"the waiver of {waiver.by} is for {waiver.bot}"
        elif until < today:
            void[name] = f"the waiver of {waiver.by} ended on {until}"
        elif signers is None:
            void[name] = "golive.toml does not say whose key is whose ([deployment] signers)"
        elif wrong := why_not(waiver.said(), waiver.by, body["signature"], signers):
            void[name] = wrong
        else:
            in_force[name] = waiver
    return Waivers(in_force, void)
