"""One run of a verify command on one tree, in a checkout of its own.

Neither the agents' worktree nor the user's files are touched, and nothing that is not in the tree
(caches, ignored files) can help a test pass. What the runs mean is `verify_judge`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shlex
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from orchestrator.workspace.paths import WORKSPACE
from orchestrator.workspace.verify_outcomes import Outcome, read_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.workspace.seal import Completed
    from orchestrator.workspace.verify_plan import Plan
    from orchestrator.workspace.workspace import Workspace

_REPORT = ".orc-verify.xml"  # in no folder, which a command could make a link
_TAIL_CHARACTERS = 4000
_NOT_FOUND = (126, 127)


class Runner(Protocol):
    """What runs a command: `seal.run_sealed`, or it with a seal chosen."""

    async def __call__(
        self,
        command: str,
        *,
        workspace_root: Path,
        cwd: Path,
        extra_ro: Sequence[Path],
        also_at: Sequence[Path],
        timeout_s: float,
        environ: Mapping[str, str],
        variables: Mapping[str, str],
    ) -> Completed:
        """Run a command and wait for its end."""
        ...


@dataclass(frozen=True)
class Attempt:
    """How a verify command ended on a tree.

    `outcomes` are the tests' own, where pytest reported them. `problem` says why the command could
    not be run to its end; the exit code then means nothing.
    """

    exit_code: int
    outcomes: Mapping[str, Outcome] | None
    tail: str
    seal: str
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What the attempts of one verification share."""

    workspace: Workspace
    run: Runner
    environ: Mapping[str, str]
    timeout_s: float

    async def attempt(self, tree: str, plan: Plan) -> Attempt:
        """Run setup and command on a tree."""
        state = self.workspace.layout.state_dir / "verify"
        state.mkdir(exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f"{self.workspace.layout.run}-", dir=state))
        try:
            root = await asyncio.to_thread(self.workspace.check_out, tree, place)
            root.mkdir(parents=True, exist_ok=True)
            return await self._in(place, root, plan)
        finally:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def remembered(self, tree: str, plan: Plan) -> Attempt:
        """As `attempt`, but once for a tree and plan in a run; what did not end is tried again."""
        words = (tree, plan.command, plan.setup, str(plan.python.path))
        name = hashlib.sha256(json.dumps(words).encode()).hexdigest()[:20]
        file = self.workspace.layout.store / f"verify-{name}.json"
        try:
            return Attempt(**cast("dict[str, Any]", json.loads(file.read_bytes())))
        except (FileNotFoundError, ValueError, TypeError):
            pass
        found = await self.attempt(tree, plan)
        if not found.problem:
            file.write_text(json.dumps(asdict(found)), encoding="utf-8")
        return found

    async def _in(self, place: Path, root: Path, plan: Plan) -> Attempt:
        if plan.setup:
            done = await self._command(plan.setup, place, root, plan)
            if done.exit_code != 0:
                problem = f"setup `{plan.setup}` exits with {done.exit_code}"
                return Attempt(done.exit_code, None, _tail(done.output), done.seal.kind, problem)
        done = await self._command(plan.command, place, root, plan)
        outcomes = read_report(place / _REPORT)
        problem = self._problem(done, outcomes, plan)
        return Attempt(done.exit_code, outcomes, _tail(done.output), done.seal.kind, problem)

    async def _command(self, command: str, place: Path, root: Path, plan: Plan) -> Completed:
        python, source = plan.python, self.workspace.layout.source
        inside = self.workspace.layout.prefix
        paths = [f"{WORKSPACE}/{path}" for path in python.roots(source)]
        if (root / "src").is_dir():
            paths.append(f"{WORKSPACE}/{inside}src")
        variables = {
            "PYTEST_ADDOPTS": (
                f"--junitxml={WORKSPACE}/{_REPORT} -o junit_family=xunit1 "
                # What fails on the base must not keep the other tests from running.
                "--continue-on-collection-errors --maxfail=0"
            ),
            "GIT_CEILING_DIRECTORIES": str(place.parent),
        }
        if paths:
            variables["PYTHONPATH"] = ":".join(dict.fromkeys(paths))
        if python.is_environment:
            variables["VIRTUAL_ENV"] = str(python.prefix)
        first = shlex.quote(str(python.path.parent))
        return await self.run(
            f'export PATH={first}:"$PATH"\n{command}',
            workspace_root=place,
            cwd=root,
            extra_ro=python.mounts(Path(self.environ.get("HOME") or Path.home())),
            also_at=[source],
            timeout_s=self.timeout_s,
            environ=self.environ,
            variables=variables,
        )

    def _problem(self, done: Completed, outcomes: Mapping[str, Outcome] | None, plan: Plan) -> str:
        if done.timed_out:
            return f"`{plan.shown}` did not end within {self.timeout_s:g} s"
        if outcomes is not None or done.exit_code == 0:
            return ""
        if done.exit_code in _NOT_FOUND:
            return f"`{plan.shown}` cannot be run (exit code {done.exit_code})"
        if "No module named pytest" in done.output:
            return (
                "pytest is not installed in the Python that was found "
                f"({'the project’s own' if plan.python.own else 'not the project’s own'}): "
                "install it there, or set [workspace] python"
            )
        return ""


def _tail(output: str) -> str:
    if len(output) <= _TAIL_CHARACTERS:
        return output
    return output[-_TAIL_CHARACTERS:].partition("\n")[2]
