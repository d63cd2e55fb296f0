"""What can go wrong with a ledger. Every message is one line: what, where, what to do.

Here live the error types only; which failure becomes which error is decided where it happens.
"""


class LedgerError(Exception):
    """Base of every error of this package; safe to show to a person as it is."""


class NotRecordable(LedgerError, ValueError):
    """A value has no canonical JSON form (NaN, a naive time, a key that is no text, ...)."""


class StreamConflict(LedgerError):
    """Somebody else appended to the stream first; read it again and decide anew."""


class StreamHeld(LedgerError):
    """Another connection to the same server works on the stream; ``holder`` says which."""

    def __init__(self, message: str, holder: str) -> None:
        super().__init__(message)
        self.holder = holder


class KeyMismatch(LedgerError):
    """The key given is not the one in force; the ledger can be read, not written."""


class LedgerMissing(LedgerError):
    """There is no ledger at the place named."""


class LedgerUnavailable(LedgerError):
    """The ledger cannot be reached or written now: folder, rights, disk, lock or server."""


class LedgerBusy(LedgerUnavailable):
    """Another program is writing to the file, and has been for longer than is waited here."""


class LedgerCorrupt(LedgerError):
    """The file is no database, or a damaged one."""


class Altered(LedgerError):
    """A stream is not what was written to it; whoever would act on it must not."""


class LedgerVersion(LedgerError):
    """The ledger was written by a newer version, or is something else than a ledger."""


class BlobMissing(LedgerError):
    """A text that an event names is not in the ledger."""


class ExportInvalid(LedgerError):
    """An exported file cannot be read as one."""
