"""What the bot means to do and what became of it, on disk before anything is sent."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path


MARK = "cb-"
"""How the client ids of our orders begin. An id has 18 characters: Kraken takes no longer ones."""


class State(StrEnum):
    """What is known of an intent."""

    MEANT = "meant"  # on disk; it may have been sent, and the venue may have it
    OPEN = "open"  # the venue has it
    DONE = "done"  # it can trade no more
    NOTHING = "nothing"  # the venue does not have it and never will


@dataclass(frozen=True)
class Intent:
    """One order that we want once. `client_id` is its name here and at the venue, for ever."""

    client_id: str
    side: str
    amount: str
    price: str
    sent_at: float
    state: State = State.MEANT
    order_id: str | None = None
    filled: str = "0"

    @property
    def settled(self) -> bool:
        """Whether nothing about it can change any more."""
        return self.state in (State.DONE, State.NOTHING)


class Journal:
    """All intents, in a file that is only ever appended to; the last line about one counts."""

    def __init__(self, path: Path) -> None:
        self._intents: dict[str, Intent] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    body = json.loads(line)
                except ValueError:
                    continue  # torn by a crash: what it told had not been acted on
                intent = Intent(**{**body, "state": State(body["state"])})
                self._intents[intent.client_id] = intent
        self._file = path.open("a")

    def meant(self, side: str, amount: str, price: str) -> Intent:
        """A new intent, safe on disk when this returns."""
        client_id = MARK + uuid.uuid4().hex[:15]
        return self._keep(Intent(client_id, side, amount, price, time.time()))

    def note(self, intent: Intent, **news: object) -> Intent:
        """What has become of an intent."""
        return self._keep(replace(intent, **news))  # type: ignore[arg-type]

    def knows(self, client_id: str) -> bool:
        """Whether an order is one of ours."""
        return client_id in self._intents

    def adopt(self, client_id: str, side: str, amount: str, price: str) -> Intent:
        """An order at the venue that carries our mark and that this file has lost."""
        return self._keep(Intent(client_id, side, amount, price, time.time()))

    def unsettled(self) -> Iterator[Intent]:
        """Intents whose end is not known yet, oldest first."""
        return iter([each for each in self._intents.values() if not each.settled])

    def position(self) -> Decimal:
        """What all fills of all intents add up to, in base."""
        total = Decimal(0)
        for each in self._intents.values():
            total += Decimal(each.filled) * (1 if each.side == "buy" else -1)
        return total

    def _keep(self, intent: Intent) -> Intent:
        self._intents[intent.client_id] = intent
        self._file.write(json.dumps(asdict(intent)) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        return intent
