"""The ledger's tables and what the database itself refuses.

Here live the SQLModel tables, the triggers that make them append-only (SQLite and PostgreSQL)
and the version of this layout. What is written into them is decided in ``ledger``.
"""

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateTable
from sqlmodel import Field, SQLModel

SCHEMA_VERSION = 1


class EventRow(SQLModel, table=True):
    """An event as stored; ``body`` is canonical JSON text and is never rewritten."""

    __tablename__ = "audit_event"

    stream: str = Field(sa_type=Text, primary_key=True)
    seq: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    at: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    v: int
    alg: str = Field(sa_type=Text)
    key_id: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    prev: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class HeadRow(SQLModel, table=True):
    """The last event of each stream, moved forward with each append in the same transaction.

    It makes a shortened stream show at once, gives lists without a scan, and its ``key_id`` is
    the key in force: whoever appends under another one moves no head. ``seal`` binds the head
    under the key.
    """

    __tablename__ = "audit_head"
    __table_args__ = {"sqlite_with_rowid": False}

    stream: str = Field(sa_type=Text, primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    hash: str = Field(sa_type=Text)
    key_id: str = Field(sa_type=Text)
    seal: str = Field(sa_type=Text)
    closed: int
    first_kind: str = Field(sa_type=Text)
    opened_at: str = Field(sa_type=Text)
    last_at: str = Field(sa_type=Text)


class BlobRow(SQLModel, table=True):
    """A long text (UTF-8) under the hash of its content."""

    __tablename__ = "audit_blob"

    name: str = Field(sa_type=Text, primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


EVENT = SQLModel.metadata.tables["audit_event"]
HEAD = SQLModel.metadata.tables["audit_head"]
BLOB = SQLModel.metadata.tables["audit_blob"]

_REFUSAL = "the ledger is append-only"

# INSERT OR REPLACE removes a row without firing a delete trigger, hence the insert triggers.
_SQLITE_TRIGGERS = (
    f"""CREATE TRIGGER audit_event_update BEFORE UPDATE ON audit_event
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER audit_event_delete BEFORE DELETE ON audit_event
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    """CREATE TRIGGER audit_event_replace BEFORE INSERT ON audit_event
    WHEN EXISTS (SELECT 1 FROM audit_event WHERE stream = NEW.stream AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    f"""CREATE TRIGGER audit_blob_update BEFORE UPDATE ON audit_blob
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER audit_blob_delete BEFORE DELETE ON audit_blob
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    """CREATE TRIGGER audit_blob_replace BEFORE INSERT ON audit_blob
    WHEN EXISTS (SELECT 1 FROM audit_blob WHERE name = NEW.name)
    BEGIN SELECT RAISE(IGNORE); END""",
    f"""CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head
    WHEN NEW.stream <> OLD.stream OR NEW.seq < OLD.seq
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    """CREATE TRIGGER audit_head_replace BEFORE INSERT ON audit_head
    WHEN EXISTS (SELECT 1 FROM audit_head WHERE stream = NEW.stream)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
)

_POSTGRES_TRIGGERS = (
    f"""CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER audit_event_frozen BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_event_kept BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_blob_frozen BEFORE UPDATE OR DELETE ON audit_blob
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_blob_kept BEFORE TRUNCATE ON audit_blob
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head FOR EACH ROW
    WHEN (NEW.stream <> OLD.stream OR NEW.seq < OLD.seq) EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_frozen BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_kept BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
)


def creation(dialect: Dialect) -> tuple[str, ...]:
    """The statements that lay out an empty ledger, its version last, for one transaction."""
    tables = tuple(
        str(CreateTable(table).compile(dialect=dialect)) for table in (EVENT, HEAD, BLOB)
    )
    if dialect.name == "sqlite":
        return (*tables, *_SQLITE_TRIGGERS, f"PRAGMA user_version = {SCHEMA_VERSION}")
    return (
        *tables,
        *_POSTGRES_TRIGGERS,
        f"CREATE TABLE audit_schema (version INTEGER NOT NULL DEFAULT {SCHEMA_VERSION})",
        "INSERT INTO audit_schema DEFAULT VALUES",
    )
