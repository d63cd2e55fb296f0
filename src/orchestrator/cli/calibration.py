"""`orc agents --calibration`: what agents' confidence was worth in this project's runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.cli.marks import CARE, GOOD, NAME, QUIET, console_for, marks_for, print_trimmed
from orchestrator.cli.output import emit
from orchestrator.cli.place import Place
from orchestrator.cli.runs import runs_in, states_in
from orchestrator.cli.text import counted, label
from orchestrator.run.calibration import (
    COPIED,
    NO_CHECK,
    PLAYBOOK,
    UNCHECKED,
    Bin,
    Calibration,
    Gathered,
    by_agent,
    calibrate,
    gather,
)
from orchestrator.run.state import State

_WORDS = {
    NO_CHECK: "reached no check",
    UNCHECKED: "could not be checked in full",
    PLAYBOOK: "needed no model",
    COPIED: "forked after its agents' word",
}
_FIGURES, _LEAST_NAME = 45, 12
"""Columns that an agent's figures and the gaps take, and that its name gets at least."""

_SCALE = 21
_SCALE_FROM = 72
"""Columns of the drawn scale, and the width from which there is room for it."""


def tell_calibration(place: Place, as_json: bool) -> None:
    """Print what all runs of the project say."""
    gathered = gather(states_of(place))
    if as_json:
        emit(document(gathered), True, str)
    else:
        print_calibration(gathered)


def document(gathered: Gathered) -> dict[str, Any]:
    """As programs read it; `all` is null without any outcome."""
    forecasts = gathered.forecasts
    return {
        "agents": [{"agent": name, **one.body()} for name, one in by_agent(forecasts).items()],
        "all": calibrate(forecasts).body() if forecasts else None,
        "runs": gathered.runs,
        "left_out": {reason: gathered.left_out.get(reason, 0) for reason in _WORDS},
    }


def print_calibration(gathered: Gathered, console: Console | None = None) -> None:
    """Agents with what they said and what held; then how reliable each level of confidence is."""
    console = console or console_for(sys.stdout)
    if gathered.forecasts:
        print_trimmed(console, _agents(by_agent(gathered.forecasts), console.width))
        console.print()
        _print_reliability(console, calibrate(gathered.forecasts))
    else:
        console.print("no outcome yet: no run here was checked in full")
    console.print()
    reasons = [
        f"{gathered.left_out[reason]} {words}"
        for reason, words in _WORDS.items()
        if gathered.left_out.get(reason)
    ]
    told = f"{counted(gathered.runs, 'run')} in all"
    if reasons:
        told += f"; left out: {', '.join(reasons)}"
    print_trimmed(console, Text(told, QUIET))


def states_of(place: Place) -> Iterator[State]:
    """The state of each run of the project, one by one."""
    if not place.has_ledger():
        return
    with place.open_ledger(read_only=True) as ledger:
        for _, state in states_in(ledger, runs_in(ledger)):
            yield state


def _agents(found: dict[str, Calibration], width: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    room = max(width - _FIGURES, _LEAST_NAME)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=room)
    for _ in range(4):
        table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    heads = ("agent", "outcomes", "said", "held", "Brier", "")
    table.add_row(*(Text(head, QUIET) for head in heads))
    for name, one in found.items():
        row = [Text(label(name), NAME), Text(str(one.n))]
        if one.few:
            row += [Text(), Text(), Text(), Text("too few to say", QUIET)]
        else:
            figures = (one.mean_confidence, one.hit_rate)
            row += [Text(f"{figure:.2f}") for figure in figures]
            row += [Text(f"{one.brier:.3f}"), _verdict(one)]
        table.add_row(*row)
    return table


def _verdict(one: Calibration) -> Text:
    """Whether what was said lies where what held may lie."""
    if one.mean_confidence > one.high:
        return Text("too sure", CARE)
    return Text("too modest", CARE) if one.mean_confidence < one.low else Text("fits", GOOD)


def _print_reliability(console: Console, whole: Calibration) -> None:
    if whole.few:
        console.print(f"{counted(whole.n, 'outcome')} in all: too few to say how reliable they are")
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(4):
        table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    heads = ["confidence", "outcomes", "said", "held", "95 % interval"]
    scale = console.width >= _SCALE_FROM
    if scale:
        table.add_column(no_wrap=True)
        heads.append(f"0{'1'.rjust(_SCALE - 1)}")
    table.add_row(*(Text(head, QUIET) for head in heads))
    for one in whole.bins:
        cells = [
            Text(f"{one.start:.1f} to {one.end:.1f}"),
            Text(str(one.n)),
            Text(f"{one.mean_confidence:.2f}"),
            Text(f"{one.observed:.2f}"),
            Text(f"{one.low:.2f} to {one.high:.2f}", QUIET),
        ]
        table.add_row(*cells, *([_drawn(console, one)] if scale else []))
    print_trimmed(console, table)
    against = f"Brier score {whole.brier:.3f} (0 is perfect; {whole.baseline:.3f} is what "
    told = f"{against}always saying {whole.hit_rate:.2f} would have earned)"
    print_trimmed(console, Text(told, QUIET))


def _drawn(console: Console, one: Bin) -> Text:
    """The interval on a line from 0 to 1: `●` what held, `│` what was said."""
    track, span, held, said = "·━●│" if marks_for(console).met == "✓" else ".=o|"
    cells = [(track, QUIET)] * _SCALE
    place = [round(value * (_SCALE - 1)) for value in (one.low, one.high)]
    for at in range(place[0], place[1] + 1):
        cells[at] = (span, "")
    within = one.low <= one.mean_confidence <= one.high
    cells[round(one.mean_confidence * (_SCALE - 1))] = (said, GOOD if within else CARE)
    cells[round(one.observed * (_SCALE - 1))] = (held, NAME)
    return Text.assemble(*cells)
