"""The sealed process: an order and candles on standard input, one JSON object as the answer."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from trading_tools.conformance.inside.hold import Hold
from trading_tools.conformance.inside.loading import load, told
from trading_tools.conformance.spec import CheckError
from trading_tools.golive.signals.inside.function import Refused, SignalFunction
from trading_tools.golive.signals.inside.judging import truncation, warm_up

_TESTS = {"truncation": truncation, "warm-up": warm_up}


def main() -> None:
    """Answer on what was standard output, out of reach of what the code prints."""
    channel = os.dup(1)
    os.dup2(2, 1)
    order = json.loads(sys.stdin.buffer.readline())
    rows = np.frombuffer(sys.stdin.buffer.read(), dtype="<f8").reshape(order["count"], -1)
    os.write(channel, json.dumps(_answer(order, rows)).encode())
    os._exit(0)


def _answer(order: dict[str, Any], rows: Any) -> dict[str, Any]:
    Hold(Path(tempfile.gettempdir())).close()
    try:
        loaded = load(order["target"], Path(order["folder"]))
        function = SignalFunction(loaded.value, loaded.name, order["shape"], rows)
        difference, tried = _TESTS[order["test"]](function, order["warm_up"], order["tolerance"])
    except (CheckError, Refused) as error:
        return {"refused": error.what, "fix": error.fix}
    except BaseException as error:  # noqa: BLE001 - the boundary: the other side tells it
        return {"refused": f"the test failed: {told(error)}", "fix": "report it"}
    return {"difference": difference, "tried": tried}


if __name__ == "__main__":
    main()
