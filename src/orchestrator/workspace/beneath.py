"""Opening files below a folder without following any link, whatever is swapped meanwhile.

Standard library only: the search process (`scan`) starts with nothing else.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK the opening of a named pipe waits for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NotAFile(OSError):
    """There is something other than a regular file; the message says what."""


def open_folder(root: str, parts: Sequence[str], *, create: bool = False) -> int:
    """A descriptor of the folder `parts` below `root`; the caller closes it.

    Raises:
        OSError: a part is missing, a link or not a folder.
    """
    current = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in parts:
        try:
            if create:
                _make(part, current)
            following = os.open(part, _FOLDER, dir_fd=current)
        finally:
            os.close(current)
        current = following
    return current


def read_file(folder: int, name: str, limit_bytes: int) -> tuple[bytes, os.stat_result]:
    """The content of a regular file in an open folder, at most `limit_bytes` + 1 of it.

    Raises:
        NotAFile: it is a folder, link, device, pipe or socket.
        OSError: it is missing or may not be read.
    """
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode):
        raise NotAFile(f"it is {_kind(found.st_mode)}, not a file")
    descriptor = os.open(name, _FILE, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotAFile(f"it is {_kind(found.st_mode)}, not a file")
        return file.read(limit_bytes + 1), found


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    return "a device, pipe or socket"


def _make(name: str, folder: int) -> None:
    try:
        os.mkdir(name, dir_fd=folder)
    except FileExistsError:
        return
