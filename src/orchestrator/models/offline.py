"""No model at all: every turn is refused, so that a run ends blocked and can be resumed.

What a playbook takes never comes here.
"""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.models.port import ModelRequest, ModelUnavailable, Reply


class OfflineModel:
    """Stands where a model would be when there is none; `hint` says what works without."""

    def __init__(self, hint: str = "") -> None:
        self._hint = hint

    async def reply(
        self,
        request: ModelRequest,
        on_text: Callable[[str], None] | None = None,
        deadline_s: float | None = None,
    ) -> Reply:
        """Refuse the turn.

        Raises:
            ModelUnavailable: always; the text says what to set.
        """
        del request, on_text, deadline_s
        hint = f". {self._hint}" if self._hint else ""
        raise ModelUnavailable(
            "this request needs a model, and the run was started with --offline; set "
            f"ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL and resume it{hint}"
        )

    async def aclose(self) -> None:
        """Nothing to give back."""
