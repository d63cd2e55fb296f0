"""Which playbook takes a run's request, and the turns that it takes in place of a model.

Both follow from the run's opening and the definitions that it keeps, the same way every time.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.models.playbook import PlaybookModel
from orchestrator.playbooks.format import Playbook
from orchestrator.playbooks.matching import Match, match
from orchestrator.protocol.handoff import HAND_OFF
from orchestrator.run import events as ev
from orchestrator.run.definitions import ASK_USER, Definitions


def playbook_for(opened: ev.RunOpened, definitions: Definitions) -> Match | None:
    """The playbook that takes a run's request, with what the request gives; None for none."""
    return playbook_among(
        definitions.playbooks, opened.request, agent=opened.agent, model=opened.model
    )


def playbook_among(
    playbooks: Iterable[Playbook], request: str, *, agent: str | None, model: str | None
) -> Match | None:
    """The playbook that takes a request made for `agent` and `model`, where the user named them.

    Whoever names a model wants it asked, and whoever names an agent wants that one: such a request
    is a playbook's only if that is its agent.
    """
    if model is not None:
        return None
    return match(request, (one for one in playbooks if agent in (None, one.agent)))


def playbook_model(opened: ev.RunOpened, definitions: Definitions) -> PlaybookModel | None:
    """What takes the turns of a run that a playbook took; None where none takes it any more."""
    found = playbook_for(opened, definitions)
    return None if found is None else PlaybookModel(found, hand_off=HAND_OFF, ask_user=ASK_USER)
