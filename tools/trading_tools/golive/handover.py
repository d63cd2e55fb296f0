"""A verdict that is handed over: recorded, signed by the approvers, and checked by whoever gets it.

A `go` speaks for one commit and one configuration, for some days, and names the head of the ledger
that it was recorded in: a ledger that was shortened or rewritten since does not have that head.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from trading_tools.audit.errors import LedgerError
from trading_tools.audit.event import canonical_json, utc_text
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import require_unaltered
from trading_tools.golive.code import Code, read_code
from trading_tools.golive.config.reading import Project
from trading_tools.golive.gate import Report
from trading_tools.golive.signing import key_of, sign, why_not
from trading_tools.golive.waivers import stream_of

JUDGED = "golive.judged"
SIGNED = "golive.signed"


class HandoverError(ValueError):
    """A report that cannot be signed, and why."""


@dataclass(frozen=True)
class Signature:
    """Who put a name under a report, when, and with which key."""

    by: str
    at: str
    key: str


@dataclass(frozen=True)
class Handover:
    """What a report is worth here and now."""

    verdict: str
    problems: tuple[str, ...]
    signatures: tuple[Signature, ...]

    @property
    def valid(self) -> bool:
        """Whether it is a go that still holds, signed by all who must."""
        return self.verdict == "go" and not self.problems

    def as_json(self) -> dict[str, Any]:
        """One JSON object."""
        return {
            "valid": self.valid,
            "verdict": self.verdict,
            "problems": list(self.problems),
            "signatures": [vars(each) for each in self.signatures],
        }


def record_report(ledger: Ledger, report: Report, valid_days: int) -> dict[str, Any]:
    """Write the verdict down; the report as JSON, with its end and the ledger's head before it."""
    head = ledger.head(stream_of(report.bot))
    said = report.as_json()
    said["at"] = utc_text(report.at)
    said["valid_until"] = utc_text(_end(report, valid_days))
    said["ledger"] = {
        "stream": stream_of(report.bot),
        "seq": head.seq if head else 0,
        "hash": head.hash if head else "",
    }
    body = {
        "report_sha256": digest(said),
        "verdict": said["verdict"],
        "commit": report.commit or "",
        "config_sha256": report.config_sha256,
    }
    ledger.append(stream_of(report.bot), JUDGED, body, durable=True)
    return said


def _end(report: Report, valid_days: int) -> datetime:
    """Until when it may speak: not longer than the first waiver that it rests on."""
    end = report.at + timedelta(days=valid_days)
    if report.waived_until is None:
        return end
    return min(end, datetime.combine(report.waived_until + timedelta(days=1), time(), UTC))


def digest(said: Mapping[str, Any]) -> str:
    """The report's name: SHA-256 over its canonical JSON."""
    return hashlib.sha256(canonical_json(dict(said)).encode()).hexdigest()


def sign_report(
    ledger: Ledger, project: Project, said: Mapping[str, Any], by: str, key: Path
) -> None:
    """Put a name under a report.

    Raises:
        HandoverError: it is no go, not of this ledger, or the key is not that person's.
        SigningError: it could not be signed.
    """
    signers = project.config.deployment.signers
    if by not in project.config.deployment.approvers:
        raise HandoverError(f"{by} is not among the approvers of golive.toml")
    if signers is None:
        raise HandoverError("golive.toml does not say whose key is whose ([deployment] signers)")
    if said.get("verdict") != "go":
        raise HandoverError("it is no go: there is nothing to sign")
    if digest(said) not in _judged(ledger, project):
        raise HandoverError(
            "this ledger does not know the report: it was made elsewhere or changed"
        )
    words = _words(said, by)
    signature = sign(words, key)
    wrong = why_not(words, by, signature, project.path(signers))
    if wrong is not None:
        raise HandoverError(wrong)
    body = {**words, "signature": signature}
    ledger.append(stream_of(project.config.bot.name), SIGNED, body, durable=True)


def check_report(
    ledger: Ledger, project: Project, said: Mapping[str, Any], now: datetime
) -> Handover:
    """What the report is worth for what lies here now."""
    stream = stream_of(project.config.bot.name)
    problems = list(_changed(project, said))
    if str(said.get("valid_until", "")) < utc_text(now):
        problems.append(f"it ended on {str(said.get('valid_until', 'no day'))[:10]}")
    signatures: list[Signature] = []
    try:
        ledger.require_key()
        require_unaltered(ledger, stream)
        if digest(said) not in _judged(ledger, project):
            problems.append("the ledger does not know it: it was made elsewhere or changed")
        problems += _head(ledger, stream, said)
        signatures = _signatures(ledger, project, said)
    except LedgerError as error:
        problems.append(f"the ledger cannot be believed: {error}")
    missing = set(project.config.deployment.approvers) - {each.by for each in signatures}
    if missing:
        problems.append(f"not signed by {', '.join(sorted(missing))}")
    problems += _shared_keys(signatures)
    if len(set(project.config.deployment.approvers)) < 2:
        problems.append("golive.toml names fewer than two approvers")
    return Handover(str(said.get("verdict", "")), tuple(problems), tuple(signatures))


def _changed(project: Project, said: Mapping[str, Any]) -> list[str]:
    problems = []
    if said.get("bot") != project.config.bot.name:
        problems.append(f"it is about {said.get('bot')}, not {project.config.bot.name}")
    if said.get("config_sha256") != project.sha256:
        problems.append("golive.toml has changed since")
    code = read_code(project)
    if not isinstance(code, Code):
        problems.append(code)
    elif code.commit != said.get("commit"):
        problems.append(
            f"it speaks of commit {str(said.get('commit'))[:10]}, here is {code.commit[:10]}"
        )
    elif code.dirty:
        problems.append(
            f"{len(code.dirty)} files differ from the commit, the first is {code.dirty[0]}"
        )
    return problems


def _head(ledger: Ledger, stream: str, said: Mapping[str, Any]) -> list[str]:
    head = said.get("ledger") or {}
    if not head.get("seq"):
        return []
    known = {event.seq: event.hash for event in ledger.read(stream)}
    if known.get(head["seq"]) != head.get("hash"):
        return ["the ledger is not the one that it was recorded in, or was cut"]
    return []


def _judged(ledger: Ledger, project: Project) -> set[str]:
    events = ledger.read(stream_of(project.config.bot.name))
    return {str(event.body["report_sha256"]) for event in events if event.kind == JUDGED}


def _signatures(ledger: Ledger, project: Project, said: Mapping[str, Any]) -> list[Signature]:
    signers = project.config.deployment.signers
    if signers is None:
        return []
    found: dict[str, Signature] = {}
    for event in ledger.read(stream_of(project.config.bot.name)):
        if event.kind != SIGNED:
            continue
        by = str(event.body["by"])
        words = _words(said, by)
        if why_not(words, by, str(event.body["signature"]), project.path(signers)) is None:
            key = key_of(str(event.body["signature"]))
            found.setdefault(by, Signature(by, event.at, key))
    return list(found.values())


def _shared_keys(signatures: list[Signature]) -> list[str]:
    """Two names with one key are one person, whatever the file of signers says."""
    names: dict[str, list[str]] = {}
    for each in signatures:
        names.setdefault(each.key, []).append(each.by)
    return [
        f"{', '.join(sorted(same))} signed with one and the same key"
        for same in names.values()
        if len(same) > 1
    ]


def _words(said: Mapping[str, Any], by: str) -> dict[str, str]:
    """What a signature is over."""
    return {"report_sha256": digest(said), "by": by, "verdict": "go"}
