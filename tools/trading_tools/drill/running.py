"""A whole drill: the calm run of each venue first, then its scenarios, as many at once as asked.

How one run is made is `sealed`; what it comes to is `oracle`.
"""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from trading_tools.drill.oracle.facts import read
from trading_tools.drill.oracle.finding import Judged, Verdict
from trading_tools.drill.oracle.judge import judge
from trading_tools.drill.oracle.leftovers import KILL_SWITCH
from trading_tools.drill.oracle.positions import Declared
from trading_tools.drill.oracle.silence import nothing_reached
from trading_tools.drill.recording import Recording, SealKind
from trading_tools.drill.reports.outcome import Outcome
from trading_tools.drill.scenarios.ends import CALM
from trading_tools.drill.scenarios.scenario import Scenario, Signal, SignalKind
from trading_tools.drill.sealed import Progress, check_program, sealed_run
from trading_tools.drill.spec import HALF_THE_MACHINE, BotSignal, DrillSpec, Forward
from trading_tools.drill.staging import PATIENCE_S, PATIENT, STAGE
from trading_tools.venue.names import VENUES

_Name = Literal["TERM", "INT", "HUP", "USR1", "USR2", "KILL"]
SIGNALS: Final[tuple[_Name, ...]] = ("TERM", "INT", "HUP", "USR1", "USR2", "KILL")
"""Signals that can be a kill switch."""
_AROUND_S: Final = 3
"""What the seal's beginning and the bot's end take of a scenario's time."""
_MUCH_OUTPUT: Final = 10_000_000
"""What a bot prints in a run, in bytes, before a reader is told of it."""
_SEALS: Final = {
    SealKind.NAMESPACE: "a network namespace of its own",
    SealKind.SHIM: "Python's resolver only: the weaker seal, which other languages ignore",
}


@dataclass(frozen=True)
class Begun:
    """A scenario's run has begun on a venue."""

    scenario: str
    venue: str


@dataclass(frozen=True)
class Going:
    """Something happened in a run."""

    scenario: str
    venue: str
    progress: Progress


Event = Begun | Going | Judged
OnEvent = Callable[[Event], None]


@dataclass(frozen=True, kw_only=True)
class Drill:
    """What is asked: which bot, under which scenarios, on which venues.

    `timeout_s` is how long the bot gets in each run; None is what the scenario says. `kill` is how
    its kill switch is pulled: a signal's name, or a command that runs beside it. A bot that holds
    more than `memory_bytes` is ended. By `clock_rate` the clock of the bot and the venues runs
    faster; all times of a run are by that clock.
    """

    command: tuple[str, ...]
    folder: Path
    venues: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    seed: int = 1
    timeout_s: float | None = None
    at_once: int = 1
    market: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    forwards: tuple[Forward, ...] = ()
    declared: Declared = field(default_factory=Declared)
    kill: str = "TERM"
    memory_bytes: int = HALF_THE_MACHINE
    clock_rate: float = 1


async def drill(asked: Drill, on_event: OnEvent = lambda _event: None) -> Outcome:
    """Run and judge all of it. Cancelling it ends all runs, and gives what there is by then.

    Raises:
        DrillError: no drill can be made here.
    """
    began = time.monotonic()
    check_program(asked.command, asked.folder, asked.variables)
    running = [_OnVenue(asked, venue, on_event) for venue in asked.venues]
    interrupted = False
    try:
        for each in running:
            await each.run()
    except asyncio.CancelledError:
        interrupted = True
    seals = {each.seal for each in running if each.seal is not None}
    notes = [f"sealed by {_SEALS[seal]}" for seal in sorted(seals)]
    if asked.clock_rate != 1:
        notes.append(
            f"by libfaketime the clock ran {asked.clock_rate:g} times as fast, for the bot and the "
            "venues; programs without the C library do not see it"
        )
    notes += [note for each in running for note in each.notes]
    return Outcome(
        judged=[judged for each in running for judged in each.in_order()],
        command=asked.command,
        seed=asked.seed,
        seal=", ".join(sorted(seals)),
        seconds=time.monotonic() - began,
        notes=tuple(dict.fromkeys(notes)),
        interrupted=interrupted,
    )


