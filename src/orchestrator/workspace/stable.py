"""Tool results as they would be on any other machine, at any other time.

Only what a machine or a moment adds is changed, and as far as possible only in the shapes known
tools print it: a price, a size, a hash or a duration that somebody computed stays. Lines that quote
a file with their number stay too, as an edit must be able to name them exactly.
Taking secrets out is `trading_tools.audit.redact`; what commands print in the first place is kept
alike by their fixed locale, time zone and width (`seal`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.workspace.paths import (
    PYTHON_LIBRARY,
    PYTHON_PACKAGES,
    WORKSPACE,
    with_paths_replaced,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIME = "[time]"

_ROUNDS = 8
_SECONDS = r"\d+(?:\.\d+)?"
_OUTCOME = r"\d+ (?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?|rerun)"
_MODE = r"[-dlcbps][-rwxsStT]{9}[.+@]?"

_QUOTED = re.compile(r" *\d+\t")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        # Colours and cursor movements; every escape goes, so that no new one is left behind.
        (r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[@-Z\\-_])?", ""),
        # pytest: the summary, its padding, the slowest tests, the header.
        (
            rf"^=* ?((?:{_OUTCOME}(?:, )?)+|no tests ran) in {_SECONDS}s(?: \([\d:]+\))? ?=*$",
            rf"\1 in {TIME}",
        ),
        (rf"^{_SECONDS}s (call|setup|teardown) ", rf"{TIME} \1 "),
        (r"^platform \S+ -- Python [^\n]*$", "platform [...]"),
        (r"^plugins: [^\n]*$", "plugins: [...]"),
        # unittest, bash's time, go test, cargo, jest and vitest, package managers.
        (rf"^(Ran \d+ tests?) in {_SECONDS}s$", rf"\1 in {TIME}"),
        (r"^(real|user|sys)(\t| +)\d+m\d+\.\d+s$", rf"\1 {TIME}"),
        (
            r"^real \d+\.\d+\nuser \d+\.\d+\nsys \d+\.\d+$",
            f"real {TIME}\nuser {TIME}\nsys {TIME}",
        ),
        (rf"^(ok  \t\S+)\t{_SECONDS}s", rf"\1\t{TIME}"),
        (rf"^( *--- (?:PASS|FAIL|SKIP): \S+) \({_SECONDS}s\)$", rf"\1 ({TIME})"),
        (rf"; finished in {_SECONDS}s$", f"; finished in {TIME}"),
        (rf"^( *Finished [^\n]* target\(s\)) in {_SECONDS}s$", rf"\1 in {TIME}"),
        (rf"^(Time:) +{_SECONDS} ?m?s(?:, estimated {_SECONDS} ?m?s)?$", rf"\1 {TIME}"),
        (rf"^( +Duration ) {_SECONDS}m?s(?: \([^\n]*\))?$", rf"\1 {TIME}"),
        (r"^( +Start at ) \d\d:\d\d:\d\d$", rf"\1 {TIME}"),
        (
            r"^(Resolved|Prepared|Installed|Uninstalled|Audited|added|changed)"
            r"( [^\n]*?packages?[^\n]*?) in \d+(?:\.\d+)?m?s$",
            rf"\1\2 in {TIME}",
        ),
        # Programs that report on themselves, on a line of its own, to a fraction of a second.
        (
            r"^((?:[Ff]inished|[Dd]one|[Cc]ompleted|[Ee]lapsed(?: time)?|[Tt]ook)[:,]?(?: in)?)"
            r" \d+\.\d+ ?(?:ms|s|secs?|seconds?)\.?$",
            rf"\1 {TIME}",
        ),
        # Temporary names.
        (r"/pytest-of-[\w.-]+/pytest-\d+(?=/|\b)", "/pytest-of-user/pytest-0"),
        (r"/tmp/tmp[a-z0-9_]{8}(?![\w])", "/tmp/tmp[...]"),  # noqa: S108 - text of results
        (r"/tmp/tmp\.[A-Za-z0-9]{6,12}(?![\w])", "/tmp/tmp[...]"),  # noqa: S108 - likewise
        # Where an object lies in memory; account addresses are longer, or not all lower case.
        (r"(?<= at )0x[0-9a-f]{7,16}(?![0-9a-zA-Z])", "0x[...]"),
        (r"\b(pid[ =])\d{2,7}\b", r"\1[...]"),
        # Where Python and its packages lie; the seal has them at these names as well.
        (
            r"(?<![\w.\-/])(?:\.{0,2}/)?(?:[\w.@+-]+/)*lib/python3\.\d+/(?:site|dist)-packages/",
            f"{PYTHON_PACKAGES}/",
        ),
        (r"(?<![\w.\-/])(?:\.{0,2}/)?(?:[\w.@+-]+/)*lib/python3\.\d+/", f"{PYTHON_LIBRARY}/"),
        # ls -l: owner, date, and what a file system makes of the size of a folder.
        (rf"^total \d+\n(?={_MODE} )", ""),
        (
            rf"^(d{_MODE[len('[-dlcbps]') :]}) +\d+ +\S+ +\S+ +\d+ "
            r"[A-Z][a-z]{2} +\d+ +(?:\d\d:\d\d|\d{4}) ",
            r"\1 [date] ",
        ),
        (
            rf"^({_MODE}) +\d+ +\S+ +\S+ +(\d+) [A-Z][a-z]{{2}} +\d+ +(?:\d\d:\d\d|\d{{4}}) ",
            r"\1 \2 [date] ",
        ),
    )
)


class Stabiliser:
    """Makes texts stable for one workspace; `also` shows further folders under fixed names."""

    def __init__(self, workspace_root: Path, also: Mapping[str, str] | None = None) -> None:
        places = dict(also or {})
        for root in (str(workspace_root), str(workspace_root.resolve())):
            # Within such a root the names shown and the real ones could not be told apart.
            if not root.startswith(f"{WORKSPACE}/") and root != "/":
                places[root] = WORKSPACE
        self._places = places

    def text(self, text: str) -> str:
        """The stable form of a result; the stable form of that is the same."""
        parts: list[str] = []
        plain: list[str] = []
        for line in text.split("\n"):
            if _QUOTED.match(line):
                parts += [self._plain(plain)] if plain else []
                parts.append(line)
                plain = []
            else:
                plain.append(line)
        return "\n".join([*parts, self._plain(plain)] if plain else parts)

    def _plain(self, lines: list[str]) -> str:
        """Rules are applied until none applies, as one may uncover what another is for."""
        text = "\n".join(_last_written(line) for line in lines)
        for _round in range(_ROUNDS):
            before = text
            text = with_paths_replaced(text, self._places)
            for pattern, replacement in _RULES:
                text = pattern.sub(replacement, text)
            if text == before:
                break
        return text


def _last_written(line: str) -> str:
    """What stands on a line in the end that a progress bar wrote over and over."""
    return line.rstrip("\r").rpartition("\r")[2]
