"""Asking the venues, with the owner's keys, reading only. Each thing is asked once.

One venue is asked one thing at a time: signed requests of one key that overtake each other are
refused by some (Kraken's nonce). What an answer means is `grants`, `clock` and `rules`. This is the
package's one place that catches every exception, because ccxt lets through whatever its parsers
stumble over in a reply.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from trading_tools.exchange.errors import MarketDataError
from trading_tools.golive.config.model import Venue
from trading_tools.golive.venues.grants import DESKS, Desk, Untold

R = TypeVar("R")

_SHOWN: Final = 160
_OFF_BEAT_S: Final = 0.05
_QUERY: Final = re.compile(r"\?\S+")


class NotTold(Exception):
    """A venue did not say what was asked: one line, without any key, and what to do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


@dataclass(frozen=True)
class Grant:
    """What a venue says of a key, when, and from which host."""

    desk: Desk
    reply: Mapping[str, Any]
    key_sha256: str
    at: datetime
    host: str

    @property
    def figures(self) -> dict[str, Any]:
        """The reply's fields that are evidence, the time and the key's fingerprint."""
        told = {name: self.reply[name] for name in self.desk.shown if name in self.reply}
        said = {"at": self.at.isoformat(), "host": self.host, "key_sha256": self.key_sha256}
        return {**told, **said}


@dataclass(frozen=True)
class Sample:
    """One reading of a venue's clock: when it was asked and answered by ours, all in ms."""

    asked_ms: float
    answered_ms: float
    venue_ms: int

    @property
    def round_trip_ms(self) -> float:
        """The way there and back."""
        return self.answered_ms - self.asked_ms


@dataclass(frozen=True)
class _Keys:
    key: str = field(repr=False)
    secret: str = field(repr=False)


def real_client(name: str, settings: Mapping[str, Any]) -> Any:
    """ccxt's own client of a venue, at its own addresses."""
    from ccxt import async_support

    return getattr(async_support, name)(dict(settings))


