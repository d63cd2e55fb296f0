"""Alerts: told without waiting, kept by urgency, delivered to a real local server, secrets kept."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.support.virtual_time import run_virtually
from trading_tools.audit.redact import Redactor
from trading_tools.exchange.alerts.alarm import Alarm
from trading_tools.exchange.alerts.alert import Alert, Level, NotDelivered, Notice
from trading_tools.exchange.alerts.log import LogSink
from trading_tools.exchange.alerts.shapes import SLACK_MOST, TELEGRAM_MOST, slack, telegram
from trading_tools.exchange.alerts.webhook import WebhookSink

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def alert(title: str = "position differs", level: Level = Level.WARNING, **rest: Any) -> Alert:
    return Alert(level=level, title=title, **rest)


def notice(title: str = "position differs", **rest: Any) -> Notice:
    return Notice(alert=alert(title, **rest), at=NOW)


@dataclass
class Held:
    """A sink that delivers when it is let to."""

    name: str = "held"
    got: list[Notice] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def deliver(self, notice: Notice) -> None:
        await self.gate.wait()
        self.got.append(notice)

    async def close(self) -> None:
        self.closed = True


class Broken(Held):
    """A sink that raises what no sink should."""

    async def deliver(self, notice: Notice) -> None:
        raise ZeroDivisionError("https://hooks.example/secret-path")


@dataclass
class Receiver:
    """A real HTTP server that answers as told: (status, headers, body), then 200."""

    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    hangs: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        self.bodies.append(json.loads(await request.text()))
        self.paths.append(request.path)
        if self.hangs:
            await self.over.wait()
        status, headers, body = self.answers.pop(0) if self.answers else (200, {}, "ok")
        return web.Response(status=status, headers=headers, text=body)


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    one = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", one.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = cast("Any", runner.addresses[0])[1]
    yield one, f"http://127.0.0.1:{port}"
    one.over.set()
    await runner.cleanup()


async def no_pause(seconds: float) -> None:
    """A pause that takes no time."""


async def test_telling_waits_for_nobody_and_what_was_told_arrives_in_order() -> None:
    held = Held()
    async with Alarm([held]) as alarm:
        assert alarm.tell(alert("one"))
        assert alarm.tell(alert("two"))
        assert held.got == []
        held.gate.set()
    assert [one.alert.title for one in held.got] == ["one", "two"]
    assert alarm.counts()["held"].delivered == 2
    assert held.closed


async def test_before_and_after_it_is_open_alerts_are_counted_not_raised() -> None:
    alarm = Alarm([Held()])
    assert not alarm.tell(alert())
    async with alarm:
        pass
    assert not alarm.tell(alert())
    assert alarm.unheard == 2


async def test_what_is_no_alert_is_counted_not_raised_and_holds_none_back() -> None:
    async with Alarm([Held()], closing_s=0) as alarm:
        assert not alarm.tell(cast("Alert", None))
        assert not alarm.tell(alert(details=cast("dict[str, str]", None)))
        assert alarm.tell(alert())
    assert alarm.unheard == 2


async def test_figures_in_the_details_are_told_as_text() -> None:
    held = Held()
    held.gate.set()
    async with Alarm([held]) as alarm:
        # As a signal's handler may, in the middle of another's.
        telling = type("Telling", (), {"__str__": lambda self: str(alarm.tell(alert("within")))})
        given = {"size_base": Decimal("0.10"), "orders": 3, "within": telling()}
        figures = cast("dict[str, str]", given)
        assert alarm.tell(alert(details=figures, level=cast("Level", 30)))
        assert not alarm.tell(alert(level=cast("Level", 99)))
    _, told = held.got
    assert told.alert.details == {"size_base": "0.10", "orders": "3", "within": "True"}
    assert told.alert.level is Level.CRITICAL


async def test_a_sink_that_cannot_be_closed_keeps_no_other_open() -> None:
    class Stuck(Held):
        async def close(self) -> None:
            raise OSError("stuck")

    held = Held("other")
    async with Alarm([Stuck(), held], closing_s=0):
        pass
    assert held.closed


def test_two_sinks_of_one_name_and_a_webhook_without_time_are_refused() -> None:
    with pytest.raises(ValueError, match="counted by name"):
        Alarm([Held(), Held()])
    settings: tuple[dict[str, Any], ...] = ({"timeout_s": 0}, {"tries": 0})
    for wrong in settings:
        with pytest.raises(ValueError, match="give at least one, above 0 s"):
            WebhookSink("https://hooks.example/x", **wrong)


async def test_alerts_from_another_thread_arrive() -> None:
    held = Held()
    held.gate.set()
    async with Alarm([held], window_s=0) as alarm:
        threads = [threading.Thread(target=alarm.tell, args=(alert(f"{n}"),)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {one.alert.title for one in held.got} == {str(number) for number in range(20)}


@given(st.lists(st.sampled_from(list(Level)), max_size=40), st.integers(1, 8))
def test_a_full_queue_lets_go_of_the_oldest_of_the_least_urgent(
    levels: list[Level], size: int
) -> None:
    async def scenario() -> None:
        held = Held()
        async with Alarm([held], size=size, window_s=0) as alarm:
            for number, level in enumerate(levels):
                alarm.tell(alert(str(number), level))
            held.gate.set()
        kept = [(one.alert.level, int(one.alert.title)) for one in held.got]
        numbered = list(zip(levels, range(len(levels)), strict=True))
        best = sorted(numbered, key=lambda one: (-one[0], -one[1]))[:size]
        assert kept == sorted(best, key=lambda one: one[1])
        assert alarm.counts()["held"].dropped == len(levels) - len(kept)

    asyncio.run(scenario())


@given(st.lists(st.floats(0, 90), min_size=1, max_size=30))
def test_one_alert_a_window_is_delivered_and_tells_how_many_it_stands_for(
    steps: list[float],
) -> None:
    async def scenario() -> None:
        held, now = Held(), [0.0]
        held.gate.set()
        async with Alarm([held], window_s=60, monotonic=lambda: now[0]) as alarm:
            for step in steps:
                now[0] += step
                alarm.tell(alert())
        assert len(held.got) + sum(one.repeated for one in held.got) <= len(steps)
        assert len(held.got) <= now[0] // 60 + 1

    asyncio.run(scenario())


async def test_the_next_after_the_window_says_how_many_were_left_out() -> None:
    held, now = Held(), [0.0]
    held.gate.set()
    async with Alarm([held], window_s=60, monotonic=lambda: now[0]) as alarm:
        assert [alarm.tell(alert()) for _ in range(4)] == [True, False, False, False]
        assert alarm.tell(alert(level=Level.CRITICAL))
        now[0] = 61
        assert alarm.tell(alert())
    assert [one.repeated for one in held.got] == [0, 0, 3]


async def test_a_sink_that_fails_or_hangs_holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    good, hanging, broken = Held(name="good"), Held(name="hanging"), Broken(name="broken")
    good.gate.set()
    async with Alarm([hanging, broken, good], closing_s=0.05) as alarm:
        alarm.tell(alert())
        async with asyncio.timeout(30):
            while not good.got:
                await asyncio.sleep(0)
    counts = alarm.counts()
    assert (counts["good"].delivered, counts["broken"].failed) == (1, 1)
    assert counts["broken"].last_error == "ZeroDivisionError"
    assert "secret-path" not in caplog.text


async def test_secrets_reach_no_sink() -> None:
    held = Held()
    held.gate.set()
    redactor = Redactor([("BINANCE_SECRET", "c0ffee-planted-value")])
    async with Alarm([held], redactor) as alarm:
        alarm.tell(
            alert(
                "key c0ffee-planted-value",
                text="it was c0ffee-planted-value",
                key="c0ffee-planted-value",
                details={"key": "c0ffee-planted-value"},
            )
        )
    assert "planted" not in repr(held.got)
    assert repr(held.got).count("[redacted:BINANCE_SECRET]") >= 2


async def test_the_log_gets_one_line_whatever_the_text_holds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "trading_tools.alerts"):
        await LogSink().deliver(notice(text="a\nforged: line\r\n\x1b[2Jx", details={"at": "x\ny"}))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.records[0].getMessage().isprintable()


async def test_a_webhook_posts_all_fields_once(receiver: tuple[Receiver, str]) -> None:
    one, url = receiver
    sink = WebhookSink(url)
    await sink.deliver(notice(text="by 0.1 BTC\udcff", details={"venue": "bybit"}))
    await sink.close()
    # What is no character, as in names of files, keeps no alert back.
    assert one.bodies == [
        {
            "level": "warning",
            "title": "position differs",
            "text": "by 0.1 BTC?",
            "key": "position differs",
            "details": {"venue": "bybit"},
            "at": "2026-11-26T12:00:00+00:00",
            "repeated": 0,
        }
    ]


async def test_what_may_work_later_is_tried_again_and_told_waits_are_kept(
    receiver: tuple[Receiver, str],
) -> None:
    one, url = receiver
    one.answers = [
        (503, {}, ""),
        (429, {"Retry-After": "7"}, ""),
        (429, {}, '{"ok": false, "parameters": {"retry_after": 9}}'),
    ]
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    sink = WebhookSink(url, sleep=pause)
    await sink.deliver(notice())
    await sink.close()
    assert len(one.bodies) == 4
    assert pauses[1:] == [7, 9]
    assert 0 <= pauses[0] <= 30


async def test_a_wait_of_hours_is_cut_and_tries_are_counted(receiver: tuple[Receiver, str]) -> None:
    one, url = receiver
    one.answers = [(429, {"Retry-After": "36000"}, "")] * 9
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    sink = WebhookSink(url, tries=3, longest_pause_s=30, sleep=pause)
    with pytest.raises(NotDelivered, match="answered HTTP 429"):
        await sink.deliver(notice())
    await sink.close()
    assert (len(one.bodies), pauses) == (3, [30, 30])


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410])
async def test_what_is_refused_for_good_is_not_tried_again(
    receiver: tuple[Receiver, str], status: int
) -> None:
    one, url = receiver
    one.answers = [(status, {"Location": url}, "")]
    sink = WebhookSink(url, sleep=no_pause)
    with pytest.raises(NotDelivered, match=f"HTTP {status}"):
        await sink.deliver(notice())
    await sink.close()
    assert len(one.bodies) == 1


async def test_a_receiver_that_hangs_is_given_up(receiver: tuple[Receiver, str]) -> None:
    one, url = receiver
    one.hangs = True
    sink = WebhookSink(url, tries=2, timeout_s=0.05, sleep=no_pause)
    with pytest.raises(NotDelivered, match=r"127\.0\.0\.1 was not reached \(.*Timeout"):
        await sink.deliver(notice())
    await sink.close()
    assert len(one.bodies) == 2


async def test_no_error_and_no_repr_shows_the_address() -> None:
    sink = WebhookSink("http://127.0.0.1:9/services/T0/hook-secret", tries=1)
    with pytest.raises(NotDelivered) as caught:
        await sink.deliver(notice())
    await sink.close()
    assert "hook-secret" not in f"{caught.value!r}{sink!r}"
    assert caught.value.__cause__ is None
    assert "12345:token" not in repr(WebhookSink.telegram("12345:token", "-100"))


@pytest.mark.parametrize("url", ["http://hooks.example/x-secret", "ftp://a/x-secret", "x-secret"])
def test_an_address_without_tls_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="a webhook is an https:// address") as caught:
        WebhookSink(url)
    assert "x-secret" not in str(caught.value)


async def test_slack_gets_text_that_mentions_nobody(receiver: tuple[Receiver, str]) -> None:
    one, url = receiver
    sink = WebhookSink.slack(f"{url}/services/T/B/X")
    await sink.deliver(notice("<!channel> buy", text="a & b > c"))
    await sink.close()
    sent = one.bodies[0]
    assert sent["text"] == (
        "WARNING: &lt;!channel&gt; buy\na &amp; b &gt; c\n2026-11-26 12:00:00 UTC"
    )
    assert sent["mrkdwn"] is False


async def test_telegram_gets_plain_text_for_its_chat(receiver: tuple[Receiver, str]) -> None:
    one, url = receiver
    sink = WebhookSink.telegram("12345:token", "-100", api=url)
    await sink.deliver(notice("*stop*", details={"venue": "kraken"}))
    await sink.close()
    assert one.paths == ["/bot12345:token/sendMessage"]
    assert one.bodies[0]["chat_id"] == "-100"
    assert one.bodies[0]["text"].splitlines()[:2] == ["WARNING: *stop*", "venue: kraken"]
    assert "parse_mode" not in one.bodies[0]


def test_long_texts_are_cut_to_what_the_service_takes() -> None:
    long = notice(text="&" * 10_000)
    assert len(telegram("1")(long)["text"]) == TELEGRAM_MOST
    assert slack(long)["text"].count("&amp;") < SLACK_MOST


def test_at_its_end_what_waits_has_its_time_and_no_more() -> None:
    async def scenario(loop: Any) -> float:
        held = Held()
        async with Alarm([held], closing_s=5) as alarm:
            alarm.tell(alert())
            began = loop.time()
        assert alarm.counts()["held"].delivered == 0
        return float(loop.time() - began)

    assert run_virtually(scenario) == pytest.approx(5)
