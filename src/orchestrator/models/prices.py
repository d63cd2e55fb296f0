"""What tokens cost in USD.

Figures come from genai-prices' bundled data (never refreshed over the network), which knows tiers
and cache prices, as they are when a process first asks; prices that the user declares go first. An
unknown price is None, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.models.port import Usage

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

MTOK = Decimal(1_000_000)
CACHE_WRITE_FACTOR = Decimal("1.25")
"""A five-minute cache write against plain input (Messages API, prompt caching)."""

PRICE_LISTS = {"anthropic": "anthropic", "bedrock": "aws", "vertex": "google"}
"""The list of genai-prices that counts for each provider."""


@dataclass(frozen=True, slots=True)
class DeclaredPrice:
    """A price that the user declares, in USD per million tokens.

    Cache reads default to the price of input, writes to 1.25 times it: rather too dear than free.
    """

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None

    def of(self, usage: Usage) -> Decimal:
        """The cost of this usage in USD."""
        read = self.input if self.cache_read is None else self.cache_read
        write = self.cache_write
        if write is None:
            write = self.input * CACHE_WRITE_FACTOR
        total = (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_read_tokens * read
            + usage.cache_write_tokens * write
        )
        return total / MTOK


@dataclass(frozen=True, slots=True)
class Prices:
    """Looks up prices, those in `declared` first (by exact model name).

    `provider` is whose price list counts: `anthropic`, `bedrock` or `vertex`.
    """

    declared: Mapping[str, DeclaredPrice]
    provider: str = "anthropic"

    def price(self, model: str, usage: Usage) -> Decimal | None:
        """The cost in USD by today's list, or None where no price is known."""
        provider = PRICE_LISTS[self.provider]
        declared = self.declared.get(model) or _flat_price(model, provider)
        if declared is not None:
            return declared.of(usage)
        found = _listed(model, provider, usage)
        return None if found is None else found.total_price


@lru_cache(maxsize=64)
def _flat_price(model: str, provider: str) -> DeclaredPrice | None:
    """What the list says where it depends on nothing but the kind of token; None elsewhere.

    Looking a model up costs far more than the sum, and a run prices every turn several times.
    """
    found = _listed(model, provider, Usage(1, 1, 1, 1))
    if found is None:
        return None
    price = found.model_price
    listed = (price.input_mtok, price.output_mtok, price.cache_read_mtok, price.cache_write_mtok)
    plain = [figure for figure in listed if isinstance(figure, Decimal)]
    return DeclaredPrice(*plain) if len(plain) == len(listed) else None


def _listed(model: str, provider: str, usage: Usage) -> PriceCalculation | None:
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    tokens = Tokens(
        input_tokens=usage.prompt_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )
    try:
        return calc_price(tokens, model, provider_id=provider)
    except LookupError:
        return None
