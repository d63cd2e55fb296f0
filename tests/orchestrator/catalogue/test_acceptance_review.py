"""Whether a change brings new errors of the rules, and whether a review answers those there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.catalogue.acceptance.review import errors_answered, no_new_error
from orchestrator.workspace.workspace import Workspace
from tests.support.cases import ending
from tests.support.repositories import AT, Repo

OLD = (
    "import ccxt\n\nexchange = ccxt.okx()\n\n\n"
    "def buy(amount, price):\n"
    "    exchange.create_order('A', 'limit', 'buy', amount, price)\n"
)


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """A workspace whose one file has an error of the rules in line 7."""
    repo = Repo.at(tmp_path / "p", {"desk/bot.py": OLD, "notes.md": "# Notes\n"})
    return Workspace.create(
        repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )


async def test_an_old_error_is_not_the_changes(tmp_path: Path, space: Workspace) -> None:
    (space.root / "desk/bot.py").write_text("# a comment\n" + OLD)
    with ending(tmp_path, "build it", "implement") as run:
        run.services[Workspace] = space
        found = await no_new_error(run.case("Done."))
    assert found.met is True
    assert found.detail == "no new error of the review rules in 1 file"


async def test_a_new_error_is_sent_back_with_its_place_and_what_to_do(
    tmp_path: Path, space: Workspace
) -> None:
    (space.root / "desk/exit.py").write_text(OLD.replace("buy", "sell"))
    with ending(tmp_path, "build it", "implement") as run:
        run.services[Workspace] = space
        found = await no_new_error(run.case("Done."))
    assert found.met is False
    (missing,) = found.missing
    assert missing.startswith("desk/exit.py:7 T11: `exchange.create_order` sends an order without")
    assert "make an id from the intent" in missing


async def test_a_review_that_passes_an_error_over_is_sent_back(
    tmp_path: Path, space: Workspace
) -> None:
    with ending(tmp_path, "review desk/bot.py", "review") as run:
        run.services[Workspace] = space
        silent = await errors_answered(run.case("desk/bot.py reads well."))
        by_place = await errors_answered(run.case("bot.py:7 sends orders without an id."))
        by_rule = await errors_answered(run.case("T11 holds here: no client order id."))
    assert silent.met is False
    assert silent.missing[0].startswith("desk/bot.py:7 T11: ")
    assert by_place.met is True
    assert by_rule.met is True


@pytest.mark.parametrize("place", ["desk/bot.py:99", "desk/none.py:1", "/workspace/desk/bot.py:0"])
async def test_a_finding_at_a_place_that_does_not_exist_is_sent_back(
    tmp_path: Path, space: Workspace, place: str
) -> None:
    with ending(tmp_path, "review desk/bot.py", "review") as run:
        run.services[Workspace] = space
        found = await errors_answered(run.case(f"T11 in line 7, and {place} leaks."))
    assert found.met is False
    assert "do not exist" in found.detail


async def test_a_review_of_no_file_is_unchecked(tmp_path: Path, space: Workspace) -> None:
    with ending(tmp_path, "is our design sound?", "review") as run:
        run.services[Workspace] = space
        found = await errors_answered(run.case("It is."))
        run.services.clear()
        nowhere = await errors_answered(run.case("It is."))
    assert found.met is None
    assert nowhere.met is None


async def test_the_tool_finds_what_acceptance_will_ask_about(
    tmp_path: Path, space: Workspace
) -> None:
    (space.root / "desk/exit.py").write_text(OLD.replace("buy", "sell"))
    with ending(tmp_path, "review", "review") as run:
        run.services[Workspace] = space
        whole = run.journal.state.receipts[await run.use("review_code")]
        new = run.journal.state.receipts[await run.use("review_code", new_only=True)]
        one = run.journal.state.receipts[
            await run.use("review_code", paths=["/workspace/desk/bot.py"])
        ]
    assert [each["path"] for each in whole.data["findings"]] == ["desk/bot.py", "desk/exit.py"]
    assert [each["path"] for each in new.data["findings"]] == ["desk/exit.py"]
    assert one.data["files"] == 1
    assert one.data["counts"] == {"error": 1, "warning": 0, "note": 0}
    assert "desk/bot.py:7: T11 error: " in one.text
