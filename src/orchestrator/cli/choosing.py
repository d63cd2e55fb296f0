"""Which model a run talks to: none where a playbook takes it, else the one that is configured.

What to say where there is neither is here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.place import Place
from orchestrator.models.offline import OfflineModel

if TYPE_CHECKING:
    from orchestrator.config.settings import Settings
    from orchestrator.models.port import Model
    from orchestrator.playbooks.library import Library
    from orchestrator.run.state import State

_MOST_NEAR = 3
_MOST_WORDS = 6


def model_for_request(
    place: Place,
    settings: Settings,
    library: Library,
    request: str,
    *,
    agent: str | None,
    model: str | None,
    offline: bool,
) -> Model:
    """What takes the turns of a new run.

    Raises:
        ModelConfigError: it needs a model and none can be reached.
    """
    from orchestrator.models.port import ModelConfigError
    from orchestrator.run.recipes import playbook_among
    from trading_tools.audit.redact import Redactor

    clean = Redactor.from_environment(place.environ).text(request)
    taken = playbook_among(library.playbooks, clean, agent=agent, model=model)
    if offline or taken is not None:
        return OfflineModel(_near(library, clean))
    try:
        return model_of(place, settings)
    except ModelConfigError as error:
        if has_model(place, settings):
            raise
        fix = f"{error.fix}. {_near(library, clean)}"
        raise ModelConfigError(error.what, fix) from None


def model_for_run(place: Place, settings: Settings, state: State) -> Model:
    """What takes the turns of a run that stands in the ledger.

    Raises:
        ModelConfigError: it needs a model and none can be reached.
    """
    from orchestrator.run.definitions import Definitions
    from orchestrator.run.recipes import playbook_for

    opened = state.opened
    may = opened is not None and (state.route is None or state.route.playbook)
    if opened and may and playbook_for(opened, Definitions.from_text(opened.definitions)):
        return OfflineModel()
    return model_of(place, settings)


def _near(library: Library, request: str) -> str:
    """Which playbooks came near and what they lack; else which there are."""
    from orchestrator.playbooks.matching import near

    found = near(request, library.playbooks)[:_MOST_NEAR]
    if not found:
        names = ", ".join(playbook.name for playbook in library.playbooks)
        return f"Playbooks need no model: {names} (`orc playbooks` shows what they answer)"
    told = []
    for one in found:
        words = ", ".join(repr(word) for word in one.foreign[:_MOST_WORDS])
        lacks = (
            f"does not know {words}"
            if words
            else "cannot tell what belongs to what, or is told nothing"
        )
        told.append(f"{one.playbook.name} ({lacks})")
    return f"Playbooks that came near, which need no model: {'; '.join(told)}"


def model_of(place: Place, settings: Settings) -> Model:
    """The model that settings and environment describe; nothing is connected to.

    Raises:
        ModelConfigError: it cannot work; the text says what mends it.
    """
    from orchestrator.models.factory import build_model

    return build_model(settings.model.provider, _model_environ(place, settings))


def has_model(place: Place, settings: Settings) -> bool:
    """Whether anybody named a model service to talk to; whether it works is not looked at."""
    from orchestrator.models.factory import is_named

    return is_named(settings.model.provider, _model_environ(place, settings))


def _model_environ(place: Place, settings: Settings) -> dict[str, str]:
    environ = dict(place.environ)
    if settings.model.base_url:
        environ["ANTHROPIC_BASE_URL"] = settings.model.base_url
    return environ
