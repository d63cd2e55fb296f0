"""Opening a run, or taking up one that stands, with everything the house has.

What a run needs is put together here from settings, agents, tools, workspace and ledger; driving
it is `orchestrator.run.engine`.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.agents.definition import AgentDefinition
from orchestrator.agents.model_names import resolve_model
from orchestrator.catalogue import orders
from orchestrator.catalogue.acting.desk import Desk, places_open
from orchestrator.catalogue.acting.places import order_rules
from orchestrator.catalogue.checks import run_checks
from orchestrator.catalogue.kinds import CHECKS
from orchestrator.catalogue.services import ProjectVerifier, RunReceipts, services_of
from orchestrator.catalogue.tools import all_tools, default_verdicts
from orchestrator.config.errors import ConfigError
from orchestrator.config.places import user_dir
from orchestrator.config.settings import Settings
from orchestrator.models.factory import offers_context_editing
from orchestrator.models.offline import OfflineModel
from orchestrator.models.port import Model
from orchestrator.models.prices import DeclaredPrice, Prices
from orchestrator.models.windows import Windows
from orchestrator.playbooks.format import Playbook
from orchestrator.run import events as ev
from orchestrator.run.definitions import Definitions
from orchestrator.run.engine import Engine
from orchestrator.run.journal import Journal, Listener
from orchestrator.run.limits import Limits
from orchestrator.run.ownership import owning_everywhere
from orchestrator.run.reading import NotKept
from orchestrator.run.report import left_nothing
from orchestrator.run.setting import Absent, Person, Setting
from orchestrator.run.takeover import settles_in_s
from orchestrator.toolbox.permissions import Rules, decide
from orchestrator.toolbox.tool import Tool
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.seal import available_seal
from orchestrator.workspace.sessions import forget_session
from orchestrator.workspace.shell import CommandSettings
from orchestrator.workspace.stable import Stabiliser
from orchestrator.workspace.verification import guarded, plan_of
from orchestrator.workspace.verify_plan import Plan, VerifySettings
from orchestrator.workspace.workspace import Workspace
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.redact import Redactor
from trading_tools.audit.verify import require_unaltered
from trading_tools.exchange.market_data import MarketData


class NoSuchRun(Exception):
    """There is no run of this name, or it cannot be taken up; the message says which."""


@dataclass(frozen=True, kw_only=True)
class House:
    """What all runs of one project share."""

    project: Path
    state_dir: Path
    environ: Mapping[str, str]
    settings: Settings
    agents: AgentCatalogue
    ledger: Ledger
    model: Model
    playbooks: tuple[Playbook, ...] = ()
    person: Person = field(default_factory=Absent)
    listener: Listener | None = None
    on_text: Callable[[str], None] | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    market_data: MarketData = field(default_factory=MarketData)

    def verify_settings(self) -> VerifySettings:
        """How the project says it is verified."""
        own = self.settings.workspace
        return VerifySettings(own.verify, own.setup, own.python)

    def edits_context(self) -> bool:
        """Whether the model's service is asked to leave out old tool results."""
        model = self.settings.model
        if model.context_editing == "auto":
            base_url = model.base_url or self.environ.get("ANTHROPIC_BASE_URL")
            return offers_context_editing(model.provider, base_url)
        return model.context_editing == "on"

    def redactor(self) -> Redactor:
        """What takes secrets out of whatever enters a run."""
        return Redactor.from_environment(self.environ)


