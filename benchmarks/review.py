"""What a review costs beside parsing alone, at size, and before a commit.

python -m benchmarks.review LINES

reviews our own code, as often as it takes to have so many lines, and says on one line: CPU of a
review over that of `ast.parse` on the same files in one process; wall time for the lines and most
memory for twice as many, in processes; wall time of `orc review --staged` with three changed
files; and CPU of bandit and of pylint, where they are installed, over that of `orc review`, each a
process of its own on the same files.
"""

from __future__ import annotations

import ast
import gc
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path

from trading_tools.review.registry import chosen
from trading_tools.review.run import Target, review

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
STAGED = 3
_TURNS = 5


def main(lines: int) -> dict[str, float]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        targets = _corpus(base / "one", lines)
        texts = [target.file.read_text("utf-8") for target in targets]
        turns = [
            (_cpu(lambda: _parse(texts)), _cpu(lambda: review(targets, chosen(), processes=1)))
            for _ in range(_TURNS)
        ]
        begun = time.perf_counter()
        review(targets, chosen(), processes=2)
        wall = time.perf_counter() - begun
        review(_corpus(base / "two", 2 * lines), chosen(), processes=2)
        return {
            "over_parse": statistics.median(one / parsed for parsed, one in turns),
            "lines_wall_s": wall,
            "rss_mb": _most_memory(),
            "staged_ms": _staged(base / "repo", targets[:STAGED]),
            **_others(base / "one"),
        }


def _corpus(folder: Path, lines: int) -> list[Target]:
    """Copies of our files, in folders of their own, until there are enough lines."""
    files = sorted([*(ROOT / "tools").rglob("*.py"), *(ROOT / "src").rglob("*.py")])
    made: list[Target] = []
    for number, file in enumerate(cycle(files)):
        place = folder / str(number // len(files)) / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
        text = file.read_bytes()
        made.append(Target(place, str(place), len(text)))
        lines -= text.count(b"\n")
        if lines <= 0:
            return made
    return made


def _parse(texts: Sequence[str]) -> None:
    for text in texts:
        ast.parse(text)  # one at a time, as a review does: to hold them all costs more


def _cpu(act: Callable[[], object]) -> float:
    gc.collect()  # what the one before left is not this one's to look through
    begun = time.process_time()
    act()
    return time.process_time() - begun


def _most_memory() -> float:
    """Of the largest process there was, in megabytes."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024


def _others(folder: Path) -> dict[str, float]:
    """What other reviewers cost, in CPU of ours; none where none is installed."""
    commands = {
        "bandit": ("bandit", "--quiet", "--recursive", "--format", "json", str(folder)),
        "pylint": ("pylint", "--recursive", "y", "--score", "n", str(folder)),
    }
    known = {name: words for name, words in commands.items() if (BIN / words[0]).exists()}
    if not known:
        return {}
    ours = _cpu_of("orc", "review", str(folder))
    return {f"{name}_over_ours": _cpu_of(*words) / ours for name, words in known.items()}


def _cpu_of(command: str, *arguments: str) -> float:
    """CPU seconds of a command and all it starts; what it finds does not matter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(BIN / command), *arguments], check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _staged(repo: Path, targets: Sequence[Target]) -> float:
    """The median of a few reviews, each by a process of its own."""
    repo.mkdir()

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=B", "-c", "user.email=b@localhost")
        subprocess.run(["git", *who, *arguments], cwd=repo, check=True, capture_output=True)

    git("init", "--quiet")
    for number, target in enumerate(targets):
        shutil.copyfile(target.file, repo / f"part{number}.py")
    git("add", ".")
    git("commit", "--quiet", "-m", "before")
    for number in range(len(targets)):
        with (repo / f"part{number}.py").open("a") as file:
            file.write("CHANGED = True\n")
    git("add", ".")
    walls = []
    for _ in range(2 * _TURNS + 1):
        begun = time.perf_counter()
        subprocess.run(
            [str(BIN / "orc"), "review", "--staged"], cwd=repo, check=True, capture_output=True
        )
        walls.append(time.perf_counter() - begun)
    return 1000 * statistics.median(walls)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))) + "\n")
