"""Draw the README's pictures from a real demo run: `make pictures`.

The demo runs as a user runs it; its ledger is then shown by the program's own pages on a console
that records, and rich writes what it showed as SVG.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

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
QUIET_TOOLS = frozenset({"str_replace_based_edit_tool", "bash", "list_files", "grep", "glob"})


def main() -> int:
    """Run the demo; write `docs/demo.svg` (how it went) and `docs/report.svg` (how it ended)."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "momentum-desk"
        orc = Path(sys.executable).with_name("orc")
        done = subprocess.run([str(orc), "demo", "--into", str(project)], check=False)
        place = Place.find(project, {"ORC_HOME": str(Path(folder) / "user"), **os.environ})
        with place.open_ledger(read_only=True) as ledger:
            events = ledger.read("demo")
        draw_live(events)
        run, state = find_run(place, "demo")
        report = report_of(place, run, state)
        console = _console()
        show_report(console, report, state)
        console.save_svg(str(HERE / "report.svg"), title="orc show demo")
    return done.returncode


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
