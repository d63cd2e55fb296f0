"""Errors of the parts, as the command line tells them."""

from __future__ import annotations

from orchestrator.cli.output import CommandError, Exit
from orchestrator.config.errors import ConfigError
from trading_tools.audit.key import KEY_VARIABLE


def as_command_error(error: Exception) -> CommandError | None:
    """What to say of a known error; None for a fault of ours."""
    from orchestrator.catalogue.sessions import NoSuchRun
    from orchestrator.models.port import BadRequest, ModelConfigError
    from orchestrator.run.ownership import Owned
    from orchestrator.workspace.errors import WorkspaceError
    from trading_tools.audit.errors import KeyMismatch, LedgerError, StreamConflict

    if isinstance(error, ConfigError):
        return CommandError(error.what, error.where, error.fix)
    if isinstance(error, ModelConfigError):
        return CommandError(error.what, "model", error.fix)
    if isinstance(error, BadRequest):
        return CommandError(
            f"the model service refused our request: {error}", "model", "report it", Exit.FAULT
        )
    if isinstance(error, NoSuchRun | Owned):
        what, _, fix = str(error).partition("; ")
        return CommandError(what, "", fix or "wait for it, or `orc stop` it")
    if isinstance(error, StreamConflict):
        what = str(error).partition(": ")[0]
        fix = "it goes on there; `orc show` says how it stands"
        return CommandError(f"another process took over, this one stops: {what}", "ledger", fix)
    if isinstance(error, KeyMismatch):
        what, _, _ = str(error).partition(": ")
        keyed = "is under key" in what
        fix = (
            f"set {KEY_VARIABLE} to the key it was written with"
            if keyed
            else f"unset {KEY_VARIABLE}"
        )
        return CommandError(what, "audit key", fix)
    if isinstance(error, LedgerError) and "; " in str(error):
        told, _, fix = str(error).partition("; ")
        where, _, what = told.rpartition(": ")
        return CommandError(what, where, fix)
    if isinstance(error, LedgerError | WorkspaceError):
        what, _, fix = str(error).partition(": ")
        return CommandError(what, "", fix or "see `orc doctor`")
    if isinstance(error, OSError) and error.strerror:
        return CommandError(error.strerror, str(error.filename or "system"), "see `orc doctor`")
    return None
