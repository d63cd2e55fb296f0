"""What a scenario is: its story, its faults, the signals it sends and what must hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.faults.fault import Fault
from trading_tools.venue.faults.plan import Plan


class SignalKind(StrEnum):
    """What the drill does to the bot's process."""

    TERM = "term"
    """SIGTERM: the deployment ends it."""
    RESTART = "restart"
    """SIGKILL, and the same command again in the same working folder."""
    KILL_SWITCH = "kill_switch"
    """The kill switch that the user declared; without one this is SIGTERM."""


@dataclass(frozen=True)
class Signal:
    """A signal that is sent `delay_s` after the venue accepted that many orders of the bot.

    `while_open` waits for one more where none of them is in the book then.
    """

    kind: SignalKind
    after_orders: int
    delay_s: float = 0.5
    while_open: bool = False


@dataclass(frozen=True)
class Scenario:
    """One named disaster. `venues` are those on which it can happen; empty is all of them.

    `story` says what happened in reality, with `links` to where it was told. `seconds` is how long
    a bot that trades every second or two needs to meet the faults and to come back from them.
    """

    name: str
    title: str
    story: str
    links: tuple[str, ...]
    invariants: tuple[Invariant, ...]
    faults: tuple[Fault, ...] = ()
    signals: tuple[Signal, ...] = ()
    venues: frozenset[str] = frozenset()
    seconds: int = 15

    def fits(self, venue: str) -> bool:
        """Whether it can happen on the venue of this name."""
        return not self.venues or venue in self.venues

    def plan(self, seed: int) -> Plan:
        """Its faults for one run; same seed and same acts, same faults."""
        return Plan(self.faults, seed)
