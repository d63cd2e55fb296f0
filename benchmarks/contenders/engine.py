"""The harness: engine, ledger in a SQLite file, redaction, routing, permissions, acceptance.

Requests go out as `orc run` sends them: over aiohttp, without the SDK. Of what `orc run` does,
three things are outside: starting the process, the git workspace, and the report at the end.
`benchmarks.commands` measures a whole `orc run`.
"""

from __future__ import annotations

import itertools
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import scenario
from benchmarks.definitions import TOOLS, definitions
from benchmarks.worker import Run
from orchestrator.catalogue.kinds import CHECKS
from orchestrator.models.anthropic import AnthropicModel
from orchestrator.models.port import Model
from orchestrator.models.prices import Prices
from orchestrator.run import events as ev
from orchestrator.run.engine import Engine
from orchestrator.run.journal import Journal
from orchestrator.run.limits import Limits
from orchestrator.run.setting import Setting
from orchestrator.toolbox.permissions import Rules
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.redact import Redactor

PACKAGES = ("trading-orchestrator", "aiohttp")
SECRETS = {"BENCH_API_KEY": "bench-key-0123456789abcdef", "BENCH_SECRET": "s3cr3t-of-the-bench"}


async def prepare(url: str, folder: Path) -> Run:
    """One model, one ledger and one setting for all runs."""
    setting = setting_at(AnthropicModel.direct(api_key="sk-bench", base_url=url))
    ledger = Ledger.open(folder / "ledger.sqlite")
    names = (f"run-{number}" for number in itertools.count())

    async def run() -> None:
        await one_run(setting, ledger, next(names))

    return run


def setting_at(model: Model) -> Setting:
    """What the runs work with, as `orc run` puts it together, but for the workspace."""
    return Setting(
        model=model,
        definitions=definitions(),
        tools=TOOLS,
        rules=Rules.parse(defaults=dict.fromkeys(TOOLS, "allow")),
        checks=CHECKS,
        prices=Prices({}),
        redactor=Redactor.from_environment(SECRETS),
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
    )


async def one_run(setting: Setting, ledger: Ledger, name: str) -> None:
    """Open a run, drive it to its end, and see that it was the chain.

    Raises:
        WentWrong: it was not.
    """
    journal = Journal(ledger, name)
    journal.append(
        ev.RunOpened(
            request=setting.redactor.text(scenario.REQUEST),
            agent=scenario.CHAIN[0],
            kind=None,
            model=None,
            settings={},
            limits=Limits().body(),
            workspace=None,
            definitions=setting.definitions.text,
            version="bench",
        ),
    )
    journal.append(ev.RunTaken(epoch=1, pid=os.getpid(), host="bench"))
    await Engine(setting, journal).drive()
    state = journal.state
    if state.closed is None or state.closed.status != "success":
        raise scenario.WentWrong(f"{name} ended as {state.closed}")
    ledger.close_stream(name)
    scenario.check([link.handoff.result for link in state.chain], len(state.receipts))
