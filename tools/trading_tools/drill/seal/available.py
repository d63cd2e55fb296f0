"""Whether the strong seal can be made on this machine, found out by making one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

# A network, processes and host name of its own, in which this user is root and may take any port.
_NAMESPACES = (
    "--user", "--map-root-user", "--net", "--pid", "--ipc", "--uts", "--mount-proc",
    "--fork", "--kill-child",
)  # fmt: skip
_TRIED_S = 10
HOW_TO_GET = (
    "on Linux install bubblewrap (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install "
    "bubblewrap) and let users make namespaces (sysctl kernel.unprivileged_userns_clone=1; on "
    "Ubuntu from 23.10 kernel.apparmor_restrict_unprivileged_userns=0; in a container "
    "--privileged, or --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt "
    "systempaths=unconfined)"
)


@dataclass(frozen=True)
class Tools:
    """The programs that make the seal; both were tried and work here."""

    unshare: str
    bwrap: str

    def outer(self) -> list[str]:
        """The command line before the inside process's."""
        return [self.unshare, *_NAMESPACES, "--"]


@cache
def find_tools() -> Tools | str:
    """What makes the seal here, else why it cannot be made.

    Containers and hardened systems often have the programs but forbid what they need: a seal within
    the seal is made, as a drill does.
    """
    if sys.platform != "linux":
        return f"namespaces are Linux's, and this is {sys.platform}"
    unshare, bwrap = shutil.which("unshare"), shutil.which("bwrap")
    if bwrap is None:
        return "bubblewrap (bwrap) is not installed"
    if unshare is None:
        return "unshare (util-linux) is not installed"
    tools = Tools(unshare, bwrap)
    inner = [bwrap, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--ro-bind", "/", "/"]
    inner += ["--uid", str(os.getuid()), "--gid", str(os.getgid()), "--cap-drop", "ALL"]
    inner += ["--dev", "/dev", "--proc", "/proc", "--", "true"]
    try:
        tried = subprocess.run(
            [*tools.outer(), *inner], capture_output=True, timeout=_TRIED_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{bwrap} cannot be run: {error}"
    if tried.returncode:
        said = tried.stderr.decode("utf-8", "replace").strip()
        return f"{bwrap} does not work here: {said or f'exit code {tried.returncode}'}"
    return tools
