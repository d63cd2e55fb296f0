"""The FIX 4.4 session of an initiator: sequence numbers, gaps, heartbeats, logon and logout; pure.

Messages and times go in; what to send, what to hand on and whether the connection is over come out.
The connection itself is `link`. Source: FIX 4.4 volume 2, session protocol.

An order is never sent again: where the venue asks for a range that holds one, the gap is filled
over it. It may be old by then, and what became of it is asked (`orders`). A request to cancel is
sent again under its number with PossDupFlag: it is wanted for as long as its order stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from trading_tools.exchange.links.fix.message import BEGIN, Message, encoded, stamp
from trading_tools.exchange.links.fix.store import FixStore

SENT_AGAIN: Final = frozenset({"F"})
"""The requests that may be sent again on a ResendRequest: those to cancel."""

_GRACE: Final = 1.2
"""A heartbeat counts as missing after this many intervals: the standard's "reasonable time"."""

_MOST_HELD: Final = 1_000
"""Messages kept while a gap before them is open; what is more is asked for again."""

_FOR_A_PERSON: Final = re.compile(
    r"MsgSeqNum|password|username|credential|authenti|signature|api.?key", re.IGNORECASE
)
"""Words of a refused logon that no new one mends: a key that is tried again and again is locked."""


class Phase(StrEnum):
    """Where a connection stands."""

    OFF = "off"
    LOGGING_ON = "logging on"
    SETTLING = "settling"
    """Logged on; whether one side misses messages of the other is not known yet."""
    READY = "ready"
    LOGGING_OUT = "logging out"


@dataclass(frozen=True)
class FixSettings:
    """Whom to talk to and how. Times in seconds.

    `latency_s` is after how long a venue refuses a message by its SendingTime (its rules of
    engagement say it; 120 s is common). `reset` begins at number one with every logon, which gives
    up what either side missed: for venues that demand it. `account` goes into each order.
    """

    host: str
    port: int
    sender: str
    target: str
    heartbeat_s: int = 30
    reset: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    account: str | None = None
    tls: bool = True
    latency_s: float = 120.0

    def __post_init__(self) -> None:
        if self.heartbeat_s < 1 or not self.latency_s > 0:
            given = f"heartbeat_s {self.heartbeat_s}, latency_s {self.latency_s}"
            raise ValueError(f"{given}: give at least 1 s, and a latency above 0")
        for name in ("sender", "target", "username", "password", "account"):
            value = getattr(self, name)
            if value is not None and not _carried(value):
                # The value may be a secret.
                raise ValueError(f"{name} is empty, or holds what FIX cannot carry")


@dataclass
class Step:
    """What one message, or the passing of time, leads to."""

    send: list[bytes] = field(default_factory=list)
    deliver: list[Message] = field(default_factory=list)
    over: str | None = None
    """Why the connection is over."""
    fatal: bool = False
    """Whether connecting again would not help: a person has to look."""


def _carried(text: str) -> bool:
    return bool(text) and text.isprintable() and all(ord(each) < 256 for each in text)


