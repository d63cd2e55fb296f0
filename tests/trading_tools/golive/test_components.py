"""G23 and G24: a breaker and a limiter count by what a search for counterexamples finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.golive import NOW, GateProject, check
from trading_tools.golive.check import Case
from trading_tools.golive.config.reading import read_project
from trading_tools.golive.drilled import LEFT_OUT, Drilled, Judgement
from trading_tools.golive.verdict import Evidence, Finding, Verdict

KIT = """
from trading_tools.exchange.breaker import Breaker, BreakerRules
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Scope, Window

def breaker():
    return Breaker("b", BreakerRules(failures=3, open_s=10))

def pacer():
    return Pacer("b", [Window("requests", "requests", 10, 1, Scope.KEY)])
"""
NAIVE = """
class Breaker:
    def __init__(self, threshold=3, recovery=10):
        self.failures = 0

    def call(self, request):
        return request()

class Limiter:
    def __init__(self, rate=10):
        pass

    def wait(self):
        pass
"""
WARNED = Drilled((Judgement("d13-warning", "binance", "pass", "it waited"),), Evidence("drills"))
PARAMS = {"threshold": "3", "recovery": "10"}


@pytest.fixture
def project(tmp_path: Path) -> GateProject:
    found = GateProject(tmp_path / "bot")
    found.write("kit.py", KIT)
    found.write("naive.py", NAIVE)
    return found


def asked(
    project: GateProject, name: str, drilled: Drilled | Finding = WARNED, **conformance: Any
) -> Finding:
    project.configure(conformance=conformance)
    case = Case(project=read_project(project.folder / "golive.toml"), now=NOW)
    return check(name).run(replace(case, drilled=drilled))


@pytest.mark.slow
def test_the_kits_breaker_passes_by_what_it_does(project: GateProject) -> None:
    found = asked(project, "G23", breaker="kit.py:breaker", breaker_params=PARAMS)
    assert found.verdict is Verdict.PASS, found
    assert found.evidence[0].sha256
    assert found.evidence[0].figures["histories"] > 0


def test_a_breaker_that_never_opens_fails_with_what_it_broke(project: GateProject) -> None:
    found = asked(project, "G23", breaker="naive.py:Breaker")
    assert found.verdict is Verdict.FAIL, found
    assert "naive.py:Breaker: " in found.detail
    assert "expected" in found.detail


@pytest.mark.parametrize(
    ("breaker", "said"),
    [
        (None, "no circuit breaker is declared"),
        ("none.py:Breaker", "there is no file none.py"),
        ("naive.py:Braker", "naive.py has no Braker"),
    ],
)
def test_a_breaker_that_is_not_there_is_no_evidence(
    project: GateProject, breaker: str | None, said: str
) -> None:
    declared: dict[str, Any] = {"breaker": breaker} if breaker else {}
    found = asked(project, "G23", **declared)
    assert (found.verdict, said in found.detail) == (Verdict.NO_EVIDENCE, True), found.detail


def test_a_limiter_that_lets_all_through_fails_whatever_the_drill_says(
    project: GateProject,
) -> None:
    for drilled in (WARNED, LEFT_OUT):
        found = asked(
            project, "G24", drilled, limiter="naive.py:Limiter", limiter_params={"rate": "10"}
        )
        assert found.verdict is Verdict.FAIL, found


@pytest.mark.slow
def test_a_sound_limiter_joins_the_drills_evidence_and_does_not_replace_it(
    project: GateProject,
) -> None:
    limiter: dict[str, Any] = {"limiter": "kit.py:pacer", "limiter_params": {"rate": "10"}}
    both = asked(project, "G24", WARNED, **limiter)
    assert both.verdict is Verdict.PASS, both
    assert len(both.evidence) == 2
    assert asked(project, "G24", LEFT_OUT, **limiter).verdict is Verdict.NO_EVIDENCE


def test_the_drill_alone_decides_where_no_limiter_is_declared(project: GateProject) -> None:
    assert asked(project, "G24").verdict is Verdict.PASS
    assert asked(project, "G24", LEFT_OUT).verdict is Verdict.NO_EVIDENCE
