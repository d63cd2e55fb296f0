"""Whether a validation's verdict rests on a validator, and says what the validator says."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.catalogue.acceptance.verdict import verdict_of, verdict_supported
from orchestrator.catalogue.kinds import CHECKS
from tests.support.cases import Ending, ending

ASKED = "Is a Kelly fraction of 0.42 right for a win rate of 65% at odds of 1.5?"
BET = {"win_probability": "0.65", "win_return": "1.5"}
RIGHT = {**BET, "claimed_fraction": "0.4166666666666667"}
WRONG = {**BET, "claimed_fraction": "0.62"}


async def met(run: Ending, result: str, reasoning: str = "") -> bool | None:
    return (await verdict_supported(run.case(result, reasoning))).met


async def test_without_a_validator_nothing_supports_the_verdict(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "validate") as run:
        run.call("bash", {"command": "ls"}, "a.py", {"exit_code": 0})
        found = await verdict_supported(run.case("It is correct."))
    assert found.met is False
    assert "validate_sizing" in found.missing[0]
    assert "run_checks" in found.missing[0]


async def test_a_failed_validator_supports_nothing(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "validate") as run:
        run.call("validate_sizing", BET, "validate_sizing: give a claim", is_error=True)
        run.refuse("kelly_fraction")
        assert await met(run, "It is correct.") is False


async def test_a_verdict_that_the_validator_shares_is_supported(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "validate") as run:
        seq = await run.use("validate_sizing", **RIGHT)
        found = await verdict_supported(run.case(f"The sizing is correct [r{seq}]."))
        assert found.met is True
        assert f"validate_sizing [r{seq}]" in found.detail


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (WRONG, "The sizing is correct."),
        (WRONG, "The claimed fraction holds; nothing is wrong with it."),
        (RIGHT, "The sizing is wrong."),
        (RIGHT, "This does not follow from the inputs."),
    ],
)
async def test_a_verdict_against_the_validator_is_a_contradiction(
    tmp_path: Path, arguments: dict[str, str], result: str
) -> None:
    with ending(tmp_path, "check my sizing", "validate") as run:
        seq = await run.use("validate_sizing", **arguments)
        found = await verdict_supported(run.case(result))
    assert found.met is False
    assert f"[r{seq}]" in found.missing[0]


async def test_a_wrong_claim_with_its_correction_is_no_contradiction(tmp_path: Path) -> None:
    with ending(tmp_path, "is 0.62 right?", "validate") as run:
        first = await run.use("validate_sizing", **WRONG)
        second = await run.use("validate_sizing", **RIGHT)
        good = f"0.62 is incorrect [r{first}]; the correct fraction is 0.4167 [r{second}]."
        assert await met(run, good) is True
        assert await met(run, f"It is correct [r{second}].") is False


async def test_two_verdicts_need_a_citation_where_the_request_names_no_claim(
    tmp_path: Path,
) -> None:
    with ending(tmp_path, "check my sizing", "validate") as run:
        first = await run.use("validate_sizing", **WRONG)
        second = await run.use("validate_sizing", **RIGHT)
        assert await met(run, "The sizing is correct.") is False
        assert await met(run, f"The sizing is correct [r{second}].") is True
        assert await met(run, f"The sizing is wrong [r{second}].") is False
        assert await met(run, f"Wrong at first [r{first}]. It is correct now [r{second}].") is True


@pytest.mark.parametrize(
    ("command", "exit_code", "expected"),
    [
        ("cd /workspace && python -m pytest -q tests | tail -5", 0, True),
        ("PYTHONPATH=. pytest", 1, True),
        ("make test", 2, True),
        ("go test ./...", 0, True),
        ("echo pytest", 0, False),
        ("true # pytest", 0, False),
        ("pytest --version", 0, False),
        ("pytest nowhere", 4, False),
        ("pytest", 127, False),
        ("python -c 'print(1)'", 0, False),
    ],
)
async def test_a_test_run_in_a_shell_is_a_validator(
    tmp_path: Path, command: str, exit_code: int, expected: bool
) -> None:
    with ending(tmp_path, ASKED, "validate") as run:
        run.call("bash", {"command": command}, "out", {"exit_code": exit_code})
        assert await met(run, "It is correct.") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The sizing is correct.", True),
        ("Valid: the code matches the formula.", True),
        ("I found no mistakes.", True),
        ("There is nothing wrong with it.", True),
        ("It is not wrong.", True),
        ("The sizing is incorrect.", False),
        ("The sizing isn't correct.", False),
        ("It is not at all correct.", False),
        ("The fraction is too large.", False),
        ("It should be half of that.", False),
        ("Incorrect. The correct fraction is 0.4.", False),
        ("The correct fraction is 0.4.", None),
        ("I looked at the code.", None),
        ("It is right, but the cap is wrong.", None),
        ("I looked at it. It is wrong. The formula is right.", False),
    ],
)
def test_the_verdict_is_what_the_first_clear_sentence_says(
    text: str, expected: bool | None
) -> None:
    assert verdict_of(text) is expected


async def test_figures_of_a_validation_must_be_on_record(tmp_path: Path) -> None:
    with ending(tmp_path, "is 0.62 right for 65% at 1.5?", "validate") as run:
        seq = await run.use("validate_sizing", **WRONG)
        good = run.case(f"0.62 is wrong: it should be 0.4167 [r{seq}].")
        bad = run.case(f"0.62 is wrong: it should be 0.5167 [r{seq}].")
        assert [(await check(good)).met for check in CHECKS["validate"]] == [True] * 4
        assert [(await check(bad)).met for check in CHECKS["validate"]] == [True] * 3 + [False]
