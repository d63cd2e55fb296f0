"""One sealed run as a program of its own: `python -m tests.support.drill_once SETTINGS COMMAND…`.

SETTINGS is a JSON object of `DrillSpec`'s. Prints `started` once the bot lives and the recording at
the end, as one JSON object: seal, output, replaced, unknown hosts and the kinds in the ledger.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.support.drills import drill
from trading_tools.drill.sealed import Progress


class _Told(list[Progress]):
    def append(self, told: Progress) -> None:
        if told.kind == "bot.started":
            sys.stdout.write("started\n")
            sys.stdout.flush()
        super().append(told)


def main() -> None:
    """Run it and print what came of it."""
    told = _Told()
    recording = drill(sys.argv[2:], Path.cwd(), told, **json.loads(sys.argv[1]))
    sealed = next(each for each in told if each.kind == "sealed")
    body = {
        "seal": recording.seal.value,
        "why": sealed.body["why"],
        "output": recording.bot.output,
        "kinds": [entry.kind for entry in recording.ledgers["binance"]],
        "unknown_hosts": recording.unknown_hosts,
    }
    sys.stdout.write(json.dumps(body) + "\n")


if __name__ == "__main__":
    main()
