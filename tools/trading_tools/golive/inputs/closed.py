"""Closed trades as the gate's checks see them, wherever they came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from trading_tools.golive.inputs.instants import Instants
from trading_tools.golive.inputs.table import Numbers


@dataclass(frozen=True)
class Trades:
    """Closed trades in the order in which they closed."""

    source: Path
    sha256: str
    closed_at: Instants
    symbols: list[str]
    profit_quote: Numbers
    returns: Numbers | None
    """Profit over what was staked; None where the file does not say."""
    slippage_bp: Numbers | None
    """Price paid beyond the expected one in basis points, worse is positive; None as above."""
    sides: Numbers | None = None
    """1 for bought or long, -1 for sold or short; None as above."""

    @property
    def days(self) -> int:
        """On how many days of UTC at least one trade closed."""
        return len(np.unique(self.closed_at // 86_400_000_000_000))

    def since(self, day: date) -> Trades:
        """Those that closed on that day of UTC or later."""
        begin = np.datetime64(day, "ns").astype(np.int64)
        kept = self.closed_at >= begin
        return replace(
            self,
            closed_at=self.closed_at[kept],
            symbols=[name for name, keep in zip(self.symbols, kept, strict=True) if keep],
            profit_quote=self.profit_quote[kept],
            returns=None if self.returns is None else self.returns[kept],
            slippage_bp=None if self.slippage_bp is None else self.slippage_bp[kept],
            sides=None if self.sides is None else self.sides[kept],
        )
