"""Whether this process was started by a run: such a process may decide nothing."""

from __future__ import annotations

import os
from pathlib import Path

INSIDE = "ORC_COMMAND"
"""Set in the environment of every command that a run starts."""

_DRIVERS = ("run", "resume", "approve", "answer", "demo")


def inside_a_run() -> str | None:
    """What shows that a run started this process; None where nothing does.

    The environment says so, or an ancestor is a process that drives runs. A seal hides the ledger
    from commands altogether; this is for commands without one.
    """
    if os.environ.get(INSIDE):
        return "a run (ORC_COMMAND is set)"
    pid = os.getppid()
    while pid > 1:
        process = Path("/proc") / str(pid)
        try:
            words = process.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
            status = process.joinpath("status").read_text(errors="replace")
        except OSError:
            return None
        if _drives(words):
            return f"process {pid} ({' '.join(words[:4]).strip()})"
        parents = [line.split()[1] for line in status.splitlines() if line.startswith("PPid:")]
        pid = int(parents[0]) if parents else 0
    return None


def _drives(words: list[str]) -> bool:
    """Whether a process with this command line is `orc` itself, at work on a run.

    `timeout 60 orc answer …` and `uv run orc answer …` only have our words in theirs: they started
    this process for a person.
    """
    names = [Path(word).name for word in words[:3]]
    ours = {"orc", "orchestrator"}
    itself = names[0] in ours or (names[0].startswith("python") and bool(ours & {*names}))
    return itself and bool(set(words) & set(_DRIVERS))
