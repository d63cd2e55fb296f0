"""Which figures of an ending are on record, and which receipts it may cite."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.catalogue.acceptance.figures import (
    figures_listed,
    figures_supported,
    receipts_exist,
)
from orchestrator.catalogue.audit import Receipts
from tests.support.cases import ending

ASKED = "What is the Kelly fraction for a win rate of 65% and odds of 1.5?"


async def test_a_figure_of_a_calculator_is_supported(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        seq = await run.use("kelly_fraction", win_probability="0.65", win_return="1.5")
        found = await figures_supported(run.case(f"Bet 41.67% of the bankroll [r{seq}]."))
        assert (found.met, found.missing, found.unverified) == (True, (), ())


async def test_a_figure_without_any_receipt_is_missing_and_says_what_to_do(
    tmp_path: Path,
) -> None:
    with ending(tmp_path, ASKED) as run:
        found = await figures_supported(run.case("The Kelly fraction is 0.4167."))
    assert found.met is False
    assert "0.4167" in found.detail
    assert "“The Kelly fraction is 0.4167.”" in found.missing[0]
    assert "estimate" in found.missing[0]


async def test_figures_of_the_request_and_of_the_users_answer_are_support(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        found = await figures_supported(run.case("The win rate is 65%, the payoff 1.5."))
        assert found.met is True


async def test_other_figures_are_listed_and_do_not_block(tmp_path: Path) -> None:
    with ending(tmp_path, "How do I retry?") as run:
        found = await figures_supported(run.case("Wait 30 s, then double it."))
    assert found.met is True
    assert found.unverified == ("30 s in “Wait 30 s, then double it.”",)


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("bash", {"command": "echo 0.42"}, "0.42\n"),
        ("bash", {"command": "cat <<E\n0.42\nE"}, "0.42\n"),
        ("bash", {"command": "printf %.2f 0.4166"}, "0.42"),
        ("grep", {"pattern": "0.42"}, "a.py:1:0.42"),
    ],
)
async def test_an_echo_proves_nothing(
    tmp_path: Path, tool: str, arguments: dict[str, str], text: str
) -> None:
    with ending(tmp_path, ASKED) as run:
        run.call(tool, arguments, text, {"text": text})
        assert (await figures_supported(run.case("The Kelly fraction is 0.42."))).met is False


async def test_an_estimate_does_not_cover_the_same_figure_as_a_claim(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        case = run.case("I estimate 0.42 at first. The Kelly fraction is 0.42. Again, kelly 0.42.")
        found = await figures_supported(case)
    assert found.met is False
    assert len(found.missing) == len(found.unverified) == 1


async def test_failed_and_refused_calls_prove_nothing(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        run.call("bash", {"command": "x"}, "0.42", is_error=True)
        run.refuse("kelly_fraction")
        run.intend("kelly_fraction", {"win_probability": 0.42})
        assert (await figures_supported(run.case("The Kelly fraction is 0.42."))).met is False


@pytest.mark.parametrize("reader", ["bash", "str_replace_based_edit_tool", "grep", "read_receipt"])
async def test_what_the_run_wrote_proves_nothing_when_it_is_read_back(
    tmp_path: Path, reader: str
) -> None:
    with ending(tmp_path, ASKED) as run:
        create = {"command": "create", "path": "a.txt", "file_text": "kelly\n0.42\n"}
        seq = run.call("str_replace_based_edit_tool", create, "written")
        run.call(reader, {"path": "a.txt", "receipt": seq}, "kelly 0.42")
        assert (await figures_supported(run.case("The Kelly fraction is 0.42."))).met is False


async def test_a_decision_that_was_recorded_proves_nothing_when_it_is_read_back(
    tmp_path: Path,
) -> None:
    with ending(tmp_path, ASKED) as run:
        run.call("record_decision", {"decision": "x", "data": {"kelly": 0.42}}, "recorded")
        run.call("read_trail", {}, '{"kelly":"0.42"}')
        assert (await figures_supported(run.case("The Kelly fraction is 0.42."))).met is False


async def test_reading_the_receipt_of_an_echo_proves_nothing(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        seq = run.call("kelly_fraction", {"win_probability": "0.42"}, "got 0.42")
        run.call("read_receipt", {"receipt": seq}, "got 0.42")
        assert (await figures_supported(run.case("The Kelly fraction is 0.42."))).met is False


async def test_a_file_read_before_anything_was_written_is_support(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        run.call("str_replace_based_edit_tool", {"command": "view", "path": "a"}, "fee = 0.42")
        create = {"command": "create", "path": "b", "file_text": "0.42"}
        run.call("str_replace_based_edit_tool", create, "written")
        assert (await figures_supported(run.case("The fee is 0.42."))).met is True


async def test_a_small_number_that_was_written_does_not_hide_a_count(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        create = {"command": "create", "path": "t.py", "file_text": "assert f(3) == 12"}
        run.call("str_replace_based_edit_tool", create, "written")
        run.call("bash", {"command": "pytest -q"}, "12 passed, 3 failed in [time]")
        assert (await figures_supported(run.case("12 tests passed, 3 tests failed."))).met is True


async def test_a_result_that_equals_an_argument_counts_where_a_calculator_names_it(
    tmp_path: Path,
) -> None:
    with ending(tmp_path, "Is it a good bet?") as run:
        await run.use("kelly_fraction", win_probability="0.5", win_return="2")
        assert (await figures_supported(run.case("The edge is 0.5 a unit."))).met is True
        assert (await figures_supported(run.case("The payoff is 2.0"))).met is False


async def test_the_sign_belongs_to_the_figure(tmp_path: Path) -> None:
    with ending(tmp_path, "A coin that pays 40%?") as run:
        await run.use("kelly_fraction", win_probability="0.4", win_return="1")
        assert (await figures_supported(run.case("Full Kelly is 0.2"))).met is False
        assert (await figures_supported(run.case("Full Kelly is -0.2"))).met is True


async def test_the_whole_of_a_long_result_is_looked_at(tmp_path: Path) -> None:
    class Whole:
        def text(self, seq: int) -> str:
            return f"{seq}: Sharpe 1.31"

    with ending(tmp_path, ASKED) as run:
        run.services[Receipts] = Whole()
        run.call("bash", {"command": "python b.py"}, "left out", whole="sha256:ab")
        assert (await figures_supported(run.case("The Sharpe is 1.31."))).met is True


async def test_an_input_of_a_call_is_listed_where_its_words_say_that_it_is_one(
    tmp_path: Path,
) -> None:
    said = "At a price of 200000 USDT the position is nothing."
    with ending(tmp_path, ASKED) as run:
        assert (await figures_supported(run.case(said))).met is False
        run.call("position_size", {"price": "200000"}, "0", is_error=True)
        found = await figures_supported(run.case(said))
        assert found.met is True
        assert found.unverified == (f"200000 USDT in “{said}”",)
        claimed = "BTC trades at a price of 200000 USDT."
        assert (await figures_supported(run.case(claimed))).met is False


async def test_an_echo_makes_no_input_either(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        run.call("bash", {"command": "echo 0.42; printf %s 0.42"}, "0.42")
        said = "At a Kelly fraction of 0.42 you grow."
        assert (await figures_supported(run.case(said))).met is False


async def test_the_agent_is_told_that_it_may_declare_an_input(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        found = await figures_supported(run.case("The Kelly fraction is 0.42."))
        assert "an input you chose" in found.missing[0]
        said = "The Kelly bet at 0.55, an input I chose, is nothing."
        found = await figures_supported(run.case(said))
    assert (found.met, len(found.unverified)) == (True, 1)


async def test_cited_receipts_must_exist(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED) as run:
        seq = run.call("bash", {"command": "ls"}, "a")
        assert (await receipts_exist(run.case(f"see [r{seq}]"))).met is True
        found = await receipts_exist(run.case("see it", f"[r{seq}] and [r99]"))
    assert found.met is False
    assert "r99" in found.missing[0]
    assert f"r{seq}" in found.missing[0]


async def test_a_review_lists_figures_and_is_not_decided_by_them(tmp_path: Path) -> None:
    with ending(tmp_path, "review it", "review") as run:
        found = await figures_listed(run.case("The latency was 12 ms."))
    assert found.met is True
    assert found.unverified == ("12 ms in “The latency was 12 ms.”",)
