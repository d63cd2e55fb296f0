"""The weaker seal, for Python bots where no namespaces can be made.

Names lead to the local venues and every other address is refused, by Python's own sockets
(`shim/sitecustomize.py`). Programs in other languages, and what is compiled into a package, would
not notice it, so that only a command that is Python itself is started.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trading_tools.drill.seal.trust import places
from trading_tools.drill.spec import DrillError

_SHIM = Path(__file__).parent / "shim"
_PYTHON = re.compile(r"(python|pypy)[0-9.]*")
_WITHOUT_SITE = re.compile(r"-[A-Za-z]*[IES][A-Za-z]*")


def check_command(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
    """Refuse a bot that the weaker seal would not hold.

    Raises:
        DrillError: it is not Python, or a Python that is told not to load its site.
    """
    found = places(command[0], folder, environ)
    if not any(_PYTHON.fullmatch(path.name) for path in found):
        raise DrillError(
            f"the weaker seal holds Python bots alone, and {command[0]} is none: "
            "start the bot by its Python, or install bubblewrap"
        )
    for option in command[1:]:
        if not option.startswith("-") or option in {"-m", "-c"}:
            return
        if _WITHOUT_SITE.fullmatch(option):
            raise DrillError(f"the weaker seal cannot hold Python with {option}: leave it out")


def link_shown(folder: Path, copy: Path, shown: Sequence[Path]) -> None:
    """Let the parts of a folder that were not copied be links, where nothing can be mounted."""
    for part in shown:
        place = copy / part
        if place.is_dir():
            place.rmdir()
        else:
            place.unlink()
        place.symlink_to(folder / part)


@dataclass(frozen=True)
class Shim:
    """The shim's files for one run, in the drill's own folder."""

    config: Path
    log: Path

    @classmethod
    def write(
        cls, scratch: Path, hosts: Collection[str], ports: Mapping[int, int], bundle: Path
    ) -> Shim:
        """Write what the shim is told: `ports` are the venues' real ones, and where they are."""
        made = cls(scratch / "shim.json", scratch / "shim.log")
        body = {
            "hosts": sorted(hosts),
            "ports": {str(port): here for port, here in ports.items()},
            "bundle": str(bundle),
            "log": str(made.log),
        }
        made.config.write_text(json.dumps(body), encoding="utf-8")
        return made

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Variables with which every Python below loads the shim."""
        path = environ.get("PYTHONPATH")
        return {
            "ORC_DRILL_SHIM": str(self.config),
            "PYTHONPATH": os.pathsep.join([str(_SHIM), *([path] if path else [])]),
        }

    def wanted(self) -> tuple[str, ...]:
        """Hosts and addresses that were refused.

        Raises:
            DrillError: the bot's Python never loaded the shim.
        """
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        told = [tuple(json.loads(line)) for line in lines]
        if not any(kind == "loaded" for kind, _name in told):
            raise DrillError(
                "the bot's Python did not load the weaker seal (it ignores PYTHONPATH or has its "
                "own sitecustomize first): the run was not sealed and says nothing"
            )
        return tuple(dict.fromkeys(name for kind, name in told if kind != "loaded"))