class Session:
    """A run that this process owns; use as a context manager, then `drive`."""

    def __init__(
        self, house: House, run: str, workspace: Workspace, definitions: Definitions
    ) -> None:
        self.run = run
        self.workspace = workspace
        self._house = house
        self._definitions = definitions
        self._held = ExitStack()
        self._plan = plan_of(workspace, house.verify_settings())
        self._rules = rules_of(house.settings, available_seal().kind)
        self._desk = Desk(
            house.settings.orders,
            house.environ,
            house.ledger,
            house.state_dir,
            user_dir(house.environ),
        )

    @property
    def brief(self) -> str:
        """What agents are told of the workspace."""
        return brief(self.workspace, self._plan)

    def __enter__(self) -> Self:
        house = self._house
        self._held.enter_context(owning_everywhere(house.state_dir, self.run, house.ledger))
        self.journal = Journal(house.ledger, self.run, house.listener)
        return self

    def __exit__(self, *_: object) -> None:
        if self.journal.state.opened is None or left_nothing(self.journal.state):
            with suppress(WorkspaceError, OSError):  # what kept it from opening is told already
                self.workspace.remove(with_branch=True)
        self._held.close()
        if self.journal.state.closed is not None:
            forget_session(self.workspace.root)

    def take(self, limits: Limits | None = None) -> None:
        """Record that this process owns the run from here on."""
        self.journal.append(
            ev.RunTaken(
                epoch=self.journal.state.epoch + 1,
                pid=os.getpid(),
                host=socket.gethostname(),
                limits=None if limits is None else limits.body(),
                seal=available_seal().kind,
                offline=isinstance(self._house.model, OfflineModel),
                context_editing=self._house.edits_context(),
                orders=places_open(self._house.settings.orders),
            )
        )

    def settles_in_s(self) -> float:
        """Seconds until nothing that the last owner began can still take effect."""
        return settles_in_s(self.journal.state, all_tools(), self._house.clock())

    async def drive(self) -> None:
        """Go on with the run until it is closed, limited or waits."""
        async with self._house.market_data, self._desk:
            await Engine(self.setting(), self.journal).drive()
        state = self.journal.state
        if state.closed is not None:
            self._house.ledger.close_stream(self.run)

    def setting(self) -> Setting:
        """What the engine works with."""
        house = self._house
        space = guarded(self.workspace, self._plan, Path(house.environ.get("HOME", "/")))
        own = house.settings.workspace
        verifier = ProjectVerifier(
            space,
            house.verify_settings(),
            house.environ,
            float(own.verify_timeout_s),
            free=decide(self._rules, run_checks.name, {}, "").verdict == "allow",
        )
        commands = CommandSettings(timeout_s=own.command_timeout_s, environ=house.environ)
        return Setting(
            model=house.model,
            definitions=self._definitions,
            tools=all_tools(),
            rules=self._rules,
            checks=CHECKS,
            prices=prices_of(house.settings),
            windows=windows_of(house.settings),
            redactor=house.redactor(),
            stable=Stabiliser(space.root).text,
            work=space,
            workspace_brief=brief(space, self._plan),
            services=services_of(
                space,
                house.ledger,
                verifier,
                commands,
                RunReceipts(self.journal),
                house.market_data,
                self._desk,
            ),
            person=house.person,
            clock=house.clock,
            monotonic=house.monotonic,
            approval_minutes=house.settings.permissions.approval_minutes,
            on_text=house.on_text,
        )


def open_session(
    house: House,
    run: str,
    *,
    agent: str | None = None,
    model: str | None = None,
    clean: bool = False,
    tools: Mapping[str, Tool] | None = None,
) -> Session:
    """A new run: workspace made, nothing recorded yet. Enter it, `begin`, then `drive`.

    `tools` are those that its agents may be granted; default: all.
    """
    definitions = _define(house, model, all_tools() if tools is None else tools)
    if agent is not None and agent not in definitions.agents:
        near = ", ".join(house.agents.nearest(agent))
        fix = f"did you mean {near}?" if near else "`orc agents` lists them"
        raise NoSuchRun(f"there is no agent {agent!r}; {fix}")
    workspace = Workspace.create(
        house.project,
        run,
        state_dir=house.state_dir,
        clean=clean,
        at=house.clock(),
        environ=house.environ,
    )
    return Session(house, run, workspace, definitions)


def begin(
    session: Session,
    house: House,
    request: str,
    agent: str | None,
    model: str | None,
    kind: str | None = None,
) -> None:
    """Record the opening of a new run: request, settings, definitions; and that it is ours."""
    session.journal.append(
        ev.RunOpened(
            request=house.redactor().text(request),
            agent=agent,
            kind=kind,
            model=model,
            settings=house.redactor().value(house.settings.model_dump(mode="json")),
            limits=limits_of(house.settings).body(),
            workspace=described(session.workspace, session.brief),
            definitions=session.setting().definitions.text,
            version=version("trading-orchestrator"),
        ),
    )
    session.take()


