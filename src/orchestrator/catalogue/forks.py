"""Making a fork: a new run that goes on from a point of another one, in files restored to it."""

from __future__ import annotations

from orchestrator.catalogue.sessions import House, NoSuchRun, Session, described, take_up
from orchestrator.run import events as ev
from orchestrator.run.forking import NotHere, forked_opening, last_point, tree_at
from orchestrator.run.state import State
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.workspace import Workspace
from trading_tools.audit.errors import LedgerError
from trading_tools.audit.ledger import Draft
from trading_tools.audit.verify import require_unaltered


def fork(house: House, parent: str, run: str, at: int | None, model: str | None) -> Session:
    """A session of the new run `run`; enter it, `take` it and drive it like one taken up.

    Its stream holds the parent's events up to `at` as they are, behind an opening of its own.
    What was decided or approved for the parent's calls stays the parent's: approvals name their
    run. `at` defaults to the last point that leaves something to do.

    Raises:
        NoSuchRun: no such run, or it cannot be forked there; the message says where it can.
        Altered: the ledger's record of the parent was changed.
    """
    events = house.ledger.read(parent)
    if not events or events[0].kind != ev.RunOpened.KIND:
        raise NoSuchRun(f"there is no run {parent!r}; `orc runs` lists them")
    opened = State.fold(events).opened
    assert opened is not None
    require_unaltered(house.ledger, parent)
    seq = last_point(events) if at is None else at
    try:
        tree = tree_at(events, seq)
    except NotHere as error:
        raise NoSuchRun(str(error)) from None
    space = _workspace(house, parent, opened, run, tree)
    head = events[seq - 1].hash
    source = {"run": parent, "seq": seq, "head": head}
    told = str((opened.workspace or {}).get("brief", "")).replace(
        f"context_session_{parent}.md", f"context_session_{run}.md"
    )
    opening = forked_opening(opened, source, described(space, told), model)
    drafts = [Draft(opening.KIND, ev.to_body(opening))]
    drafts += [Draft(event.kind, event.body, event.v) for event in events[1:seq]]
    try:
        # All at once: a process that is killed leaves a whole fork or none.
        house.ledger.append_all(run, drafts, expected_seq=0)
    except LedgerError:
        space.remove(with_branch=True)
        raise
    summary = f"as run {parent} had it at event {seq}"
    space.commit(agent="fork", turn=0, summary=summary, run=run, head=head, at=house.clock())
    return take_up(house, run)


def _workspace(
    house: House, parent: str, opened: ev.RunOpened, run: str, tree: str | None
) -> Workspace:
    if opened.workspace is None:
        raise NoSuchRun(f"run {parent} has no workspace; it cannot be forked")
    base = str(opened.workspace["base"])
    wanted = tree or base
    try:
        before = Workspace.reopen(
            house.project, parent, state_dir=house.state_dir, base=base, environ=house.environ
        )
        return before.fork(run, wanted)
    except WorkspaceError as error:
        gone = str(error)
    try:
        # A run that changed nothing keeps no workspace: its files are those that it began with.
        return Workspace.anew(
            house.project,
            run,
            base,
            wanted,
            [str(note) for note in opened.workspace["notes"]],
            state_dir=house.state_dir,
            environ=house.environ,
        )
    except WorkspaceError:
        raise NoSuchRun(
            f"the files of run {parent} are gone ({gone}); a run whose workspace was removed "
            "cannot be forked, run its request again"
        ) from None
