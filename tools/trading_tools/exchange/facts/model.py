"""The shape of `exchanges.yaml`: frozen, exact, each fact with the document that it is from.

Reading the file and finding a venue in it is `book`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from trading_tools.money import exact, plain


def _from_text(value: object) -> Decimal:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} is no text: write amounts in quotes, no floats")
    return exact(value)


Amount = Annotated[Decimal, BeforeValidator(_from_text)]
"""An exact figure; in the file it is text."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(_Part):
    """A venue's own page. `read` is the day it, or a stored copy, was read; None: it was not.

    `as_of` is the day that the copy is of, None where it does not say.
    """

    url: str = Field(pattern=r"^https://")
    read: date | None = None
    as_of: date | None = None

    @property
    def shown(self) -> str:
        """The page, and when it was read."""
        if self.read is None:
            return f"{self.url}, not read"
        copy = f" in a copy of {self.as_of}" if self.as_of else ""
        return f"{self.url}, read {self.read}{copy}"


class Fact(_Part):
    """`source` is the name of a document; `unverified` says that it does not bear this out."""

    source: str
    unverified: bool = False
    note: str | None = None


class Limit(Fact):
    """At most `most` of what `of` says.

    In any `seconds`, as a counter that falls by `decay_per_s`, or, with neither, at one time.
    `unit` is what a pacer counts it in, `lanes` whether there is one for each pair or endpoint,
    `paced` whether the pacer of the venue keeps it.
    """

    of: str
    unit: str
    most: Amount = Field(gt=0)
    seconds: Amount | None = Field(None, gt=0)
    decay_per_s: Amount | None = Field(None, gt=0)
    scope: Literal["address", "key", "account", "connection"]
    lanes: bool = False
    tier: str | None = None
    paced: bool = False

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Limit:
        if self.seconds is not None and self.decay_per_s is not None:
            raise ValueError(f"{self.of}: a limit has `seconds` or `decay_per_s`, not both")
        if self.paced and self.seconds is None and self.decay_per_s is None:
            raise ValueError(f"{self.of}: a pacer keeps no limit of what is open at one time")
        return self

    @property
    def shown(self) -> str:
        """The limit in words."""
        most = plain(self.most)
        if self.decay_per_s is not None:
            how = f"a counter up to {most} that falls by {plain(self.decay_per_s)} a second"
        elif self.seconds is not None:
            how = f"{most} in {plain(self.seconds)} s"
        else:
            how = f"{most} at a time"
        tier = f", tier {self.tier}" if self.tier else ""
        return f"{self.of}: {how} for each {self.scope}{tier}"


class Refusal(Fact):
    """How a venue says that a limit is used up. `wait_s`: this kit's wait where it names none."""

    means: str
    status: int | None = None
    code: str | None = None
    wait_s: Amount | None = None

    @property
    def shown(self) -> str:
        """The refusal in words."""
        how = [f"HTTP {self.status}"] if self.status else []
        how += [self.code] if self.code else []
        wait = "" if self.wait_s is None else f"; this kit waits {plain(self.wait_s)} s if not told"
        return f"{', '.join(how)}: {self.means}{wait}"


class ClientId(Fact):
    """The id that a client gives an order: its parameter, alphabet (a whole match), uniqueness."""

    parameter: str
    unique: str
    longest: int | None = None
    pattern: str | None = None

    @property
    def shown(self) -> str:
        """The rule in words."""
        longest = f"up to {self.longest} characters, " if self.longest else ""
        return f"{self.parameter}: {longest}unique {self.unique}"


class Filter(Fact):
    """A rule that every market has its own figures for, by the venue's name."""

    name: str
    rule: str

    @property
    def shown(self) -> str:
        """The rule in words."""
        return f"{self.name}: {self.rule}"


class Fee(Fact):
    """Fractions of the notional. `level` is the venue's own number of the tier, 0 for none."""

    product: str
    tier: str
    level: int = Field(ge=0)
    maker: Amount
    taker: Amount

    @property
    def shown(self) -> str:
        """The fee in words."""
        maker, taker = plain(self.maker.scaleb(2)), plain(self.taker.scaleb(2))
        return f"{self.product}, {self.tier}: maker {maker}%, taker {taker}%"


class Quirk(Fact):
    """What is particular, and how this kit deals with it."""

    name: str
    what: str
    handling: str

    @property
    def shown(self) -> str:
        """The quirk in words."""
        return f"{self.name}: {self.what}. Here: {self.handling}"


class VenueFacts(_Part):
    """All that is listed of one venue."""

    name: str
    products: str
    documents: Mapping[str, Document]
    limits: Mapping[str, Limit]
    client_id: ClientId
    fees: tuple[Fee, ...]
    refusals: tuple[Refusal, ...] = ()
    filters: tuple[Filter, ...] = ()
    quirks: tuple[Quirk, ...] = ()

    def facts(self) -> Iterator[Fact]:
        """Every fact, of whatever kind."""
        yield from self.limits.values()
        yield self.client_id
        yield from (*self.fees, *self.refusals, *self.filters, *self.quirks)

    @model_validator(mode="after")
    def _rests_on_its_documents(self) -> VenueFacts:
        for fact in self.facts():
            document = self.documents.get(fact.source)
            if document is None:
                raise ValueError(f"{self.name} has no document {fact.source!r} for {fact!r:.80}")
            if document.read is None and not fact.unverified:
                raise ValueError(
                    f"{self.name}: {document.url} was not read, so what rests on it is unverified; "
                    f"mark {fact!r:.80}"
                )
        return self


class Ended(_Part):
    """A venue that is gone, and the one that took its place, if any."""

    what: str
    successor: str | None = None


class Exchanges(_Part):
    """The whole file."""

    venues: Mapping[str, VenueFacts]
    other_names: Mapping[str, str]
    ended: Mapping[str, Ended]

    @model_validator(mode="after")
    def _names_one_venue_once(self) -> Exchanges:
        names = [*self.venues, *self.other_names, *self.ended]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} stands for two things")
        return self
