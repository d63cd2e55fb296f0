"""The tool `check_component`: is there a history that breaks a component of the workspace?

Only the door; the attack is `trading_tools.conformance`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, ToolResult, render, tool
from orchestrator.workspace.paths import workspace_of

if TYPE_CHECKING:
    from trading_tools.conformance.spec import Outcome

LONGEST_S: Final = 300.0


@tool(effect=Effect.READ, timeout_s=LONGEST_S + 30)
async def check_component(
    context: ToolContext,
    kind: Annotated[
        Literal["limiter", "breaker", "kelly", "sizing", "backoff", "order-guard"],
        Field(description="What it is: the properties that it must keep follow from that."),
    ],
    target: Annotated[
        str,
        Field(
            description="path/to/file.py:Name, package.module:Name or page.md:Name; a class, a "
            "function that makes one, a function of figures, or Class.method. Without :Name the "
            "only one of the file.",
            min_length=1,
            max_length=300,
        ),
    ],
    params: Annotated[
        dict[str, str] | None,
        Field(
            description="What it promises (rate, per, burst; threshold, recovery; units; "
            "max_delay), arguments to make it with, and how its calls are named (acquire=take)."
        ),
    ] = None,
    seed: Annotated[int, Field(description="The histories follow from it.", ge=0)] = 1,
    histories: Annotated[
        int, Field(description="How many are tried for each property.", ge=1, le=1_000)
    ] = 100,
) -> ToolResult:
    """Attack a component with generated histories under a virtual clock, in a sealed process.

    Finds the shortest history that breaks a property: a timeline of calls, what was expected and
    what came. Without one the property held in so many histories, which is no proof.
    Returns: `verdict` (held, broken), `broken` (a line each), `remarks` (what a sound design may
    break knowingly), `report` (each property, with the timelines of counterexamples).
    """
    from trading_tools.conformance.check import check
    from trading_tools.conformance.spec import CheckError, CheckSpec

    root = workspace_of(context).root
    spec = CheckSpec(kind, target, root, params or {}, seed, histories, LONGEST_S)
    try:
        outcome = await check(spec)
    except CheckError as error:
        raise ToolError(f"check_component: {error}") from None
    return render(_data(outcome))


def _data(outcome: Outcome) -> dict[str, object]:
    from trading_tools.conformance.report import text

    return {
        "kind": outcome.kind,
        "target": outcome.target,
        "seed": outcome.seed,
        "verdict": outcome.verdict.value,
        "broken": _lines(outcome, note=False),
        "remarks": _lines(outcome, note=True),
        "report": text(outcome),
    }


def _lines(outcome: Outcome, *, note: bool) -> list[str]:
    return [
        f"{each.title}: expected {each.counterexample.expected}, came {each.counterexample.came}"
        for each in outcome.findings
        if each.note is note and each.counterexample is not None
    ]


TOOLS: Final[tuple[Tool, ...]] = (check_component,)
