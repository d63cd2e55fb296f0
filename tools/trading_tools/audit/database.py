"""One connection to the database of a ledger, SQLite or PostgreSQL.

Here live opening it, transactions, and turning the drivers' failures into ledger errors. What
the statements mean is the business of ``ledger``.
"""

import contextlib
import functools
import os
import sqlite3
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from trading_tools.audit import tables
from trading_tools.audit.errors import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerMissing,
    LedgerUnavailable,
    LedgerVersion,
)
from trading_tools.audit.server import server_engine, shown_address

BUSY_TIMEOUT_S = 30.0
"""How long a write waits for one of another program, where its caller does not say."""
_CHECKPOINT_PAGES = 4000
"""16 MB of log. Copying it into the database waits for the disk, and all runs of a process wait."""
_POSTGRES_LAYOUT_LOCK = 0x6F7263  # any number that all writers of a layout agree on


class Database:
    """A connection shared by the threads of one process, one at a time (``lock``)."""

    def __init__(
        self,
        where: str | Path,
        *,
        read_only: bool,
        at_rest: bool = False,
        patience_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        self.read_only = read_only
        self._patience_s = patience_s
        self._at_rest = at_rest
        self.lock = threading.RLock()
        address = str(where)
        self._path = None if "://" in address else Path(where)
        self._driver_error: type[Exception] = sqlite3.Error
        self._closed = False
        self.name = address if self._path else shown_address(address)
        with self.failures():
            if self._path is not None:
                self._engine = create_engine(
                    "sqlite://",
                    creator=self._connect_sqlite(self._path),
                    poolclass=NullPool,
                    isolation_level="AUTOCOMMIT",
                )
            else:
                self._engine = server_engine(address)
                self._driver_error = self._engine.dialect.loaded_dbapi.Error
            self._connection = self._engine.connect()
            driver = self._connection.connection
            self._cursor = driver.cursor()
            self.dialect = self._engine.dialect
        self._begin = "BEGIN IMMEDIATE" if self._path else "BEGIN"
        self._begin_read = "BEGIN" if self._path else "BEGIN ISOLATION LEVEL REPEATABLE READ"
        try:
            with self.failures():
                self._prepare()
        except BaseException:
            self.close()
            raise

    @property
    def is_server(self) -> bool:
        """Whether it is a server that many machines share (PostgreSQL), or a file (SQLite)."""
        return self._path is None

    def close(self) -> None:
        """Let go of the connection; a second call does nothing."""
        with self.lock:
            if self._closed:
                return
            self._closed = True
            self._cursor.close()
            self._connection.close()
            self._engine.dispose()

    def run(self, statement: str, values: Sequence[Any]) -> int:
        """Execute and return the number of rows touched."""
        self._cursor.execute(statement, values)
        return int(self._cursor.rowcount)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Execute and return all rows."""
        self._cursor.execute(statement, values)
        return list(self._cursor.fetchall())

    def stream(self, statement: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Execute on a cursor of its own and return the rows one by one."""
        cursor = self._connection.connection.cursor()
        try:
            cursor.execute(statement, values)
            yield from iter(cursor.fetchone, None)
        finally:
            cursor.close()

    def writing(self, *, durable: bool = False) -> "Transaction":
        """A write transaction: all or nothing. ``durable`` means on the disk when it returns.

        The rest survives a crash of the program but may lose its last moments with the power
        (SQLite only; PostgreSQL keeps what its server is set to).
        """
        return Transaction(self, self._begin, raised=durable and self._path is not None)

    def reading(self) -> "Transaction":
        """A read transaction: everything in it is of one moment."""
        return Transaction(self, self._begin_read)

    def command(self, text: str) -> None:
        """Execute what has neither values nor an outcome; the drivers' failures pass through."""
        self._cursor.execute(text)

    def look(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a query in the driver's own form gives."""
        with self.lock, self.failures():
            self._cursor.execute(text, values)
            return list(self._cursor.fetchall())

    def roll_back(self) -> None:
        """End the open transaction without a trace."""
        # A full disk or a failed statement may have ended it already.
        with contextlib.suppress(self._driver_error):
            self._cursor.execute("ROLLBACK")

    def explain(self, error: BaseException) -> None:
        """Raise the ledger error for what a driver raised; nothing for any other error."""
        if isinstance(error, self._driver_error):
            raise self._explain(error) from error

    @contextlib.contextmanager
    def failures(self) -> Iterator[None]:
        """Turn what the drivers raise into ledger errors."""
        try:
            yield
        except DBAPIError as error:
            raise self._explain(error.orig or error) from error
        except (self._driver_error, OSError) as error:
            raise self._explain(error) from error

    def is_duplicate(self, error: LedgerError) -> bool:
        """Whether the failure was that the row exists already."""
        cause = error.__cause__
        integrity = self.dialect.loaded_dbapi.IntegrityError
        return isinstance(cause, integrity)

    def _connect_sqlite(self, path: Path) -> "functools.partial[sqlite3.Connection]":
        query = "mode=rwc"
        if self.read_only:
            if not path.exists():
                raise LedgerMissing(f"no ledger at {path}: check the path, or start a run first")
            query = "mode=ro"
            log = path.with_name(path.name + "-wal")
            no_traces = self._at_rest or not os.access(path.parent, os.W_OK)
            if no_traces and not log.exists():
                query += "&immutable=1"
        else:
            _prepare_folder(path.parent)
        return functools.partial(
            _sqlite,
            f"file:{urllib.parse.quote(str(path.absolute()))}?{query}",
            self._patience_s,
        )

    def _prepare(self) -> None:
        if self._path is not None and not self.read_only:
            self._cursor.execute("PRAGMA journal_mode")
            mode = self._cursor.fetchone()
            self._require_known(self._version())
            if mode is not None and mode[0] != "wal":
                self._cursor.execute("PRAGMA journal_mode=WAL")
            self._cursor.execute("PRAGMA synchronous=NORMAL")
            self._cursor.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        if self.is_server and self.read_only:
            self._cursor.execute("SET default_transaction_read_only = on")
        if self._require_known(self._version()):
            return
        if self.read_only:
            raise LedgerMissing(f"{self.name} holds no ledger yet: start a run first")
        with Transaction(self, self._begin):
            if self._path is None:
                self._cursor.execute(f"SELECT pg_advisory_xact_lock({_POSTGRES_LAYOUT_LOCK})")
            if not self._require_known(self._version()):
                for statement in tables.creation(self.dialect):
                    self._cursor.execute(statement)

    def _version(self) -> int:
        if self._path is not None:
            # In this order: a ledger that appears in between is then not taken for a stranger.
            self._cursor.execute("SELECT 1 FROM sqlite_master LIMIT 1")
            occupied = self._cursor.fetchone() is not None
            found = int(self._answer("PRAGMA user_version"))
            if found == 0 and occupied:
                raise LedgerVersion(
                    f"{self.name} is a database of something else, not a ledger: name another file"
                )
            return found
        # Not `to_regclass`: what another has just made, a session that waited would not see.
        there = self._answer(
            "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'audit_schema'"
            " AND pg_table_is_visible(oid))"
        )
        return int(self._answer("SELECT version FROM audit_schema")) if there else 0

    def _answer(self, query: str) -> Any:
        """The one value that a query gives."""
        self._cursor.execute(query)
        ((value,),) = self._cursor.fetchall()
        return value

    def _require_known(self, version: int) -> bool:
        if version > tables.SCHEMA_VERSION:
            raise LedgerVersion(
                f"the ledger {self.name} has layout version {version}, this program knows up to "
                f"{tables.SCHEMA_VERSION}: upgrade trading-orchestrator to open it"
            )
        return version > 0

    def _explain(self, error: BaseException) -> LedgerError:
        reason = " ".join(str(error).split()) or type(error).__name__
        lowered = reason.lower()
        if isinstance(error, sqlite3.ProgrammingError) and "closed" in lowered:
            return LedgerUnavailable(f"the ledger {self.name} was closed: open it again to use it")
        for sign, kind, advice in _ADVICE:
            if sign in lowered:
                return kind(f"the ledger {self.name}: {reason}; {advice}")
        return LedgerUnavailable(f"the ledger {self.name}: {reason}; check that it can be reached")


class Transaction:
    """All that its block does, or nothing; the database is this thread's until it ends.

    ``raised`` waits for the disk at the commit. A class, as a generator costs an append 5 %.
    """

    __slots__ = ("_begin", "_database", "_raised")

    def __init__(self, database: Database, begin: str, *, raised: bool = False) -> None:
        self._database = database
        self._begin = begin
        self._raised = raised

    def __enter__(self) -> None:
        database = self._database
        database.lock.acquire()
        try:
            if self._raised:
                database.command("PRAGMA synchronous=FULL")
            database.command(self._begin)
        except BaseException as error:
            self._undo(error)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._undo(error)
            return
        try:
            self._database.command("COMMIT")
        except BaseException as failure:
            self._undo(failure)
            raise
        self._leave()

    def _undo(self, error: BaseException) -> None:
        """Leave without a trace; a driver's failure is raised as what it means."""
        try:
            self._database.roll_back()
            self._database.explain(error)
        finally:
            self._leave()

    def _leave(self) -> None:
        try:
            if self._raised:
                with self._database.failures():
                    self._database.command("PRAGMA synchronous=NORMAL")
        finally:
            self._database.lock.release()


_ADVICE: tuple[tuple[str, type[LedgerError], str], ...] = (
    (
        "not a database",
        LedgerCorrupt,
        "the file is something else or damaged: restore a copy, or move it away to start afresh",
    ),
    (
        "malformed",
        LedgerCorrupt,
        "the file is damaged: keep it, and restore a copy or an export",
    ),
    ("full", LedgerUnavailable, "nothing was recorded: free disk space and try again"),
    ("no space", LedgerUnavailable, "nothing was recorded: free disk space and try again"),
    ("readonly", LedgerUnavailable, "make the file and its folder writable, or open it to read"),
    ("read-only", LedgerUnavailable, "make the file and its folder writable, or open it to read"),
    ("denied to terminate", LedgerUnavailable, "end it there, or be granted pg_signal_backend"),
    ("permission denied for", LedgerUnavailable, "let this user read and write it on the server"),
    ("permission", LedgerUnavailable, "make the file and its folder writable for this user"),
    ("unable to open", LedgerUnavailable, "check that the folder exists and is writable"),
    ("no password supplied", LedgerUnavailable, "give user and password in the URL"),
    ("authentication failed", LedgerUnavailable, "check user and password in the URL"),
    ("connection refused", LedgerUnavailable, "start the server, or check host and port"),
    ("resolve host", LedgerUnavailable, "check the host's name"),
    ("timeout expired", LedgerUnavailable, "check host, port and network"),
    ("is the server running", LedgerUnavailable, "start the server, or check host and port"),
    ("does not exist", LedgerUnavailable, "create it, or name another one in the URL"),
    ("terminating connection", LedgerUnavailable, "open the ledger again"),
    ("locked", LedgerBusy, "another program holds it: end that one or try again"),
    ("disk i/o", LedgerUnavailable, "nothing was recorded: check the disk and its free space"),
)


def _sqlite(address: str, patience_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address, uri=True, timeout=patience_s, isolation_level=None, check_same_thread=False
    )
    # Damaged text must reach verification as it is instead of failing in the driver.
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    return connection


def _prepare_folder(folder: Path) -> None:
    fresh = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if (fresh or folder.name == ".orchestrator") and not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
