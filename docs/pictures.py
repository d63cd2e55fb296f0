"""Draw the README's picture from a real demo run: `make pictures`.

The demo runs as a user runs it; its ledger is then shown by the program's own pages on a console
that records, and rich writes what it showed as SVG.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from orchestrator.cli.live import LiveView
from orchestrator.cli.place import Place
from orchestrator.cli.runs import report_of
from orchestrator.cli.view import show_report
from orchestrator.run.state import State

HERE = Path(__file__).resolve().parent
WIDTH = 100


def main() -> int:
    """Run the demo and write `docs/demo.svg`."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "momentum-desk"
        orc = Path(sys.executable).with_name("orc")
        done = subprocess.run([str(orc), "demo", "--into", str(project)], check=False)
        place = Place.find(project, {"ORC_HOME": str(Path(folder) / "user"), **os.environ})
        console = Console(
            record=True,
            width=WIDTH,
            file=io.StringIO(),
            force_terminal=False,
            color_system="truecolor",
            highlight=False,
            markup=False,
        )
        console.print("$ make demo\n")
        report, state = report_of(place, "demo", seconds=0.0)
        view, folded = LiveView(console), State()
        with place.open_ledger(read_only=True) as ledger:
            for event in ledger.read("demo"):
                folded.apply(event)
                view.on_event(event, folded)
        console.print()
        show_report(console, report, state)
        console.save_svg(str(HERE / "demo.svg"), title="orc demo")
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
