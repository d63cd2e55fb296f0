"""Runs a test that a claim brings on the project before the change and after it.

It confirms something only where it tells the two apart: passed before, fails now. A test that fails
on both says nothing about the change, and one that passes on both speaks against the claim.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.catalogue.specialists.asking import Piece
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.listing import files
from orchestrator.workspace.paths import WORKSPACE
from orchestrator.workspace.seal import run_sealed
from orchestrator.workspace.verify_outcomes import Outcome, failures, read_report
from orchestrator.workspace.verify_plan import VerifySettings, find_python
from trading_tools.review.panel import Checked

TIMEOUT_S: Final = 60.0
MOST_FILES: Final = 5_000
MOST_BYTES: Final = 100_000_000

_TEST: Final = "test_orc_claim.py"
_REPORT: Final = ".orc-claim.xml"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where proofs are made. `clean` is what the reviewed text went through."""

    project: Path
    scratch: Path
    settings: VerifySettings
    environ: Mapping[str, str]
    clean: Callable[[str], str]


async def tell_apart(test: str, pieces: Sequence[Piece], desk: Desk) -> Checked:
    """Whether the test tells the change from what was before it."""
    if all(each.before is None for each in pieces):
        return Checked(None, "not made: there is nothing before to hold it against")
    names = list(files(str(desk.project)))
    sizes = sum((desk.project / each).stat().st_size for each in names[:MOST_FILES])
    if len(names) > MOST_FILES or sizes > MOST_BYTES:
        return Checked(None, "not made: the project is too large to be copied for it")
    desk.scratch.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=desk.scratch) as folder:
            before = await _outcomes(Path(folder, "before"), test, names, _old(pieces), desk)
            after = await _outcomes(Path(folder, "after"), test, names, _new(pieces), desk)
    except WorkspaceError as error:
        return Checked(None, f"could not be made: {error}")
    if before is None or after is None:
        return Checked(None, "could not be made: it did not come to its end under pytest")
    if not before or failures(before):
        return Checked(None, "says nothing: it does not pass before the change")
    broken = [each for each in failures(after) if before.get(each) == "passed"]
    if not broken:
        return Checked(False, "passes before the change and after it")
    shown = ", ".join(each.partition("::")[2] for each in broken)
    return Checked(True, f"{shown} passes before the change and fails after it")


def _old(pieces: Sequence[Piece]) -> Mapping[str, str | None]:
    return {each.path: each.before for each in pieces}


def _new(pieces: Sequence[Piece]) -> Mapping[str, str | None]:
    return {each.path: each.text for each in pieces}


async def _outcomes(
    root: Path,
    test: str,
    names: Sequence[str],
    reviewed: Mapping[str, str | None],
    desk: Desk,
) -> Mapping[str, Outcome] | None:
    """What the test came to on a copy of the project with the reviewed files as they are given."""
    for name in names:
        if name not in reviewed:
            _parent(root / name)
            shutil.copyfile(desk.project / name, root / name, follow_symlinks=False)
    for name, text in {**reviewed, _TEST: test}.items():
        if text is not None and not Path(name).is_absolute():
            _parent(root / name).write_text(text, encoding="utf-8")
    python = find_python(desk.project, desk.settings, Path(sys.executable))
    paths = [WORKSPACE, *([f"{WORKSPACE}/src"] if (root / "src").is_dir() else [])]
    await run_sealed(
        f"{shlex.quote(str(python.path))} -m pytest -q -p no:cacheprovider -o junit_family=xunit1 "
        f"--junitxml={WORKSPACE}/{_REPORT} {_TEST}",
        workspace_root=root,
        extra_ro=python.mounts(Path(desk.environ.get("HOME") or Path.home())),
        also_at=[desk.project],
        timeout_s=TIMEOUT_S,
        environ=desk.environ,
        variables={"PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return read_report(root / _REPORT)


def _parent(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file
