"""What a shell keeps from one command to the next: its working directory, exported variables, /tmp.

Each command runs in a shell of its own (`shell`), so this is kept in a private folder on the
machine, one for each workspace and agent: two projects may have runs of the same name. Only
commands ever read what is in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from orchestrator.workspace.errors import WorkspaceError


def open_session(workspace: Path, agent: str) -> Path:
    """The folder of an agent in a run's workspace (its root), made if there is none.

    Raises:
        WorkspaceError: somebody else's folder is in the place.
    """
    folder = _folder(workspace) / _name(agent)
    for path in (folder.parent.parent, folder.parent, folder):
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o77:
            raise WorkspaceError(f"{path} is not a private folder of this user: remove it")
    return folder


def forget_session(workspace: Path, agent: str | None = None) -> None:
    """Forget what an agent, or all of a run's, left; to be called when a run has ended."""
    folder = _folder(workspace)
    shutil.rmtree(folder if agent is None else folder / _name(agent), ignore_errors=True)


def _folder(workspace: Path) -> Path:
    return Path(tempfile.gettempdir()) / f"orc-shells-{os.geteuid()}" / _name(str(workspace))


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
