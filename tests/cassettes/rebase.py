"""Bring cassettes up to today's prompts and schemas: `make rebase-cassettes`.

The recorded replies are given again, in their order, to today's harness, which runs the scenario
for real. Only where every reply is used and the run ends as it should is the file rewritten, with
the new requests and a note in its header; the replies stay what they were.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

from orchestrator.models.cassette_format import CassetteFormat
from orchestrator.models.cassettes import recording
from orchestrator.models.factory import build_model
from tests.cassettes import routing
from tests.cassettes.record import play
from tests.support.messages_answers import Answer
from tests.support.messages_api import MessagesApi
from tests.support.reviews import REVIEWS, RecordedReview
from tests.support.scenarios import SCENARIOS, Scenario


def recorded_answers(file: Path) -> tuple[Mapping[str, Any], list[Answer]]:
    """A cassette's header and its answers in order."""
    document = json.loads(file.read_text(encoding="utf-8"))
    answers = []
    for interaction in document["interactions"]:
        response = interaction["response"]
        body = response["body"]
        if "events" in body:
            answers.append(Answer(events=tuple(body["events"])))
            continue
        headers = {name: values[0] for name, values in response["headers"].items()}
        code = response["status"]["code"]
        answers.append(Answer(status=code, headers=headers, body=body["text"].encode()))
    return document["about"], answers


def rebase(scenario: Scenario) -> str | None:
    """Rewrite the scenario's cassette; why not, where it cannot be."""
    about, answers = recorded_answers(scenario.cassette)
    with tempfile.TemporaryDirectory() as folder, MessagesApi(answers, strict=False) as api:
        fresh = Path(folder) / "fresh.json"
        model = build_model("anthropic", {"ANTHROPIC_BASE_URL": api.url})
        with recording(fresh, _noted(about)):
            code = play(scenario, Path(folder), model)
        if len(api.requests) != len(answers):
            return f"{len(api.requests)} requests for {len(answers)} recorded replies"
        if code != scenario.exit_code:
            return f"exit code {code}, not {scenario.exit_code}"
        scenario.cassette.write_text(fresh.read_text(encoding="utf-8"), encoding="utf-8")
    return None


def rebase_review(review: RecordedReview) -> str | None:
    """Rewrite the review's cassette; why not, where it cannot be.

    Specialists ask at the same time, so each gets the replies that were its own.
    """
    about, answers = recorded_answers(review.cassette)
    recorded = CassetteFormat({}).deserialize(review.cassette.read_text(encoding="utf-8"))
    left: dict[str, list[Answer]] = {}
    for interaction, answer in zip(recorded["interactions"], answers, strict=True):
        left.setdefault(_asked(json.loads(interaction["request"]["body"])), []).append(answer)

    def script(body: dict[str, Any], headers: object, n: int) -> Answer:
        del headers, n
        return left[_asked(body)].pop(0)

    with tempfile.TemporaryDirectory() as folder, MessagesApi(script, strict=False) as api:
        fresh = Path(folder) / "fresh.json"
        with (
            patch.dict(os.environ, {"ANTHROPIC_BASE_URL": api.url}),
            recording(fresh, _noted(about)),
        ):
            code = review.play(Path(folder), "--json")
        if any(left.values()) or code != review.exit_code:
            return f"exit code {code}, and {sum(map(len, left.values()))} replies are left"
        review.cassette.write_text(fresh.read_text(encoding="utf-8"), encoding="utf-8")
    return None


def _asked(body: Mapping[str, Any]) -> str:
    """The agent that a request is of."""
    return str(body["system"][0]["text"]).split("\n", 1)[0]


def rebase_routing() -> str | None:
    """Rewrite the routing's cassette; why not, where it cannot be."""
    about, answers = recorded_answers(routing.CASSETTE)
    with tempfile.TemporaryDirectory() as folder, MessagesApi(answers, strict=False) as api:
        fresh = Path(folder) / "fresh.json"
        model = build_model("anthropic", {"ANTHROPIC_BASE_URL": api.url})
        with recording(fresh, _noted(about)):
            choices = asyncio.run(routing.route_all(model))
        if len(api.requests) != len(answers):
            return f"{len(api.requests)} requests for {len(answers)} recorded replies"
        if None in choices:
            return f"the answer to request {choices.index(None) + 1} cannot be used any more"
        routing.CASSETTE.write_text(fresh.read_text(encoding="utf-8"), encoding="utf-8")
    return None


def _noted(about: Mapping[str, Any]) -> Mapping[str, Any]:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return {**about, "rebased": today, "version": version("trading-orchestrator")}


def main(names: list[str]) -> int:
    """Rebase the scenarios named, or all."""
    failed = False
    for name in names or (*SCENARIOS, *REVIEWS, routing.NAME):
        if name in REVIEWS:
            why = rebase_review(REVIEWS[name])
        else:
            why = rebase_routing() if name == routing.NAME else rebase(SCENARIOS[name])
        failed = failed or why is not None
        sys.stderr.write(f"{name}: {why or 'rebased'}\n")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
