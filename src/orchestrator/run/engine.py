"""The loop: from the state decide the next act, do it, record it, until the run is closed.

The engine holds nothing that the events do not say; stop it anywhere and `drive` goes on.
"""

from __future__ import annotations

from orchestrator.models.port import BadRequest, ModelConfigError
from orchestrator.protocol.handoff import HAND_OFF
from orchestrator.run import events as ev
from orchestrator.run.calls import Caller, Waiting
from orchestrator.run.endings import Endings
from orchestrator.run.journal import Journal
from orchestrator.run.limits import Limits, Reached, repeated_call
from orchestrator.run.parts import FrameState
from orchestrator.run.routing import Routes
from orchestrator.run.setting import Setting
from orchestrator.run.turns import LimitBites, ServiceFails, Turns
from trading_tools.audit.errors import NotRecordable


class Engine:
    """Drives one run from wherever its events left it."""

    def __init__(self, setting: Setting, journal: Journal) -> None:
        self._setting = setting
        self._journal = journal
        self._started = setting.monotonic()
        self._turns = Turns(setting, journal, self._time_left_s)
        self._routes = Routes(setting, journal, self._turns)
        self._calls = Caller(setting, journal)
        self._endings = Endings(setting, journal, self._routes)

    async def drive(self) -> None:
        """Go on until the run is closed, limited, or waits for a person.

        Raises:
            ModelConfigError: a person must mend key, credit or model name; the run can be resumed.
            BadRequest: the service refused our request; the run has failed.
            StreamConflict: another process took the run.
        """
        state = self._journal.state
        try:
            while state.closed is None:
                if state.route is None:
                    await self._routes.choose()
                else:
                    await self._step(state.top)
        except Waiting:
            return
        except LimitBites as signal:
            self._limited(signal.reached)
        except ServiceFails as failure:
            self._close("blocked", str(failure), resumable=True)
        except ModelConfigError as error:
            self._close("blocked", str(error), resumable=True)
            raise
        except (BadRequest, NotRecordable) as error:
            self._close("failed", str(error), resumable=True)
            raise

    async def _step(self, frame: FrameState) -> None:
        if frame.reply is None:
            await self._turns.take(frame)
            return
        calls = [call for call in frame.unanswered() if call["name"] != HAND_OFF]
        if calls:
            self._check_calls(len(calls))
            try:
                await self._calls.answer_all(frame)
            finally:
                self._commit(frame)
            if (reached := repeated_call(frame.signatures)) is not None:
                raise LimitBites(reached)
            return
        await self._endings.settle(frame)

    def _check_calls(self, more: int) -> None:
        state = self._journal.state
        cap = Limits.from_body(state.limits).tool_calls
        if state.tool_calls + more > cap:
            reached = f"{state.tool_calls}, and {more} more are asked for"
            raise LimitBites(Reached("tool calls", str(cap), reached))

    def _commit(self, frame: FrameState) -> None:
        """One commit per turn that changed something."""
        work = self._setting.work
        if work is None or not self._calls.touched:
            return
        self._calls.touched = False
        agent = frame.frame.agent
        turn = self._journal.state.spend.model_calls
        commit = work.commit(
            agent=agent,
            turn=turn,
            summary=f"turn {turn}",
            run=self._journal.run,
            head=self._journal.state.head,
            at=self._setting.clock(),
        )
        if commit is not None:
            self._journal.append(ev.WorkCommitted(frame.frame.id, turn, agent, work.tree()))

    def _limited(self, reached: Reached) -> None:
        state = self._journal.state
        agent = (state.top if state.stack else state.router).frame.agent
        waiting = [frame.agent for frame in state.stack.frames[:-1]] if state.stack else []
        left = f"{agent} was at work"
        if waiting:
            left += f" and {', '.join(waiting)} waited"
        if state.acceptance and state.acceptance[-1].unmet:
            left += "; not yet met: " + "; ".join(state.acceptance[-1].unmet)
        self._journal.append(ev.LimitHit(reached.limit, reached.cap, reached.reached, left))
        text = f"stopped at the limit of {reached.limit} ({reached.cap}): {reached.reached}; {left}"
        self._close("limited", text, resumable=True)

    def _close(self, status: str, result: str, *, resumable: bool) -> None:
        # What the service says of an error may hold what it was sent.
        clean = self._setting.redactor.text(result)
        self._journal.append(ev.RunClosed(status, clean, resumable))

    def _time_left_s(self) -> float:
        limits = Limits.from_body(self._journal.state.limits)
        return float(limits.minutes) * 60 - (self._setting.monotonic() - self._started)
