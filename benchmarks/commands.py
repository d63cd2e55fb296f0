"""The command line as processes: how long a person waits, and what a whole `orc run` takes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.processes import environ, standin

ORC = Path(sys.executable).with_name("orc")
PROJECT = {"README.md": "# A desk\n", "desk.py": "def size(risk):\n    return risk\n"}


def measure(repeats: int) -> dict[str, dict[str, float]]:
    """Median wall and CPU ms of each command; they take turns."""
    with standin() as url, tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        project = _project(place)
        env = {
            **environ(),
            "HOME": folder,
            "ANTHROPIC_API_KEY": "sk-bench",
            "ANTHROPIC_BASE_URL": f"{url}/orc",
        }
        commands = {
            "orc --help": [str(ORC), "--help"],
            "orc route": [str(ORC), "route", "implement a Bybit perp connector"],
            "import orchestrator": [sys.executable, "-c", "import orchestrator"],
            "python": [sys.executable, "-c", "pass"],
            "orc run": [str(ORC), "run", "--agent", "python-expert", "what does desk.py do?"],
        }
        timed: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(repeats + 1):
            for name, command in commands.items():
                timed[name].append(_timed(command, project, env))
    return {
        name: {
            "wall_ms": median(wall for wall, _ in times[1:]),
            "cpu_ms": median(cpu for _, cpu in times[1:]),
        }
        for name, times in timed.items()
    }


def _project(place: Path) -> Path:
    project = place / "desk"
    project.mkdir()
    for name, text in PROJECT.items():
        (project / name).write_text(text, encoding="utf-8")
    author = ["-c", "user.name=bench", "-c", "user.email=bench@example.invalid"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "A desk"]):
        subprocess.run(["git", *author, *arguments], cwd=project, check=True)
    return project


def _timed(command: list[str], cwd: Path, env: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU ms, the command's own children included.

    Raises:
        RuntimeError: it failed.
    """
    before, wall = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - wall
    after = os.times()
    if done.returncode != 0:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-1000:]}")
    cpu = sum(after[i] - before[i] for i in (2, 3))
    return wall * 1000, cpu * 1000
