"""Power loss: what the disk was never told to keep is gone, and no order is sent twice for it.

The cut states are such as power loss can leave: the database's log is cut at the length it had when
the operating system was last told to write it to the disk (seen by a shim over `fsync`), alone,
with half a page of what followed, and with what followed but for its first page.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.crashes import CrashingRun
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify

REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = 4096 + 24  # sqlite.org/fileformat2.html, 4.1: a frame is a page and its header
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void book(int fd) {
    char link[64], path[4096], line[64];
    struct stat now;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 4 || strncmp(path + n - 4, "-wal", 4) || fstat(fd, &now)) return;
    int out = open(getenv("SYNCED"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int length = snprintf(line, sizeof line, "%lld", (long long)now.st_size);
    if (write(out, line, length) != length) abort();
    close(out);
}
int fsync(int fd) { book(fd); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { book(fd); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""
LIFE = """
import sys
from pathlib import Path
from tests.support.crashes import CrashingRun, Fate
CrashingRun(Path(sys.argv[1])).drive(Fate(int(sys.argv[2])))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("cc") is None or sys.platform != "linux", reason="a shim over fsync needs cc"
    ),
]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    built = folder / "shim.so"
    words = ["cc", "-shared", "-fPIC", "-o", str(built), str(folder / "shim.c"), "-ldl"]
    subprocess.run(words, check=True)
    return built


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return CrashingRun(tmp_path_factory.mktemp("points") / "run").points()


def lost_power(folder: Path, shim: Path, kill_at: int) -> tuple[CrashingRun, int]:
    """A run whose machine stopped at a point, and the length of its log that the disk has."""
    run = CrashingRun(folder)
    synced = folder / "synced"
    ended = subprocess.run(
        [sys.executable, "-c", LIFE, str(folder), str(kill_at)],
        cwd=REPOSITORY,
        env={**os.environ, "LD_PRELOAD": str(shim), "SYNCED": str(synced)},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    return run, int(synced.read_text())


def cut(run: CrashingRun, synced: int, tail: str) -> int:
    """Leave of the log what was synced and such a tail; how much was there beyond."""
    log = run.folder / "ledger.sqlite-wal"
    (run.folder / "ledger.sqlite-shm").unlink()
    whole = log.read_bytes()
    beyond = whole[synced:]
    kept = {
        "nothing": b"",
        "half a page": beyond[: PAGE // 2],
        "all but the first page": bytes(min(PAGE, len(beyond))) + beyond[PAGE:],
    }[tail]
    log.write_bytes(whole[:synced] + kept)
    return len(beyond)


@pytest.mark.parametrize("tail", ["nothing", "half a page", "all but the first page"])
@pytest.mark.parametrize("effect", ["pay", "order", "wire"])
def test_what_was_done_outside_is_known_after_power_loss(
    shim: Path, points: list[str], tmp_path: Path, effect: str, tail: str
) -> None:
    run, synced = lost_power(tmp_path / "run", shim, points.index(f"{effect}: after") + 1)
    cut(run, synced, tail)
    begun = [event for event in run.events() if event.kind == "tool.intended"]
    assert begun[-1].body["tool"] == effect
    assert run.live()
    outcome = run.outcome()
    assert outcome.status == "success"
    assert (outcome.orders, outcome.wires) == (("o1",), ("w1",))
    assert len(outcome.payments) == 1
    assert (run.world.lines("asked") == ["wire"]) == (effect == "wire")


@pytest.mark.parametrize("tail", ["nothing", "half a page", "all but the first page"])
def test_lost_events_are_no_tampering_and_their_orders_are_not_repeated(
    shim: Path, points: list[str], tmp_path: Path, tail: str
) -> None:
    last = len(points) - points[::-1].index("turn.started: recorded")
    run, synced = lost_power(tmp_path / "run", shim, last)
    assert cut(run, synced, tail) > 0, "nothing was lost"
    with Ledger.open(run.folder / "ledger.sqlite") as ledger:
        assert verify(ledger).valid
    assert run.live()
    outcome = run.outcome()
    assert (outcome.status, outcome.orders, outcome.wires) == ("success", ("o1",), ("w1",))
    assert len(outcome.payments) == 1
    with Ledger.open(run.folder / "ledger.sqlite") as ledger:
        assert verify(ledger).valid
