"""Whether a specialist's review comes in the form that the harness can look up and merge.

Only the form is sent back to be mended. Evidence that does not hold is not: a claim whose quotation
does not exist is rejected, and stays so.
"""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from orchestrator.protocol.handoff import Handoff
from orchestrator.run.setting import Case, Finding
from trading_tools.review.claims import Answer

CHECK: Final = "claims"
_MOST: Final = 8


def answer_of(handoff: Handoff) -> Answer:
    """The claims of an envelope.

    Raises:
        ValidationError: they are not in the form that was asked for.
    """
    return Answer.model_validate(dict(handoff.context_forward))


async def claims_read(case: Case) -> Finding:
    """The envelope's `context_forward` holds findings in the form that was asked for."""
    if case.handoff.status not in {"success", "complete"}:
        return Finding(CHECK, True, "no review was given", formal=True)
    try:
        answer = answer_of(case.handoff)
    except ValidationError as error:
        wrong = [
            f"context_forward.{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)[:_MOST]
        ]
        return Finding(CHECK, False, "; ".join(wrong), tuple(wrong))
    told = f"{len(answer.findings)} findings in the form that was asked for"
    return Finding(CHECK, True, told, formal=True)
