"""How much a model can hold: its context window, in tokens.

The figures are those of genai-prices' bundled data (1,000,000 for the Claude models of today, as
their documentation says). What a conversation takes up of it is `orchestrator.run.context`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from orchestrator.models.prices import PRICE_LISTS

UNKNOWN_WINDOW = 128_000
"""Taken for a model that no list knows: rather too small, for a window that is taken too large
costs a refused request each time it is full."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Looks up windows; `declared` is the user's own figure and holds for every model.

    `provider` is whose list counts: `anthropic`, `bedrock` or `vertex`.
    """

    declared: int | None = None
    provider: str = "anthropic"

    def of(self, model: str) -> int:
        """The window of `model`, in tokens: prompt and reply together."""
        return self.declared or _listed(model, self.provider) or UNKNOWN_WINDOW


@lru_cache(maxsize=256)
def _listed(model: str, provider: str) -> int | None:
    from genai_prices import Usage, calc_price

    try:
        found = calc_price(Usage(), model, provider_id=PRICE_LISTS[provider])
    except LookupError:
        return None
    return found.model.context_window
