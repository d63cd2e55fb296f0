"""Draw the README's pictures from real runs: `make pictures`.

The demo and a question of sizing run as a user runs them; their ledgers are then shown by the
program's own pages on a console that records, and rich writes what it showed as SVG.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from orchestrator.cli.live import LiveView
from orchestrator.cli.place import Place
from orchestrator.cli.runs import find_run, report_of
from orchestrator.cli.telling import tell
from orchestrator.cli.view import show_report
from orchestrator.run.events import ToolFinished, WorkCommitted
from orchestrator.run.state import State
from trading_tools.audit.event import Event

HERE = Path(__file__).resolve().parent
WIDTH = 96
SIZING = "Validate Kelly sizing: win rate 0.65, payoff 1.5, 2% cap, 10000 USDT"
QUIET_TOOLS = frozenset({"str_replace_based_edit_tool", "bash", "list_files", "grep", "glob"})


def main() -> int:
    """Write `demo.svg`, `report.svg` (how the demo ended), `sizing.svg`, `drill.svg`, `review.svg`.

    The last two show a bot that sends an order again when its answer was lost.
    """
    orc = str(Path(sys.executable).with_name("orc"))
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "momentum-desk"
        environ = {**os.environ, "ORC_HOME": str(Path(folder) / "user")}
        done = subprocess.run([orc, "demo", "--into", str(project)], check=False)
        place = Place.find(project, environ)
        with place.open_ledger(read_only=True) as ledger:
            draw_live(ledger.read("demo"))
        draw_report(place, "demo", "orc show demo", "report.svg")
        asked = subprocess.run([orc, "run", SIZING], cwd=project, env=environ, check=False)
        draw_report(place, "last", f'orc run "{SIZING}"', "sizing.svg")
    drill = ["drill", "--scenario", "d01", "--"]
    told_as = "orc drill --scenario d01 -- python bot.py"
    draw_bot([orc, *drill, sys.executable, "bot.py"], told_as, "drill.svg")
    draw_bot([orc, "review", "bot.py"], "orc review bot.py", "review.svg")
    return done.returncode or asked.returncode


def draw_report(place: Place, name: str, title: str, file: str) -> None:
    """A run's own page."""
    run, state = find_run(place, name)
    console = _console()
    show_report(console, report_of(place, run, state), state)
    console.save_svg(str(HERE / file), title=title)


def draw_live(events: Sequence[Event]) -> None:
    """What the live view says, without most edits and commands."""
    console, state = _console(), State()
    console.print("$ make demo\n")
    view = LiveView(console)
    left_out = 0
    for event in events:
        state.apply(event)
        quiet = event.kind in {ToolFinished.KIND, WorkCommitted.KIND}
        if quiet and event.body.get("tool", "str_replace_based_edit_tool") in QUIET_TOOLS:
            left_out += event.kind == ToolFinished.KIND
            continue
        if left_out and tell(event, state):
            what = "1 edit or command" if left_out == 1 else f"{left_out} edits and commands"
            note = f"    … {what}, left out of this picture"
            console.print(note, style="dim")
            left_out = 0
        view.on_event(event, state)
    console.save_svg(str(HERE / "demo.svg"), title="make demo")


def draw_bot(command: Sequence[str], told_as: str, file: str) -> None:
    """What a command says of the naive bot on a terminal."""
    bot = HERE.parent / "examples" / "naive_bot"
    ours, theirs = pty.openpty()  # it has colours on a terminal only
    set_size = struct.pack("HHHH", 60, WIDTH, 0, 0)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, set_size)
    with subprocess.Popen(command, cwd=bot, stdout=theirs, stderr=subprocess.DEVNULL):
        os.close(theirs)
        told = b"".join(iter(lambda: _read(ours), b""))
    console = _console()
    console.print(f"$ {told_as}\n")
    console.print(Text.from_ansi(told.decode().replace("\r\n", "\n")))
    console.save_svg(str(HERE / file), title=told_as.partition(" --")[0])


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other end is closed
        return b""


def _console() -> Console:
    return Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=False,
        color_system="truecolor",
        highlight=False,
        markup=False,
    )


if __name__ == "__main__":
    raise SystemExit(main())
