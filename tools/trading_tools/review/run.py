"""Reviews many files: each is read, parsed and judged on its own, in processes where that pays.

Which files, and against what, is for the caller to say; what is found is only put in order here.
"""

from __future__ import annotations

import gc
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trading_tools.review.engine import Engine, unreadable
from trading_tools.review.findings import Finding
from trading_tools.review.model.project import Project
from trading_tools.review.parsing import Unreadable
from trading_tools.review.reading.files import source_of
from trading_tools.review.reading.finding import Reader, base_of, finder, from_disk, module_of
from trading_tools.review.rule import Rule

PAYS_BYTES: Final = 1_500_000
"""From this much text on, more processes are faster than one."""

_CHUNK: Final = 24
_PROJECTS: Final = 2
_COLLECTED_BYTES: Final = 8_000_000


@dataclass(frozen=True)
class Target:
    """A file to be reviewed and the path that findings name it by."""

    file: Path
    shown: str
    size: int = 0


@dataclass
class _Job:
    """What every file of a review is judged by."""

    engine: Engine
    read: Reader
    missing: bool
    projects: OrderedDict[Path, Project] = field(default_factory=OrderedDict)
    bases: dict[Path, Path] = field(default_factory=dict)
    grown: int = 0
    """Bytes that were read since garbage was collected."""

    def base(self, file: Path) -> Path:
        """The folder that a file's imports start from."""
        folder = file.parent
        if folder not in self.bases:
            self.bases[folder] = base_of(file, self.read)
        return self.bases[folder]

    def project(self, base: Path) -> Project:
        """The project of the files below a folder; the last few are kept."""
        if base not in self.projects:
            self.projects[base] = Project(finder(base, self.read))
            if len(self.projects) > _PROJECTS:
                self.projects.popitem(last=False)
        return self.projects[base]

    def findings(self, targets: Sequence[Target]) -> list[Finding]:
        """The findings in files; garbage is collected after so much text."""
        found = []
        for target in targets:
            found += _reviewed(self, target)
            self.grown += target.size
            if self.grown > _COLLECTED_BYTES:
                gc.collect()
                self.grown = 0
        return found

    def end(self) -> None:
        """Let go of what was read; to find it as garbage would cost more."""
        for project in self.projects.values():
            project.forget()
        self.projects.clear()


def review(
    targets: Sequence[Target],
    rules: Sequence[Rule],
    *,
    read: Reader = from_disk,
    missing: bool = False,
    processes: int | None = None,
) -> list[Finding]:
    """The findings in files, in order.

    `read` gives a file's bytes, so that another state of a project than the one on disk can be
    reviewed. A file that is not there is a finding, unless it may be `missing`.
    """
    workers = _workers(targets) if processes is None else processes
    job = _Job(Engine(tuple(rules)), read, missing)
    if workers > 1:
        found = list(_in_processes(targets, job, workers))
    else:
        with _uncollected():
            found = job.findings(targets)
            job.end()
    return sorted(found, key=lambda each: each.order)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is collected while trees grow.

    Looking through all of them for it again and again would cost more than parsing.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _workers(targets: Sequence[Target]) -> int:
    enough = sum(target.size for target in targets) >= PAYS_BYTES
    can_fork = hasattr(os, "fork") and threading.active_count() == 1
    return min(os.cpu_count() or 1, 8) if enough and can_fork else 1


def _in_processes(targets: Sequence[Target], job: _Job, workers: int) -> Iterator[Finding]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    global _job
    _job = job  # rules are functions: they are inherited, not sent
    chunks = [targets[at : at + _CHUNK] for at in range(0, len(targets), _CHUNK)]
    with ProcessPoolExecutor(workers, get_context("fork"), gc.freeze) as pool:
        for found in pool.map(_chunk, chunks):
            yield from found


_job: _Job | None = None


def _chunk(targets: Sequence[Target]) -> list[Finding]:
    assert _job is not None
    with _uncollected():
        return _job.findings(targets)


def _reviewed(job: _Job, target: Target) -> list[Finding]:
    raw = job.read(target.file)
    if raw is None:
        gone = unreadable(target.shown, "cannot be read", "name a readable file")
        return [] if job.missing else [gone]
    base = job.base(target.file)
    try:
        source = source_of(target.shown, raw, module_of(target.file, base))
    except Unreadable as error:
        return [unreadable(target.shown, error.what, error.fix, error.line)]
    return job.engine.review(source, job.project(base))
