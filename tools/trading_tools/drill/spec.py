"""What one sealed run is asked to do: the bot, its venues, its scenario and its limits.

Running it is `sealed`; what it gives back is `recording`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Self

HALF_THE_MACHINE: Final = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
"""Half of the memory that this machine has, in bytes."""

_TAKEN = frozenset({53, 80, 443, 8443, 9443})


class DrillError(Exception):
    """A drill could not be made; the message says what, where and what to do."""


@dataclass(frozen=True)
class BotSignal:
    """What is done to the bot `delay_s` after its venues have accepted that many orders of it.

    TERM goes to all its processes, as systemd sends it, and is followed by KILL where the bot
    lives on; KILL ends them at once; INT, HUP, USR1 and USR2 are only sent. `restart` starts the
    same command again in the same folder once it has ended. RUN runs `command` beside the bot in
    its folder instead: a kill switch that is a file or a program. `while_open` waits for another
    order, and the delay again, where none of the bot's is in the book by then.
    """

    signal: Literal["TERM", "KILL", "INT", "HUP", "USR1", "USR2", "RUN"]
    after_orders: int
    delay_s: float = 0
    restart: bool = False
    command: tuple[str, ...] = ()
    why: str = "the scenario"
    while_open: bool = False


@dataclass(frozen=True)
class Forward:
    """A service on this machine's loopback interface that the bot may reach: its database."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `HOST:PORT`. Only this machine's loopback interface may be named."""
        host, _, port = text.rpartition(":")
        if host not in {"localhost", "127.0.0.1"} or not (port.isascii() and port.isdigit()):
            raise DrillError(
                f"--forward {text}: only a service on this machine can be forwarded; "
                "write localhost:PORT"
            )
        if not 0 < int(port) < 65_536 or int(port) in _TAKEN:
            raise DrillError(
                f"--forward {text}: {port} is no port, or one of the venues'; name another"
            )
        return cls(host, int(port))


@dataclass(frozen=True, kw_only=True)
class DrillSpec:
    """One run of one bot under one scenario.

    Args:
        command: the bot, as a person would start it in `folder`.
        folder: its folder; the bot gets a copy at the same path.
        venues: names of `trading_tools.venue.names`; the first is also whose keys go under names
            that name no venue (`API_KEY`).
        scenario: what the recording is called, and what `stage` is told.
        seed: the market and the credentials follow from it.
        stage: `module:function` that sets up venues and faults, see `inside.stage`.
        market: a file of candles for the stage.
        signals: what the bot is sent, and when.
        timeout_s: after that the bot is sent SIGTERM.
        term_grace_s: what it then has until it is killed.
        variables: set for the bot, over everything else.
        forwards: services of this machine that it may reach.
        weaker: use the weaker seal even where the strong one is there.
        memory_bytes: the most that its processes may hold together, and that each of its scratch
            folders may.
        clock_rate: how much faster the clock runs for the bot and its venues. The times here are
            by that clock.
    """

    command: tuple[str, ...]
    folder: Path
    venues: tuple[str, ...]
    scenario: str = "calm"
    seed: int = 1
    stage: str = "trading_tools.drill.inside.stage:calm"
    market: Path | None = None
    signals: tuple[BotSignal, ...] = ()
    timeout_s: float = 60
    term_grace_s: float = 10
    variables: Mapping[str, str] = field(default_factory=dict)
    forwards: tuple[Forward, ...] = ()
    weaker: bool = False
    memory_bytes: int = HALF_THE_MACHINE
    clock_rate: float = 1

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        body: dict[str, Any] = json.loads(text)
        body["command"] = tuple(body["command"])
        body["folder"] = Path(body["folder"])
        body["venues"] = tuple(body["venues"])
        body["market"] = Path(body["market"]) if body["market"] else None
        body["signals"] = tuple(
            BotSignal(**{**each, "command": tuple(each["command"])}) for each in body["signals"]
        )
        body["forwards"] = tuple(Forward(**each) for each in body["forwards"])
        return cls(**body)
