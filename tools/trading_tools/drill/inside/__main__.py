"""The inside process: `python -m trading_tools.drill.inside FOLDER`, started by `sealed` alone.

It reads an order, serves the venues, lets the bot live and tells all on its standard output. It
ends with whoever started it: standard input stays open until then.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from trading_tools.drill.inside.order import Order
from trading_tools.drill.inside.report import Reporter
from trading_tools.drill.inside.run import run
from trading_tools.drill.recording import SealKind
from trading_tools.drill.spec import DrillError

_CHUNK = 1 << 16
_CONNECTIONS = 1 << 16


def main() -> int:
    """Do what one order says, in the folder that is named, until nobody wants more."""
    scratch = Path(sys.argv[1])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` lets it be ignored
    report = Reporter(os.dup(sys.stdout.fileno()))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no report
    report.tell("ready")
    _allow_connections()
    try:
        if not (line := _first_line()):
            raise KeyboardInterrupt
        order = Order.from_line(line)
        over = threading.Event()
        watch = threading.Thread(target=_end_with_parent, args=(order, over), daemon=True)
        watch.start()
        report.tell("end", **asdict(asyncio.run(run(order, report))))
    except DrillError as error:
        report.tell("failed", what=str(error))
    except KeyboardInterrupt:
        shutil.rmtree(scratch, ignore_errors=True)
        return 1
    over.set()
    watch.join()
    shutil.rmtree(scratch, ignore_errors=True)
    return 0


def _allow_connections() -> None:
    """A bot that sends ten thousand orders at once has as many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS if hard == resource.RLIM_INFINITY else min(_CONNECTIONS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _first_line() -> bytes:
    """Read without a buffer: the thread that waits for the end must hold no lock."""
    line = b""
    while not line.endswith(b"\n") and (data := os.read(0, _CHUNK)):
        line += data
    return line


def _end_with_parent(order: Order, over: threading.Event) -> None:
    """Leave nothing behind when the process outside is gone, or wants no more."""
    while os.read(0, _CHUNK):
        pass
    if order.seal is SealKind.NAMESPACE and os.getpid() == 1:
        os.kill(-1, signal.SIGKILL)  # every other process of this namespace
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        shutil.rmtree(order.scratch, ignore_errors=True)
        os._exit(0)
    if not over.is_set():
        os.kill(os.getpid(), signal.SIGINT)  # the run is cancelled, and with it the bot


if __name__ == "__main__":
    sys.exit(main())
