"""The copy of a bot's folder in which it works, so that a drill changes nothing of its owner's.

Installed environments and version control are not copied: they are shown as they are, read-only.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trading_tools.drill.seal.hidden import OWN_RECORD
from trading_tools.drill.spec import DrillError

SCRATCH = "orc-drill-"
"""How the name of each drill's own folder begins; it may lie in the bot's, if TMPDIR says so."""
_SHOWN = frozenset(
    {"node_modules", "bower_components", "__pypackages__", ".tox", ".nox", ".gradle", ".terraform"}
    | {".git", ".hg", ".svn"}
)
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
_LARGE_FILE = 256 << 20
_MOST_FILES = 100_000
_MOST_BYTES = 4 << 30


@dataclass(frozen=True)
class Copied:
    """What became of a folder: `shown` are the paths in it that were not copied."""

    root: Path
    shown: tuple[Path, ...]
    files: int
    size_bytes: int


def copy_folder(folder: Path, root: Path, home: Path) -> Copied:
    """Copy `folder` to `root`, which is made. Files over 256 MiB are not copied, but shown.

    A link to a file elsewhere becomes a file: what it holds may be credentials. Sockets and devices
    are left out, and so is `.orchestrator`.

    Raises:
        DrillError: it is no folder to copy: the home folder, more than 4 GiB or 100,000 files.
    """
    if folder == home or folder == Path("/"):
        raise DrillError(f"{folder} is too much to copy for a drill: start it in the bot's folder")
    shown: list[Path] = []
    files = size = 0
    for entry, inside in _walk(folder, root, shown):
        if files == _MOST_FILES or size > _MOST_BYTES:
            what = f"more than {_MOST_FILES:,} files" if files == _MOST_FILES else "over 4 GiB"
            raise DrillError(
                f"{folder} has {what}, too much to copy for a drill (it got to {inside}): "
                "move data and logs out of the bot's folder"
            )
        files += 1
        try:
            size += _copy(entry, root / inside, folder)
        except OSError as error:
            raise DrillError(f"{folder / inside} could not be copied: {error}") from None
    return Copied(root, tuple(shown), files, size)


def _walk(folder: Path, root: Path, shown: list[Path]) -> Iterator[tuple[os.DirEntry[str], Path]]:
    """Each file and link to copy; folders are made, those that are only shown get a mount point."""
    waiting = [Path()]
    while waiting:
        inside = waiting.pop()
        (root / inside).mkdir(mode=0o755)
        try:
            with os.scandir(folder / inside) as entries:
                listed = sorted(entries, key=lambda each: each.name)
        except PermissionError:
            continue  # what its owner cannot read, the bot could not either
        for entry in listed:
            path = inside / entry.name
            if entry.name == OWN_RECORD or entry.name.startswith(SCRATCH):
                continue
            if entry.is_dir(follow_symlinks=False):
                if _is_shown(entry):
                    shown.append(path)
                    (root / path).mkdir()
                else:
                    waiting.append(path)
            elif entry.is_symlink():
                yield entry, path
            elif entry.is_file():
                if entry.stat().st_size > _LARGE_FILE:
                    shown.append(path)
                    (root / path).touch()
                else:
                    yield entry, path


def _is_shown(entry: os.DirEntry[str]) -> bool:
    return entry.name in _SHOWN or any(
        os.path.lexists(f"{entry.path}/{mark}") for mark in _ENVIRONMENT_MARKS
    )


def _copy(entry: os.DirEntry[str], target: Path, folder: Path) -> int:
    if entry.is_symlink() and not _is_file_elsewhere(entry, folder):
        target.symlink_to(os.readlink(entry.path))  # noqa: PTH115
        return 0
    try:
        shutil.copy2(entry.path, target)
    except PermissionError:
        return 0
    return entry.stat().st_size


def _is_file_elsewhere(link: os.DirEntry[str], folder: Path) -> bool:
    real = Path(os.path.realpath(link.path))
    try:
        return link.is_file() and link.stat().st_size <= _LARGE_FILE and folder not in real.parents
    except OSError:  # a link to itself, or to what is not ours to see
        return False
