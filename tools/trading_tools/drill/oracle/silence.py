"""Why there is no evidence: what the bot did, what the fault waited for, and what to try."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trading_tools.drill.oracle.facts import Facts, Request
from trading_tools.drill.oracle.recovery import own_exit
from trading_tools.drill.recording import Recording
from trading_tools.venue.wire.messages import Operation

_KEY_CODES: Final = frozenset(
    {"-2014", "-2015", "-1022", "10003", "10004", "33004", "EAPI:Invalid key"}
    | {"EAPI:Invalid signature"}
)
"""Codes with which Binance, Bybit and Kraken refuse a key or a signature."""

_ERROR: Final = re.compile(r"error|exception|panic|cannot|not found", re.IGNORECASE)
_LAST_LINES: Final = 20
"""How far back an error is looked for: below it Node, Java and Rust print how it came about."""


class Silence(NamedTuple):
    """A reason, and what to do about it."""

    why: str
    try_next: str


def nothing_reached(recording: Recording, facts: Facts) -> Silence | None:
    """Why the bot did not get as far as a request that counts, or None if it did."""
    if facts.requests or facts.of("stream.opened"):
        return _refused_throughout(recording, facts)
    if recording.tls_refused:
        return Silence(
            f"TLS refused: the bot broke off {recording.tls_refused} handshakes, because it does "
            "not trust the drill's certificates",
            "let it read SSL_CERT_FILE, REQUESTS_CA_BUNDLE or NODE_EXTRA_CA_CERTS, and take "
            "pinned certificates out for the drill",
        )
    if recording.unknown_hosts:
        hosts = ", ".join(recording.unknown_hosts)
        return Silence(
            f"the bot wanted {hosts}, which no venue of this drill has, and asked nothing else",
            "name the venue with --venue, or relay a service of this machine with --forward",
        )
    if _died(recording, facts):
        return Silence(_end(recording, "before it asked anything"), "see its output")
    ended = own_exit(facts)
    when = f" and ended after {recording.bot.seconds:.1f} s" if ended else ""
    return Silence(
        f"the bot asked nothing of this venue{when}; {_last_words(recording)}",
        "name the venue that it trades on with --venue, or give it a longer --timeout",
    )


def not_met(recording: Recording, facts: Facts) -> Silence:
    """Why a scenario's fault did not meet the bot."""
    waits = "; ".join(
        f"{fault.name} waited for {fault.waits_for}"
        for fault in facts.faults
        if not fault.deliveries
    )
    waits = waits or "its faults were not armed"
    if _died(recording, facts):
        end = _end(recording, "before the fault could meet it")
        return Silence(f"{end}; {waits}", "see its output")
    return Silence(f"{_did(recording, facts)}; {waits}", _try(facts))


def _refused_throughout(recording: Recording, facts: Facts) -> Silence | None:
    if not all(_key_refused(order) for order in facts.asked_for(Operation.PLACE)):
        return None
    keys = [each for each in facts.requests if _key_refused(each)]
    if keys:
        return Silence(
            f"the venue refused the bot's key {len(keys)} times: it is not the drill's, so it "
            "came from somewhere that the drill does not know",
            "hand the drill's key over by the variables that the bot reads: "
            "--env NAME=@key --env NAME=@secret",
        )
    missing = facts.of("endpoint.missing")
    if missing and (_died(recording, facts) or not any(each.done for each in facts.requests[-3:])):
        body = missing[-1].body
        where = f"{body.get('method', '')} {body.get('path', '')}".strip()
        return Silence(
            f"the bot needs {where}, which this venue does not have here",
            "report the endpoint, or let the bot do without it",
        )
    if _died(recording, facts) and recording.unknown_hosts:
        hosts = ", ".join(recording.unknown_hosts)
        return Silence(
            _end(recording, f"after it had wanted {hosts}"),
            "relay a service of this machine with --forward, or do without the host",
        )
    return None


def _key_refused(request: Request) -> bool:
    return request.status == 401 or request.code in _KEY_CODES


def died_at(recording: Recording, facts: Facts) -> bool:
    """Whether the bot itself ended with an error."""
    return _died(recording, facts)


def _died(recording: Recording, facts: Facts) -> bool:
    end = own_exit(facts)
    code = end.body.get("code") if end else recording.bot.code
    return (end is not None or not facts.entries) and code != 0 and not recording.bot.timed_out


def _end(recording: Recording, when: str) -> str:
    bot = recording.bot
    how = f"exit code {bot.code}" if bot.signal is None else bot.signal
    return f"the bot died {when} ({how} after {bot.seconds:.1f} s); {_last_words(recording)}"


def _last_words(recording: Recording) -> str:
    """The last line that it printed, or of the last ones the last that speaks of an error."""
    lines = [line.strip() for line in recording.bot.output.splitlines() if line.strip()]
    if not lines:
        return "it printed nothing"
    errors = [line for line in lines[-_LAST_LINES:] if _ERROR.search(line)]
    return f"it said last: {(errors or lines)[-1][:200]}"


def _did(recording: Recording, facts: Facts) -> str:
    sent = len(facts.asked_for(Operation.PLACE))
    seconds = recording.bot.seconds
    asked = f"{len(facts.requests)} requests, {len(facts.of('stream.opened'))} streams"
    if not sent:
        return f"no order was sent in {seconds:.0f} s ({asked})"
    own = sum(order.request in facts.by_number for order in facts.orders)
    refusals = [each.code for each in facts.asked_for(Operation.PLACE) if each.code]
    last = f", the last refusal {refusals[-1][:80]}" if refusals and not own else ""
    return f"the bot sent {sent} orders, {own} accepted{last}, in {seconds:.0f} s ({asked})"


def _try(facts: Facts) -> str:
    streams = any("stream" in fault.waits_for for fault in facts.faults)
    if streams and not facts.of("stream.opened"):
        return "a bot that opens no stream has none to lose: leave this scenario out"
    if not facts.asked_for(Operation.PLACE):
        return "a longer --timeout, or --market FILE with candles that make it act"
    if not facts.orders:
        return "see in the bot's output why the venue refuses its orders"
    return "a longer --timeout; leave this scenario out for a bot that never does what it waits for"
