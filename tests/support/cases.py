"""Endings as acceptance meets them: a run in a real ledger, its calls made with the real tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.catalogue.tools import all_tools
from orchestrator.protocol.handoff import Handoff
from orchestrator.run import events as ev
from orchestrator.run.journal import Journal
from orchestrator.run.setting import Case
from orchestrator.toolbox.tool import ToolContext
from orchestrator.workspace.seal import Completed, Seal, run_sealed
from orchestrator.workspace.verification import Verification, verify
from orchestrator.workspace.verify_plan import VerifySettings
from orchestrator.workspace.workspace import Workspace
from tests.support.recorded_runs import START
from tests.support.repositories import Repo
from trading_tools.audit.ledger import Ledger

AGENT = "trading-logic-validator"


@dataclass
class Ending:
    """One run; its methods append what the engine would."""

    journal: Journal
    services: dict[type, object] = field(default_factory=dict)
    calls: int = 0

    def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        text: str,
        data: Any = None,
        *,
        is_error: bool = False,
        approval: str | None = None,
        whole: str | None = None,
    ) -> int:
        """A call that came back; the number of its receipt."""
        call = self.intend(tool, arguments, approval=approval)
        finished = ev.ToolFinished(self.frame, call, tool, text, data, is_error, whole)
        return self.journal.append(finished).seq

    def intend(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        approval: str | None = None,
        effect: str | None = None,
    ) -> str:
        """A call that is about to be made; its id."""
        self.calls += 1
        call = f"toolu_{self.calls}"
        known = all_tools().get(tool)
        effect = effect or (known.effect.value if known else "external")
        intended = ev.ToolIntended(
            self.frame, call, tool, arguments, effect, 1, "key", approval=approval
        )
        self.journal.append(intended)
        return call

    async def use(self, tool: str, **arguments: Any) -> int:
        """A call of a real tool."""
        context = ToolContext(run="r", agent=AGENT, key="k", services=self.services)
        result = await all_tools()[tool].call(context, arguments)
        return self.call(tool, arguments, result.text, result.data, is_error=result.is_error)

    def refuse(self, tool: str) -> None:
        self.calls += 1
        refused = ev.ToolRefused(self.frame, f"toolu_{self.calls}", tool, "0.42 is not allowed")
        self.journal.append(refused)

    def approve(self, call: str, tool: str, arguments: Mapping[str, Any], *, yes: bool) -> str:
        number = f"a{len(self.journal.state.approvals) + 1}"
        until = START.isoformat()
        self.journal.append(
            ev.ApprovalRequested(number, self.frame, call, tool, arguments, "d", "asks", until)
        )
        self.journal.append(ev.ApprovalDecided(number, yes, "person", "d"))
        return number

    def case(self, result: str, reasoning: str = "") -> Case:
        handoff = Handoff(status="success", result=result, confidence=0.9, reasoning=reasoning)
        return Case(self.journal.state, handoff, AGENT, self.services)

    @property
    def frame(self) -> int:
        stack = self.journal.state.stack
        assert stack is not None
        return stack.top.id


@contextmanager
def ending(folder: Path, request: str, job: str = "answer") -> Iterator[Ending]:
    """A run that was opened for a request."""
    with Ledger.open(folder / "ledger.sqlite", clock=lambda: START) as ledger:
        journal = Journal(ledger, "r1")
        journal.append(ev.RunOpened(request, None, None, None, {}, {}, None, "{}", "0"))
        journal.append(ev.RouteChosen(AGENT, job, True, "why", "opening"))
        yield Ending(journal)


class Verified:
    """A verifier that knows its outcome."""

    def __init__(self, outcome: Verification) -> None:
        self.outcome = outcome

    async def verify(self, *, approved: bool = False) -> Verification:
        del approved
        return self.outcome


def verification(passed: bool | None = True, **more: Any) -> Verification:
    """What a verification came to."""
    given: dict[str, Any] = {
        "command": "python -m pytest -q",
        "base_failures": (),
        "new_failures": (),
        "fixed": (),
        "needs_person": (),
        "seal": "none",
        "output_tail": "1 passed in [time]",
        "seconds": 1.0,
    }
    return Verification(passed=passed, **{**given, **more})


class ProjectOf:
    """A verifier that really runs a project's checks, without a seal."""

    def __init__(self, workspace: Workspace, settings: VerifySettings, repo: Repo) -> None:
        self._workspace, self._settings, self._repo = workspace, settings, repo

    async def verify(self, *, approved: bool = False) -> Verification:
        del approved

        async def unsealed(command: str, **given: Any) -> Completed:
            return await run_sealed(command, seal=Seal("none", "a test without it"), **given)

        return await verify(
            self._workspace,
            self._settings,
            environ=self._repo.environ,
            run=unsealed,
            timeout_s=60,
            clock=lambda: 0.0,
        )
