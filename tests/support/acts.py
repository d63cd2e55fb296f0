"""Runs that act on a real venue process, and can be killed at any append to the ledger.

The venue is `orc venue serve` in a process of its own; what it accepted is told by its own ledger.
A life is one forked process that drives the run as far as it gets.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from orchestrator.catalogue.forks import fork
from orchestrator.catalogue.sessions import House, begin, open_session, take_up
from orchestrator.config.settings import OrderSettings, Settings
from orchestrator.models.offline import OfflineModel
from orchestrator.run.reconciling import OUTCOME_UNKNOWN
from orchestrator.run.setting import Absent
from orchestrator.run.state import State
from tests.support.command_line import ORC
from tests.support.crashes import Fate, forked
from tests.support.playbooks import AGENTS, library
from trading_tools.audit.event import Event
from trading_tools.audit.ledger import Ledger

DEAD = "http://127.0.0.1:1"
"""Where nothing listens."""


@dataclass
class FateByName(Fate):
    """Kills at the first point of a name; empty for never."""

    named: str = ""

    def point(self, name: str) -> None:
        """Pass a point, or die there."""
        if name == self.named:
            self.kill_at = len(self.passed) + 1
        super().point(name)


@dataclass(frozen=True)
class VenueProcess:
    """A running `orc venue serve`."""

    url: str
    told: Mapping[str, Any]

    def accepted(self, venue: str = "binance") -> list[str]:
        """The client ids of all orders that the venue accepted, one for each."""
        address = f"{self.url}/_ledger?venue={venue}"
        with urlopen(address, timeout=10) as reply:
            entries = [json.loads(line) for line in reply.read().splitlines()]
        bodies = [each for each in entries if each["kind"] == "order.accepted"]
        return [body["client_order_id"] for body in bodies]

    def keys(self, venue: str) -> dict[str, str]:
        """The variables that hold a venue's live key."""
        (own,) = [each for each in self.told["venues"] if each["venue"] == venue]
        name = f"{venue.upper()}_API"
        return {f"{name}_KEY": own["api_key"], f"{name}_SECRET": own["api_secret"]}


@contextmanager
def venue_process(*venues: str) -> Iterator[VenueProcess]:
    """Serve venues while the block runs."""
    named = [part for venue in venues for part in ("--venue", venue)]
    process = subprocess.Popen(
        [str(ORC), "venue", "serve", *named, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        lines: list[bytes] = []
        while not lines or lines[-1] != b"}\n":
            line = process.stdout.readline()
            assert line, "the venue ended before it said where it is"
            lines.append(line)
        told = json.loads(b"".join(lines))
        yield VenueProcess(told["base_url"], told)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


class FatefulLedger(Ledger):
    """A ledger with a point before and after each append: the run's events and the orders'."""

    fate: Fate

    def append(self, stream: str, kind: str, body: Mapping[str, Any], **more: Any) -> Event:
        """As ever, if it lives."""
        self.fate.point(f"{kind}: not yet")
        recorded = super().append(stream, kind, body, **more)
        self.fate.point(f"{kind}: recorded")
        return recorded


class Careful:
    """Allows what is certain, and what is not known never."""

    async def approve(self, tool: str, arguments: Mapping[str, Any], why: str) -> bool | None:
        """Whether a person who is at the terminal allows it; an unknown one waits."""
        del tool, arguments
        return None if OUTCOME_UNKNOWN in why else True

    async def answer(self, agent: str, question: str) -> str | None:
        """Nobody answers."""
        del agent, question
        return None


@dataclass
class ActingRun:
    """One run in a folder, lived as often as it takes. `run` names it at the venue too."""

    folder: Path
    venue: VenueProcess
    run: str
    request: str
    orders: OrderSettings
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        project = self.folder / "project"
        if not project.exists():
            project.mkdir(parents=True)
            (project / "readme.txt").write_text("hello\n")
            subprocess.run(["git", "init", "--quiet", str(project)], check=True)

    def live(self, kill_at: int = 0, named: str = "") -> list[str]:
        """Drive it in a process of its own; the points passed, or none where it was killed."""
        points = self.folder / "points"
        points.unlink(missing_ok=True)

        def life() -> None:
            fate = FateByName(kill_at, named=named)
            self.drive(fate)
            points.write_text("\n".join(fate.passed))

        status = os.waitstatus_to_exitcode(os.waitpid(forked(life), 0)[1])
        assert status in {0, -signal.SIGKILL}, f"a life ended with {status}"
        return points.read_text().splitlines() if status == 0 else []

    def drive(self, fate: Fate) -> None:
        """Drive it in this process, from the beginning or from where it stands."""
        with FatefulLedger.open(self.folder / "ledger.sqlite") as ledger:
            assert isinstance(ledger, FatefulLedger)
            ledger.fate = fate
            house = self._house(ledger)
            if ledger.head(self.run) is None:
                with open_session(house, self.run) as session:
                    begin(session, house, self.request, None, None)
                    asyncio.run(session.drive())
                return
            with take_up(house, self.run) as session:
                session.take()
                asyncio.run(session.drive())

    def fork(self, at: int) -> State:
        """Fork it at an event, and drive the fork with nobody at the terminal."""
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            house = replace(self._house(ledger), person=Absent())
            with fork(house, self.run, f"{self.run}-fork-{at}", at, None) as session:
                session.take()
                asyncio.run(session.drive())
                return session.journal.state

    def sent_through(self, gateway: str) -> ActingRun:
        """The same run with another gateway."""
        return replace(self, orders=self.orders.model_copy(update={"gateway": gateway}))

    def events(self) -> list[Event]:
        """Its events so far."""
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            return ledger.read(self.run)

    def state(self) -> State:
        """How it stands."""
        return State.fold(self.events())

    def _house(self, ledger: Ledger) -> House:
        return House(
            project=self.folder / "project",
            state_dir=self.folder / "state",
            environ={
                "ORC_HOME": str(self.folder / "user"),
                "HOME": str(self.folder),
                "PATH": os.environ["PATH"],
                **self.environ,
            },
            settings=Settings(orders=self.orders),
            agents=AGENTS,
            ledger=ledger,
            model=OfflineModel(),
            playbooks=library().playbooks,
            person=Careful(),
        )
