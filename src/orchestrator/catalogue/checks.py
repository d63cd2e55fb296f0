"""The tool `run_checks`: what the harness itself will find when it verifies the work.

Only the door; verifying is `orchestrator.workspace.verification`, reached by the run's `Verifier`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.catalogue.acceptance.ports import verifier_of
from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, ToolResult, tool

if TYPE_CHECKING:
    from orchestrator.workspace.verification import Verification

LONGEST_S: Final = 3600.0
MOST: Final = 50
TAIL: Final = 4_000
"""Characters of the command's output that are shown, from its end."""


@tool(effect=Effect.READ, timeout_s=LONGEST_S)
async def run_checks(context: ToolContext) -> ToolResult:
    """Run the project's own checks on /workspace as it stands, as acceptance will do at the end.

    The verify command runs in throwaway copies of the change and of the base, so only new failures
    count and nothing in /workspace changes. Use it before you hand off.
    Returns: `command`, `passed` (null = could not be found out, see `reason`), `new_failures`,
    `base_failures` (failed before; do not count), `fixed`, `needs_person` (tests deleted, skipped
    or weakened, verify files changed: acceptance refuses these), `output_tail`.
    """
    verifier = verifier_of(context.services)
    if verifier is None:
        raise ToolError("run_checks: this run has no project to verify: the tool cannot work here")
    found = await verifier.verify(approved=True)
    return ToolResult(_text(found), _data(found))


def _data(found: Verification) -> dict[str, object]:
    # No durations: the same work must give the same result.
    return {
        "command": found.command,
        "passed": found.passed,
        "reason": found.reason,
        "new_failures": list(found.new_failures),
        "base_failures": list(found.base_failures),
        "fixed": list(found.fixed),
        "needs_person": list(found.needs_person),
        "seal": found.seal,
        "output_tail": found.output_tail[-TAIL:],
    }


def _text(found: Verification) -> str:
    verdict = {True: "passed", False: "failed", None: "could not be found out"}[found.passed]
    lines = [f"checks: {verdict}", f"command: {found.command or '(none)'}"]
    if found.reason:
        lines.append(f"reason: {found.reason}")
    for title, names in (
        ("new failures", found.new_failures),
        ("failed before the change too", found.base_failures),
        ("fixed", found.fixed),
        ("needs a person", found.needs_person),
    ):
        lines += _section(title, names)
    if found.output_tail.strip():
        lines.append(f"output (its end):\n{found.output_tail[-TAIL:].strip()}")
    return "\n".join(lines)


def _section(title: str, names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    more = len(names) - MOST
    listed = [f"{title} ({len(names)}):", *(f"  {name}" for name in names[:MOST])]
    return [*listed, f"  and {more} more"] if more > 0 else listed


TOOLS: Final[tuple[Tool, ...]] = (run_checks,)
