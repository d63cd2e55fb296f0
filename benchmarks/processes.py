"""Starting and stopping the processes of a benchmark: the stand-in, the contenders, the parts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers" / "bin" / "python"


def environ() -> dict[str, str]:
    """Ours, so that the peers' interpreter finds the scenario, less what would steer runs.

    Nor is it told to write no bytecode: each process would then compile all sources anew.
    """
    steers = ("ANTHROPIC_", "ORC_", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(steers)}
    return {**kept, "PYTHONPATH": os.pathsep.join(str(ROOT / d) for d in (".", "src", "tools"))}


@contextmanager
def started(python: str, module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A module's process with pipes; at the end its stdin is closed and it is waited for."""
    with subprocess.Popen(
        [python, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ(),
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that the process says.

    Raises:
        RuntimeError: it ended instead; the text is the end of what it wrote to stderr.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        assert process.stderr is not None
        raise RuntimeError(f"{process.args!r} ended: {process.stderr.read()[-2000:]}")
    return line.strip()


@contextmanager
def standin(*, latency_ms: float = 0.0, overloaded: float = 0.0) -> Iterator[str]:
    """The stand-in of the service; gives its address."""
    options = ("--latency-ms", str(latency_ms), "--overloaded", str(overloaded))
    with started(sys.executable, "benchmarks.standin", *options) as process:
        yield line_of(process)


def counts(url: str) -> dict[str, dict[str, int]]:
    """What the stand-in counted, by contender."""
    with urllib.request.urlopen(f"{url}/counts") as answer:
        found: dict[str, dict[str, int]] = json.load(answer)
    return found


def told(module: str, *arguments: str) -> Any:
    """The JSON that a module's process says on its one line."""
    with started(sys.executable, module, *arguments) as process:
        return json.loads(line_of(process))
