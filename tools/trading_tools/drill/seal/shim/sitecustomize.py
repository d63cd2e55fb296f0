"""The weaker seal, from within a bot's own Python: venues' names lead here, all else leads nowhere.

It stands alone, imports only the standard library and runs on Python 3.8 and later, because it is
loaded into whatever Python the bot has. A program that does not use Python's sockets ignores it.
"""

from __future__ import annotations

import errno
import importlib.machinery
import importlib.util
import ipaddress
import json
import os
import socket
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CONFIG = "ORC_DRILL_SHIM"
# They resolve names and connect beneath Python's sockets.
_AROUND = ("uvloop", "pycares", "pycurl", "curl_cffi", "grpc")
_LOOPBACK = "127.0.0.1"


class _Seal:
    """What the drill said: which names are venues', and where their ports are."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.bundle: str = config["bundle"]
        self._log: str = config["log"]
        self._hosts = frozenset(config["hosts"])
        self._ports = {int(port): here for port, here in config["ports"].items()}

    def tell(self, kind: str, name: str) -> None:
        """Note something for the drill."""
        file = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, (json.dumps([kind, name]) + "\n").encode())
        os.close(file)

    def host(self, host: Any) -> Any:
        """A venue's name becomes loopback's address."""
        return _LOOPBACK if _plain(host) in self._hosts else host

    def address(self, address: Any) -> Any:
        """Where a venue's port on loopback really is."""
        if isinstance(address, tuple) and address[0] == _LOOPBACK and address[1] in self._ports:
            return (_LOOPBACK, self._ports[address[1]])
        return address

    def refuse(self, event: str, args: tuple[Any, ...]) -> None:
        """Let nothing leave this machine: an audit hook, which nothing can take off again."""
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = args[1]
            if isinstance(address, tuple) and not _is_loopback(address[0]):
                self.tell("address", str(address[0]))
                raise OSError(errno.ENETUNREACH, "Network is unreachable (sealed drill)")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = _plain(args[0])
            if host and host != "localhost" and not _is_address(host):
                self.tell("host", host)
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _install(seal: _Seal) -> None:
    getaddrinfo, gethostbyname = socket.getaddrinfo, socket.gethostbyname
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        return getaddrinfo(seal.host(host), *args, **kwargs)

    replaced = (
        (socket, "getaddrinfo", lookup),
        (socket, "gethostbyname", lambda host: gethostbyname(seal.host(host))),
        (socket.socket, "connect", lambda self, address: connect(self, seal.address(address))),
        (socket.socket, "connect_ex", lambda self, to: connect_ex(self, seal.address(to))),
    )
    for owner, name, function in replaced:
        setattr(owner, name, function)
    sys.addaudithook(seal.refuse)
    certifi = types.ModuleType("certifi")
    setattr(certifi, "where", lambda: seal.bundle)  # noqa: B010 - a module made here
    sys.modules["certifi"] = certifi
    sys.modules.update(dict.fromkeys(_AROUND))  # type: ignore[arg-type]  # None refuses an import
    seal.tell("loaded", sys.executable)


def _plain(host: Any) -> str:
    return (host.decode() if isinstance(host, bytes) else host or "").lower().rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _load_the_next() -> None:
    """The environment may have a sitecustomize of its own."""
    own = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is slow here
    places = [place for place in sys.path if os.path.abspath(place) != own]  # noqa: PTH100
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", places)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if os.environ.get(_CONFIG):
    with open(os.environ[_CONFIG], encoding="utf-8") as file:  # noqa: PTH123 - likewise
        _install(_Seal(json.load(file)))
    _load_the_next()
