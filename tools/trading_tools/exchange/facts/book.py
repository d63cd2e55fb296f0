"""Finding a venue's facts by any of its names; reads the file once, when first asked."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path
from typing import Final

from trading_tools.exchange.errors import UnknownVenue
from trading_tools.exchange.facts.model import Exchanges, VenueFacts

_FILE: Final = Path(__file__).with_name("exchanges.yaml")


@cache
def exchanges() -> Exchanges:
    """All that is listed."""
    import yaml

    return Exchanges.model_validate(yaml.safe_load(_FILE.read_bytes()))


def squeezed(name: str) -> str:
    """A venue's name without what people write in between: `Coinbase Pro` is coinbasepro."""
    return re.sub(r"[\s._-]", "", name).casefold()


def ended(name: str) -> str | None:
    """One line on a venue that is gone: what became of it, whom to ask. None where it is not."""
    found = exchanges().ended.get(squeezed(name))
    if found is None:
        return None
    if found.successor is not None:
        return f"{found.what}: ask `{found.successor}`"
    return f"{found.what} and has no successor"


def facts_of(name: str) -> tuple[str, VenueFacts]:
    """The id of the venue that `name` means, and what is listed of it.

    Raises:
        UnknownVenue: it is gone, or not listed; the message has the successor or those listed.
    """
    listed = exchanges()
    venue = listed.other_names.get(squeezed(name), squeezed(name))
    if venue in listed.venues:
        return venue, listed.venues[venue]
    gone = ended(name)
    if gone is not None:
        raise UnknownVenue(gone)
    near = difflib.get_close_matches(venue, listed.venues, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    those = ", ".join(listed.venues)
    raise UnknownVenue(f"no facts are listed of {name!r:.60}: {those} are{meant}")
