"""Which files a glob of the search tools means.

Adds to the globs of `ignore` what shells know: alternatives in braces. Standard library only
(see `scan`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.workspace.ignore import translate

MOST_WAYS = 256
"""Globs that one with braces may stand for."""

_INNERMOST = re.compile(r"\{([^{}]*)\}")


class GlobError(ValueError):
    """A glob stands for too many others."""


def ways(glob: str) -> tuple[str, ...]:
    """The globs without alternatives that `glob` stands for: "*.{py,toml}" for two.

    Braces without a comma mean themselves, as in a shell.

    Raises:
        GlobError: there are more than `MOST_WAYS`.
    """
    open_ones, found = [glob], dict[str, None]()
    while open_ones:
        one = open_ones.pop()
        braces = next((pair for pair in _INNERMOST.finditer(one) if "," in pair[1]), None)
        if braces is None:
            found[one] = None
        else:
            head, tail = one[: braces.start()], one[braces.end() :]
            open_ones += [f"{head}{part}{tail}" for part in reversed(braces[1].split(","))]
        if len(found) + len(open_ones) > MOST_WAYS:
            raise GlobError(
                f"the glob {glob[:100]!r} stands for more than {MOST_WAYS} others: name fewer "
                "alternatives in braces"
            )
    return tuple(found)


def chosen(paths: Iterator[str], start: str, glob: str | None) -> Iterator[str]:
    """Those of `paths` that a glob means: by name if it has no slash, else by path from `start`.

    Raises:
        GlobError: see `ways`.
    """
    if glob is None:
        yield from paths
        return
    wanted = [translate(way.lstrip("/") if "/" in way else f"**/{way}") for way in ways(glob)]
    skip = len(start) + 1 if start else 0
    yield from (path for path in paths if any(one.fullmatch(path[skip:]) for one in wanted))
