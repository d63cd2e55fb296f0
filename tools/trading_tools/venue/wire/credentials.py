"""The API key with which a drill's account is reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Credentials:
    """One API key of one account: the strings that a client is configured with."""

    key: str
    secret: str
    account: str
