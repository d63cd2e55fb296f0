"""Who takes the request, decided before the first turn and recorded as `route.chosen`.

Which agent fits is `orchestrator.router`, asked of the agents that the run was opened with: a run
that is taken up later is routed as it would have been.
"""

from __future__ import annotations

from orchestrator.router.rules import route
from orchestrator.run import events as ev
from orchestrator.run.journal import Journal
from orchestrator.run.openings import first_opening
from orchestrator.run.setting import Setting

FALLBACK = "python-expert"
"""Takes a request in which no word fits anybody; it may hand on, or say that it is none of ours."""


class Routes:
    """Chooses the first agent of a run."""

    def __init__(self, setting: Setting, journal: Journal) -> None:
        self._setting = setting
        self._journal = journal

    async def choose(self) -> None:
        """Record who begins, and open the task board."""
        setting, opened = self._setting, self._journal.state.opened
        if opened is None:
            raise LookupError("a route before the run is opened")
        chosen = route(opened.request, setting.definitions.candidates)
        first = opened.agent or chosen.agent or FALLBACK
        why = f"--agent {opened.agent}" if opened.agent else chosen.why
        if setting.work is not None:
            setting.work.open_board(opened.request, [first])
        opening = first_opening(setting, opened.request)
        sure = bool(opened.agent) or chosen.sure
        self._journal.append(ev.RouteChosen(first, chosen.kind, sure, why, opening))
