"""Replaying a run of the ledger: the engine's setting, made of what the run keeps of itself.

Nothing of the project, the agents' files or the environment has a say. Deciding again and
comparing is `orchestrator.run.replaying`.
"""

from __future__ import annotations

from orchestrator.catalogue.kinds import CHECKS
from orchestrator.catalogue.sessions import NoSuchRun, prices_of, rules_of, settings_of, windows_of
from orchestrator.catalogue.tools import all_tools
from orchestrator.run import events as ev
from orchestrator.run.definitions import Definitions
from orchestrator.run.replaying.ports import stand_ins
from orchestrator.run.replaying.recording import Recording
from orchestrator.run.replaying.replay import Replayed, replay
from orchestrator.run.setting import Setting
from orchestrator.run.state import State
from trading_tools.audit.ledger import Ledger


async def replay_run(ledger: Ledger, run: str) -> Replayed:
    """Decide a run of the ledger again; nothing is written, asked or called.

    Raises:
        BlobMissing: a long text of the run is lost.
        Unreadable: an event cannot be read by this version.
    """
    recorded = ledger.read(run)
    state = State.fold(recorded)
    opened = state.opened
    if opened is None:
        raise NoSuchRun(f"there is no run {run!r}; `orc runs` lists them")
    recording = Recording(recorded, ledger.get_text, range(1, state.copied + 1))
    return await replay(run, recording, lambda state: _setting(opened, recording, state))


def _setting(opened: ev.RunOpened, recording: Recording, state: State) -> Setting:
    settings = settings_of(opened)
    orders = settings.orders.model_copy(update=dict(state.orders))
    settings = settings.model_copy(update={"orders": orders})
    minutes = settings.permissions.approval_minutes
    has_work = opened.workspace is not None
    return Setting(
        definitions=Definitions.from_text(opened.definitions),
        rules=rules_of(settings, state.seal),
        prices=prices_of(settings),
        windows=windows_of(settings),
        workspace_brief=(opened.workspace or {}).get("brief"),
        approval_minutes=minutes,
        **stand_ins(recording, all_tools(), CHECKS, minutes, work=has_work),
    )
