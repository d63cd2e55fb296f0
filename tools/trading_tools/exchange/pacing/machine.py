"""The counts of this machine: one for each venue, host and key, for all processes of its user.

They are used wherever no others are given, so that a bot, an agent's tools and the command that
stops trading do not take the same limits, or the same nonces, each for their own. A client is only
looked at here; nothing is asked of a venue.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from trading_tools.exchange.pacing.meters import Slot
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.slots import OwnSlots, SharedSlots, Slots
from trading_tools.exchange.pacing.venues import RULES

VARIABLE: Final = "ORC_PACING_DIR"
"""Names another folder, for processes that see different ones: containers, services."""

_FAMILIES: Final[Mapping[str, str]] = {"binanceusdm": "fapiPrivate", "coinbase": "rest"}
"""ccxt's name of the host to which a venue's orders go, where it is not `private`."""

_HELD_S: Final = 0.25
_LOOK_S: Final = 0.0002
_ALONE_S: Final = 10.0

_own: Final = OwnSlots()
_said: Final[set[Path]] = set()

log = logging.getLogger(__name__)


def machine_slots() -> Slots:
    """The slots of all processes of this user here; this process's own where none can be shared.

    What is missing then is said in the log, once: a request is never kept from its venue for it.
    """
    folder = _folder()
    try:
        if not folder.is_absolute():
            raise OSError(f"{folder} is not absolute, and another folder for each process")
        return _MachineSlots(folder)
    except OSError as error:
        _say(folder, error)
        return _own


def pacer_of(client: Any) -> Pacer:
    """A ccxt client's pacer, together with all of this machine's clients of its host and key.

    Without rules where the venue's limits are not known.
    """
    rules = RULES.get(client.id, ())
    return Pacer(client.id, rules, client.apiKey or "", machine_slots(), where=host_of(client))


def host_of(client: Any) -> str:
    """Where a ccxt client sends its orders, with the path: through a gateway that has the host."""
    urls = client.urls["api"]
    if isinstance(urls, Mapping):
        urls = urls.get(_FAMILIES.get(client.id, "private"), urls)
    while isinstance(urls, Mapping):
        urls = next(iter(urls.values()))  # any of a venue whose hosts are not known here
    url = urlsplit(client.implode_hostname(urls))
    return f"{url.netloc}{url.path}"


def _folder() -> Path:
    """The same for every process of a user, whatever its environment is by chance.

    So it is neither in `TMPDIR` nor in `XDG_RUNTIME_DIR`, which a service does not have and a
    login does, and which is taken away with the last login.
    """
    given = os.environ.get(VARIABLE)
    return Path(given or f"/tmp/trading-tools-pacing-{os.geteuid()}")  # noqa: S108 - checked private


class _MachineSlots(SharedSlots):
    """Shared slots in whose place this process's own count where a disk is full, or gone.

    Or where a process is stopped while it counts: the command that stops trading is for then.
    """

    _alone_until = 0.0

    def lock(self, names: Sequence[str]) -> list[Slot]:
        if time.monotonic() > self._alone_until:
            try:
                return super().lock(names)
            except OSError as error:
                self._alone_until = time.monotonic() + _ALONE_S
                _say(self._folder, error)
        with _own.held(names) as slots:
            return slots

    def take(self, file: int) -> None:
        until = time.monotonic() + _HELD_S
        while True:
            try:
                return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    held = f"a process that stands still holds what is counted in {self._folder}"
                    raise TimeoutError(held) from None
            time.sleep(_LOOK_S)


def _say(folder: Path, error: OSError) -> None:
    if folder not in _said:
        _said.add(folder)
        log.warning(
            "the venues' limits and nonces are counted for this process alone, beside others of "
            "this machine: %s; name a folder of your own in %s",
            error,
            VARIABLE,
        )
