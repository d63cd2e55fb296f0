"""Finding and reading `golive.toml` for a command; every fault is one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.output import CommandError
from orchestrator.cli.place import Place

if TYPE_CHECKING:
    from trading_tools.golive.config.reading import Project

CONFIG = "golive.toml"


@contextmanager
def gate_extra(command: str) -> Iterator[None]:
    """Around the imports of what stands in the extra `gate`: a missing one is one clear line."""
    try:
        yield
    except ModuleNotFoundError as error:
        fix = "pip install trading-orchestrator[gate]"
        raise CommandError(f"{error.name} is not installed", command, fix) from None


def configured(place: Place, file: Path | None) -> Project:
    """The configuration in `file`, else in the current folder, else in the project's.

    Raises:
        CommandError: there is none, or it says what cannot be.
    """
    from trading_tools.golive.config.reading import ConfigFault, read_project

    here = Path(CONFIG)
    file = file or (here if here.exists() else place.project / CONFIG)
    if not file.exists():
        fix = "write one with `orc init --golive`, or name it by --config"
        raise CommandError("there is no such file", str(file), fix)
    try:
        return read_project(file)
    except ConfigFault as fault:
        first, *others = fault.faults
        more = "".join(f"; line {each.line}: {each.what}, {each.fix}" for each in others)
        raise CommandError(first.what, f"{file}:{first.line}", first.fix + more) from None
