"""What a shell keeps from one command to the next: its working directory, exported variables, /tmp.

Each command runs in a shell of its own (`shell`), so this is kept in a private folder on the
machine, one for each run and agent. Only commands ever read what is in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from orchestrator.workspace.errors import WorkspaceError


def open_session(run: str, agent: str) -> Path:
    """The folder of a run's agent, made if there is none.

    Raises:
        WorkspaceError: somebody else's folder is in the place.
    """
    folder = _folder(run) / _name(agent)
    for path in (folder.parent.parent, folder.parent, folder):
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o77:
            raise WorkspaceError(f"{path} is not a private folder of this user: remove it")
    return folder


def forget_session(run: str, agent: str | None = None) -> None:
    """Forget what a run's agent, or all of them, left; to be called when a run has ended."""
    folder = _folder(run)
    shutil.rmtree(folder if agent is None else folder / _name(agent), ignore_errors=True)


def _folder(run: str) -> Path:
    return Path(tempfile.gettempdir()) / f"orc-shells-{os.geteuid()}" / _name(run)


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
