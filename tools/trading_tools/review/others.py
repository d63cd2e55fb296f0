"""Findings of other tools, merged into ours: ruff, bandit, detect-secrets.

They run as programs of their own over the files that are reviewed; generic faults are theirs. One
that is not installed is said in one line, never passed over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from trading_tools.review.findings import Edit, Finding, Severity
from trading_tools.review.reading.files import PYTHON
from trading_tools.review.run import Target

_TIMEOUT_S: Final = 300.0
_BATCH: Final = 400


class ToolMissing(Exception):
    """A tool that was asked for cannot run: which, and what to do."""


@dataclass(frozen=True)
class Tool:
    """A tool: the module that runs it, what it is given before the files, and how it is read."""

    name: str
    module: str
    arguments: tuple[str, ...]
    read: Callable[[Any], Iterable[Finding]]
    all_files: bool = False


def _ruff(told: Any) -> Iterator[Finding]:
    for each in told:
        fix = each.get("fix") or {}
        yield Finding(
            rule=f"ruff:{each['code'] or 'syntax'}",
            severity=Severity.WARNING,
            path=each["filename"],
            line=each["location"]["row"],
            end_line=each["end_location"]["row"],
            message=each["message"],
            why="a finding of ruff",
            fix=fix.get("message") or "",
            column=each["location"]["column"],
            link=each.get("url") or "",
            edits=tuple(_ruff_edit(edit) for edit in fix.get("edits", ()))
            if fix.get("applicability") == "safe"
            else (),
        )


def _ruff_edit(edit: Mapping[str, Any]) -> Edit:
    start, end = edit["location"], edit["end_location"]
    return Edit(start["row"], start["column"] - 1, end["row"], end["column"] - 1, edit["content"])


_BANDIT: Final = {
    "HIGH": Severity.ERROR,
    "MEDIUM": Severity.WARNING,
    "LOW": Severity.NOTE,
    "UNDEFINED": Severity.NOTE,
}


def _bandit(told: Any) -> Iterator[Finding]:
    for each in told["results"]:
        yield Finding(
            rule=f"bandit:{each['test_id']}",
            severity=_BANDIT[each["issue_severity"]],
            path=each["filename"],
            line=each["line_number"],
            end_line=max(each["line_range"] or [each["line_number"]]),
            message=each["issue_text"],
            why=f"a finding of bandit ({each['test_name']})",
            column=each["col_offset"] + 1,
            link=each.get("more_info") or "",
        )


def _secrets(told: Any) -> Iterator[Finding]:
    for path, found in told["results"].items():
        for each in found:
            yield Finding(
                rule="secrets:" + "".join(each["type"].split()),
                severity=Severity.ERROR,
                path=path,
                line=each["line_number"],
                end_line=each["line_number"],
                message=f"looks like a secret ({each['type']})",
                why="a key in a repository is everybody's who ever sees a copy of it",
                fix="take it out, and revoke it at the venue: it has been seen",
            )


_RUFF: Final = ("check", "--output-format=json", "--force-exclude", "--exit-zero", "--no-cache")
_BANDIT_ARGUMENTS: Final = ("-f", "json", "-q", "--exit-zero")
_SECRETS: Final = ("scan", "--no-verify", "--all-files")
TOOLS: Final = {
    "ruff": Tool("ruff", "ruff", _RUFF, _ruff),
    "bandit": Tool("bandit", "bandit", _BANDIT_ARGUMENTS, _bandit),
    "detect-secrets": Tool("detect-secrets", "detect_secrets", _SECRETS, _secrets, all_files=True),
}
"""Files are given by their absolute paths, so none can be taken for an option."""


def findings_of(name: str, targets: Sequence[Target]) -> list[Finding]:
    """What a tool finds in the files, by the paths that our own findings have.

    Raises:
        ToolMissing: there is no such tool, it is not installed, or it failed.
    """
    tool = TOOLS.get(name)
    if tool is None:
        raise ToolMissing(f"no tool is called {name}: use one of {', '.join(TOOLS)}")
    if find_spec(tool.module) is None:
        raise ToolMissing(f"{name} is not installed: pip install 'trading-orchestrator[scanners]'")
    files = [each for each in targets if tool.all_files or each.file.suffix in PYTHON]
    # Ruff writes a name that is no UTF-8 with marks in the place of what is none.
    shown = {os.fsencode(each.file).decode("utf-8", "replace"): each.shown for each in files}
    shown |= {str(each.file): each.shown for each in files}
    found: list[Finding] = []
    for at in range(0, len(files), _BATCH):
        told = _run(tool, [str(each.file) for each in files[at : at + _BATCH]])
        found += [_placed(each, shown) for each in tool.read(told)]
    return found


def _run(tool: Tool, files: Sequence[str]) -> Any:
    arguments = [sys.executable, "-m", tool.module, *tool.arguments, *files]
    try:
        done = subprocess.run(
            arguments, capture_output=True, timeout=_TIMEOUT_S, check=False, env=_environment()
        )
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise ToolMissing(f"{tool.name} did not end within {_TIMEOUT_S:.0f} s") from None
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        raise ToolMissing(f"{tool.name} failed (exit code {done.returncode}): {said}") from None


def _environment() -> dict[str, str]:
    """A tool of linting has no use for credentials."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "XDG_CACHE_HOME")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _placed(finding: Finding, shown: Mapping[str, str]) -> Finding:
    path = shown.get(str(Path(finding.path).resolve()), finding.path)
    return replace(finding, path=path)
