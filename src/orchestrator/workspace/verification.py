"""Whether a run's work holds: the project's own checks on it, against the same checks on the base.

The plan comes from the base (`verify_plan`), each run has its own checkout (`verify_run`), only new
failures count (`verify_judge`), and what was taken from the tests is listed (`verify_tests`).
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.workspace.changes import shown as shown_path
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.seal import SealError, run_sealed
from orchestrator.workspace.tree_files import TreeFiles
from orchestrator.workspace.verify_judge import NO_TESTS, Judgement, judge, proves
from orchestrator.workspace.verify_plan import (
    Plan,
    VerifySettings,
    find_python,
    is_test_file,
    make_plan,
    new_tests_plan,
)
from orchestrator.workspace.verify_run import Attempt, Bench, Runner
from orchestrator.workspace.verify_tests import weakened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.workspace.workspace import Workspace

TIMEOUT_S = 900.0

_STOPS = re.compile(r"(?<=\s)(-x|--exitfirst|--maxfail[= ]?[1-9]\d*)(?=\s|$)")


@dataclass(frozen=True)
class Verification:
    """What came out. `passed` is None where it could not be found out, for `reason`: never as met.

    `base_failures` failed before the change too and do not count; `fixed` failed then and pass now.
    `needs_person` lists what was taken from the tests or changed about how they run. `seal` is how
    the commands were kept in, empty when none ran.
    """

    passed: bool | None
    command: str
    base_failures: tuple[str, ...]
    new_failures: tuple[str, ...]
    fixed: tuple[str, ...]
    needs_person: tuple[str, ...]
    seal: str
    output_tail: str
    seconds: float
    reason: str = ""


def plan_of(workspace: Workspace, settings: VerifySettings, fallback: Path | None = None) -> Plan:
    """How this project is verified, by the files of the base commit.

    Args:
        workspace: the run's.
        settings: `[workspace]` of `orchestrator.toml` as of the base.
        fallback: the interpreter where the project has none; the harness's own by default.

    Raises:
        WorkspaceError: the settings name a Python that is not there.
    """
    python = find_python(workspace.layout.project, settings, fallback or Path(sys.executable))
    return make_plan(_files(workspace, workspace.base), settings, python)


def guarded(workspace: Workspace, plan: Plan, home: Path) -> Workspace:
    """The workspace with the plan's own files protected and its environment shown to commands."""
    return workspace.guarding(plan.files, plan.python.mounts(home))


async def verify(
    workspace: Workspace,
    settings: VerifySettings,
    *,
    environ: Mapping[str, str],
    run: Runner = run_sealed,
    timeout_s: float = TIMEOUT_S,
    clock: Callable[[], float] = time.monotonic,
    fallback: Path | None = None,
) -> Verification:
    """Verify the workspace as it stands now.

    Args:
        workspace: the run's; its files are not touched.
        settings: `[workspace]` of `orchestrator.toml` as of the base.
        environ: where `PATH` and `HOME` are taken from.
        run: what runs a command.
        timeout_s: for each command, on each of the two trees.
        clock: seconds, for how long it took.
        fallback: the interpreter where the project has none; the harness's own by default.
    """
    started = clock()
    base, tree = _files(workspace, workspace.base), workspace.tree()
    head = _files(workspace, tree)
    shown, tail, seal, concerns = settings.verify or "", "", "", workspace.for_the_merger()
    try:
        plan = plan_of(workspace, settings, fallback)
        concerns = (*weakened(base, head, plan), *concerns)
        bench = Bench(workspace=workspace, run=run, environ=environ, timeout_s=timeout_s)
        plan, attempt, judgement = await _against_base(bench, plan, tree, base)
        if judgement is None:
            plan = new_tests_plan(settings, plan.python, head, _new_tests(base, head))
            attempt, judgement = await _by_new_tests(bench, plan, tree, base, head)
        shown = plan.shown
        if judgement.base_failures and _STOPS.search(plan.shown):
            concerns = (*concerns, "the verify command stops at a failure, and the base has some")
        if attempt is not None:
            tail, seal = attempt.tail, attempt.seal
    except (WorkspaceError, SealError) as error:
        judgement = Judgement(None, reason=str(error))
    return Verification(
        passed=judgement.passed,
        command=shown,
        base_failures=judgement.base_failures,
        new_failures=judgement.new_failures,
        fixed=judgement.fixed,
        needs_person=tuple(
            map(shown_path, (*concerns, *_unsaid(judgement.needs_person, concerns)))
        ),
        seal=seal,
        output_tail=tail,
        seconds=clock() - started,
        reason=judgement.reason,
    )


async def _against_base(
    bench: Bench, plan: Plan, tree: str, base: TreeFiles
) -> tuple[Plan, Attempt | None, Judgement | None]:
    """The judgement of the project's own command, None where it has none or that finds no tests."""
    if plan.source == "none":
        return plan, None, None
    space = bench.workspace
    # The command's own files are those of the base, whatever the run did to them.
    own = {space.layout.prefix + path: base.entries[path] for path in plan.files}
    judged = space.store.combine(tree, own) if own else tree
    before = await bench.remembered(space.base, plan)
    same = judged == space.tree_of(space.base)
    after = before if same and not before.problem else await bench.attempt(judged, plan)
    nothing = plan.runner != "other" and before.exit_code == after.exit_code == NO_TESTS
    if nothing and not (before.problem or after.problem):
        return plan, after, None
    return plan, after, judge(plan.shown, before, after)


async def _by_new_tests(
    bench: Bench, plan: Plan, tree: str, base: TreeFiles, head: TreeFiles
) -> tuple[Attempt | None, Judgement]:
    """Where nothing else verifies it, a change must bring tests that fail on the base."""
    if not _new_tests(base, head):
        missing = (
            "there is no verify command, and the change brings no tests: "
            "add tests that fail without it and pass with it"
        )
        return None, Judgement(False, reason=missing)
    space = bench.workspace
    green = await bench.attempt(tree, plan)
    prefix = space.layout.prefix
    brought = {
        prefix + path: entry
        for path, entry in head.entries.items()
        if base.blob(path) != entry[1] and _supports_tests(path)
    }
    red = await bench.attempt(space.store.combine(space.base, brought), plan)
    return green, proves(plan.shown, red, green)


def _new_tests(base: TreeFiles, head: TreeFiles) -> tuple[str, ...]:
    """The test files that the change added or changed."""
    found = (path for path in head.entries if is_test_file(path))
    return tuple(sorted(path for path in found if base.blob(path) != head.blob(path)))


def _supports_tests(path: str) -> bool:
    *folders, name = path.split("/")
    return is_test_file(path) or name == "conftest.py" or bool({"tests", "test"} & set(folders))


def _unsaid(lines: tuple[str, ...], said: tuple[str, ...]) -> tuple[str, ...]:
    """What running the tests showed beyond what reading them did."""
    subjects = [line.split(" ")[0] for line in said]
    return tuple(
        line
        for line in lines
        if not any(line.startswith((f"{name} ", f"{name}[", f"{name}::")) for name in subjects)
    )


def _files(workspace: Workspace, tree: str) -> TreeFiles:
    return TreeFiles.of(workspace.store.git(), tree, workspace.layout.prefix)
