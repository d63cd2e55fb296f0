"""How a command of the bot's is started: what it sees, and its environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from trading_tools.drill.credentials.environment import drill_environment
from trading_tools.drill.credentials.files import replace_in_files
from trading_tools.drill.credentials.names import Keys
from trading_tools.drill.inside.group_life import GroupLife
from trading_tools.drill.inside.life import Life, SealedLife
from trading_tools.drill.inside.names import hosts_file
from trading_tools.drill.inside.order import Order
from trading_tools.drill.seal import trust
from trading_tools.drill.seal.authority import Authority
from trading_tools.drill.seal.clock import handed_on
from trading_tools.drill.seal.hidden import LEADING_OUT, hidden_paths
from trading_tools.drill.seal.shimming import Shim, link_shown
from trading_tools.drill.seal.view import BUNDLE, JAVA_STORE, View, arguments
from trading_tools.exchange.pacing.machine import VARIABLE as COUNTS

_SCRATCH_SPACE = "/tmp"  # noqa: S108 - the seal's own


def with_drill_credentials(
    order: Order, environ: Mapping[str, str], keys: Keys
) -> tuple[dict[str, str], list[str]]:
    """The bot's variables, and where real credentials were replaced, by name.

    The files of its copy are changed; what the user set for the bot stays.
    """
    kept = {name: value for name, value in environ.items() if name.upper() not in LEADING_OUT}
    made = drill_environment(kept, keys)
    files = replace_in_files(order.copy, keys, frozenset(order.shown))
    replaced = [f"{name} in the environment" for name in made.replaced]
    replaced += [f"{each.name} in {each.path}" for each in files]
    return {**made.variables, **order.spec.variables}, replaced


class SealedStart:
    """Starts commands in the inner seal."""

    def __init__(
        self,
        order: Order,
        authority: Authority,
        hosts: Collection[str],
        variables: Mapping[str, str],
    ) -> None:
        scratch, folder = order.scratch, order.spec.folder
        command = order.spec.command
        etc = {
            "hosts": hosts_file(hosts, socket.gethostname()),
            "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        }
        for name, text in etc.items():
            (scratch / name).write_text(text)
        (scratch / "empty").touch()
        self._bwrap = order.bwrap
        self._view = View(
            folder=folder,
            copy=order.copy,
            shown=order.shown,
            scratch=scratch,
            bundle=authority.bundle,
            java_store=authority.java_store,
            trusted=trust.bundles(command, folder, order.home, variables),
            hidden=list(hidden_paths(folder, _homes(order.home), os.environ)),
            tools=trust.programs(command, folder, order.home, variables),
            etc={name: scratch / name for name in etc},
            uid=order.uid,
            gid=order.gid,
            memory_bytes=order.spec.memory_bytes,
        )
        self._variables = {
            **variables,
            **trust.variables(BUNDLE, JAVA_STORE, variables),
            "TMPDIR": _SCRATCH_SPACE,
            COUNTS: f"{_SCRATCH_SPACE}/pacing",
        }

    async def start(self, command: Sequence[str], take: Callable[[bytes], None]) -> Life:
        """Start a command; `take` gets what it prints."""

        def argv(status: int) -> list[str]:
            return [*arguments(self._bwrap, self._view, status), "--", *command]

        variables = handed_on(self._variables, self._view.scratch)
        return await SealedLife.start(argv, variables, take)


def _homes(own: Path) -> list[Path]:
    """Every home folder of this machine: root may read them all."""
    others = sorted(Path("/home").iterdir()) if Path("/home").is_dir() else []
    return [own, Path("/root"), *others]


class ShimmedStart:
    """Starts Python with the shim, in the copy of the bot's folder."""

    def __init__(
        self, order: Order, authority: Authority, shim: Shim, variables: Mapping[str, str]
    ) -> None:
        self._copy = order.copy
        link_shown(order.spec.folder, order.copy, order.shown)
        trusted = trust.variables(str(authority.bundle), str(authority.java_store), variables)
        self._variables = {**variables, **trusted, **shim.variables(variables)}
        self._variables |= {"PWD": str(order.copy), COUNTS: str(order.scratch / "pacing")}

    async def start(self, command: Sequence[str], take: Callable[[bytes], None]) -> Life:
        """Start a command; `take` gets what it prints."""
        return await GroupLife.start(command, self._copy, self._variables, take)
