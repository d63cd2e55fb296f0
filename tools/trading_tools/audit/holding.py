"""Who works on a stream of a ledger in PostgreSQL: an advisory lock that ends with its connection.

A ledger in SQLite lies on one machine, where its users have locks of their own: nobody holds
anything there. What holding means for a run is the harness's business.
"""

import contextlib
import hashlib
from collections.abc import Iterator

from trading_tools.audit.database import Database
from trading_tools.audit.errors import LedgerUnavailable, StreamHeld

PATIENCE_MS = 1_000
"""How long a connection that has just died may take until the server has noticed."""

_HOLDERS = """SELECT a.pid, a.application_name, a.backend_start AT TIME ZONE 'UTC'
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = %s AND l.objid = %s"""


@contextlib.contextmanager
def held(database: Database, stream: str) -> Iterator[None]:
    """Hold ``stream`` while the block lasts, or as long as the connection lives.

    Raises ``StreamHeld`` when another connection holds it.
    """
    if not database.is_server:
        yield
        return
    number = _number(stream)
    try:
        with database.writing():
            database.command(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
            database.command(f"SELECT pg_advisory_lock({number})")
    except LedgerUnavailable as error:
        if "lock timeout" not in str(error):
            raise
        by = holder(database, stream) or "another connection"
        raise StreamHeld(f"stream {stream} of {database.name} is held by {by}", by) from error
    try:
        yield
    finally:
        # With the connection the lock is gone too.
        with contextlib.suppress(LedgerUnavailable), database.writing():
            database.command(f"SELECT pg_advisory_unlock({number})")


def holder(database: Database, stream: str) -> str | None:
    """Who holds a stream, as its connection names itself; None where nobody does."""
    found = _holders(database, stream)
    return found[0][1] if found else None


def evict(database: Database, stream: str) -> str | None:
    """End the connection that holds a stream, so that its process can append nothing more.

    Returns who that was; None where nobody held it.
    """
    found = _holders(database, stream)
    for backend, _ in found:
        with database.writing():
            database.command(f"SELECT pg_terminate_backend({int(backend)})")
    return found[0][1] if found else None


def _holders(database: Database, stream: str) -> list[tuple[int, str]]:
    if not database.is_server:
        return []
    number = _number(stream) % 2**64
    return [
        (pid, f"{name or 'a connection'} since {since:%Y-%m-%dT%H:%M:%SZ}")
        for pid, name, since in database.look(_HOLDERS, number >> 32, number % 2**32)
    ]


def _number(stream: str) -> int:
    """The stream's number among the advisory locks of a database, which are 64 bits, signed."""
    digest = hashlib.sha256(f"trading_tools.audit stream {stream}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
