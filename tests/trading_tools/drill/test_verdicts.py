"""What a scenario comes to, and why there is no evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.recordings import Stage, played, recording
from trading_tools.drill.oracle.finding import Judged, Span, Verdict
from trading_tools.drill.oracle.judge import judge
from trading_tools.drill.recording import BotEnd, Recording
from trading_tools.drill.scenarios.catalogue import scenario

D01 = scenario("d01")
DEAD = BotEnd(1, None, False, False, 0.4, "Traceback\nKeyError: 'BINANCE_KEY'", 30)


async def trade(stage: Stage, resends: bool = False) -> None:
    for number in range(5):
        await stage.look()
        terms = {"newClientOrderId": f"clip-{number}", "price": f"{59_000 + number}"}
        if not await stage.order(**terms):
            stage.wait(1)
            if resends:
                await stage.order(**{**terms, "newClientOrderId": "again"})
            else:
                await stage.find(terms["newClientOrderId"])
        stage.wait(2)
    await stage.cancel_all()
    stage.term()
    stage.exit()


async def trade_until_killed(stage: Stage) -> None:
    for number in range(2):
        await stage.look()
        await stage.order(newClientOrderId=f"clip-{number}", price=f"{59_000 + number}")
        stage.wait(1)


async def naive(stage: Stage) -> None:
    await trade(stage, resends=True)


async def judged(name: str, run: Recording) -> Judged:
    return judge(scenario(name), "binance", run, (await played(trade)).recording())


async def test_a_run_at_a_glance_has_its_orders_its_fault_and_its_end() -> None:
    stage = await played(trade, *D01.faults)
    found = await judged("d01", stage.recording())
    told: dict[str, list[Span]] = {}
    for each in found.spans:
        told.setdefault(each.what, []).append(each)
    assert [len(told[what]) for what in ("order", "fault", "signal", "exit")] == [5, 1, 1, 1]
    (fault,), (signal,), (end,) = told["fault"], told["signal"], told["exit"]
    assert told["order"][0].begin_ms < fault.begin_ms < signal.begin_ms <= end.end_ms
    assert all(each.begin_ms < each.end_ms <= signal.begin_ms for each in told["order"])


async def test_a_resend_fails_and_the_sequence_tells_how_it_came() -> None:
    stage = await played(naive, *D01.faults)
    found = await judged("d01", stage.recording())
    assert found.verdict is Verdict.FAIL
    (one_order,) = [each for each in found.findings if each.held is False]
    told = [(step.who, step.what) for step in one_order.sequence]
    words = "\n".join(f"{who}: {what}" for who, what in told)
    assert "bot: sends an order: buy 0.001 BTCUSDT limit at 59001, client id clip-1" in words
    assert "fault: lost-ack" in words
    assert "venue: its answer never arrives" in words
    assert words.index("client id clip-1") < words.index("fault: lost-ack")
    assert words.index("fault: lost-ack") < words.index("client id again")
    assert sum(step.guilty for step in one_order.sequence) == 2


async def test_orders_are_told_by_the_names_that_the_bot_knows() -> None:
    async def named(stage: Stage) -> None:
        stage.place.exchange.name_of = lambda order: f"OWIRE-{order.ticket.client_order_id}"
        await naive(stage)

    found = await judged("d01", (await played(named, *D01.faults)).recording())
    (one_order,) = [each for each in found.findings if each.held is False]
    assert "order OWIRE-again (buy 0.001 BTCUSDT) follows order OWIRE-clip-1" in one_order.detail
    told = [step.what for step in one_order.sequence]
    assert "accepts it as order OWIRE-again" in told


async def test_a_bot_that_asks_before_it_sends_again_passes() -> None:
    found = await judged("d01", (await played(trade, *D01.faults)).recording())
    assert {each.invariant.value: each.held for each in found.findings} == {
        "one-order-per-intent": True,
        "position-as-declared": True,
        "no-orphan-orders": True,
        "recovered": True,
    }
    assert found.verdict is Verdict.PASS


async def test_calm_passes_for_a_bot_that_keeps_the_rules() -> None:
    stage = await played(trade)
    assert (await judged("calm", stage.recording())).verdict is Verdict.PASS


async def test_a_fault_that_met_nobody_is_no_evidence() -> None:
    async def idle(stage: Stage) -> None:
        await stage.look()
        stage.term()
        stage.exit()

    found = await judged("d01", (await played(idle, *D01.faults)).recording())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "no order was sent" in found.why
    assert "lost-ack waited for accepted place request number 2" in found.why
    assert "--market" in found.try_next


async def test_a_bot_that_never_looks_at_balances_is_told_what_the_fault_waited_for() -> None:
    stage = await played(trade, *scenario("d21").faults)
    found = await judged("d21", stage.recording())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "a look at balances within 4 s" in found.why
    assert "leave this scenario out" in found.try_next


async def test_a_bot_whose_orders_are_all_refused_is_pointed_at_that() -> None:
    async def dust(stage: Stage) -> None:
        for _ in range(3):
            await stage.order(quantity="0.00001")
        stage.term()
        stage.exit()

    found = await judged("d01", (await played(dust, *D01.faults)).recording())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "why the venue refuses its orders" in found.try_next


async def test_one_fault_of_two_is_no_evidence() -> None:
    d07 = scenario("d07")
    found = await judged("d07", (await played(trade, *d07.faults)).recording())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "told-twice waited for stream message number 2 about orders" in found.why


@pytest.mark.parametrize(("goes_on", "verdict"), [(True, Verdict.PASS), (False, Verdict.FAIL)])
async def test_a_bot_that_only_tidies_up_after_its_restart_has_not_recovered(
    goes_on: bool, verdict: Verdict
) -> None:
    d18 = scenario("d18")
    stage = await played(trade_until_killed, *d18.faults)
    stage.record("fault.delivered", fault="partial-fill", what="0.0004 of order 1 trades")
    stage.record("bot.signaled", signal="SIGKILL", why="the bot is killed and restarted")
    stage.exit(-9)
    stage.record("bot.started")
    await stage.cancel_all()
    stage.wait(3)
    if goes_on:
        await stage.order(price="59500")
        await stage.cancel_all()
    stage.wait(20)
    stage.term()
    stage.exit()
    assert (await judged("d18", stage.recording())).verdict is verdict


async def test_death_at_the_fault_is_no_evidence() -> None:
    async def dies(stage: Stage) -> None:
        await stage.look()
        await stage.order()
        await stage.order(price="59001")
        await stage.cancel_all()
        stage.exit(1)

    busy = scenario("d03")
    found = await judged("d03", (await played(dies, *busy.faults)).recording(bot=DEAD))
    assert found.verdict is Verdict.NO_EVIDENCE


async def test_death_before_the_fault_tells_what_the_bot_said() -> None:
    async def dies(stage: Stage) -> None:
        await stage.look()
        stage.exit(1)

    found = await judged("d01", (await played(dies, *D01.faults)).recording(bot=DEAD))
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "the bot died" in found.why
    assert "KeyError: 'BINANCE_KEY'" in found.why


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tls_refused": 3}, "TLS refused: the bot broke off 3 handshakes"),
        ({"unknown_hosts": ("api.kucoin.com",)}, "wanted api.kucoin.com"),
        ({}, "asked nothing of this venue"),
    ],
)
async def test_a_bot_that_reaches_nothing_is_told_why(
    changes: dict[str, object], words: str
) -> None:
    bot = BotEnd(None, None, True, False, 15.0, "", 0)
    found = await judged("d01", recording((), bot=bot, **changes))
    assert found.verdict is Verdict.NO_EVIDENCE
    assert words in found.why
    assert found.try_next


@pytest.mark.parametrize("orders", [0, 3])
async def test_a_key_that_is_not_the_drills_is_named(orders: int) -> None:
    async def stranger(stage: Stage) -> None:
        stage.venue.place.gate = type(stage.venue.place.gate)({})
        await stage.look()
        await stage.find("x")
        for _ in range(orders):
            await stage.order()
        stage.exit(1)

    found = await judged("d01", (await played(stranger, *D01.faults)).recording(bot=DEAD))
    assert "refused the bot's key" in found.why
    assert "--env" in found.try_next


async def test_an_endpoint_that_is_missing_is_named() -> None:
    async def needs(stage: Stage) -> None:
        await stage.ask("GET", "/api/v9/oracle", {}, signed=False)
        stage.exit(1)

    found = await judged("d01", (await played(needs, *D01.faults)).recording(bot=DEAD))
    assert "GET /api/v9/oracle" in found.why


async def test_later_in_the_day_the_verdict_is_the_same() -> None:
    calm = (await played(trade)).recording()
    run = (await played(naive, *D01.faults)).recording()

    def moved(one: Recording, ms: int) -> Recording:
        later = {
            name: tuple(replace(entry, at=entry.at + ms) for entry in entries)
            for name, entries in one.ledgers.items()
        }
        return replace(one, ledgers=later)

    now = judge(D01, "binance", run, calm)
    assert now == judge(D01, "binance", moved(run, 86_400_000), moved(calm, 3_600_000))
