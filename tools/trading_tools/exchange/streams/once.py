"""Each item once: streams repeat what they have told, after a reconnect and without."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Lets an item through unless one with its name was among the last `kept` ones."""

    def __init__(self, name: Callable[[T], Hashable], kept: int = 10_000) -> None:
        self.repeated = 0
        self._name = name
        self._kept = kept
        self._seen: OrderedDict[Hashable, None] = OrderedDict()

    def new(self, items: Iterable[T]) -> list[T]:
        """Those that were not seen before, in their order."""
        return [item for item in items if self._is_new(self._name(item))]

    def _is_new(self, name: Hashable) -> bool:
        if name in self._seen:
            self._seen.move_to_end(name)
            self.repeated += 1
            return False
        self._seen[name] = None
        if len(self._seen) > self._kept:
            self._seen.popitem(last=False)
        return True