class Session:
    """One connection after another of the same session; `store` is what outlives them."""

    def __init__(self, settings: FixSettings, store: FixStore) -> None:
        self.settings = settings
        self.store = store
        self.phase = Phase.OFF
        self.skipped: list[tuple[int, int]] = []
        """Numbers that the venue's SequenceReset jumped over: what they held is lost."""
        self._gap: int | None = None
        self._held: dict[int, Message] = {}
        """What came after the gap, by number. Not every engine sends it again: jspurefix leaves out
        its last administrative message, which after a break is the Logon."""
        self._filled = 0
        """The number that follows the last gap fill."""
        self._gap_at = self._heard_at = self._sent_at = datetime.min.replace(tzinfo=UTC)
        self._probe: str | None = None
        self._probes = 0

    def open(self, now: datetime) -> Step:
        """Begin a connection: the logon."""
        self.phase, self._gap, self._probe = Phase.LOGGING_ON, None, None
        self._held, self._filled = {}, 0
        self._heard_at = now
        if self.settings.reset:
            self.store.reset()
        fields = [(98, "0"), (108, str(self.settings.heartbeat_s))]
        if self.settings.reset:
            fields.append((141, "Y"))
        for tag, value in ((553, self.settings.username), (554, self.settings.password)):
            if value is not None:
                fields.append((tag, value))
        return Step([self._out("A", fields, now)])

    def request(
        self,
        kind: str,
        fields: list[tuple[int, str]],
        now: datetime,
        name: str | None,
        of: str | None,
    ) -> tuple[int, bytes]:
        """An application message and its number, which is used up before it is sent.

        One with a `name`, its ClOrdID, is kept; `of` is that of the order it is about.

        Raises:
            ValueError: a value that cannot be sent; no number is used up.
        """
        encoded(Message(kind, tuple(fields)))
        kept = None if name is None else Message(kind, ((52, stamp(now)), *fields))
        seq = self.store.sending(kept, name, of)
        self._sent_at = now
        return seq, self._bytes(kind, seq, fields, now)

    def probe(self, name: str, now: datetime) -> bytes:
        """A TestRequest; the Heartbeat with its TestReqID comes after all that was before it."""
        return self._out("1", [(112, name)], now)

    def close(self, now: datetime) -> Step:
        """Ask for the end of the connection."""
        if self.phase in (Phase.OFF, Phase.LOGGING_OUT):
            return Step(over="it is over")
        self.phase = Phase.LOGGING_OUT
        return Step([self._out("5", [], now)])

    def lost(self) -> None:
        """The connection is gone."""
        self.phase = Phase.OFF

    def tick(self, now: datetime) -> Step:
        """What the passing of time asks for; at least once a second."""
        if self.phase is Phase.OFF:
            return Step()
        # Where the clock was set back, intervals begin anew: silence would not be seen for as long.
        self._heard_at, self._sent_at = min(self._heard_at, now), min(self._sent_at, now)
        self._gap_at = min(self._gap_at, now)
        silent_s = (now - self._heard_at).total_seconds()
        beat_s = self.settings.heartbeat_s
        if self.phase in (Phase.LOGGING_ON, Phase.LOGGING_OUT):
            late = silent_s > min(10, beat_s * _GRACE)
            return Step(over=f"no answer while {self.phase}") if late else Step()
        step = Step()
        if silent_s > 2 * _GRACE * beat_s:
            step.over = f"nothing was heard for {silent_s:.0f} s"
        elif silent_s > _GRACE * beat_s and self._probe is None:
            self._probe = self._next_probe()
            step.send.append(self.probe(self._probe, now))
        elif (now - self._sent_at).total_seconds() >= beat_s:
            step.send.append(self._out("0", [], now))
        if self._gap is not None and (now - self._gap_at).total_seconds() > beat_s:
            step.send.append(self._ask_again(self._gap, now))
        return step

    def received(self, message: Message, now: datetime) -> Step:
        """Take in one message of the venue, and what was held until it came."""
        step = self._one(message, now)
        while step.over is None:
            at = self.store.next_in
            self._held = {seq: each for seq, each in self._held.items() if seq >= at}
            if (held := self._held.pop(at, None)) is not None:
                self._in_order(held, at, now, step, held=True)
            elif at < self._filled:
                # The fill lies over what is held too, because all from the gap on was asked for.
                self._count(min([self._filled, *self._held]))
            else:
                break
        if step.over is None and self._gap is None and self._held:
            step.send.append(self._ask_again(min(self._held), now))
        self._settle(step, now)
        return step

    def _one(self, message: Message, now: datetime) -> Step:
        self._heard_at = now
        seq = message.number(34)
        if seq is None:
            return self._broken("a message without MsgSeqNum", now)
        named = (message.get(8), message.get(49), message.get(56))
        if named != (BEGIN, self.settings.target, self.settings.sender):
            return self._broken(f"a message of another session: {named}", now)
        if self.phase is Phase.LOGGING_ON and message.type not in ("A", "5", "3"):
            return Step(over=f"the first message was {message.type}, not a Logon")
        if message.type == "4" and not message.flag(123):
            return self._jump(message, seq, now)
        if message.type == "A" and message.flag(141):
            if not self.settings.reset:
                return self._broken("the venue began anew at number 1, unasked", now)
            self.store.received(1)
        if seq < self.store.next_in:
            if message.flag(43):
                return Step()
            return self._broken(
                f"MsgSeqNum {seq} of the venue is too low, {self.store.next_in} was next", now
            )
        if seq > self.store.next_in:
            return self._after_gap(message, seq, now)
        step = Step()
        self._in_order(message, seq, now, step)
        return step

    def _in_order(
        self, message: Message, seq: int, now: datetime, step: Step, held: bool = False
    ) -> None:
        if message.type == "4":
            told = message.number(36)
            if told is None or told <= seq:
                step.send.append(self._reject(seq, "4", "NewSeqNo is not above MsgSeqNum", now))
            else:
                self._filled = told
        # Counted first: what is answered below is answered once.
        self._count(seq + 1, message if message.type == "8" else None)
        if message.type == "A":
            self._logged_on(step, now)
        elif message.type == "1":
            step.send.append(self._out("0", [(112, message.get(112) or "?")], now))
        elif message.type == "2":
            if not held:
                self._resend(message, step, now)
        elif message.type == "5":
            self._logout(message, step, now)
        elif message.type == "3" and self.phase is Phase.LOGGING_ON:
            _refused(message, step)
        elif message.type == "0":
            self._heartbeat(message)
            step.deliver.append(message)
        elif message.type != "4":
            step.deliver.append(message)

    def _count(self, follows: int, report: Message | None = None) -> None:
        self.store.received(follows, report)
        if self._gap is not None and follows > self._gap:
            self._gap = None

    def _heartbeat(self, message: Message) -> None:
        if self._probe is not None and message.get(112) == self._probe:
            self._probe = None
            if self.phase is Phase.SETTLING and self._gap is None:
                self.phase = Phase.READY

    def _after_gap(self, message: Message, seq: int, now: datetime) -> Step:
        """Something before this one is missing, and is asked for; this one is held until then."""
        step = Step()
        if message.type == "2":
            # Both sides may wait for each other: theirs is answered first.
            self._resend(message, step, now)
        elif message.type == "A":
            self._logged_on(step, now)
        elif message.type == "5":
            self._logout(message, step, now)
            return step
        elif message.type == "3" and self.phase is Phase.LOGGING_ON:
            _refused(message, step)
            return step
        if len(self._held) < _MOST_HELD:
            self._held.setdefault(seq, message)
        if self._gap is None:
            step.send.append(self._ask_again(seq, now))
        return step

    def _ask_again(self, until: int, now: datetime) -> bytes:
        self._gap, self._gap_at = until, now
        return self._out("2", [(7, str(self.store.next_in)), (16, "0")], now)

    def _logged_on(self, step: Step, now: datetime) -> None:
        if self.phase is Phase.LOGGING_ON:
            self.phase = Phase.SETTLING

    def _settle(self, step: Step, now: datetime) -> None:
        """A round trip shows that neither side waits for anything before orders go out.

        A venue that misses something of ours asks for it before it answers; what is sent meanwhile
        would fall into the gap.
        """
        if self.phase is Phase.SETTLING and self._gap is None and self._probe is None:
            self._probe = self._next_probe()
            step.send.append(self.probe(self._probe, now))

    def _logout(self, message: Message, step: Step, now: datetime) -> None:
        text = _text(message)
        if self.phase is Phase.LOGGING_OUT:
            step.over = "logged out"
        else:
            step.over = f"the venue logged us out: {text}"
            # It waits for a number of ours that is not the next, or does not know us.
            step.fatal = self.phase is Phase.LOGGING_ON and bool(_FOR_A_PERSON.search(text))
            step.send.append(self._out("5", [], now))

    def _jump(self, message: Message, seq: int, now: datetime) -> Step:
        """SequenceReset in reset mode: its own number counts for nothing."""
        told = message.number(36)
        if told is None or told < self.store.next_in:
            return Step([self._reject(seq, "4", "NewSeqNo is too low", now)])
        if told > self.store.next_in:
            self.skipped.append((self.store.next_in, told - 1))
        self.store.received(told)
        self._gap = None
        return Step()

    def _resend(self, message: Message, step: Step, now: datetime) -> None:
        """Answer a ResendRequest: cancels again, a fill of the gap over all else."""
        last = self.store.next_out - 1
        first, end = message.number(7), message.number(16)
        if first is None or end is None or first < 1:
            step.send.append(self._reject(message.number(34) or 0, "2", "no sound range", now))
            return
        last = min(end, last) if end else last
        at = first
        for sent in self.store.sent(first, last):
            if sent.message.type in SENT_AGAIN:
                if at < sent.seq:
                    step.send.append(self._fill(at, sent.seq, now))
                (_, before), *fields = sent.message.fields
                again = [(43, "Y"), (122, before), *fields]
                step.send.append(self._bytes(sent.message.type, sent.seq, again, now))
                at = sent.seq + 1
        if at <= last:
            step.send.append(self._fill(at, last + 1, now))
        # The round trip that was under way may lie in the gap.
        if self.phase is Phase.SETTLING:
            self._probe = None

    def _fill(self, first: int, following: int, now: datetime) -> bytes:
        fields = [(43, "Y"), (122, stamp(now)), (123, "Y"), (36, str(following))]
        return self._bytes("4", first, fields, now)

    def _reject(self, seq: int, kind: str, why: str, now: datetime) -> bytes:
        return self._out("3", [(45, str(seq)), (372, kind), (373, "5"), (58, why)], now)

    def _broken(self, why: str, now: datetime) -> Step:
        """What cannot be mended by going on: the standard's logout and the end."""
        return Step([self._out("5", [(58, why)], now)], over=why, fatal=True)

    def _next_probe(self) -> str:
        self._probes += 1
        return f"p{self._probes}"

    def _out(self, kind: str, fields: list[tuple[int, str]], now: datetime) -> bytes:
        self._sent_at = now
        return self._bytes(kind, self.store.sending(None), fields, now)

    def _bytes(self, kind: str, seq: int, fields: list[tuple[int, str]], now: datetime) -> bytes:
        head = [
            (49, self.settings.sender),
            (56, self.settings.target),
            (34, str(seq)),
            (52, stamp(now)),
        ]
        return encoded(Message(kind, (*head, *fields)))


def _refused(message: Message, step: Step) -> None:
    step.over = f"the venue refused the logon: {_text(message)}"
    step.fatal = bool(_FOR_A_PERSON.search(step.over))


def _text(message: Message) -> str:
    return " ".join((message.get(58) or "no reason given").split())[:200]
