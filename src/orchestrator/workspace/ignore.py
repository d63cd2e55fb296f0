"""Which files a person would not look through: what .gitignore names, and caches of tools.

The usual pattern language is understood (`*`, `?`, `[…]`, `**`, `/`, `!`, a trailing `/`). Git's
own index is not asked: a file that was added in spite of being ignored is left out here too.
Standard library only (see `scan`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ALWAYS = frozenset(
    {
        ".git", ".orchestrator", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__",
        ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One line of a .gitignore: paths below `base` that match are ignored, or kept again."""

    base: str
    pattern: re.Pattern[str]
    ignores: bool
    folders_only: bool


def parse(text: str, base: str) -> list[Rule]:
    """The rules of a .gitignore that lies in `base` (from the root, "" or ending in "/")."""
    rules = []
    for raw in text.splitlines():
        line = raw.rstrip()
        if not line or line.startswith("#"):
            continue
        ignores = not line.startswith("!")
        line = line.removeprefix("!").removeprefix("\\")
        folders_only = line.endswith("/")
        line = line.rstrip("/")
        anchored = "/" in line
        line = line.lstrip("/")
        if line:
            pattern = translate(line if anchored else f"**/{line}")
            rules.append(Rule(base, pattern, ignores, folders_only))
    return rules


def ignored(path: str, *, folder: bool, rules: list[Rule]) -> bool:
    """Whether a path (from the root) is left out; the last rule that matches decides."""
    name = path.rpartition("/")[2]
    if name == ".git" or (folder and name in ALWAYS):
        return True
    decided = False
    for rule in rules:
        if rule.folders_only and not folder:
            continue
        if path.startswith(rule.base) and rule.pattern.fullmatch(path[len(rule.base) :]):
            decided = rule.ignores
    return decided


def translate(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression over whole paths: `*` stays within a name, `**` does not."""
    out = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out.append("(?:[^/]+/)*")
            at += 3
        elif pattern.startswith("**", at):
            out.append(".*")
            at += 2
        elif pattern[at] == "*":
            out.append("[^/]*")
            at += 1
        elif pattern[at] == "?":
            out.append("[^/]")
            at += 1
        elif pattern[at] == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            negated = inside[0] in "!^"
            out.append(f"(?!/)[{'^' if negated else ''}{inside[1:] if negated else inside}]")
            at = end + 1
        else:
            out.append(re.escape(pattern[at]))
            at += 1
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern))