class Venues:
    """The venues as the gate's checks ask them; the checks run side by side."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        open_client: Callable[[str, Mapping[str, Any]], Any] = real_client,
        timeout_s: float = 30.0,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._open = open_client
        self._timeout_s = timeout_s
        self._known: dict[tuple[str, str], Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def grant(self, venue: Venue) -> Grant:
        """What the venue says of the key that the configuration names.

        Raises:
            NotTold: there is no key, no such endpoint, no answer, or one that is none.
        """
        desk = DESKS.get(venue.name)
        if desk is None:
            raise NotTold(
                f"{venue.name} has no endpoint known here that says what a key may do",
                "look it up on the venue's page of API keys",
            )
        keys = self._keys(venue)

        async def ask(client: Any) -> Grant:
            reply = _without(keys, await desk.ask(client))
            host = urlsplit(client.last_request_url or "").netloc
            sha256 = hashlib.sha256(keys.key.encode()).hexdigest()
            return Grant(desk, reply, sha256, datetime.now(UTC), host)

        return self._once(venue.name, "key", ask, keys)

    def clock(self, venue: Venue, count: int) -> Sequence[Sample]:
        """Readings of the venue's clock, one after the other at the pace it allows.

        Raises:
            NotTold: it has no such endpoint, or gives no time.
        """

        async def ask(client: Any) -> Sequence[Sample]:
            await _server_ms(client)  # opens the connection, which no later request waits for
            # Evenly from the first on, and off the whole second: a clock of whole seconds is seen
            # in every part of one.
            pace_s = float(client.rateLimit) / 1_000 + _OFF_BEAT_S
            began, samples = time.monotonic(), []
            for number in range(1, count + 1):
                await asyncio.sleep(began + number * pace_s - time.monotonic())
                samples.append(await _sample(client))
            return samples

        return self._once(venue.name, "clock", ask)

    def markets(self, venue: Venue) -> Sequence[Mapping[str, Any]]:
        """All markets as ccxt describes them, numbers as the text that the venue wrote.

        Raises:
            NotTold: no answer, or one that is none.
        """

        async def ask(client: Any) -> Sequence[Mapping[str, Any]]:
            from trading_tools.exchange.ccxt_venue import CcxtVenue

            client.number = str
            return await CcxtVenue(venue.name, client).markets()

        return self._once(venue.name, "markets", ask)

    def _keys(self, venue: Venue) -> _Keys:
        names = (venue.key_variable, venue.secret_variable)
        if not all(names):
            raise NotTold(
                f"golive.toml does not say where the key for {venue.name} is",
                "name its variables under [[venues]] key_variable and secret_variable",
            )
        values = [self._environ.get(name or "", "").strip() for name in names]
        for name, value in zip(names, values, strict=True):
            if not value:
                raise NotTold(f"the environment has no {name}", f"set {name} and run it again")
        # A PEM key in an environment variable often has its line ends written out.
        return _Keys(values[0], values[1].replace("\\n", "\n"))

    def _once(
        self,
        name: str,
        question: str,
        ask: Callable[[Any], Awaitable[R]],
        keys: _Keys | None = None,
    ) -> R:
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if (name, question) not in self._known:
                try:
                    known: Any = asyncio.run(self._asked(name, ask, keys))
                except NotTold as error:
                    known = error
                self._known[name, question] = known
            found = self._known[name, question]
        if isinstance(found, NotTold):
            raise found
        return found  # type: ignore[no-any-return]  # of what was asked

    async def _asked(self, name: str, ask: Callable[[Any], Awaitable[R]], keys: _Keys | None) -> R:
        from trading_tools.exchange.breaker import Breaker
        from trading_tools.exchange.ccxt_venue import offered
        from trading_tools.exchange.orders.wire import Wire
        from trading_tools.exchange.pacing.machine import pacer_of
        from trading_tools.exchange.venues import OPTIONS

        if name not in offered():
            raise NotTold(f"ccxt has no venue {name}", "name it as ccxt does")
        settings: dict[str, Any] = {
            # Readings of a clock must not wait for ccxt's own pace: it is kept here.
            "enableRateLimit": False,  # orc: ignore[T25] one reading at a time, each asked once
            "options": dict(OPTIONS.get(name, {})),
        }
        if keys is not None:
            settings |= {"apiKey": keys.key, "secret": keys.secret}
        client = self._open(name, settings)
        if keys is not None:
            # A bot of this key may be running: the question is counted with its requests.
            Wire(client, pacer_of(client), Breaker(name), self._timeout_s)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await ask(client)
        except NotTold:
            raise
        except TimeoutError:
            raise NotTold(
                f"{name} did not answer within {self._timeout_s:g} s", "try again later"
            ) from None
        except Untold as error:
            raise NotTold(f"{name}: {error}", "look it up on the venue's own pages") from None
        except Exception as error:  # noqa: BLE001 - the package's boundary, see above
            raise NotTold(_line(name, error, keys), "see whether it is up, and the key") from None
        finally:
            await client.close()


async def _server_ms(client: Any) -> int:
    told = await client.fetch_time()
    if isinstance(told, bool) or not isinstance(told, int):
        raise Untold("its reply has no server time")
    return told


async def _sample(client: Any) -> Sample:
    began_ms, began = time.time_ns() / 1e6, time.perf_counter()
    venue_ms = await _server_ms(client)
    return Sample(began_ms, began_ms + (time.perf_counter() - began) * 1_000, venue_ms)


def _line(name: str, error: Exception, keys: _Keys | None) -> str:
    """One line on what went wrong."""
    text = " ".join(_without(keys, _QUERY.sub("", str(error))).split())
    kind = "" if isinstance(error, MarketDataError) else f"{type(error).__name__}: "
    return f"{name}: {kind}{text[:_SHOWN]}"


def _without(keys: _Keys | None, told: Any) -> Any:
    """What a venue told, all texts in it without the key: it may repeat what it was sent."""
    if isinstance(told, Mapping):
        return {_without(keys, name): _without(keys, each) for name, each in told.items()}
    if isinstance(told, list):
        return [_without(keys, each) for each in told]
    if not isinstance(told, str) or keys is None:
        return told
    for hidden in (keys.key, keys.secret, *keys.secret.split("\n")):
        for form in (hidden.strip(), quote(hidden.strip(), safe="")):
            told = told.replace(form, "…") if len(form) >= 8 else told
    return told