def take_up(house: House, run: str) -> Session:
    """A run that stands in the ledger, under the definitions it was opened with.

    Raises:
        NoSuchRun: no such run, or it ended for good.
        Altered: the ledger's record of it was changed.
    """
    require_unaltered(house.ledger, run)
    journal = Journal(house.ledger, run)
    opened = journal.state.opened
    if opened is None or opened.workspace is None:
        raise NoSuchRun(f"there is no run {run!r}; `orc runs` lists them")
    space = Workspace.reopen(
        house.project,
        run,
        state_dir=house.state_dir,
        base=str(opened.workspace["base"]),
        environ=house.environ,
    )
    # Where orders may go is what the user says now, and not what the record says.
    kept = settings_of(opened).model_copy(update={"orders": house.settings.orders})
    return Session(
        replace(house, settings=kept), run, space, Definitions.from_text(opened.definitions)
    )


def limits_of(settings: Settings) -> Limits:
    """The limits that settings name."""
    own = settings.limits
    return Limits(
        hops=own.hops,
        turns=own.turns,
        tool_calls=own.tool_calls,
        minutes=Decimal(own.minutes),
        usd=Decimal(own.usd),
        max_tokens=own.max_tokens,
    )


def settings_of(opened: ev.RunOpened) -> Settings:
    """The settings that a run keeps.

    Raises:
        NotKept: they are not those of this version.
    """
    try:
        return Settings.model_validate(opened.settings)
    except ValueError as error:
        raise NotKept("settings", error) from error


def prices_of(settings: Settings) -> Prices:
    """The user's own prices first, then the known list."""
    declared = {
        name: DeclaredPrice(price.input, price.output)
        for name, price in settings.model.prices.items()
    }
    return Prices(declared, settings.model.provider)


def windows_of(settings: Settings) -> Windows:
    """The user's own figure, then the known list."""
    return Windows(settings.model.context_window, settings.model.provider)


def rules_of(settings: Settings, seal: str | None) -> Rules:
    """The permission rules in force where commands run in `seal`.

    Raises:
        ConfigError: a rule cannot be read; a misread rule must not pass for one.
    """
    own = settings.permissions
    defaults = default_verdicts(sealed=seal == "bubblewrap")
    of_orders, reasons = order_rules(
        settings.orders, [act.name for act in orders.ACTS], [read.name for read in orders.READS]
    )
    rules = Rules.parse(
        (*own.allow, *of_orders["allow"]),
        (*of_orders["ask"], *own.ask),
        (*of_orders["deny"], *own.deny),
        defaults=defaults,
        reasons=reasons,
    )
    if rules.problems:
        raise ConfigError(rules.problems[0], "[permissions]", "mend the rule, or take it out")
    return rules


def brief(workspace: Workspace, plan: Plan) -> str:
    """What agents are told of the workspace; the same on every machine."""
    what = "a git worktree" if workspace.kind == "git" else "a copy of the user's folder (no git)"
    lines = [f"/workspace is {what}, made from the user's project."]
    if plan.source == "none":
        lines.append("No verify command was found: bring tests that fail before and pass after.")
    else:
        lines.append(f"The harness verifies it with: {plan.shown}")
    lines.append(f"Session file: /workspace/{workspace.board_paths[2]}")
    lines += workspace.notes
    return "\n".join(lines)


def _define(house: House, model: str | None, tools: Mapping[str, Tool]) -> Definitions:
    default = model or house.settings.model.name

    def model_of(definition: AgentDefinition) -> str:
        own = resolve_model(definition.model) if definition.model else None
        return model or own or default

    return Definitions.build(
        house.agents,
        tools,
        model_of=model_of,
        effort=house.settings.model.effort,
        router=resolve_model(house.settings.model.router) or default,
        playbooks=house.playbooks,
    )


def described(workspace: Workspace, told: str) -> dict[str, Any]:
    """A workspace as `run.opened` keeps it; `told` is what agents hear of it."""
    return {
        "brief": told,
        "kind": workspace.kind,
        "base": workspace.base,
        "branch": workspace.branch,
        "root": str(workspace.root),
        "notes": list(workspace.notes),
        "merge": list(workspace.merge_hint()),
    }
