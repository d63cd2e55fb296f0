"""The one error of this package."""

from __future__ import annotations


class ConfigError(Exception):
    """Something a person must mend: `what` is wrong, `where`, and the `fix`; each is one line."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        what, where, fix = (" ".join(part.split()) for part in (what, where, fix))
        super().__init__(f"{where}: {what}; {fix}")
        self.what = what
        self.where = where
        self.fix = fix
