"""How a command ends, whatever it does: time, memory, processes, output, nothing left behind."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path

import pytest

from orchestrator.workspace.seal import Seal
from tests.support.sealing import alive, both_seals, needs_seal, run


@both_seals
async def test_the_time_limit_kills_everything_and_keeps_what_was_printed(
    root: Path, seal: Seal
) -> None:
    done = await run("echo begun; (sleep 301 & sleep 302)", root, seal, timeout_s=1)
    assert (done.exit_code, done.timed_out) == (124, True)
    assert done.output == "begun\n"
    assert not alive("sleep 301")
    assert not alive("sleep 302")


@both_seals
async def test_background_children_end_with_the_command(root: Path, seal: Seal) -> None:
    done = await run(
        "sleep 303 & (setsid sleep 304 >/dev/null 2>&1 &) ; nohup setsid sleep 305 & echo ok",
        root,
        seal,
    )
    assert done.exit_code == 0
    assert "ok" in done.output
    for seconds in (303, 304, 305):
        assert not alive(f"sleep {seconds}")


@both_seals
async def test_cancelling_kills_everything(root: Path, seal: Seal) -> None:
    task = asyncio.create_task(run("touch begun; setsid sleep 306 & sleep 307", root, seal))
    while not (root / "begun").exists():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive("sleep 306")
    assert not alive("sleep 307")


@both_seals
async def test_cancelling_at_once_leaves_nothing_behind(root: Path, seal: Seal) -> None:
    for _turn in range(5):
        task = asyncio.create_task(run("exec sleep 308", root, seal))
        await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not alive("sleep 308")


@both_seals
async def test_a_fork_bomb_is_ended(root: Path, seal: Seal) -> None:
    # A tree of 511 processes, so that a failure of this test does not take the machine with it.
    bomb = (
        "f() { if [ $1 -gt 0 ]; then f $(($1-1)) & f $(($1-1)) & wait; else sleep 309; fi; }; f 8"
    )
    done = await run(bomb, root, seal, processes=60)
    assert done.stopped == "more than 60 processes at once"
    assert not alive("sleep 309")


@both_seals
async def test_one_process_cannot_take_more_memory_than_allowed(root: Path, seal: Seal) -> None:
    hog = f"{shlex.quote(sys.executable)} -c 'bytearray(3 * 2**30)'"
    done = await run(hog, root, seal, memory_bytes=2**30)
    assert done.exit_code != 0
    assert "MemoryError" in done.output


@both_seals
async def test_many_processes_together_cannot_either(root: Path, seal: Seal) -> None:
    part = f"{shlex.quote(sys.executable)} -c 'b = bytearray(60 * 2**20); input()'"
    command = f"for i in 1 2 3 4; do {part} < <(sleep 311) & done; wait"
    done = await run(command, root, seal, memory_bytes=160 * 2**20)
    assert done.stopped == "more than 160 MiB of memory"
    assert not alive("sleep 311")


@both_seals
async def test_a_flood_of_output_is_cut_in_the_middle(root: Path, seal: Seal) -> None:
    done = await run(
        "echo first; head -c 200000000 /dev/zero | tr '\\0' x; echo; echo last",
        root,
        seal,
        output_bytes=3000,
    )
    assert done.output.startswith("first\nxxx")
    assert done.output.endswith("xxx\nlast\n")
    assert done.dropped_bytes == 200000000 + 12 - 3000
    assert f"[... {done.dropped_bytes} bytes of output dropped ...]" in done.output
    assert len(done.output) < 3100


@both_seals
async def test_bytes_that_are_not_text_are_replaced(root: Path, seal: Seal) -> None:
    done = await run(r"printf 'a\xff\xfeb\n'", root, seal)
    assert done.output == "a\ufffd\ufffdb\n"


@both_seals
async def test_standard_input_is_closed(root: Path, seal: Seal) -> None:
    assert (await run("cat; read x; echo $?", root, seal)).output == "1\n"


@pytest.mark.bubblewrap
@needs_seal
async def test_a_sealed_command_dies_with_the_harness(root: Path) -> None:
    program = (
        "import asyncio, os, pathlib\n"
        "from orchestrator.workspace.seal import run_sealed\n"
        f"root = pathlib.Path({str(root)!r})\n"
        "asyncio.run(run_sealed('touch begun; setsid sleep 312 & sleep 313',"
        " workspace_root=root, timeout_s=60, environ={}))\n"
    )
    harness = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    while not (root / "begun").exists() or not alive("sleep 312"):
        await asyncio.sleep(0.01)
    harness.kill()
    await harness.wait()
    while alive("sleep 312") or alive("sleep 313"):  # the test's own time limit ends this
        await asyncio.sleep(0.01)
