"""What a bot sees of the machine: bubblewrap's arguments for the inner seal.

All of the file system, read-only, but for what is `hidden`; its own folder, which is a copy; names
and trusted authorities that are the drill's. It has processes, users and scratch space of its own
and shares only the network, with the venues.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trading_tools.drill.seal.hidden import EMPTIED, IN_ETC

# Where root is root outside too, the kernel lets it write these without any capability.
_KERNEL = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")
BUNDLE = "/run/drill/ca.pem"
JAVA_STORE = "/run/drill/truststore.p12"


@dataclass(frozen=True, kw_only=True)
class View:
    """What is mounted for one bot. Paths are the machine's, `shown` ones relative to `folder`."""

    folder: Path
    copy: Path
    shown: Sequence[Path]
    """Parts of the folder that are not copied but shown as they are, read-only."""
    scratch: Path
    """The drill's own folder, never visible."""
    bundle: Path
    java_store: Path
    trusted: Sequence[Path]
    """Files that the bundle is put over."""
    hidden: Sequence[Path]
    tools: Sequence[Path]
    """Folders of the bot's programs, visible even in places that are emptied."""
    etc: Mapping[str, Path]
    """Files of /etc by name, in place of the machine's."""
    uid: int
    gid: int
    memory_bytes: int
    """The most that each folder in memory takes."""


def arguments(bwrap: str, view: View, status_fd: int) -> list[str]:
    """The command line up to `--`. bubblewrap reports the bot's process on `status_fd`."""
    argv = [bwrap, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-cgroup-try"]
    argv += ["--uid", str(view.uid), "--gid", str(view.gid), "--cap-drop", "ALL", "--new-session"]
    argv += ["--json-status-fd", str(status_fd)]
    argv += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    for name in _KERNEL:
        argv += ["--ro-bind-try", name, name]
    empty, room = str(view.scratch / "empty"), ["--size", str(view.memory_bytes)]
    emptied = [place for place in map(Path, EMPTIED) if place.is_dir() and not place.is_symlink()]
    for place in emptied:
        argv += [*room, "--tmpfs", str(place)]
    for path in _kept(view, emptied):
        argv += ["--ro-bind", str(path), str(path)]
    if not _is_under(view.scratch, emptied) or _is_under(view.scratch, _kept(view, emptied)):
        argv += [*room, "--tmpfs", str(view.scratch)]
    argv += _etc(view.etc)
    for path in view.hidden:
        if _is_under(path, emptied) and not _is_under(path, _kept(view, emptied)):
            continue
        argv += [*room, "--tmpfs", str(path)] if path.is_dir() else ["--ro-bind", empty, str(path)]
    argv += ["--bind", str(view.copy), str(view.folder)]
    for part in view.shown:
        argv += ["--ro-bind", str(view.folder / part), str(view.folder / part)]
    for target in view.trusted:
        argv += ["--ro-bind", str(view.bundle), str(target)]
    argv += ["--ro-bind", str(view.bundle), BUNDLE]
    argv += ["--ro-bind", str(view.java_store), JAVA_STORE]
    return [*argv, "--chdir", str(view.folder)]


def _etc(own: Mapping[str, Path]) -> Iterator[str]:
    """/etc entry by entry: some of its files are links to where nothing could be mounted."""
    yield from ("--tmpfs", "/etc")
    for entry in sorted(os.scandir("/etc"), key=lambda each: each.name):
        if entry.name in own or entry.name in IN_ETC:
            continue
        if entry.is_symlink():
            yield from ("--symlink", os.readlink(entry.path), entry.path)  # noqa: PTH115
        elif entry.is_dir() or entry.is_file():
            yield from ("--ro-bind", entry.path, entry.path)
    for name, source in own.items():
        yield from ("--ro-bind", str(source), f"/etc/{name}")


def _kept(view: View, emptied: Sequence[Path]) -> list[Path]:
    """What stays visible of places that are emptied: where the bot's folder and programs lie."""
    kept: dict[Path, None] = {}
    for path in (view.folder, *view.tools):
        for place in emptied:
            if path.is_relative_to(place) and path != place:
                kept[place / path.relative_to(place).parts[0]] = None
    return list(kept)


def _is_under(path: Path, places: Sequence[Path]) -> bool:
    return any(path.is_relative_to(place) for place in places)