class _OnVenue:
    """All runs on one venue. The calm one begins first; the others are judged once it has ended.

    They begin when the bot has asked something in it: one that cannot start is run once.
    """

    def __init__(self, asked: Drill, venue: str, on_event: OnEvent) -> None:
        self.seal: SealKind | None = None
        self.notes: list[str] = []
        self._asked = asked
        self._venue = venue
        self._tell = on_event
        self._room = asyncio.Semaphore(asked.at_once)
        self._reached = asyncio.Event()
        self._judged: dict[str, Judged] = {}
        self._scenarios = [each for each in asked.scenarios if each.fits(venue)]

    async def run(self) -> None:
        """Run all of them."""
        calm = asyncio.create_task(self._record(CALM))
        others = [
            asyncio.create_task(self._judge(each, calm))
            for each in self._scenarios
            if each is not CALM
        ]
        try:
            if not self._hopeless(await _first_failure(calm, others)):
                self._reached.set()
                await asyncio.gather(*others)
        finally:
            for task in (calm, *others):
                task.cancel()
            await asyncio.gather(calm, *others, return_exceptions=True)

    def in_order(self) -> list[Judged]:
        """What was judged, in the order in which it was asked for."""
        names = [each.name for each in self._scenarios]
        return [self._judged[name] for name in names if name in self._judged]

    def _hopeless(self, calm: Recording) -> bool:
        """Judge calm; where the bot reached nothing even there, all others are told the same."""
        if CALM in self._scenarios:
            self._keep(judge(CALM, self._venue, calm, calm, self._asked.declared))
        silence = nothing_reached(calm, read(calm.ledgers.get(self._venue, ())))
        if silence is None:
            return False
        for each in self._scenarios:
            if each.name not in self._judged:
                self._judged[each.name] = Judged(
                    each.name,
                    self._venue,
                    Verdict.NO_EVIDENCE,
                    f"not run, because in the calm run {silence.why}",
                    silence.try_next,
                    findings=(),
                    seconds=0,
                    output=calm.bot.output,
                )
        return True

    async def _judge(self, scenario: Scenario, calm: asyncio.Task[Recording]) -> None:
        await self._reached.wait()
        recording = await self._record(scenario)
        usual = await asyncio.shield(calm)
        self._keep(judge(scenario, self._venue, recording, usual, self._asked.declared))

    def _keep(self, judged: Judged) -> None:
        self._judged[judged.scenario] = judged
        self._tell(judged)

    async def _record(self, scenario: Scenario) -> Recording:
        async with self._room:
            self._tell(Begun(scenario.name, self._venue))
            recording = await sealed_run(
                self._spec(scenario), lambda told: self._hear(scenario, told)
            )
        self.seal = recording.seal
        self.notes += _lacks(self._venue, recording)
        return recording

    def _hear(self, scenario: Scenario, told: Progress) -> None:
        if told.kind == "sealed" and told.body["why"]:
            self.notes.append(f"no stronger seal: {told.body['why']}")
        elif told.kind == "credentials" and told.body["replaced"]:
            places = ", ".join(map(str, told.body["replaced"]))
            self.notes.append(f"the drill's credentials stand in for the bot's own: {places}")
        elif told.kind == "reached" and scenario is CALM:
            self._reached.set()
        self._tell(Going(scenario.name, self._venue, told))

    def _spec(self, scenario: Scenario) -> DrillSpec:
        asked = self._asked
        usual = scenario.seconds
        if scenario is CALM:  # as long as the longest, so that it can be compared with each
            usual = max([usual, *(each.seconds for each in self._scenarios)])
        return DrillSpec(
            command=asked.command,
            folder=asked.folder,
            venues=(self._venue,),
            scenario=scenario.name,
            seed=asked.seed,
            stage=STAGE if asked.timeout_s else PATIENT,
            market=asked.market,
            signals=tuple(_signal(each, asked.kill) for each in scenario.signals),
            timeout_s=asked.timeout_s or usual - _AROUND_S + PATIENCE_S,
            variables=_with_keys(asked, self._venue),
            forwards=asked.forwards,
            memory_bytes=asked.memory_bytes,
            clock_rate=asked.clock_rate,
        )


def _lacks(venue: str, recording: Recording) -> Iterator[str]:
    """What the bot wanted and the drill does not have, or not whole."""
    if recording.unknown_hosts:
        yield f"hosts that the bot wanted and nobody here has: {', '.join(recording.unknown_hosts)}"
    missing = {
        f"{entry.body.get('method', '')} {entry.body.get('path', '')}".strip()
        for entry in recording.ledgers.get(venue, ())
        if entry.kind == "endpoint.missing"
    }
    if missing:
        yield f"endpoints that {venue} does not have here: {', '.join(sorted(missing))}"
    if recording.bot.output_bytes > _MUCH_OUTPUT:
        size = recording.bot.output_bytes / 1_000_000
        yield f"the bot printed {size:,.0f} MB in {recording.scenario}; its head and tail are kept"


def _with_keys(asked: Drill, venue: str) -> dict[str, str]:
    """The variables, with the venue's drill credentials where they say `@key` and `@secret`."""
    if not {"@key", "@secret"} & set(asked.variables.values()):
        return dict(asked.variables)
    keys = VENUES[venue](asked.seed, lambda: 0).credentials
    known = {"@key": keys.key, "@secret": keys.secret}
    return {name: known.get(value, value) for name, value in asked.variables.items()}


async def _first_failure(
    calm: asyncio.Task[Recording], others: list[asyncio.Task[None]]
) -> Recording:
    """The calm run's recording, unless another run fails before it has ended."""
    waiting: set[asyncio.Task[Recording] | asyncio.Task[None]] = {calm, *others}
    while not calm.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    return calm.result()


def _signal(signal: Signal, kill: str) -> BotSignal:
    """A scenario's signal as the seal sends it."""
    after, delay = signal.after_orders, signal.delay_s
    if signal.kind is SignalKind.TERM:
        why = "the deployment ends the bot"
        return BotSignal("TERM", after, delay, why=why, while_open=signal.while_open)
    if signal.kind is SignalKind.RESTART:
        return BotSignal("KILL", after, delay, restart=True, why="the bot is killed and restarted")
    name = next((each for each in SIGNALS if each == kill), None)
    if name is not None:
        return BotSignal(name, after, delay, why=KILL_SWITCH)
    return BotSignal("RUN", after, delay, command=tuple(shlex.split(kill)), why=KILL_SWITCH)
