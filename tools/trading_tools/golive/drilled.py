"""Drills as evidence: run now, or taken from a keyed ledger where nothing has changed since.

A recorded result counts only if the ledger is keyed and intact and the result names this very
commit, dependencies, configuration and version of ours; else the drills run again. A result of an
unclean tree is never kept: it names no code.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from trading_tools.audit.errors import LedgerError
from trading_tools.audit.event import canonical_json
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import require_unaltered
from trading_tools.drill.oracle.finding import Span
from trading_tools.golive.code import Code, read_code
from trading_tools.golive.config.reading import Project
from trading_tools.golive.inputs.table import file_hash
from trading_tools.golive.verdict import Evidence, Finding, no_evidence

if TYPE_CHECKING:
    from trading_tools.drill.reports.outcome import Outcome
    from trading_tools.drill.running import Drill

    Run = Callable[[Drill], Outcome]

KIND = "drills.judged"
LEFT_OUT = no_evidence("the drills were left out", "run `orc golive` without --no-drills")
"""The answer where nobody drills."""


@dataclass(frozen=True)
class Judgement:
    """One scenario on one venue."""

    scenario: str
    venue: str
    verdict: str
    why: str
    spans: tuple[Span, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """One JSON object."""
        return {**vars(self), "spans": [list(each) for each in self.spans]}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Judgement:
        """What `as_json` gave."""
        return cls(**{**body, "spans": tuple(Span(*each) for each in body.get("spans", ()))})


@dataclass(frozen=True)
class Drilled:
    """All scenarios on all venues, and where the result is from."""

    judged: tuple[Judgement, ...]
    evidence: Evidence


def drill_or_recall(project: Project, ledger: Ledger | None, run: Run) -> Drilled | Finding:
    """A kept result that still holds, else what `run` comes to now, or why there is none."""
    bound = binding(project)
    if bound is None or ledger is None:
        return run_drills(project, run)
    kept = recorded(ledger, project.config.bot.name, bound)
    if kept is not None:
        return kept
    found = run_drills(project, run)
    if isinstance(found, Drilled):
        return record(ledger, project.config.bot.name, bound, found)
    return found


def recall(project: Project, ledger: Ledger | None) -> Drilled | Finding:
    """A kept result that still holds, for whoever may not drill."""
    bound = binding(project)
    kept = None
    if bound is not None and ledger is not None:
        kept = recorded(ledger, project.config.bot.name, bound)
    if kept is None:
        return no_evidence(
            "no kept drills are of this commit and configuration, in a ledger with a key",
            "run `orc golive`, with ORC_AUDIT_KEY set so that it keeps them",
        )
    return kept


def stream_of(bot: str) -> str:
    """The stream of a bot's drills."""
    return f"drills/{bot}"


def binding(project: Project) -> Mapping[str, str] | None:
    """What a result speaks of; None where the tree is not clean or there is no commit."""
    code = read_code(project)
    if not isinstance(code, Code) or code.dirty:
        return None
    lock = project.path(project.config.bot.lock) if project.config.bot.lock else None
    return {
        "commit": code.commit,
        "config_sha256": project.sha256,
        "lock_sha256": file_hash(lock) if lock is not None and lock.is_file() else "",
        "version": version("trading-orchestrator"),
    }


def recorded(ledger: Ledger, bot: str, bound: Mapping[str, str]) -> Drilled | None:
    """The newest result of this very binding; None where there is none that can be believed.

    What stands under another key than the one that the ledger is opened with cannot be checked.
    """
    stream, ours = stream_of(bot), ledger.store.signer.key_id
    if not ours or ledger.head(stream) is None:
        return None
    try:
        require_unaltered(ledger, stream)
    except LedgerError:
        return None
    for event in reversed(ledger.read(stream)):
        if event.kind == KIND and event.key_id == ours and event.body["bound"] == dict(bound):
            judged = tuple(Judgement.from_json(each) for each in event.body["judged"])
            what = f"drills of {event.at[:16]}Z, ledger stream {stream} {event.seq}"
            return Drilled(judged, Evidence(what, event.hash, dict(bound)))
    return None


def record(ledger: Ledger, bot: str, bound: Mapping[str, str], found: Drilled) -> Drilled:
    """Keep a result. In a ledger without a key it is kept too, but will not be believed later."""
    body = {"bound": dict(bound), "judged": [each.as_json() for each in found.judged]}
    event = ledger.append(stream_of(bot), KIND, body, durable=True)
    what = f"drills run now, ledger stream {event.stream} {event.seq}"
    return Drilled(found.judged, Evidence(what, event.hash, dict(bound)))


def run_drills(project: Project, run: Run) -> Drilled | Finding:
    """The whole catalogue on all venues of the bot that drills have."""
    from trading_tools.drill.spec import DrillError

    asked = _asked(project)
    if isinstance(asked, Finding):
        return asked
    try:
        outcome = run(asked)
    except DrillError as error:
        return no_evidence(f"no drill can be made here: {error}", "see `orc doctor`")
    if outcome.interrupted:
        return no_evidence("the drills were interrupted", "run `orc golive` again")
    judged = tuple(
        Judgement(each.scenario, each.venue, each.verdict.value, each.why, each.spans)
        for each in outcome.judged
    )
    text = canonical_json([each.as_json() for each in judged])
    figures = {"seal": outcome.seal, "seed": outcome.seed}
    told = Evidence("drills run now", hashlib.sha256(text.encode()).hexdigest(), figures)
    return Drilled(judged, told)


def _asked(project: Project) -> Drill | Finding:
    from trading_tools.drill.oracle.positions import Declared
    from trading_tools.drill.running import Drill
    from trading_tools.drill.scenarios.catalogue import SCENARIOS
    from trading_tools.drill.spec import DrillError, Forward
    from trading_tools.venue.names import VENUES

    config = project.config
    venues = tuple(venue.name for venue in config.venues if venue.name in VENUES)
    if not config.bot.command:
        return no_evidence("golive.toml does not say how the bot is started", "add [bot] command")
    if not venues:
        return no_evidence("there is no drill for its venues", f"drills have {', '.join(VENUES)}")
    try:
        forwards = tuple(Forward.parse(each) for each in config.drills.forward)
    except DrillError as error:
        return no_evidence(str(error), "mend [drills] forward")
    timeout = config.drills.timeout_s
    return Drill(
        command=tuple(config.bot.command),
        folder=project.folder,
        venues=venues,
        scenarios=SCENARIOS,
        timeout_s=None if timeout is None else float(timeout),
        at_once=os.cpu_count() or 1,
        market=project.path(config.drills.market) if config.drills.market else None,
        variables=dict(config.drills.variables),
        forwards=forwards,
        declared=Declared(config.drills.max_position_base, config.drills.expect_flat),
        kill=config.bot.kill,
    )
