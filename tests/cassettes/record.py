"""Record the scenarios' cassettes: `make record` (all), `make record NAMES="demo approval"`.

The model answers at ANTHROPIC_BASE_URL, or the service itself with ANTHROPIC_API_KEY. Everything
else in the runs is real. What was recorded before is replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.catalogue.sessions import House, Session, begin, open_session
from orchestrator.cli.demo import demo_environment, sample_project
from orchestrator.cli.output import Exit
from orchestrator.cli.place import Place
from orchestrator.cli.run import Options, execute, go_on
from orchestrator.cli.runs import find_run
from orchestrator.models.cassettes import recording
from orchestrator.models.factory import build_model
from orchestrator.models.port import Model
from orchestrator.run import events as ev
from orchestrator.run.journal import Journal
from orchestrator.run.report import open_approval
from tests.cassettes import routing
from tests.support.quiet_venue import quiet_simulator
from tests.support.reviews import REVIEWS
from tests.support.scenarios import SCENARIOS, Scenario


def play(scenario: Scenario, folder: Path, model: Model) -> int:
    """Run a scenario in a fresh sample project; approvals are given where it says so."""
    with quiet_simulator() if scenario.simulator else contextlib.nullcontext("") as simulator:
        variables = {"ORC_ORDERS_SIMULATOR": simulator} if simulator else {}
        return _played(scenario, folder, model, variables)


def _played(scenario: Scenario, folder: Path, model: Model, variables: Mapping[str, str]) -> int:
    project = sample_project(folder / "momentum-desk")
    environ = {**demo_environment(project), **scenario.environ, **variables}
    place = Place.find(project, environ)

    @contextlib.contextmanager
    def opened(house: House) -> Iterator[Session]:
        with open_session(
            house, scenario.name, agent=scenario.agent, model=scenario.model
        ) as session:
            begin(session, house, scenario.request, scenario.agent, scenario.model)
            yield session

    code = execute(place, Options(as_json=True), scenario.name, opened, lambda *_: model)
    if code == Exit.WAITING and scenario.approves:
        approve(place, scenario.name)
        code = go_on(place, scenario.name, Options(as_json=True), model=model)
    return code


def approve(place: Place, run: str) -> None:
    """What `orc approve` records."""
    _, state = find_run(place, run)
    waiting = open_approval(state)
    if waiting is None:
        raise LookupError(f"run {run} waits for no approval")
    with place.open_ledger() as ledger:
        said = ev.ApprovalDecided(waiting.request.id, True, "a person", waiting.request.digest)
        Journal(ledger, run).append(said)


def main(names: list[str]) -> int:
    """Record the scenarios named, or all; `routing` and the reviews are no runs."""
    known = (*SCENARIOS, *REVIEWS, routing.NAME)
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stderr.write(f"unknown: {', '.join(unknown)}; there are: {', '.join(known)}\n")
        return 2
    base = os.environ.get("ANTHROPIC_BASE_URL")
    local = base is not None and urlsplit(base).hostname in {"127.0.0.1", "localhost"}
    by = "a local endpoint that speaks the Messages API" if local else "the model service"
    for name in names or known:
        about = {
            "scenario": name,
            "turns": f"recorded over HTTP from {by}",
            "recorded": f"{datetime.now(UTC):%Y-%m-%d}",
            "version": version("trading-orchestrator"),
        }
        model = build_model("anthropic", os.environ)
        if name == routing.NAME:
            with recording(routing.CASSETTE, about):
                choices = asyncio.run(routing.route_all(model))
            sys.stderr.write(f"{name}: {len(choices)} requests, {routing.CASSETTE}\n")
            continue
        if name in REVIEWS:
            review = REVIEWS[name]
            about["request"] = "orc review " + " ".join(review.words)
            with tempfile.TemporaryDirectory() as folder, recording(review.cassette, about):
                code = review.play(Path(folder))
            sys.stderr.write(f"{name}: exit code {code}, {review.cassette}\n")
            continue
        scenario = SCENARIOS[name]
        about["request"] = scenario.request
        with tempfile.TemporaryDirectory() as folder, recording(scenario.cassette, about):
            code = play(scenario, Path(folder), model)
        sys.stderr.write(f"{name}: exit code {code}, {scenario.cassette}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
