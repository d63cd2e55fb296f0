"""A run while it goes on: a live line on a terminal, plain lines everywhere else.

Both say the same things in the same words (`telling`); the live view adds what is going on right
now and the end of what the model is writing. It only listens: nothing here changes a run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orchestrator.cli.marks import NAME, QUIET, console_for, marks_for, span_text, usd_text
from orchestrator.cli.telling import tell
from orchestrator.cli.text import label, one_line, plain, short_arguments
from orchestrator.protocol.handoff import HAND_OFF
from orchestrator.router.briefing import ROUTER
from orchestrator.run import events as ev
from orchestrator.run.parts import ROUTER_FRAME
from orchestrator.run.spending import cost_text
from orchestrator.run.state import State
from trading_tools.audit.event import Event

FRAMES_PER_SECOND = 8
TAIL_LINES = 3
_TAIL_CHARACTERS = 1_000


class LiveView:
    """Shows a run's events as they are recorded. Use as a context manager.

    `clock` is monotonic, in seconds; `started` is its reading when the command began.
    """

    def __init__(
        self,
        console: Console,
        *,
        clock: Callable[[], float] = time.monotonic,
        started: float | None = None,
    ) -> None:
        self._console = console
        self._marks = marks_for(console)
        self._clock = clock
        self._started = clock() if started is None else started
        self._agent = ""
        self._doing = "starts"
        self._since = self._started
        self._spent = usd_text("0")
        self._tail = ""
        self._calls: dict[str, str] = {}
        self._live = self._make_live() if _is_live(console) else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event, state: State) -> None:
        """Take in an event that was just recorded: a journal's listener."""
        for line in tell(event, state):
            self._console.print(line.text(self._marks), soft_wrap=True)
        if self._live is not None:
            self._follow(event, state)

    on_event = __call__

    def on_text(self, piece: str) -> None:
        """Take in what the model wrote since the last piece."""
        if self._live is not None:
            self._tail = (self._tail + piece)[-_TAIL_CHARACTERS:]

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Give the terminal over, for a question to the person."""
        if self._live is None:
            yield
            return
        self._live.stop()
        try:
            yield
        finally:
            self._live = self._make_live()
            self._live.start()

    def now(self) -> RenderableType:
        """The live part as it stands at this moment."""
        clock = self._clock()
        spin = self._marks.spin
        sign = spin[int((clock - self._started) * FRAMES_PER_SECOND) % len(spin)]
        left = Text.assemble((f"{sign} {self._agent or 'orc'}", NAME))
        left.append(f" {self._marks.dot} {self._doing}")
        if clock - self._since >= 1:
            left.append(f"  {span_text(int(clock - self._since))}", QUIET)
        total = f"{span_text(int(clock - self._started))} {self._marks.dot} {self._spent}"
        head = Table.grid(expand=True, padding=(0, 0, 0, 2))
        head.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        head.add_column(justify="right", no_wrap=True)
        head.add_row(left, Text(total, QUIET))
        return Group(head, *self._tail_lines())

    def _tail_lines(self) -> list[Text]:
        width = max(self._console.width - 4, 20)
        words = Text(plain(self._tail).strip())
        lines = words.wrap(self._console, width)[-TAIL_LINES:] if words.plain else []
        return [Text.assemble("    ", (line.plain.strip(), QUIET)) for line in lines]

    def _make_live(self) -> Live:
        return Live(
            console=self._console,
            get_renderable=self.now,
            refresh_per_second=FRAMES_PER_SECOND,
            transient=True,
            redirect_stdout=False,
        )

    def _follow(self, event: Event, state: State) -> None:
        """Note what is going on now; the drawing thread reads only what is noted here."""
        body = event.body
        if body.get("frame") == ROUTER_FRAME:
            self._agent = ROUTER
        elif state.stack is not None and state.stack.depth:
            self._agent = label(state.stack.top.agent)
        self._spent = usd_text(cost_text(state.spend))
        if event.kind == ev.TurnStarted.KIND:
            self._tail = ""
            choosing = body["frame"] == ROUTER_FRAME
            self._do("chooses" if choosing else f"thinks (turn {body['turn']})")
        elif event.kind == ev.ModelReplied.KIND:
            self._tail = ""
            # Ending a run can take minutes here: the harness runs its checks.
            hands_off = any(block.get("name") == HAND_OFF for block in body["content"])
            self._do("hands off, being checked" if hands_off else "acts")
        elif event.kind == ev.ToolIntended.KIND:
            shown = short_arguments(body["arguments"], 60)
            self._calls[body["call"]] = f"{label(body['tool'])} {shown}".rstrip()
            self._do_calls()
        elif event.kind == ev.ToolFinished.KIND:
            self._calls.pop(body["call"], None)
            self._do_calls()
        elif event.kind == ev.HandoffReturned.KIND:
            self._do("takes over")
        elif event.kind in {ev.ApprovalRequested.KIND, ev.QuestionAsked.KIND}:
            self._do("waits for you")
        elif event.kind == ev.RunClosed.KIND:
            self._do("ends")

    def _do_calls(self) -> None:
        running = list(self._calls.values())
        more = f" and {len(running) - 1} more" if len(running) > 1 else ""
        self._do(one_line(running[0], 80) + more if running else "acts")

    def _do(self, what: str) -> None:
        self._doing, self._since = what, self._clock()


@contextmanager
def live_view(started: float) -> Iterator[LiveView]:
    """The view of this process on stderr; `started` is a reading of `time.monotonic`."""
    with LiveView(console_for(sys.stderr), started=started) as view:
        yield view


def _is_live(console: Console) -> bool:
    return console.is_terminal and not console.is_dumb_terminal
