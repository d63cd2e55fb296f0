"""What can go wrong with a workspace. Each message is one line that a person can act on."""

from __future__ import annotations


class WorkspaceError(Exception):
    """The workspace cannot be made, found or changed; the message says what, where and what now."""


class GitError(WorkspaceError):
    """Git refused, failed or took too long; `exit_code` is None when it was stopped."""

    def __init__(self, message: str, exit_code: int | None) -> None:
        super().__init__(message)
        self.exit_code = exit_code
