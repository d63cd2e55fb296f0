"""What a run offers its tools and checks, by type."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.catalogue.acceptance.ports import Verifier
from orchestrator.catalogue.acting.desk import Desk
from orchestrator.catalogue.audit import Receipts
from orchestrator.config.settings import MarketDataSettings
from orchestrator.run.journal import Journal
from orchestrator.toolbox.tool import ToolError
from orchestrator.workspace.paths import WorkspaceRoot
from orchestrator.workspace.shell import CommandSettings
from orchestrator.workspace.verification import Verification, verify
from orchestrator.workspace.verify_plan import VerifySettings
from orchestrator.workspace.workspace import Workspace
from trading_tools.audit.ledger import Ledger
from trading_tools.exchange.market_data import Ages, MarketData

NO_SEAL = (
    "not run: this machine has no seal (bubblewrap), so the checks would run what agents wrote "
    "with all your rights; install bubblewrap, or allow `run_checks` in [permissions]"
)


class ProjectVerifier:
    """Verifies the workspace; the outcome is kept for each tree, so that it is not run twice.

    Where commands need allowing (`free` is False) only an approved call runs anything.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: VerifySettings,
        environ: Mapping[str, str],
        timeout_s: float,
        *,
        free: bool,
    ) -> None:
        self._workspace = workspace
        self._settings = settings
        self._environ = environ
        self._timeout_s = timeout_s
        self._free = free
        self._known: dict[str, Verification] = {}

    async def verify(self, *, approved: bool = False) -> Verification:
        """What the project's own checks say of the workspace as it stands now."""
        tree = self._workspace.tree()
        if tree not in self._known and not (self._free or approved):
            return Verification(None, "", (), (), (), (), "", "", 0.0, NO_SEAL)
        if tree not in self._known:
            self._known[tree] = await verify(
                self._workspace,
                self._settings,
                environ=self._environ,
                timeout_s=self._timeout_s,
            )
        return self._known[tree]


class RunReceipts:
    """A run's receipts, whole."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def text(self, seq: int) -> str:
        """The whole text of receipt `seq`; a `ToolError` where there is none."""
        receipt = self._journal.state.receipts.get(seq)
        if receipt is None:
            have = ", ".join(f"r{number}" for number in self._journal.state.receipts) or "none yet"
            raise ToolError(f"there is no receipt r{seq}; there are: {have}")
        if receipt.whole is not None:
            return self._journal.texts.get_text(receipt.whole)
        return receipt.text


def market_data_of(settings: MarketDataSettings) -> MarketData:
    """Market data, kept as long as the settings say; nothing is asked of a venue yet."""
    return MarketData(ages=Ages(**settings.model_dump()))


def services_of(
    workspace: Workspace,
    ledger: Ledger,
    verifier: ProjectVerifier,
    commands: CommandSettings,
    receipts: RunReceipts,
    market_data: MarketData,
    desk: Desk,
) -> Mapping[type, object]:
    """Everything by the type that tools and checks ask for."""
    return {
        Workspace: workspace,
        WorkspaceRoot: workspace,
        Ledger: ledger,
        Verifier: verifier,
        CommandSettings: commands,
        Receipts: receipts,
        MarketData: market_data,
        Desk: desk,
    }
