"""Running a program as another user, where the tests run as root."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

import tests

ORDINARY = 1000
_ROOT = Path(tests.__path__[0]).parent


def as_ordinary_user(*argv: str) -> tuple[list[str], dict[str, str]]:
    """The command line and the variables with which Python runs `argv` as uid 1000.

    It skips the test where that cannot be: not root, or no Python that this user may run.
    """
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("only root can run as another user")
    for python in (sys.executable, f"/usr/bin/python{sysconfig.get_python_version()}"):
        if _may_run(Path(python)):
            break
    else:
        pytest.skip(f"no Python that uid {ORDINARY} may run")
    folders = [str(_ROOT), str(_ROOT / "tools"), str(_ROOT / "src"), sysconfig.get_path("purelib")]
    user = [setpriv, "--reuid", str(ORDINARY), "--regid", str(ORDINARY), "--clear-groups"]
    return [*user, python, *argv], {"PYTHONPATH": os.pathsep.join(folders)}


def _may_run(program: Path) -> bool:
    """Whether everybody may pass through the folders that lead to a program."""
    try:
        real = program.resolve(strict=True)
    except OSError:
        return False
    above = {*program.absolute().parents, *real.parents}
    return all(folder.stat().st_mode & 0o001 for folder in above)


def give(folder: Path) -> None:
    """Let the ordinary user own a folder and what is in it, and reach it."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, ORDINARY, ORDINARY, follow_symlinks=False)
    for above in folder.parents:
        if above.stat().st_uid == 0 and above.is_relative_to("/tmp") and above != Path("/tmp"):
            above.chmod(0o755)
