"""A stream's conversation: subscribing, logging in, pings, and the errors of it.

What the streams carry is `streams` and `private`; orders over WebSocket are `trade_socket`.
"""

from __future__ import annotations

from typing import Any, Protocol

from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.params import object_of
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.bybit.private import TOPICS, PrivateStreams
from trading_tools.venue.bybit.streams import Streams
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Told, compact

_MOST_SPOT_ARGS = 10
_LONGEST_ARGS = 21_000


class Refused(Exception):
    """A request that cannot be done, with the words of the reply. Never leaves this package."""


class Subscriptions(Protocol):
    """What the two kinds of stream connections have of their own."""

    @property
    def done(self) -> str:
        """What an acknowledgement says."""

    def login(self, args: object) -> None:
        """Log in."""

    def check(self, names: list[str]) -> None:
        """Raise `Refused` where one of these topics cannot be subscribed to."""

    def subscribe(self, names: list[str]) -> None:
        """Begin topics that were checked."""

    def unsubscribe(self, names: list[str]) -> None:
        """End topics."""

    def pong(self, head: dict[str, Any], at: int) -> dict[str, Any]:
        """The answer to a ping."""

    def leave(self) -> None:
        """The connection has ended."""


class StreamSocket:
    """The conversation of one connection."""

    def __init__(
        self, place: BybitPlace, connection: Connection, subscriptions: Subscriptions
    ) -> None:
        self._place = place
        self._connection = connection
        self._subscriptions = subscriptions
        self._id = place.mark()[:23]

    def on_text(self, text: str) -> None:
        """Answer one message."""
        at = self._place.clock()
        request: dict[str, Any] = {}
        try:
            request = asked(text)
            reply, told, topics = self._answer(request, at)
        except Refused as refusal:
            reply, told, topics = self._reply(request, str(refusal), success=False), Told.REPLY, []
        # What logs in is not for the ledger.
        shown = '{"op":"auth"}' if request.get("op") == "auth" else text[:2_000]
        number = self._connection.number
        self._place.ledger.record(at, "stream.asked", connection=number, text=shown)
        self._connection.send(compact(reply), told)
        self._subscriptions.subscribe(topics)

    def leave(self) -> None:
        """End all subscriptions."""
        self._subscriptions.leave()

    def _answer(self, request: dict[str, Any], at: int) -> tuple[dict[str, Any], Told, list[str]]:
        """The reply, and the topics that begin once it is sent.

        Raises:
            Refused: it cannot be done.
        """
        op = request.get("op")
        if op == "ping":
            head = self._reply(request, "pong")
            return self._subscriptions.pong(head, at), Told.CONTROL, []
        topics = []
        if op == "auth":
            self._subscriptions.login(request.get("args"))
        elif op == "subscribe":
            topics = _names(request)
            self._subscriptions.check(topics)
        elif op == "unsubscribe":
            self._subscriptions.unsubscribe(_names(request))
        else:
            raise Refused("error:invalid op")
        return self._reply(request, self._subscriptions.done), Told.REPLY, topics

    def _reply(self, request: dict[str, Any], words: str, success: bool = True) -> dict[str, Any]:
        number = request.get("req_id")
        reply: dict[str, Any] = {"success": success, "ret_msg": words, "conn_id": self._id}
        if isinstance(number, str | int) and not isinstance(number, bool):
            reply["req_id"] = number
        op = request.get("op")
        return {**reply, "op": op if isinstance(op, str) else ""}


class PublicTopics:
    """The topics of one public connection."""

    def __init__(self, streams: Streams, connection: Connection, spot: bool) -> None:
        self._streams = streams
        self._connection = connection
        self._spot = spot
        self._subscribed: dict[str, None] = {}
        self.done = "subscribe" if spot else ""

    def login(self, args: object) -> None:
        """Public streams know no login.

        Raises:
            Refused: always.
        """
        raise Refused("error:invalid op")

    def check(self, names: list[str]) -> None:
        """See that topics can be subscribed to.

        Raises:
            Refused: there are too many, or one of them is not known or runs already.
        """
        if self._spot and len(names) > _MOST_SPOT_ARGS:
            raise Refused("args size >10")
        for name in names:
            if self._streams.topic(name) is None:
                raise Refused(f"error:handler not found,topic:{name[:100]}")
            if name in self._subscribed:
                raise Refused(f"error:already subscribed,topic:{name}")

    def subscribe(self, names: list[str]) -> None:
        """Begin topics."""
        for name in names:
            topic = self._streams.topic(name)
            if topic is not None:
                self._subscribed[name] = None
                self._streams.listen(topic, self._connection)

    def unsubscribe(self, names: list[str]) -> None:
        """End topics; those that were not subscribed to are let be."""
        for name in names:
            self._streams.forget(name, self._connection)
            self._subscribed.pop(name, None)

    def pong(self, head: dict[str, Any], at: int) -> dict[str, Any]:
        """The answer to a ping."""
        return {**head, "op": "ping"}

    def leave(self) -> None:
        """End all topics."""
        self.unsubscribe(list(self._subscribed))


class PrivateTopics:
    """The login and the topics of one private connection."""

    def __init__(self, place: BybitPlace, streams: PrivateStreams, connection: Connection) -> None:
        self._place = place
        self._streams = streams
        self._connection = connection
        self._known = False
        self.done = ""

    def login(self, args: object) -> None:
        """Log in.

        Raises:
            Refused: key, expiry or signature are not in order.
        """
        try:
            owner = self._place.gate.connected(args, self._place.clock())
        except BybitError as error:
            raise Refused(error.msg) from None
        self._streams.join(owner.account, self._connection)
        self._known = True

    def check(self, names: list[str]) -> None:
        """See that topics can be subscribed to.

        Raises:
            Refused: nobody has logged in, or one of them is not known.
        """
        if not self._known:
            raise Refused("Request not authorized")
        for name in names:
            if name not in TOPICS:
                raise Refused(f"error:handler not found,topic:{name[:100]}")

    def subscribe(self, names: list[str]) -> None:
        """Begin topics."""
        if names:
            self._streams.subscribe(names, self._connection)

    def unsubscribe(self, names: list[str]) -> None:
        """End topics."""
        if self._known:
            self._streams.unsubscribe(names, self._connection)

    def pong(self, head: dict[str, Any], at: int) -> dict[str, Any]:
        """The answer to a ping has the time."""
        number = {"req_id": head["req_id"]} if "req_id" in head else {}
        return {**number, "op": "pong", "args": [str(at)], "conn_id": head["conn_id"]}

    def leave(self) -> None:
        """The connection has ended."""
        self._streams.leave(self._connection)


def asked(text: str) -> dict[str, Any]:
    """A message as an object.

    Raises:
        Refused: it is none.
    """
    found = object_of(text)
    if found is None:
        raise Refused("error:invalid json")
    return found


def _names(request: dict[str, Any]) -> list[str]:
    names = request.get("args")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refused("error:args must be a list of topics")
    if not names:
        raise Refused("error:args is empty")
    if sum(map(len, names)) > _LONGEST_ARGS:
        raise Refused("error:args are longer than 21000 characters")
    return names
