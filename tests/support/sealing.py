"""What tests of sealed commands share: both ways to run them, and a look at what still lives."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.workspace.seal import Completed, Seal, available_seal, run_sealed

HERE = available_seal()
NONE = Seal("none", "for the test")
needs_seal = pytest.mark.skipif(
    HERE.kind != "bubblewrap", reason=f"no seal on this machine: {HERE.why}"
)
BOTH = [
    pytest.param(HERE, id="sealed", marks=[pytest.mark.bubblewrap, needs_seal]),
    pytest.param(NONE, id="open"),
]
both_seals = pytest.mark.parametrize("seal", BOTH)


class Folder:
    """A plain folder as a workspace in which nobody may change `task.md`."""

    visible: Sequence[Path] = ()

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[tuple[str, str | None, str]] = []

    def refuse_write(self, path: Path, agent: str, before: str | None, after: str) -> str | None:
        self.asked.append((path.name, before, after))
        return f"{path.name} is not for {agent}" if path.name == "task.md" else None

    def read_only_paths(self, agent: str) -> Sequence[Path]:
        return (self.root / "task.md",)


async def run(
    command: str,
    root: Path,
    seal: Seal = HERE,
    *,
    timeout_s: float = 20,
    read_only: tuple[Path, ...] = (),
    extra_ro: tuple[Path, ...] = (),
    also_at: tuple[Path, ...] = (),
    cwd: str | None = None,
    memory_bytes: int | None = None,
    processes: int = 512,
    output_bytes: int = 48_000,
    network: bool = False,
) -> Completed:
    return await run_sealed(
        command,
        workspace_root=root,
        seal=seal,
        environ=os.environ,
        timeout_s=timeout_s,
        read_only=read_only,
        extra_ro=extra_ro,
        also_at=also_at,
        cwd=cwd,
        memory_bytes=memory_bytes,
        processes=processes,
        output_bytes=output_bytes,
        network=network,
    )


def alive(words: str) -> bool:
    """Whether a process with this command line lives (zombies do not)."""
    needle = words.replace(" ", "\0").encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if needle in (entry / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


def path_without_bubblewrap(folder: Path) -> str:
    """A PATH with everything of the present one but bubblewrap, as links in `folder`."""
    tools = folder / "bin"
    tools.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).glob("*") if Path(place).is_dir() else ():
            if program.name != "bwrap" and not (tools / program.name).is_symlink():
                (tools / program.name).symlink_to(program)
    return str(tools)
