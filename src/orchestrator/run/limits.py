"""What a run may use at most, and the loops it may not fall into.

Limits are shared by the whole run, all frames together (turns are per frame, wall time begins anew
when a run is resumed), and are checked before the thing they bound is begun. A limit that bites
ends in a `Reached`, never in a trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from orchestrator.run.reading import NOT_FITTING, NotKept


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The caps of a run. Defaults are for a job of a person's hour."""

    hops: int = 12
    """Accepted handoffs to another agent; the first agent is none."""
    turns: int = 40
    """Model calls in one frame, checked before each."""
    tool_calls: int = 300
    """Calls really made, in all frames; refused ones do not count."""
    minutes: Decimal = Decimal(60)
    """Wall time of one stretch in which a process drives the run; the next one begins anew.

    A question that a person answers at the terminal counts, time in which no process runs does not.
    """
    usd: Decimal = Decimal(10)
    """Reserved before each model call at its worst case; needs a model with a known price."""
    max_tokens: int = 16_000
    """Output of one reply, thinking included; shrinks to what the budget allows."""

    def body(self) -> dict[str, Any]:
        """As events keep it."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Limits:
        """The limits that `body` came from.

        Raises:
            NotKept: it is not what `body` made.
        """
        try:
            return cls(
                hops=int(body["hops"]),
                turns=int(body["turns"]),
                tool_calls=int(body["tool_calls"]),
                minutes=Decimal(str(body["minutes"])),
                usd=Decimal(str(body["usd"])),
                max_tokens=int(body["max_tokens"]),
            )
        except NOT_FITTING as error:
            raise NotKept("limits", error) from error


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that bit: its name, its cap and what was reached, as text for people."""

    limit: str
    cap: str
    reached: str


LEAST_USEFUL_TOKENS = 1_024
"""A reply with less room than this cannot hold an envelope; the budget counts as spent."""

REPEATS = 5
"""The same call with the same result, this often in a row, is a loop."""

PING_PONG = 4
"""Handoffs between the same two agents, back and forth, without one new receipt between them."""


def repeated_call(signatures: Sequence[str]) -> Reached | None:
    """Whether a frame's latest calls are all the same; one signature a call."""
    last = signatures[-REPEATS:]
    if len(last) == REPEATS and len(set(last)) == 1:
        reached = f"{REPEATS} in a row: {last[0]}"
        return Reached("repeated call", f"{REPEATS - 1} in a row", reached)
    return None


def ping_pong(handoffs: Sequence[tuple[str, str, int]]) -> Reached | None:
    """Whether two agents only pass the work back and forth.

    `handoffs` are (from, to, number of receipts by then), oldest first.
    """
    last = handoffs[-PING_PONG:]
    pairs = {frozenset((source, target)) for source, target, _ in last}
    if len(last) == PING_PONG and len(pairs) == 1 and len({count for *_, count in last}) == 1:
        between = " and ".join(sorted(next(iter(pairs))))
        reached = f"{PING_PONG} handoffs between {between} without a new receipt"
        return Reached("ping-pong", f"{PING_PONG - 1} handoffs", reached)
    return None


def affordable_tokens(
    wanted: int, left_usd: Decimal, input_usd: Decimal, output_usd_per_token: Decimal
) -> int:
    """How many output tokens the money left allows, at most `wanted`.

    `input_usd` is the worst case of the request itself. 0 or less: it cannot be afforded.
    """
    if output_usd_per_token <= 0:
        return wanted
    return min(wanted, int((left_usd - input_usd) / output_usd_per_token))
