"""Asking the router model: the request as it is sent, and a whole consultation outside of a run.

In a run the same request goes through the run's own turns (`orchestrator.run.routing`), which
record it.
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.models.port import Block, Model, ModelConfigError, ModelRequest
from orchestrator.router.briefing import EFFORT, MAX_TOKENS, RULES, about_request, system_prompt
from orchestrator.router.choice import BadChoice, Choice, choice_schema, read_choice

RETRIES = 1
"""How often the router may mend an answer that cannot be used."""


def router_request(
    model: str, system: str, agents: tuple[str, ...], messages: tuple[Block, ...] = ()
) -> ModelRequest:
    """One turn of the router: everything but `messages` is the same under the same agents."""
    return ModelRequest(
        model=model,
        system=system,
        tools=(),
        messages=messages,
        max_tokens=MAX_TOKENS,
        effort=EFFORT,
        answer_schema=choice_schema(agents),
    )


async def consult(
    model: Model, name: str, request: str, descriptions: Mapping[str, str], *, deadline_s: float
) -> Choice | None:
    """The choice of the router model `name` for `request`; None where no answer could be used.

    `descriptions` are all agents' by name; `deadline_s` bounds each turn, in seconds.

    Raises:
        ModelError: no reply was to be had.
    """
    system, agents = system_prompt(RULES, descriptions), tuple(sorted(descriptions))
    messages: tuple[Block, ...] = (_said(about_request(request)),)
    for _ in range(1 + RETRIES):
        turn = router_request(name, system, agents, messages)
        try:
            reply = await model.reply(turn, deadline_s=deadline_s)
        except ModelConfigError as error:
            raise about_router(error, name) from None
        if reply.refusal is not None:
            return None
        try:
            return read_choice(reply.text, agents)
        except BadChoice as bad:
            answer = {"role": "assistant", "content": [dict(block) for block in reply.content]}
            messages = (*messages, answer, _said(bad.for_model()))
    return None


def about_router(error: ModelConfigError, name: str) -> ModelConfigError:
    """The error as one of the router model `name`, where another model might do."""
    if not error.of_model:
        return error
    return ModelConfigError(
        f"the router model {name} is not to be had: {error.what}",
        "set `model.router` to a model that is served there, or name the specialist (--agent)",
        attempts=error.attempts,
        of_model=True,
    )


def _said(text: str) -> Block:
    return {"role": "user", "content": [{"type": "text", "text": text}]}
