"""Everything the ledger asks of its database, compiled once for a kind of database.

Here live the SQLAlchemy Core statements and their compiled form. Running them is in
``database``, what they are for in ``store`` and ``ledger``.
"""

from typing import Any, ClassVar

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from trading_tools.audit.tables import BLOB, EVENT, HEAD


class Statements:
    """The ledger's statements for one dialect, as the driver takes them, with their values in the
    order of their places in the text: an insert has a value for each column of the table.

    ``of`` names the stream or blob in question.
    """

    _compiled: ClassVar[dict[tuple[str, str], "Statements"]] = {}

    @classmethod
    def of(cls, dialect: Dialect) -> "Statements":
        """Those of a dialect and its driver, compiled at the first use in this process."""
        known = cls._compiled.get((dialect.name, dialect.driver))
        if known is None:
            known = cls._compiled[dialect.name, dialect.driver] = cls(dialect)
        return known

    def __init__(self, dialect: Dialect) -> None:
        def compiled(statement: Any) -> str:
            return str(statement.compile(dialect=dialect))

        this = HEAD.c.stream == bindparam("of")
        moved = ("seq", "hash", "seal", "last_at", "closed")
        self.insert_event = compiled(insert(EVENT))
        self.insert_head = compiled(insert(HEAD))
        # The same text may come from two at once. In SQLite a trigger leaves out the second.
        new_blob = postgresql.insert(BLOB).on_conflict_do_nothing()
        self.insert_blob = compiled(new_blob if dialect.name == "postgresql" else insert(BLOB))
        # The new seq, hash, seal, closed and last_at; then of, old_seq, old_key_id, old_closed.
        self.move_head = compiled(
            update(HEAD)
            .where(
                this,
                HEAD.c.seq == bindparam("old_seq"),
                HEAD.c.key_id == bindparam("old_key_id"),
                HEAD.c.closed == bindparam("old_closed"),
            )
            .values({name: bindparam(name) for name in moved})
        )
        self.seal_head = compiled(
            update(HEAD).where(this).values(key_id=bindparam("key_id"), seal=bindparam("seal"))
        )
        self.head = compiled(
            select(HEAD.c.seq, HEAD.c.hash, HEAD.c.closed, HEAD.c.key_id).where(this)
        )
        self.locked_head = compiled(select(HEAD.c.seq, HEAD.c.hash).where(this).with_for_update())
        self.locked_heads = compiled(
            select(HEAD.c.stream, HEAD.c.seq, HEAD.c.hash).order_by(HEAD.c.stream).with_for_update()
        )
        self.heads = compiled(select(HEAD).order_by(HEAD.c.opened_at, HEAD.c.stream))
        self.names = compiled(select(EVENT.c.stream).distinct().order_by(EVENT.c.stream))
        self.events = compiled(
            select(EVENT)
            .where(EVENT.c.stream == bindparam("of"), EVENT.c.seq > bindparam("after"))
            .order_by(EVENT.c.seq)
        )
        self.all_events = compiled(
            select(EVENT).where(EVENT.c.stream == bindparam("of")).order_by(EVENT.c.seq)
        )
        self.blob = compiled(select(BLOB.c.content).where(BLOB.c.name == bindparam("of")))
        self.has_blob = compiled(select(BLOB.c.name).where(BLOB.c.name == bindparam("of")))
        self.blobs = compiled(select(BLOB).order_by(BLOB.c.name))
