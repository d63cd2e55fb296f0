"""What each test came to, from pytest's JUnit report, and what that means against the base.

The report is written by a process that runs the agents' code, so it is read with suspicion: a plain
file, of bounded size, without a document type.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Outcome = Literal["passed", "failed", "skipped"]

_MAX_BYTES = 64 * 2**20
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_WORSE: dict[Outcome, int] = {"passed": 0, "skipped": 1, "failed": 2}


def read_report(path: Path) -> dict[str, Outcome] | None:
    """Each test's outcome by pytest's name for it (`tests/test_a.py::Class::test_x[1]`).

    None without a report. A test that was expected to fail and did is skipped here: it shows
    nothing. A file that could not be collected is a failure under its own name.
    """
    content = _read_plain(path)
    if content is None or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return None
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - no document type, bounded size
    except ElementTree.ParseError:
        return None
    found: dict[str, Outcome] = {}
    for case in root.iter("testcase"):
        name, outcome = _name(case), _outcome(case)
        if _WORSE[outcome] >= _WORSE[found.get(name, "passed")]:
            found[name] = outcome
    return found


def failures(outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """The tests that failed, sorted."""
    return tuple(sorted(name for name, outcome in outcomes.items() if outcome == "failed"))


def lost(base: Mapping[str, Outcome], head: Mapping[str, Outcome]) -> tuple[str, ...]:
    """Tests that ran on the base and no longer do, one line each.

    Those in a file that cannot be collected any more are its failure, and not told again.
    """
    broken = {name for name, outcome in head.items() if outcome == "failed" and "::" not in name}
    lines = []
    for name, outcome in sorted(base.items()):
        now = head.get(name)
        file, _, test = name.partition("::")
        if outcome == "skipped" or now in ("passed", "failed") or file in broken:
            continue
        if not test:
            continue  # a file that could not be collected and now can
        lines.append(f"{name} {'is skipped now' if now else 'does not run any more'}")
    return tuple(lines)


def _name(case: ElementTree.Element) -> str:
    file, owner = case.get("file", ""), case.get("classname", "")
    name = _ADDRESS.sub("0x", case.get("name", ""))
    if not file:
        return f"{owner}::{name}" if owner else name
    module = file.removesuffix(".py").replace("/", ".")
    if not owner and name in (module, module.removesuffix(".__init__")):
        return file
    inner = owner.removeprefix(module).strip(".").replace(".", "::")
    return "::".join(part for part in (file, inner, name) if part)


def _outcome(case: ElementTree.Element) -> Outcome:
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in kinds else "passed"


def _read_plain(path: Path) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_BYTES:
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)
