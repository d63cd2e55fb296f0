"""A bot's environment with drill credentials in the place of real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trading_tools.audit.redact import is_credential_name
from trading_tools.drill.credentials.names import Keys, Role, masked, role_of

_LEAST_LENGTH = 8
"""A shorter value of no venue is no credential: `MAX_TOKENS=4000`."""


@dataclass(frozen=True)
class Environment:
    """Variables for a bot; `replaced` are the names whose real values it does not get."""

    variables: Mapping[str, str]
    replaced: tuple[str, ...]


def drill_environment(environ: Mapping[str, str], keys: Keys) -> Environment:
    """The environment without its credentials; a venue's usual names are set where they were not.

    A credential of a service that is no venue of the drill gets a value of the same form that
    means nothing.
    """
    made = dict(keys.usual())
    replaced = []
    for name, value in environ.items():
        new = replacement(name, value, keys)
        made[name] = value if new is None else new
        if new is not None:
            replaced.append(name)
    return Environment(made, tuple(sorted(replaced)))


def replacement(name: str, value: str, keys: Keys, near: str | None = None) -> str | None:
    """What stands in a drill for the credential of this name, or None where it is none."""
    role = role_of(name)
    venue = keys.venue_of(name, near) if role is not None else None
    if role is not None and venue is not None:
        return _in_the_style_of(value, keys.value(venue, Role(role)))
    if is_credential_name(name) and len(value) >= _LEAST_LENGTH:
        return masked(value)
    return None


def _in_the_style_of(old: str, new: str) -> str:
    """A PEM key stands on one line, with `\\n` written out, where the old one did."""
    return new.replace("\n", "\\n") if "\n" in new and "\\n" in old else new
