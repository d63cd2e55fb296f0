"""The address of a ledger in PostgreSQL: reading it, connecting, and showing it without secrets.

What is asked of the server is in ``database``; who holds a stream there is in ``holding``.
"""

import os
import socket
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import create_engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from trading_tools.audit.errors import LedgerUnavailable

_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_CONNECT_WITHIN_S = 10
_LONGEST_NAME = 63
"""What PostgreSQL keeps of the name that a connection gives itself."""


def server_engine(address: str) -> Any:
    """An engine for the ``postgresql://`` URL; it connects when it is asked to.

    Raises ``LedgerUnavailable`` for no such URL, or without the driver.
    """
    shown = shown_address(address)
    scheme, _, rest = address.partition("://")
    if scheme not in _SCHEMES:
        raise LedgerUnavailable(
            f"{shown} is no place for a ledger: give a file path or a postgresql:// URL"
        )
    name = f"trading-orchestrator, process {os.getpid()} on {socket.gethostname()}"
    given = {"application_name": name[:_LONGEST_NAME]}
    if "connect_timeout=" not in rest:
        given["connect_timeout"] = str(_CONNECT_WITHIN_S)
    try:
        return create_engine(
            f"postgresql+psycopg://{_quoted(rest)}",
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            paramstyle="format",
            pool_reset_on_return=None,  # transactions are ended where they are begun
            connect_args=given,
        )
    except (ImportError, NoSuchModuleError) as error:
        raise LedgerUnavailable(
            f"{shown}: the PostgreSQL driver is not installed; "
            "install it with `pip install 'trading-orchestrator[postgres]'`"
        ) from error
    except (ArgumentError, ValueError) as error:
        raise LedgerUnavailable(
            f"{shown} is no valid database URL; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        ) from error


def _quoted(rest: str) -> str:
    """The address with user and password as URLs have them.

    A password that was written as it is may hold an `@`, and a part of it would be told as a host.
    """
    place, mark, options = rest.partition("?")
    who, at, where = place.rpartition("@")
    user, colon, password = who.partition(":")
    user, password = (quote(unquote(part), safe="") for part in (user, password))
    return f"{user}{colon}{password}{at}{where}{mark}{options}"


def shown_address(address: str) -> str:
    """The address without user, password and options, which may hold a password too."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
