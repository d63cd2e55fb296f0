"""Paths of the workspace that a command may not change: noted before, put back after.

In the seal an existing protected path is a read-only mount. What a mount cannot cover is done
here: paths that do not exist yet (a mount point would have to be created in the workspace first)
and commands without a seal. While the command runs such a path may change; once it has ended, and
before anything else reads the workspace, it is as it was, and the change is reported.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEEP_BYTES = 32 * 2**20


@dataclass(frozen=True)
class _Entry:
    kind: str  # "absent", "file", "link", "dir", "other"
    mode: int = 0
    digest: str = ""
    content: bytes | None = None


class Guard:
    """The state of some paths under `root` at the time it was made.

    Contents up to 32 MiB together are kept; beyond that a change is still found and reported, but
    cannot be put back.
    """

    def __init__(self, root: Path, paths: Sequence[Path]) -> None:
        self._root = root
        self._room = _KEEP_BYTES
        self._tops = tuple(path.relative_to(root) for path in dict.fromkeys(paths))
        self._before = {
            inside: self._entry(inside) for top in self._tops for inside in self._below(top)
        }

    def restore(self) -> tuple[str, ...]:
        """Put back what changed; one line for each change, empty when there was none."""
        report: list[str] = []
        for top in self._tops:
            report += self._clear_detour(top)
        now = [inside for top in self._tops for inside in self._below(top)]
        for inside in sorted(set(now) - set(self._before), reverse=True):
            self._remove(inside)
            report.append(f"{inside} was created: removed")
        for inside in sorted(self._before):
            report += self._repair(inside, self._before[inside])
        return tuple(report)

    def _repair(self, inside: Path, before: _Entry) -> list[str]:
        self._room = 0
        now = self._entry(inside)
        if (now.kind, now.mode, now.digest) == (before.kind, before.mode, before.digest):
            return []
        if before.kind == "absent":
            self._remove(inside)
            return [f"{inside} was created: removed"]
        word = "deleted" if now.kind == "absent" else "changed"
        if before.kind == "other" or (before.kind == "file" and before.content is None):
            return [f"{inside} was {word} and cannot be put back (too large to keep)"]
        target = self._root / inside
        if now.kind not in ("absent", before.kind) or now.kind == "link":
            self._remove(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        if before.kind == "dir":
            target.mkdir(exist_ok=True)
            target.chmod(before.mode)
        elif before.kind == "link":
            target.symlink_to(os.fsdecode(before.content or b""))
        else:
            _write(target, before.content or b"", before.mode)
        return [f"{inside} was {word}: put back"]

    def _clear_detour(self, top: Path) -> list[str]:
        """Remove a link or file that took the place of a folder above `top`."""
        for folder in reversed(top.parents[:-1]):
            path = self._root / folder
            if path.is_symlink() or (os.path.lexists(path) and not path.is_dir()):
                path.unlink()
                return [f"{folder} was replaced: removed"]
        return []

    def _below(self, top: Path) -> Iterator[Path]:
        yield top
        path = self._root / top
        if path.is_dir() and not path.is_symlink():
            for folder, folders, files in os.walk(path):
                for name in (*folders, *files):
                    yield (Path(folder) / name).relative_to(self._root)

    def _entry(self, inside: Path) -> _Entry:
        path = self._root / inside
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return _Entry("absent")
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISLNK(found.st_mode):
            target = os.fsencode(path.readlink())
            return _Entry("link", 0, hashlib.sha256(target).hexdigest(), target)
        if stat.S_ISDIR(found.st_mode):
            return _Entry("dir", mode)
        if not stat.S_ISREG(found.st_mode):
            return _Entry("other", mode)
        digest, content = hashlib.sha256(), None
        with path.open("rb") as file:
            if found.st_size <= self._room:
                content = file.read()
                self._room -= len(content)
                digest.update(content)
            else:
                while chunk := file.read(2**20):
                    digest.update(chunk)
        return _Entry("file", mode, digest.hexdigest(), content)

    def _remove(self, inside: Path) -> None:
        path = self._root / inside
        with suppress(FileNotFoundError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _write(target: Path, content: bytes, mode: int) -> None:
    fresh = target.with_name(f"{target.name}.restored")
    with suppress(FileNotFoundError):
        fresh.unlink()
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
    fresh.chmod(mode)
    fresh.replace(target)
