"""The sealed process: an order on standard input, what is found as lines of JSON on its channel.

The channel is what was its standard output. What the user's code prints goes where standard error
goes, so that it cannot be taken for ours. Each line of ours begins with a mark that is told first:
code that finds the channel is not believed. Code that looks for the mark in this process finds that
too: a verdict on code that means to lie is worth nothing.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis.configuration import set_hypothesis_home_dir

from trading_tools.conformance.inside.callers import Threaded
from trading_tools.conformance.inside.hold import Hold
from trading_tools.conformance.inside.loading import load, theirs, told
from trading_tools.conformance.inside.search import judge
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.catalogue import laws_of
from trading_tools.conformance.kinds.params import Params
from trading_tools.conformance.spec import CheckError, CheckSpec


class Channel:
    """Where the findings go, out of reach of what the code prints."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._fd = os.dup(1)
        os.dup2(2, 1)

    def tell(self, kind: str, **body: Any) -> None:
        """One line."""
        line = f"{self._mark}{json.dumps({'kind': kind, **body})}\n".encode()
        while line:
            line = line[os.write(self._fd, line) :]


def main() -> None:
    """Do the order, and end whatever threads the code has left."""
    channel = Channel(sys.stdin.readline().strip())
    spec = CheckSpec.from_dict(json.loads(sys.stdin.readline()))
    scratch = Path(tempfile.gettempdir())
    hold = Hold(scratch)
    set_hypothesis_home_dir(scratch)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    try:
        _check(spec, channel, hold)
    except CheckError as error:
        channel.tell("refused", what=error.what, fix=error.fix)
    except BaseException as error:  # noqa: BLE001 - the boundary: the other side tells it
        channel.tell("fault", what=told(error), theirs=theirs(error))
    os._exit(0)


def _check(spec: CheckSpec, channel: Channel, hold: Hold) -> None:
    with VirtualTime():
        hold.close()
        channel.tell("doing", what="it is imported")
        loaded = load(spec.target, spec.folder)
        params = Params(spec.params)
        channel.tell("doing", what="it is made and asked for the first time")
        laws = laws_of(spec.kind, loaded, params)
        params.refuse_unused()
        _refuse_threads(spec)
        channel.tell("shape", shape=laws.shape, name=loaded.name)
        for law in laws.properties:
            channel.tell("doing", what=f"the property {law.name} is tried")
            found = judge(law, spec.seed, spec.histories)
            _refuse_threads(spec)
            channel.tell("finding", **asdict(found))
        channel.tell("end", notes=[*loaded.notes, *hold.notes, *_remarks()])


def _refuse_threads(spec: CheckSpec) -> None:
    """Code with sleeping threads would be judged by a time that is not theirs.

    Raises:
        CheckError: it has some.
    """
    if VirtualTime.threads:
        raise CheckError(
            f"{spec.target} starts threads that sleep, and threads have no virtual time here",
            "check the part that decides without them",
        )


def _remarks() -> Iterator[str]:
    ours = (threading.main_thread().name, Threaded.THREAD)
    threads = [each for each in threading.enumerate() if each.name not in ours]
    if threads:
        yield f"the code left {len(threads)} threads running"
    for name in sorted(VirtualTime.replaced):
        yield f"the code put its own in the place of time.{name}: put back after each history"


if __name__ == "__main__":
    main()
