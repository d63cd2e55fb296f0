"""The bubblewrap command line of the seal: what a sealed command can see and what it cannot.

Inside there is the workspace at `/workspace`, a toolchain that cannot be written, an empty /tmp and
home, a handful of files under /etc, and nothing else: no home directory, no `.orchestrator`, no
network unless asked for. The process runs as an unprivileged user without capabilities and cannot
make further user namespaces.

Running it with limits is `supervise`; the choice to seal at all is `seal`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestrator.workspace.paths import PYTHON_LIBRARY, PYTHON_PACKAGES, WORKSPACE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOME = "/tmp/home"  # noqa: S108 - a path inside the seal's own empty /tmp
SESSION = "/run/session"
_TMP = "/tmp"  # noqa: S108 - likewise
HIDDEN = (".orchestrator",)

_USER = "1000"
_TMP_BYTES = 1 << 30
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = (
    "alternatives", "ca-certificates", "crypto-policies", "ld.so.cache", "ld.so.conf",
    "ld.so.conf.d", "localtime", "mime.types", "pki", "protocols", "services",
    "ssl/certs", "ssl/openssl.cnf",
)  # fmt: skip
_ETC_NETWORK = ("resolv.conf", "hosts", "nsswitch.conf")
_STUBS = {
    "passwd": f"agent:x:{_USER}:{_USER}:agent:{HOME}:/bin/sh\n",
    "group": f"agent:x:{_USER}:\n",
}
_STUBS_OFFLINE = {
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "hosts: files\n",
}


@dataclass(frozen=True)
class Bubblewrap:
    """A bubblewrap that was tried and works. `hardened`: it takes the newer hardening options."""

    program: str
    hardened: bool


@dataclass(frozen=True, kw_only=True)
class View:
    """What is mounted for one command. All paths are of the host, `protected` ones must exist."""

    workspace_root: Path
    protected: Sequence[Path] = ()
    visible: Sequence[Path] = ()
    also_at: Sequence[Path] = ()
    session: Path | None = None
    network: bool = False


@cache
def find_bubblewrap() -> Bubblewrap | str:
    """The installed bubblewrap if it really can make a seal here, else why not.

    Containers and hardened systems often have the program but forbid what it needs, so it is tried.
    """
    program = shutil.which("bwrap")
    if program is None:
        return "bubblewrap (bwrap) is not installed"
    said = ""
    for hardened in (True, False):
        found = Bubblewrap(program, hardened)
        command = [program, *_namespaces(found, network=False), *_base(found), "--", "true"]
        try:
            tried = subprocess.run(command, capture_output=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{program} cannot be run: {error}"
        if tried.returncode == 0:
            return found
        said = tried.stderr.decode("utf-8", "replace").strip()
    return f"{program} does not work here: {said}"


def arguments(found: Bubblewrap, view: View, cwd: str, pass_fds: list[int]) -> list[str]:
    """The command line up to `--`; descriptors of generated files are appended to `pass_fds`.

    The caller passes them to the process and closes them afterwards.
    """
    argv = [found.program, *_namespaces(found, network=view.network), *_base(found)]
    for name in _ETC + (_ETC_NETWORK if view.network else ()):
        argv += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name, text in (_STUBS | ({} if view.network else _STUBS_OFFLINE)).items():
        fd = os.memfd_create(name)
        os.write(fd, text.encode())
        os.lseek(fd, 0, os.SEEK_SET)
        pass_fds.append(fd)
        argv += ["--ro-bind-data", str(fd), f"/etc/{name}"]
    shown = [path for path in _shown(view) if not _behind_a_link(view, path)]
    if view.session is not None:
        argv += ["--bind", str(view.session), SESSION]
        argv += ["--bind", str(_lasting_tmp(view.session, shown)), _TMP]
    argv += ["--dir", HOME]
    for place in (WORKSPACE, *map(str, view.also_at)):
        argv += _workspace_at(view, place)
    for path in shown:
        argv += ["--ro-bind", str(path), str(path), *_hide(path, str(path))]
    for place, real in python_places(view.visible).items():
        argv += ["--symlink", str(real), place]
    # Last, so that mount points above could still be made.
    return [*argv, "--remount-ro", "/", "--chdir", cwd]


def search_path(visible: Sequence[Path]) -> str:
    """PATH inside the seal: the project's environments, then ours, then the system's."""
    folders = environment_folders(visible)
    folders += [f"{prefix}/bin" for prefix in (sys.prefix, sys.base_prefix)]
    folders += ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    return ":".join(dict.fromkeys(folders))


def environment_folders(visible: Sequence[Path]) -> list[str]:
    """The program folders of the Python environments among `visible`."""
    return [str(path / "bin") for path in visible if (path / "pyvenv.cfg").is_file()]


def mount_points_made(view: View) -> list[Path]:
    """Folders of the workspace that are made to mount others in its second places, deepest first.

    They are empty outside of the seal; the caller removes them once the command has ended.
    """
    made: list[Path] = []
    for path in _shown(view):
        for place in view.also_at:
            if path.is_relative_to(place) and path != place:
                inside = path.relative_to(place)
                folders = [view.workspace_root / part for part in (inside, *inside.parents[:-1])]
                made += [folder for folder in folders if not os.path.lexists(folder)]
    return sorted(dict.fromkeys(made), reverse=True)


def python_installations(visible: Sequence[Path]) -> tuple[Path, ...]:
    """Folders the Pythons on `search_path` need: ours, and the base of each visible environment."""
    prefixes = [Path(sys.prefix), Path(sys.base_prefix)]
    prefixes += [Path(sys.executable).resolve().parent.parent]
    for environment in visible:
        python = environment / "bin" / "python"
        if (environment / "pyvenv.cfg").is_file() and python.exists():
            # The links from an environment to its base may pass through a second name of it.
            prefixes += [link.parent.parent for link in _links(python)][1:]
    home = Path.home()
    return tuple(
        path for path in dict.fromkeys(prefixes) if path not in (Path("/"), home, home.parent)
    )


def python_places(visible: Sequence[Path]) -> dict[str, Path]:
    """Where results say that Python's library and packages lie (`stable`), and where they do.

    Those of the Python that comes first on PATH.
    """
    for environment in visible:
        for packages in sorted(environment.glob("lib/python3.*/site-packages")):
            base = (environment / "bin" / "python").resolve().parent.parent
            library = base / "lib" / packages.parent.name
            return {PYTHON_LIBRARY: library, PYTHON_PACKAGES: packages}
    paths = sysconfig.get_paths()
    return {PYTHON_LIBRARY: Path(paths["stdlib"]), PYTHON_PACKAGES: Path(paths["purelib"])}


def _shown(view: View) -> list[Path]:
    paths = dict.fromkeys((*view.visible, *python_installations(view.visible)))
    return [path for path in paths if path.exists() and not path.is_relative_to("/usr")]


def _behind_a_link(view: View, path: Path) -> bool:
    """Whether `path` would be mounted through a link that a command may have put there.

    Mount points are made where such a link leads, and that may be outside of the seal.
    """
    return any(
        any((view.workspace_root / part).is_symlink() for part in (inside, *inside.parents[:-1]))
        for place in view.also_at
        if path.is_relative_to(place)
        for inside in [path.relative_to(place)]
    )


def _lasting_tmp(session: Path, shown: Sequence[Path]) -> Path:
    """The /tmp that goes over from command to command, ready for mounts.

    Links that the last command left where a mount point will be are removed, see `_behind_a_link`.
    """
    tmp = session / "tmp"
    tmp.mkdir(exist_ok=True)
    for path in (Path(HOME), *shown):
        if not path.is_relative_to(_TMP):
            continue
        inside = path.relative_to(_TMP)
        for part in (*reversed(inside.parents[:-1]), inside):
            place = tmp / part
            if place.is_symlink() or place.is_file():
                place.unlink()
            if part != inside or path == Path(HOME):
                place.mkdir(exist_ok=True)
    return tmp


def _namespaces(found: Bubblewrap, *, network: bool) -> list[str]:
    argv = ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts"]
    argv += ["--unshare-cgroup-try", "--hostname", "workspace"]
    argv += ["--uid", _USER, "--gid", _USER, "--cap-drop", "ALL"]
    argv += ["--die-with-parent", "--new-session"]
    argv += [] if network else ["--unshare-net"]
    return argv + (["--disable-userns"] if found.hardened else [])


def _base(found: Bubblewrap) -> list[str]:
    argv = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        path = Path("/") / name
        if path.is_symlink():
            argv += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            argv += ["--ro-bind", str(path), str(path)]
    argv += ["--ro-bind-try", "/nix/store", "/nix/store"]
    argv += ["--proc", "/proc", "--dev", "/dev"]
    if os.geteuid() == 0:
        # The user inside is root outside, whom the kernel lets write its settings without any
        # capability: a core pattern, for one, would run a program of the command's on the host.
        argv += ["--ro-bind", "/proc/sys", "/proc/sys"]
    for folder in ("/dev/shm", "/tmp"):  # noqa: S108 - inside the seal
        argv += ["--size", str(_TMP_BYTES), "--perms", "1777"] if found.hardened else []
        argv += ["--tmpfs", folder]
    return argv


def _workspace_at(view: View, place: str) -> list[str]:
    root = view.workspace_root
    argv = ["--bind", str(root), place, *_hide(root, place)]
    pinned: set[Path] = set()
    for path in sorted(dict.fromkeys(view.protected)):
        if path.parent == root and path.name in HIDDEN and path.is_dir():
            continue
        inside = path.relative_to(root)
        # A folder above a mount point can be renamed and a new one put in its place, unless it is
        # a mount point itself.
        for folder in reversed(inside.parents[:-1]):
            if folder not in pinned:
                pinned.add(folder)
                argv += ["--bind", str(root / folder), f"{place}/{folder}"]
        argv += ["--ro-bind", str(path), f"{place}/{inside}"]
        pinned.add(inside)
    return argv


def _hide(folder: Path, place: str) -> list[str]:
    argv: list[str] = []
    for name in HIDDEN:
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            argv += ["--tmpfs", f"{place}/{name}", "--remount-ro", f"{place}/{name}"]
    return argv


def _links(path: Path) -> Iterator[Path]:
    """`path` and each further name its symbolic links lead through."""
    for _step in range(16):
        yield path
        if not path.is_symlink():
            return
        path = Path(os.path.normpath(path.parent / path.readlink()))
