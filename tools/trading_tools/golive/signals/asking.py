"""Asking a signal function of the user's, in a process of its own that reaches nothing.

The walls are those of `orc check` (`trading_tools.conformance.containment`): bubblewrap where it
works, else the audit hook and resource limits alone. What is asked there is `inside`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from trading_tools.conformance.containment import contain
from trading_tools.golive.inputs.table import Numbers

_INSIDE = (sys.executable, "-P", "-m", "trading_tools.golive.signals.inside")
_MOST_PRINTED = 1 << 20

Test = Literal["truncation", "warm-up"]


class SignalError(Exception):
    """A function that gave no answer that could be judged: what happened, and what to do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}; {fix}")
        self.what = what
        self.fix = fix


@dataclass(frozen=True)
class Asked:
    """What is to be tried."""

    test: Test
    target: str
    folder: Path
    shape: str
    warm_up: int | None
    tolerance: float
    timeout_s: float


@dataclass(frozen=True)
class Answer:
    """What came of it.

    `difference` is None where nothing differs, else the smallest example in words; `tried` says
    how many shorter histories were tried; `held_by` is what held the code.
    """

    difference: str | None
    tried: int
    held_by: str


def ask(asked: Asked, rows: Numbers) -> Answer:
    """Have the function asked, and wait for what comes of it.

    Raises:
        SignalError: it cannot be loaded, fails, gives no signals, or does not end in time.
    """
    order = {**vars(asked), "folder": str(asked.folder), "count": len(rows)}
    given = json.dumps(order).encode() + b"\n" + rows.astype("<f8").tobytes()
    with tempfile.TemporaryDirectory(prefix="orc-signals-") as scratch:
        held = contain(_INSIDE, asked.folder, Path(scratch))
        with (
            tempfile.TemporaryFile(dir=scratch) as answer,
            subprocess.Popen(
                held.argv,
                env=held.env,
                cwd=asked.folder,
                stdin=subprocess.PIPE,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ) as process,
        ):
            try:
                process.communicate(given, asked.timeout_s)
            except subprocess.TimeoutExpired:
                raise SignalError(
                    f"{asked.target} did not answer within {asked.timeout_s:g} s",
                    "make it faster, give fewer candles, or set [signals] timeout_s",
                ) from None
            finally:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            answer.seek(0)
            told = answer.read(_MOST_PRINTED)
    return _answer(asked, told, process.returncode, held.words)


def _answer(asked: Asked, told: bytes, code: int, held_by: str) -> Answer:
    try:
        said: dict[str, Any] = json.loads(told)
        if "refused" in said:
            raise SignalError(str(said["refused"]), str(said["fix"]))
        difference = said["difference"]
        return Answer(None if difference is None else str(difference), int(said["tried"]), held_by)
    except (ValueError, KeyError, TypeError):
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise SignalError(
            f"{asked.target} ended its process ({how}) without an answer",
            "it must return, within 4 GB of memory",
        ) from None
