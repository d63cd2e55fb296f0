"""Libraries that come with an extra: their absence is one clear line that names it."""

from __future__ import annotations

from importlib import import_module


class MissingExtra(ImportError):
    """A library is not installed; the message names the extra that has it."""


def required(library: str, extra: str) -> None:
    """Import a library that is needed from here on.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import_module(library)
    except ImportError as error:
        raise MissingExtra(
            f"this needs {library}: install trading-orchestrator[{extra}]"
        ) from error
