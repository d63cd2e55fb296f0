"""An act is accepted with an approval and a known outcome, and in no other case."""

from __future__ import annotations

from pathlib import Path

from orchestrator.catalogue.acceptance.act import acted
from tests.support.cases import ending

ORDER = {"symbol": "BTCUSDT", "side": "buy", "size_base": "0.01"}
ASKED = "buy 0.01 BTC"


async def test_words_alone_are_no_act(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "act") as run:
        run.call("bash", {"command": "echo bought"}, "bought")
        found = await acted(run.case("Bought 0.01 BTC."))
    assert found.met is False
    assert "blocked" in found.missing[0]


async def test_an_approved_order_with_an_outcome_is_accepted(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "act") as run:
        approval = run.approve("c1", "place_order", ORDER, yes=True)
        seq = run.call("place_order", ORDER, "filled", approval=approval)
        found = await acted(run.case("Bought."))
    assert found.met is True
    assert f"[r{seq}]" in found.detail


async def test_an_order_that_nobody_approved_is_not(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "act") as run:
        run.call("place_order", ORDER, "filled")
        denied = run.approve("c1", "place_order", ORDER, yes=False)
        run.call("place_order", ORDER, "filled", approval=denied)
        assert (await acted(run.case("Bought."))).met is False


async def test_an_approved_command_is_no_act_on_the_outside(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "act") as run:
        approval = run.approve("c1", "bash", {"command": "ls"}, yes=True)
        run.call("bash", {"command": "ls"}, "a", approval=approval)
        assert (await acted(run.case("Bought."))).met is False


async def test_an_order_that_failed_is_not_accepted(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "act") as run:
        approval = run.approve("c1", "place_order", ORDER, yes=True)
        run.call("place_order", ORDER, "no balance", is_error=True, approval=approval)
        assert (await acted(run.case("Bought."))).met is False


async def test_an_order_whose_outcome_is_not_known_is_not_accepted(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "act") as run:
        approval = run.approve("c1", "place_order", ORDER, yes=True)
        run.call("place_order", ORDER, "filled", approval=approval)
        run.intend("place_order", {**ORDER, "size_base": "0.02"}, effect="external")
        found = await acted(run.case("Bought."))
    assert found.met is False
    assert "not known" in found.detail


async def test_an_order_at_the_simulator_needs_no_approval(tmp_path: Path) -> None:
    with ending(tmp_path, ASKED, "act") as run:
        run.call("place_order", {**ORDER, "place": "simulator"}, "filled")
        assert (await acted(run.case("Bought."))).met is True


async def test_an_order_that_a_venue_does_not_tell_of_is_open_until_it_does(
    tmp_path: Path,
) -> None:
    unknown = {"client_order_id": "o-1", "stage": "unknown"}
    with ending(tmp_path, ASKED, "act") as run:
        run.call("place_order", {**ORDER, "place": "simulator"}, "filled")
        other = {**ORDER, "place": "simulator", "size_base": "0.02"}
        run.call("place_order", other, "UNKNOWN", unknown, is_error=True)
        found = await acted(run.case("Bought."))
        assert found.met is False
        assert "the order o-1 is not known" in found.detail
        run.call("order_status", {"order_id": "o-1"}, "filled", {**unknown, "stage": "filled"})
        assert (await acted(run.case("Bought."))).met is True
