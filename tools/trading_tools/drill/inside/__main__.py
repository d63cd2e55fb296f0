"""The inside process: `python -m trading_tools.drill.inside`, started by `sealed` alone.

It reads an order, serves the venues, lets the bot live and tells all on its standard output. It
ends with whoever started it: standard input stays open until then.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import threading
from dataclasses import asdict

from trading_tools.drill.inside.order import Order
from trading_tools.drill.inside.report import Reporter
from trading_tools.drill.inside.run import run
from trading_tools.drill.recording import SealKind
from trading_tools.drill.spec import DrillError


def main() -> int:
    """Do what one order says."""
    report = Reporter(os.dup(sys.stdout.fileno()))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no report
    report.tell("ready")
    line = sys.stdin.buffer.readline()
    if not line:
        return 1
    order = Order.from_line(line)
    threading.Thread(target=_end_with_parent, args=(order,), daemon=True).start()
    try:
        ended = asyncio.run(run(order, report))
    except DrillError as error:
        report.tell("failed", what=str(error))
        return 1
    report.tell("end", **asdict(ended))
    return 0


def _end_with_parent(order: Order) -> None:
    """Leave nothing behind when the process outside is gone."""
    sys.stdin.buffer.read()
    if order.seal is SealKind.NAMESPACE and os.getpid() == 1:
        os.kill(-1, signal.SIGKILL)  # every other process of this namespace
    shutil.rmtree(order.scratch, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
