"""`orc doctor`: what works on this machine and in this project, and what to do about the rest.

Nothing is changed, no network is used and no secret is printed. What is looked at is `health`.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from orchestrator.cli.options import JSON, WORKSPACE
from orchestrator.cli.output import Exit, emit, leave
from orchestrator.cli.place import Place


@click.command("doctor")
@WORKSPACE
@JSON
def doctor_command(workspace: Path | None, as_json: bool) -> None:
    """Say what works here and what does not. Exit code 1 where something needed is broken."""
    from orchestrator.cli.health import examine_all

    found = examine_all(Place.find(workspace))
    broken = sum(check.state == "fail" for check in found)
    data = {"ok": not broken, "checks": [asdict(check) for check in found]}

    def text() -> str:
        from orchestrator.cli.text import one_line

        width = max(len(check.name) for check in found)
        lines = []
        for check in found:
            line = f"{check.state:4}  {check.name:{width}}  {one_line(check.found, 1_000)}"
            lines.append(line if not check.fix else f"{line}; {one_line(check.fix, 1_000)}")
        warned = sum(check.state == "warn" for check in found)
        verdict = f"{broken} broken" if broken else "nothing needed is broken"
        return "\n".join([*lines, "", f"{verdict}, {warned} to know about"])

    emit(data, as_json, text)
    if broken:
        leave(Exit.NEGATIVE)
