"""Alerts into Python's log, on one line each."""

from __future__ import annotations

import json
import logging
from typing import Final

from trading_tools.exchange.alerts.alert import Level, Notice

LEVELS: Final = {
    Level.INFO: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.CRITICAL: logging.CRITICAL,
}


class LogSink:
    """Writes to the logger of this name."""

    name = "log"

    def __init__(self, logger: str = "trading_tools.alerts") -> None:
        self._logger = logging.getLogger(logger)

    async def deliver(self, notice: Notice) -> None:
        """Log one notice."""
        self._logger.log(LEVELS[notice.alert.level], "%s", line(notice))

    async def close(self) -> None:
        """Nothing to let go of."""


def line(notice: Notice) -> str:
    """A notice on one line, whatever breaks of lines its texts hold."""
    alert = notice.alert
    parts = [alert.title, alert.text]
    parts += [json.dumps(dict(alert.details), ensure_ascii=False)] if alert.details else []
    parts += [f"({notice.repeated} more of the same)"] if notice.repeated else []
    text = " ".join(" ".join(part.split()) for part in parts if part)
    # A terminal obeys what is not printable, and alerts may quote what others wrote.
    return "".join(each if each.isprintable() else "?" for each in text)
