"""What the acceptance checks ask of a run beyond its state; a run offers them as services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.workspace.verification import Verification


class Verifier(Protocol):
    """Runs the project's own checks on the workspace, against the same checks on its base."""

    async def verify(self, *, approved: bool = False) -> Verification:
        """What comes out for the workspace as it stands now; the same tree is judged once.

        `approved`: the call that asks was allowed to run commands, where that needs allowing.
        """
        ...


def verifier_of(services: Mapping[type, object]) -> Verifier | None:
    """The run's verifier, None where it has none."""
    return cast("Verifier | None", services.get(Verifier))
