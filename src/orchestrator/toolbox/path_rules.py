"""Permission rules for files: what `Edit(src/**)` covers.

Patterns are those of .gitignore, from the workspace's root. Paths are compared as text: where
symbolic links lead is the workspace's own matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache

_ROOT = ("workspace",)


def inside(path: str) -> tuple[str, ...] | None:
    """The path's names from the workspace's root; None where it is not in the workspace."""
    absolute = path.startswith("/")
    names: list[str] = []
    for name in path.split("/"):
        if name in ("", "."):
            continue
        if name == "..":
            if not names:
                return None
            names.pop()
        else:
            names.append(name)
    if not absolute:
        return tuple(names)
    return tuple(names[1:]) if tuple(names[:1]) == _ROOT else None


@dataclass(frozen=True)
class PathPattern:
    """The specifier of a rule: a name at any depth, or with a slash a path from the root.

    A pattern that matches a folder covers all that is in it.
    """

    written: str

    @cached_property
    def problem(self) -> str | None:
        """Why no path of the workspace can be meant, or None."""
        text = self.written.strip()
        if text.startswith("!"):
            return "a path pattern cannot be negated with `!`"
        if text.startswith(("~", "//")) or (inside(text) is None and not text.startswith("/")):
            return "the pattern leads out of the workspace"
        return None

    @cached_property
    def _names(self) -> tuple[str, ...]:
        text = self.written.strip()
        names = inside(text)
        if names is None:
            # As in Claude Code, one leading slash means the project's root.
            names = inside(f"/workspace{text}") or ()
        if "/" in text.rstrip("/"):
            return names
        return ("**", *names)

    def covers(self, path: str) -> bool:
        """Whether the path, or a folder it is in, matches."""
        names = inside(path)
        if names is None or self.problem:
            return False
        return _match(self._names, names)


def _match(pattern: Sequence[str], names: Sequence[str]) -> bool:
    """Whether `pattern` matches `names` or the start of them; `**` stands for any names."""
    reached = {0}
    for name in (*names, None):
        reached |= {at + 1 for at in reached if at < len(pattern) and pattern[at] == "**"}
        if len(pattern) in reached:
            return True
        if name is None:
            break
        reached = {
            at if pattern[at] == "**" else at + 1
            for at in reached
            if at < len(pattern) and (pattern[at] == "**" or _name(pattern[at], name))
        }
    return False


@lru_cache(maxsize=4096)
def _name(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern)
