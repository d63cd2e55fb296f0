"""An endpoint: what answers it, what it weighs, who may ask, which parameters it takes.

Which endpoints there are is each product's own table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.binance import errors
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import Params
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.wire.messages import Operation

Values = Mapping[str, str]
Weight = int | Callable[[Values], int]
SIGNING: Final = frozenset({"timestamp", "recvWindow", "signature"})
"""What a signed request has besides its own parameters."""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint. `signed`: a key and a signature are needed; `keyed`: a key alone.

    `names` are the parameters that it knows; None lets any pass.
    """

    answer: Callable[[Call], Any]
    weight: Weight
    names: frozenset[str] | None
    operation: Operation
    signed: bool = False
    keyed: bool = False

    @property
    def orders(self) -> bool:
        """Whether it counts as an order."""
        return self.operation in (Operation.PLACE, Operation.AMEND)

    def weigh(self, values: Values) -> int:
        """What one request weighs."""
        return self.weight if isinstance(self.weight, int) else self.weight(values)

    def check_names(self, values: Values, also: frozenset[str] = frozenset()) -> None:
        """See that nothing is sent that the endpoint does not know.

        Raises:
            BinanceError: -1101 or -1104.
        """
        if self.names is None:
            return
        known = self.names | also | (SIGNING if self.signed else frozenset())
        unknown = values.keys() - known
        if unknown and not known:
            sent = len(values)
            raise BinanceError(-1101, f"Too many parameters; expected '0' and received '{sent}'.")
        if unknown:
            raise errors.unread(len(values) - len(unknown), len(values))


def serve(
    venue: BinancePlace,
    endpoint: Endpoint,
    values: Values,
    key: str | None,
    payload: str,
    at: int,
    request: int,
) -> Any:
    """Answer a request that has been charged for. `payload` is what its signature covers.

    Raises:
        BinanceError: it is refused.
    """
    params = Params(values)
    account = ""
    if endpoint.signed:
        account = venue.gate.signed(key, payload, params, at).account
    elif endpoint.keyed:
        account = venue.gate.key(key).account
    return endpoint.answer(Call(venue, params, at, request, account))


def public(
    operation: Operation, answer: Callable[[Call], Any], weight: Weight, names: str = ""
) -> Endpoint:
    """One that anybody may ask; `names` are its parameters, with spaces between."""
    return Endpoint(answer, weight, frozenset(names.split()), operation)


def signed(
    operation: Operation, answer: Callable[[Call], Any], weight: Weight, names: str = ""
) -> Endpoint:
    """One that wants a signature; `names` are its own parameters, with spaces between."""
    return Endpoint(answer, weight, frozenset(names.split()), operation, signed=True)


def by_symbols(one: int, all_of_them: int) -> Callable[[Values], int]:
    """What a request weighs that asks for one symbol, or else for all."""

    def weigh(values: Values) -> int:
        return one if values.get("symbol") else all_of_them

    return weigh


def by_limit(values: Values, default: int, weights: Iterable[tuple[int, int]], most: int) -> int:
    """What a request weighs by its `limit`: the first of (up to, weight), else `most`."""
    limit = values.get("limit", "")
    wanted = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 10 else default
    return next((weight for upto, weight in weights if wanted <= upto), most)
