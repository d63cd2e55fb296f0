"""What one drill run hands to the oracle: the venues' ledgers and how the bot ended.

The bot's own life is in every venue's ledger too, by the same clock: `bot.started`, `bot.signaled`
(`signal`, `why`) and `bot.exited` (`code`, `signal`); a kill switch that is a command ends in
`command.exited` (`command`, `code`, `signal`). Faults are there as `fault.armed`,
`fault.delivered` and `fault.ended`, each with `fault`, the name that its plan gave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from trading_tools.venue.core.ledger import Entry


class SealKind(StrEnum):
    """How the bot was kept from the world."""

    NAMESPACE = "namespace"
    """bubblewrap: a network of its own with no way out."""
    SHIM = "shim"
    """Python's resolver replaced: the weaker seal, which a bot in another language ignores."""


@dataclass(frozen=True)
class BotEnd:
    """How the bot ended. `code` is its exit code; None where a signal or the timeout ended it."""

    code: int | None
    signal: str | None
    timed_out: bool
    ignored_term: bool
    seconds: float
    output: str
    """Head and tail of what it printed, secrets taken out."""
    output_bytes: int


@dataclass(frozen=True)
class Recording:
    """One run of the bot under one scenario. `ledgers` is by venue name."""

    scenario: str
    seed: int
    seal: SealKind
    ledgers: Mapping[str, tuple[Entry, ...]]
    bot: BotEnd
    tls_refused: int
    """TLS handshakes that the bot broke off: it does not trust the drill's CA."""
    unknown_hosts: tuple[str, ...]
    """Names that the bot wanted and that no venue here has, as far as they can be known."""
    replaced: tuple[str, ...] = ()
    """Where a drill credential stands for a real one, by name: `API_KEY in .env`."""
